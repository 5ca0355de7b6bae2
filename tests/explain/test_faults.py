"""What can't be explained says what came, what was expected and what to do."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import glasshouse as gh
from glasshouse.core.errors import ModelError, UnknownNameError, UsageError
from glasshouse.explain.walk import ExplanationError
from glasshouse.layers.linear import LinearRule
from tests.explain.autograd import mean_square


class Function(nn.Module):
    def __init__(self, function, **parts):
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, *x):
        return self.function(self, *x)


def test_a_module_that_raises_is_named_with_the_operation():
    net = nn.Sequential(nn.Linear(4, 3), nn.Linear(4, 2))
    with pytest.raises(ModelError) as caught:
        gh.explain(net, torch.ones(1, 4))
    assert "the module raised RuntimeError in 1, at linear: mat1 and mat2 shapes cannot be multiplied" in str(
        caught.value
    )
    assert "fix: call model(x) alone until it runs, then explain it" in str(caught.value)


def test_a_loss_of_several_numbers_is_refused():
    with pytest.raises(ModelError) as caught:
        gh.explain(nn.Linear(2, 3), torch.ones(2, 2), loss=lambda output: output.sum(1))
    assert str(caught.value).splitlines() == [
        "the loss has shape (2,)",
        "  expected: one number",
        "  fix: take its mean or its sum, as the training does",
    ]


def test_a_loss_that_is_no_tensor_is_refused():
    with pytest.raises(ModelError, match="the loss has float"):
        gh.explain(nn.Linear(2, 3), torch.ones(2, 2), loss=lambda output: float(output.sum()))


def test_whole_numbers_for_a_layer_of_fractions_get_the_remedy():
    with pytest.raises(ModelError) as caught:
        gh.explain(nn.Linear(2, 3), torch.ones(2, 2, dtype=torch.int64))
    assert "fix: x holds whole numbers (torch.int64): give x.float()" in str(caught.value)


def test_complex_input_is_refused():
    with pytest.raises(ModelError, match=r"x has complex numbers \(torch.complex64\)"):
        gh.explain(nn.Linear(2, 3), torch.ones(2, 2, dtype=torch.complex64))


def test_complex_numbers_on_the_way_are_refused():
    net = Function(lambda module, x: torch.fft.fft(x).abs().sum())
    with pytest.raises(ModelError) as caught:
        gh.explain(net, torch.ones(2, 2))
    assert "complex" in str(caught.value)
    assert "fix: only real numbers can be explained" in str(caught.value)


def test_a_parameter_that_the_loss_does_not_reach_says_so():
    net = Function(
        lambda module, x: (module.used(x), module.aside(x))[0],
        used=nn.Linear(2, 1),
        aside=nn.Linear(2, 1),
        idle=nn.Linear(2, 1),
        frozen=nn.Linear(2, 1).requires_grad_(False),
    )
    explanation = gh.explain(net, torch.ones(1, 2), loss=mean_square)
    told = {name: explanation.gradient_at(name, (0,)) for name in ("aside.bias", "idle.bias", "frozen.bias")}
    assert {name: (each.value, each.why_none) for name, each in told.items()} == {
        "aside.bias": (None, "The loss does not depend on it."),
        "idle.bias": (None, "Nothing in this run uses it."),
        "frozen.bias": (None, "It is frozen (requires_grad is False)."),
    }
    assert "(idle.weight, 1x2): no gradient. Nothing in this run uses it." in str(explanation)


def test_without_a_loss_only_the_way_forward_is_explained():
    explanation = gh.explain(nn.Linear(2, 3), torch.ones(1, 2))
    assert explanation.loss is None
    assert explanation.gradient_at("weight", (0, 0)).why_none == "There is no loss."
    assert "Backward" not in str(explanation)


def test_an_output_that_is_one_number_is_the_loss():
    explanation = gh.explain(
        Function(lambda module, x: module.fc(x).sum(), fc=nn.Linear(2, 3)), torch.ones(1, 2)
    )
    assert explanation.loss is explanation.outputs[0]
    assert explanation.gradient_at("fc.bias", (1,)).value == 1.0


def test_the_first_step_that_gives_not_a_number_is_named():
    net = Function(lambda module, x: module.fc(x.log()) * 2, fc=nn.Linear(2, 1))
    explanation = gh.explain(net, torch.tensor([[1.0, -1.0]]), loss=mean_square)
    assert explanation.notes == ["not-a-number first comes out of step 0 (log), at (0, 1) of h1"]
    assert "note: not-a-number first comes out of step 0 (log)" in str(explanation)
    assert explanation.at("h1", (0, 1)).to_dict()["value"] == "nan"


def test_not_a_number_that_is_given_is_told_apart():
    explanation = gh.explain(nn.Linear(2, 1), torch.tensor([[1.0, float("nan")]]), loss=mean_square)
    assert explanation.notes == ["not-a-number goes in at step 0 (linear), at (0, 0) of z1"]


def test_a_wrong_rule_is_an_error_that_names_the_step(monkeypatch):
    right = LinearRule.backward

    def wrong(rule, saved, gradients):
        back = right(rule, saved, gradients)
        return {**back, "weight": back["weight"] * (1 + 1e-7)}

    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)).double()
    monkeypatch.setattr(LinearRule, "backward", wrong)
    with pytest.raises(ExplanationError) as caught:
        gh.explain(net, torch.ones(4, 2).double(), loss=mean_square)
    assert "step 2 (linear in 2): the gradient by its input 2.weight differs" in str(caught.value)


def test_a_wrong_forward_rule_is_an_error_that_names_the_step(monkeypatch):
    right = LinearRule.forward

    def wrong(rule, values):
        forward = right(rule, values)
        return forward._replace(outputs={"y": forward.outputs["y"] + 1e-3})

    monkeypatch.setattr(LinearRule, "forward", wrong)
    with pytest.raises(ExplanationError, match=r"step 0 \(linear\): its output y differs from what its rule"):
        gh.explain(nn.Linear(2, 3), torch.ones(4, 2))


def test_a_hook_that_changes_gradients_is_noticed():
    def meddling(module, x):
        h = module.fc(x)
        h.register_hook(lambda gradient: gradient * 2)
        return h.tanh()

    with pytest.raises(ExplanationError) as caught:
        gh.explain(Function(meddling, fc=nn.Linear(2, 1)), torch.ones(1, 2), loss=mean_square)
    assert "fix: does a hook change gradients?" in str(caught.value)


def test_a_backward_pass_that_pytorch_refuses_is_told():
    def spoilt(module, x):
        y = x.exp()
        z = y * 2
        y += 1
        return z.sum() + (y * y).sum()

    with pytest.raises(ModelError, match="the backward pass raised RuntimeError: one of the"):
        gh.explain(Function(spoilt), torch.ones(1, 2))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((F.relu, torch.ones(1)), "model is a function"),
        ((nn.ReLU(), torch.ones(1), torch.ones(1), 3), "loss is a int"),
    ],
    ids=["no module", "no loss"],
)
def test_calls_that_cannot_be_meant(arguments, message):
    with pytest.raises(UsageError, match=message):
        gh.explain(*arguments)


def test_a_misspelt_name_gets_a_suggestion():
    explanation = gh.explain(nn.Sequential(nn.Linear(2, 3)), torch.ones(1, 2))
    with pytest.raises(UnknownNameError, match="there is no module, parameter or symbol named '0.wait'"):
        explanation.at("0.wait", (0, 0))


@pytest.mark.parametrize("index", [(0,), (0, 3), (0, 0, 0)])
def test_an_index_that_does_not_fit_says_what_would(index):
    explanation = gh.explain(nn.Linear(2, 3), torch.ones(1, 2))
    with pytest.raises(UsageError, match=r"a place of a tensor of shape \(1, 3\)"):
        explanation.at("z1", index)


def test_places_may_count_from_the_end():
    explanation = gh.explain(nn.Linear(2, 3), torch.ones(1, 2))
    assert explanation.at("z1", (-1, -1)).index == (0, 2)
