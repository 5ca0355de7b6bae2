"""What every concept must say of itself, and that what it says is right."""

from __future__ import annotations

import inspect
import re

import pytest

from glasshouse.core.concept import Concept
from glasshouse.testing import check_card
from tests.contract.test_where_is_it import CATALOGUES

BLOCKS = [kind for kind in CATALOGUES if kind != "models"]
EVERY = [concept for kind in BLOCKS for concept in CATALOGUES[kind].values()]
WITH_SHAPES = {"activation", "loss", "layer"}
WITH_RULES = {"activation", "loss", "layer", "optimizer", "clipping"}
every_concept = pytest.mark.parametrize("concept", EVERY, ids=lambda each: f"{each.kind}-{each.name}")


def docstring(concept: Concept) -> str:
    """What is said of what is built. A metric is a function, and its card hands it out as it is."""
    if concept.kind != "metric":
        return inspect.getdoc(concept.build) or ""
    function = concept.build()
    return inspect.getdoc(getattr(function, "func", function)) or ""


@every_concept
def test_the_card_is_complete_and_its_worked_number_right(concept):
    check_card(concept)


@every_concept
def test_it_is_written_down_what_goes_in_what_comes_out_and_where_it_is_from(concept):
    text = docstring(concept)
    parts = {
        "an equation (.. math::)": ".. math::" in text,
        "Source:": re.search(r"^Source:", text, re.M),
        "an example (>>>)": ">>>" in text,
        "Args:": re.search(r"^Args:", text, re.M) or not concept.settings(),
        "Shapes:": re.search(r"^Shapes:", text, re.M) or concept.kind not in WITH_SHAPES,
    }
    assert all(parts.values()), f"missing: {[name for name, there in parts.items() if not there]}"


@every_concept
def test_every_setting_is_explained(concept):
    text = docstring(concept)
    explained = set(re.findall(r"^\s+(\w+(?:, \w+)*):", text, re.M))
    names = {name for line in explained for name in line.split(", ")}
    assert set(concept.settings()) <= names, f"not explained: {set(concept.settings()) - names}"


@every_concept
def test_what_has_a_formula_has_a_rule(concept):
    assert concept.rule is not None or concept.kind not in WITH_RULES, "no rule"
