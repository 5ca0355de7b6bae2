"""Spaces: what may be written, what it means, and what is said of a bad one."""

from __future__ import annotations

import math
import tomllib

import numpy as np
import pytest

from glasshouse.core.errors import SettingError
from glasshouse.search import Choice, Range, read_space
from glasshouse.search.keys import known_keys
from glasshouse.search.listed import grid_points, random_points
from glasshouse.search.space import with_settings

RATE = {"training.learning_rate": {"from": 1e-4, "to": 1e-1, "scale": "log"}}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({}, ["the space is empty", "at least one setting"]),
        ({"training": {}}, ["training = {} in the space"]),
        ("rate", ["the space is a str"]),
        ({"training.learning_rat": [1.0]}, ["'training.learning_rat'", "'training.learning_rate'"]),
        ({"learning_rate": [1.0]}, ["did you mean 'training.learning_rate'?"]),
        ({"training.learning_rate": 0.1}, ["training.learning_rate = 0.1", "write [0.1]"]),
        ({"training.learning_rate": []}, ["training.learning_rate = []", "a list of values"]),
        ({"training.learning_rate": [0.1, 0.1]}, ["0.1 twice", "remove one"]),
        ({"training.learning_rate": {"from": 0.1, "to": 0.01}}, ["a range that goes up", "exchange them"]),
        ({"training.learning_rate": {"from": 0.1, "to": 0.1}}, ["write [0.1] for a single value"]),
        ({"training.learning_rate": {"from": 0.1}}, ["has no 'to'", "a finite number"]),
        ({"training.learning_rate": {"from": "a", "to": 1.0}}, ["from = 'a'", "a finite number"]),
        ({"training.learning_rate": {"from": True, "to": 2}}, ["from = True"]),
        ({"training.learning_rate": {"from": 0.0, "to": math.inf}}, ["to = inf"]),
        ({"training.learning_rate": {"from": 0.0, "to": 1.0, "scale": "log"}}, ["a range above 0"]),
        ({"training.learning_rate": {"from": 0.1, "to": 1.0, "scale": "lgo"}}, ["linear or log"]),
        ({"training.learning_rate": {"from": 0.1, "to": 1.0, "point": 3}}, ["did you mean 'points'?"]),
        ({"training.learning_rate": {"from": 0.1, "to": 1.0, "points": 1}}, ["a whole number from 2"]),
        ({"training.learning_rate": {"from": 0.1, "values": [1.0]}}, ["values and a range"]),
        ({"seed": [0, 1]}, ["'seed'", "seeds=3"]),
        ({"data.source": ["a", "b"]}, ["'data.source'", "same rows"]),
        ({"output.report": [True]}, ["'output.report'"]),
        ({"objective.name": ["elbo"]}, ["'objective.name'", "cannot be compared"]),
        (
            {"model.dropout": {"from": 0.0, "to": 0.5, "only_with": {"model.name": "mlp"}}},
            ["only_with names 'model.name'", "a setting of the space"],
        ),
        (
            {"model.name": ["mlp"], "model.dropout": {"values": [0.1], "only_with": {"model.name": "cnn"}}},
            ["model.name = 'cnn'", "one of ['mlp']"],
        ),
        ({"training": {"epochs": [1]}, "training.epochs": [2]}, ["'training.epochs' twice"]),
    ],
)
def test_a_bad_space_is_refused_with_the_key_and_the_remedy(written, said):
    with pytest.raises(SettingError) as caught:
        read_space(written)
    for words in said:
        assert words in str(caught.value)


def test_nested_tables_and_dotted_keys_are_the_same_space():
    nested = tomllib.loads('[training.learning_rate]\nfrom = 1e-4\nto = 1e-1\nscale = "log"\n')
    assert read_space(nested) == read_space(RATE)


def test_a_space_written_down_reads_back_as_itself():
    space = read_space(
        {
            **RATE,
            "model.hidden": [[16], [32, 16]],
            "training.optimizer": ["adamw", "momentum"],
            "training.optimizer.momentum": {
                "from": 0.5, "to": 0.9, "only_with": {"training.optimizer": "momentum"},
            },
        }
    )  # fmt: skip
    assert read_space(tomllib.loads(space.to_toml())) == space


def test_a_grid_is_every_combination_once_and_leaves_out_what_does_not_count():
    space = read_space(
        {
            "training.optimizer": ["sgd", "momentum"],
            "training.optimizer.momentum": {
                "values": [0.5, 0.9], "only_with": {"training.optimizer": "momentum"},
            },
        }
    )  # fmt: skip
    assert space.size == 3
    assert space.grid() == [
        {"training.optimizer": "sgd"},
        {"training.optimizer": "momentum", "training.optimizer.momentum": 0.5},
        {"training.optimizer": "momentum", "training.optimizer.momentum": 0.9},
    ]


def test_ranges_stay_inside_their_ends_and_are_even_on_their_scale():
    generator = np.random.default_rng(0)
    log = Range("training.learning_rate", 1e-4, 1e-1, "log")
    drawn = np.array([log.draw(generator) for _ in range(3000)])
    assert drawn.min() >= 1e-4
    assert drawn.max() <= 1e-1
    # A third of the decades holds a third of the draws: 3000 draws, three standard deviations.
    assert abs((drawn < 1e-3).mean() - 1 / 3) < 3 * math.sqrt(2 / 9 / 3000)
    whole = Range("training.batch_size", 2, 5, whole=True)
    assert {whole.draw(generator) for _ in range(200)} == {2, 3, 4, 5}
    assert all(isinstance(value, int) for value in whole.grid())


def test_random_points_are_distinct_and_the_same_for_the_same_seed():
    space = read_space({**RATE, "training.batch_size": [16, 32]})
    points = random_points(space, 50, seed=3)
    assert points == random_points(space, 50, seed=3)
    assert points != random_points(space, 50, seed=4)
    assert len({str(each) for each in points}) == 50


def test_random_search_of_a_small_space_is_all_of_it():
    space = read_space({"training.batch_size": {"from": 1, "to": 4}, "model.dropout": [0.0, 0.5]})
    assert space.size == 8
    points = random_points(space, 100, seed=0)
    assert {(each["training.batch_size"], each["model.dropout"]) for each in points} == {
        (size, share) for size in (1, 2, 3, 4) for share in (0.0, 0.5)
    }


def test_a_grid_larger_than_the_trials_is_refused():
    space = read_space({"training.batch_size": [1, 2, 4], "model.dropout": [0.0, 0.5]})
    with pytest.raises(SettingError, match=r"a grid of 6 points with trials = 5"):
        grid_points(space, 5)
    assert len(grid_points(space, 6)) == 6


def test_points_of_one_shape_are_beside_each_other():
    space = read_space({"training.learning_rate": [0.1, 0.2], "model.hidden": [[8], [4]]})
    assert [each["model.hidden"] for each in grid_points(space, 10)] == [[8], [8], [4], [4]]


def test_every_setting_of_an_experiment_and_of_models_is_known():
    assert {"training.learning_rate", "model.hidden", "model.dropout", "data.prepare.scaling"} <= set(
        known_keys()
    )
    assert "model.inputs" not in known_keys()


def test_settings_of_a_named_concept_turn_the_name_into_a_table():
    before = {"training": {"optimizer": "sgd"}}
    after = with_settings(before, {"training.optimizer.momentum": 0.5, "training.epochs": 3})
    assert after == {"training": {"optimizer": {"name": "sgd", "momentum": 0.5}, "epochs": 3}}
    assert before == {"training": {"optimizer": "sgd"}}


def test_dimensions_may_be_handed_over_as_objects():
    space = read_space({"training.batch_size": Choice("training.batch_size", (8, 16))})
    assert space.keys == ["training.batch_size"]
