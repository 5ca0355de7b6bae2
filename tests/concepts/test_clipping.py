"""Clipping against torch.nn.utils, autograd, finite differences and numbers by hand."""

from __future__ import annotations

import pytest
import torch

from glasshouse.clipping import CLIPPING, AdaptiveClipping, ClipByNorm, ClipByValue
from glasshouse.core.errors import SettingError
from glasshouse.testing import Case, check_card, check_clipping, check_rule, close

BELOW_AND_BEYOND = [1e-3, 0.5, 2.0, 1e3]


@pytest.mark.parametrize("name", CLIPPING)
def test_the_card_is_complete_and_its_number_right(name):
    check_card(CLIPPING[name])


@pytest.mark.parametrize("limit", BELOW_AND_BEYOND)
def test_by_value(limit, numbers):
    settings = {"limit": limit}
    at_the_kinks = torch.tensor([-limit, limit, 0.0, 2 * limit], dtype=torch.float64)
    check_rule(
        CLIPPING["clip_by_value"],
        [
            Case({"x": numbers(3, 4)}, settings, smooth=False),
            Case({"x": at_the_kinks}, settings, smooth=False),
            Case({"x": numbers(2, 1, 3, 3) * 0.1 * limit}, settings),
        ],
    )


@pytest.mark.parametrize("limit", BELOW_AND_BEYOND)
def test_by_norm(limit, numbers):
    cases = [{"x": numbers(3, 4)}, {"x": numbers(5)}, {"x": numbers(2, 1, 3)}, {"x": numbers()}]
    check_rule(CLIPPING["clip_by_norm"], [Case(inputs, {"limit": limit}) for inputs in cases])


def test_by_norm_leaves_a_gradient_of_zero_at_zero():
    check_rule(CLIPPING["clip_by_norm"], [Case({"x": torch.zeros(3)}, smooth=False)])


@pytest.mark.parametrize("limit", BELOW_AND_BEYOND)
def test_adaptive(limit, numbers):
    check_rule(
        CLIPPING["adaptive_clipping"],
        [
            Case({"x": numbers(3, 4), "w": numbers(3, 4)}, {"limit": limit}),
            Case({"x": numbers(2, 1, 3, 3), "w": 0.1 * numbers(2, 1, 3, 3)}, {"limit": limit}),
            Case({"x": numbers(4), "w": numbers(4)}, {"limit": limit}),
            Case({"x": numbers(2, 3), "w": torch.zeros(2, 3)}, {"limit": limit}),
        ],
    )


@pytest.mark.parametrize("name", CLIPPING)
def test_many_parameters_in_place_as_one_gradient_as_a_function(name):
    check_clipping(CLIPPING[name])


@pytest.mark.parametrize("limit", BELOW_AND_BEYOND)
def test_is_what_torch_nn_utils_does(limit, numbers):
    g = numbers(6)
    for clipping, theirs in (
        (ClipByNorm(limit), torch.nn.utils.clip_grad_norm_),
        (ClipByValue(limit), torch.nn.utils.clip_grad_value_),
    ):
        parameter = torch.nn.Parameter(torch.zeros_like(g))
        parameter.grad = g.clone()
        theirs([parameter], limit)
        close(type(clipping).__name__, clipping(g), parameter.grad)


def test_pytorchs_epsilon_makes_a_clipped_gradient_a_hair_shorter_than_the_limit():
    clipped = ClipByNorm(1.0)(torch.tensor([3.0, 4.0], dtype=torch.float64))
    assert float(clipped.norm()) == pytest.approx(5 / (5 + 1e-6), abs=1e-15)
    assert float(clipped.norm()) < 1


def test_adaptive_by_hand_and_unit_by_unit():
    # unit 0: weights 2 long, so the gradient may be 1 long and is 5; unit 1: 0.001 at least, so 0.0005
    w = torch.nn.Parameter(torch.tensor([[0.0, 2.0], [0.0, 0.0]]))
    w.grad = torch.tensor([[3.0, 4.0], [0.0, -0.1]])
    without = torch.nn.Parameter(torch.ones(2))
    AdaptiveClipping(0.5).clip_([w, without])
    torch.testing.assert_close(w.grad, torch.tensor([[0.6, 0.8], [0.0, -0.0005]]))
    assert without.grad is None


def test_the_arithmetic_names_the_length():
    rule, _ = CLIPPING["clip_by_norm"].rule(ClipByNorm(1.0))
    _, saved = rule.forward({"x": torch.tensor([3.0, 4.0])})
    expression = rule.expand(saved, "y", (0,))
    assert expression.text() == "3·1 / (5 + 1e−06)"
    assert [f"{step.name} = {step.inner}" for step in expression.steps()] == ["n = √(3² + 4²) = 5"]


@pytest.mark.parametrize("kind", [ClipByNorm, ClipByValue, AdaptiveClipping])
def test_a_limit_that_is_not_above_zero_is_refused(kind):
    with pytest.raises(SettingError, match=r"limit = 0\n  expected: a finite number above 0"):
        kind(0)
