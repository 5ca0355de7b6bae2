"""What a card tells people to type is read by the real experiment, builds, and runs."""

from __future__ import annotations

import tomllib

import pytest
import torch

import glasshouse
from glasshouse.concepts import everything
from glasshouse.concepts.shelves import full_name
from glasshouse.concepts.usage import PLACES, in_experiment, in_python, settings_of, toml
from glasshouse.core.concept import read_spec
from glasshouse.experiment import Experiment, decide
from glasshouse.experiment.decide import refuse_unbuildable
from glasshouse.losses import LOSSES
from glasshouse.models import build_model

NAMED = [concept for concept in everything() if in_experiment(concept)]


def decided(concept):
    """The experiment of a card's lines, on pictures for what takes pictures."""
    values = tomllib.loads(in_experiment(concept))
    takes = concept.facts.get("takes")
    shape = {"image": (3, 224, 224), "sequence": (16,), "video": (8, 1, 20, 20)}.get(takes, (4,))
    numbers = takes == "sequence" and concept.facts.get("gives") in ("strokes", "reconstruction")
    shape = (16, 3) if numbers else shape
    task = concept.facts.get("task", concept.facts.get("gives", "classification"))
    given = {"tokens": 50, "steps": 12} if takes == "sequence" else {"steps": 12}
    return decide(Experiment.read({"data": {"source": "iris"}, **values}), 100, shape, task, **given), shape


@pytest.mark.parametrize("concept", NAMED, ids=full_name)
def test_the_lines_of_a_card_make_an_experiment_that_can_be_built(concept):
    experiment, shape = decided(concept)
    refuse_unbuildable(experiment)
    with torch.device("meta"):  # large networks without their numbers
        assert isinstance(build_model(experiment.model.spec(), shape, 3, seed=0), torch.nn.Module)
    # What a model is made for, and no loss of the table.
    own = {
        "elbo": "elbo",
        "free_energy": "contrastive_divergence",
        "non_saturating": "adversarial",
    }
    if str(experiment.objective.loss) in own:
        assert experiment.objective.name == own[experiment.objective.loss]
    else:
        assert isinstance(LOSSES.build(experiment.objective.loss), torch.nn.Module)


BY_NAME = [each for each in NAMED if each.kind in PLACES and not {"setting", "experiment"} & set(each.facts)]


@pytest.mark.parametrize("concept", BY_NAME, ids=full_name)
def test_the_lines_of_a_card_name_it_with_all_its_settings(concept):
    section, key = PLACES[concept.kind]
    spec = tomllib.loads(in_experiment(concept))[section][key]
    name, settings = read_spec(spec[0] if isinstance(spec, list) else spec, concept.kind)
    assert name == concept.name
    required = {name: default for name, default in settings_of(concept).items() if default is not None}
    for setting, default in required.items():
        assert settings[setting] == (list(default) if isinstance(default, tuple) else default)


def test_what_an_experiment_can_name_are_these_kinds():
    kinds = {concept.kind for concept in NAMED}
    assert {"activation", "loss", "optimizer", "schedule", "initializer", "model"} <= kinds
    assert "metric" not in kinds


def test_a_card_may_say_by_itself_what_turns_it_on():
    experiment, shape = decided(next(each for each in NAMED if full_name(each) == "layer:dropout"))
    network = build_model(experiment.model.spec(), shape, 3, seed=0)
    assert [each.p for each in network if isinstance(each, torch.nn.Dropout)] == [0.5, 0.5]


@pytest.mark.parametrize("concept", everything(), ids=full_name)
def test_the_python_of_a_card_runs_and_builds_what_it_says(concept):
    names = {"network": torch.nn.Linear(2, 1)}
    with torch.device("meta"):
        exec(in_python(concept), names)
    made = [value for name, value in names.items() if name not in ("network", "gh", "__builtins__")]
    assert len(made) == 1
    if isinstance(concept.build, type):
        assert type(made[0]) is concept.build
    elif concept.kind == "model":
        assert isinstance(made[0], torch.nn.Module)
    elif concept.kind == "optimizer":
        assert made[0].param_groups[0]["params"][0] is names["network"].weight
    else:
        assert callable(made[0])
    assert names["gh"] is glasshouse


def test_values_are_written_as_toml_reads_them():
    values = {"a": 1e-8, "b": True, "c": 'say "hi"\\', "d": [1, 2.5], "e": {"f": "g"}, "h": -3}
    assert tomllib.loads("\n".join(f"{key} = {toml(value)}" for key, value in values.items())) == values
