"""Initializers: the variances of the papers, and nothing but the generator's numbers."""

from __future__ import annotations

import pytest
import torch

from glasshouse.activations import ACTIVATIONS
from glasshouse.core.errors import SettingError
from glasshouse.initializers import INITIALIZERS

FAN_OUT, FAN_IN = 300, 500
VARIANCES = {
    "glorot_uniform": 2 / (FAN_IN + FAN_OUT),
    "glorot_normal": 2 / (FAN_IN + FAN_OUT),
    "he_uniform": 2 / FAN_IN,
    "he_normal": 2 / FAN_IN,
    "lecun_normal": 1 / FAN_IN,
    "lecun_uniform": 1 / FAN_IN,
    "orthogonal": 1 / FAN_IN,
    "zeros": 0.0,
    "normal": 0.01**2,
    "uniform": 0.05**2 / 3,
}


def fill(spec, seed=0):
    tensor = torch.empty(FAN_OUT, FAN_IN)
    INITIALIZERS.build(spec)(tensor, torch.Generator().manual_seed(seed))
    return tensor


@pytest.mark.parametrize("name", list(INITIALIZERS))
def test_the_variance_is_that_of_the_paper(name):
    tensor = fill(name)
    assert float(tensor.var()) == pytest.approx(VARIANCES[name], rel=0.02, abs=1e-12)
    assert float(tensor.mean().abs()) < 3 * (VARIANCES[name] / tensor.numel()) ** 0.5 + 1e-9


@pytest.mark.parametrize("name", list(INITIALIZERS))
def test_only_the_generator_is_drawn_from(name):
    state = torch.get_rng_state()
    assert torch.equal(fill(name), fill(name))
    assert torch.equal(torch.get_rng_state(), state)


def test_orthogonal_rows_are_orthonormal():
    tensor = fill("orthogonal")
    assert torch.allclose(tensor @ tensor.T, torch.eye(FAN_OUT), atol=1e-5)


def test_uniform_bounds_are_those_of_the_papers():
    assert float(fill("glorot_uniform").abs().max()) <= (6 / (FAN_IN + FAN_OUT)) ** 0.5
    assert float(fill("he_uniform").abs().max()) <= (6 / FAN_IN) ** 0.5


def test_sizes_must_be_positive():
    with pytest.raises(SettingError, match="standard_deviation = -1"):
        INITIALIZERS.build({"name": "normal", "standard_deviation": -1})


def test_every_activation_names_an_initializer_that_exists():
    for concept in ACTIVATIONS.values():
        assert concept.facts["initializer"] in INITIALIZERS
