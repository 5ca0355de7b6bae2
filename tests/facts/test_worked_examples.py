"""Worked examples of course notes: our numbers, and where the printed ones were wrong, both."""

from __future__ import annotations

import pytest
import torch

from glasshouse.initializers import INITIALIZERS
from tests.facts import (
    architectures_by_hand,
    functions_by_hand,
    networks_by_hand,
    sizes_by_hand,
    training_by_hand,
)
from tests.facts.worked import Worked, agree

GROUPS = (networks_by_hand, functions_by_hand, sizes_by_hand, training_by_hand, architectures_by_hand)
CASES = {case.id: case for group in GROUPS for case in group.CASES}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_is_computed_is_correct_and_what_was_misprinted_is_not(case: Worked):
    computed = {**case.compute(), **case.published}
    for name, correct in case.correct.items():
        assert agree(computed[name], correct, case.within(name)), f"{name}: {computed[name]}"
    for name, stated in case.stated.items():
        right = agree(stated, computed[name], case.within(name))
        assert right is (name not in case.wrong), f"{name}: computed {computed[name]}, stated {stated}"
    assert set(case.wrong) <= set(case.stated)
    assert case.why or not case.wrong


def test_there_are_no_two_of_one_name():
    assert len(CASES) == sum(len(group.CASES) for group in GROUPS)


@pytest.mark.parametrize("name", ["glorot", "he"])
def test_the_bounds_are_those_of_the_weights_that_are_drawn(name):
    formula, bound = training_by_hand.INITIALIZER_BOUNDS[name]
    weights = torch.empty(120, 400, dtype=torch.float64)
    INITIALIZERS.build(f"{name}_uniform")(weights, generator=torch.Generator().manual_seed(0))
    assert formula()["uniform_bound"] == pytest.approx(bound, rel=1e-15)
    assert 0.999 * bound < float(weights.abs().max()) <= bound
    assert float(weights.var()) == pytest.approx(formula()["var"], rel=0.02)


def numbers_of(table):
    """What of a collected table can be compared: everything but claims in words."""
    return {name: value for name, value in table.items() if not (isinstance(value, str) and len(value) > 10)}


def test_every_collected_example_is_here_with_its_numbers(facts):
    collected = {each["id"]: each for each in facts("worked_examples.json")}
    assert set(CASES) == set(collected)
    for name, theirs in collected.items():
        ours = CASES[name]
        allowed = theirs["tolerance"]
        for key, value in numbers_of(theirs["correct"]).items():
            assert agree(ours.correct[key], value, 0.0), f"{name}: {key}"
            if isinstance(allowed, dict) and key in allowed:
                assert ours.within(key) <= allowed[key], f"{name}: {key}"
            elif not isinstance(allowed, dict):
                assert ours.within(key) <= allowed, f"{name}: {key}"
        for key, value in numbers_of(theirs["stated"]).items():
            assert agree(ours.stated[key], value, 0.0), f"{name}: {key}"
        assert set(theirs["mismatching_keys"]) <= set(ours.wrong), name
