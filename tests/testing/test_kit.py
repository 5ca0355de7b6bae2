"""The conformance kit finds what is wrong: each check is shown a concept that is broken in its one way."""

from dataclasses import dataclass, replace

import pytest
import torch

from glasshouse.activations import ACTIVATIONS
from glasshouse.clipping import CLIPPING, ClipByNorm
from glasshouse.core.arithmetic import sigmoid
from glasshouse.core.elementwise import elementwise
from glasshouse.core.worked import worked_forward
from glasshouse.optimizers import OPTIMIZERS
from glasshouse.optimizers.adam import AdamUpdate
from glasshouse.regularizers import L1, REGULARIZERS
from glasshouse.testing import (
    Case,
    ConformanceError,
    check_backward,
    check_card,
    check_clipping,
    check_expressions,
    check_forward,
    check_gradient_expressions,
    check_numerically,
    check_penalty,
    check_rule,
    check_update,
)

SWISH = ACTIVATIONS["swish"]
CASE = Case({"x": torch.linspace(-3, 3, 7)}, {"beta": 1.5, "learnable": True})


def right(x, beta):
    return x * sigmoid(beta * x)


def right_slope(x, beta):
    s = sigmoid(beta * x)
    return s + beta * x * s * (1 - s)


def wrong_slope(x, beta):
    return sigmoid(beta * x)


def right_in_beta(x, beta):
    s = sigmoid(beta * x)
    return x * x * s * (1 - s)


def test_a_right_concept_passes():
    check_rule(SWISH, [CASE])
    check_card(SWISH)
    check_update(OPTIMIZERS["adam"])


def test_a_wrong_value_is_found():
    wrong = replace(SWISH, rule=elementwise(lambda x, beta: x * beta, right_slope, {"beta": right_in_beta}))
    with pytest.raises(
        ConformanceError, match=r"activation swish \(beta=1.5, learnable=True, x\(7\)\): output y at"
    ):
        check_forward(wrong, CASE)


def test_a_wrong_slope_is_found_by_autograd_and_by_differences():
    wrong = replace(SWISH, rule=elementwise(right, wrong_slope, {"beta": right_in_beta}))
    with pytest.raises(ConformanceError, match="gradient by x at"):
        check_backward(wrong, CASE)
    with pytest.raises(ConformanceError, match="finite differences disagree"):
        check_numerically(wrong, CASE)


def test_a_missing_gradient_is_found():
    wrong = replace(SWISH, rule=elementwise(right, right_slope))
    with pytest.raises(ConformanceError, match="gradient"):
        reader = wrong.rule

        def without(module):
            rule, parameters = reader(module)
            return Forgetful(rule.value, rule.slope, {"beta": right_in_beta}, rule.settings), parameters

        check_backward(replace(wrong, rule=without), CASE)


def test_arithmetic_that_says_something_else_is_found():
    def rule_of(module):
        rule, parameters = SWISH.rule(module)
        return Lying(rule.value, rule.slope, rule.learnt, rule.settings), parameters

    lying = replace(SWISH, rule=rule_of)
    with pytest.raises(ConformanceError, match=r"swish .* y\[0\] = "):
        check_expressions(lying, CASE)
    with pytest.raises(ConformanceError, match=r"swish .* dx\[0\] = "):
        check_gradient_expressions(lying, CASE)


def test_a_wrong_update_is_found():
    adam = OPTIMIZERS["adam"]
    wrong = replace(adam, rule=lambda group: replace(AdamUpdate.of(group), beta1=0.8))
    with pytest.raises(ConformanceError, match=r"optimizer adam .* step 2"):
        check_update(wrong)


def test_a_penalty_that_trains_otherwise_than_it_says_is_found():
    class Forgets(L1):
        def add_gradient(self, w, gradient):
            gradient.add_(w, alpha=self.strength)

    class Mean(L1):
        def forward(self, w):
            return self.strength * w.abs().mean()

        def add_gradient(self, w, gradient):
            gradient.add_(torch.sign(w), alpha=self.strength / w.numel())

    check_penalty(REGULARIZERS["l1"])
    with pytest.raises(ConformanceError, match=r"regularizer l1 .*: gradient added in place at"):
        check_penalty(replace(REGULARIZERS["l1"], build=Forgets), strength=0.3)
    with pytest.raises(ConformanceError, match=r"several tensors in one buffer, padded with zeros"):
        check_penalty(replace(REGULARIZERS["l1"], build=Mean), strength=0.3)


def test_clipping_that_is_another_in_place_is_found():
    class EachAlone(ClipByNorm):
        def clip_(self, parameters):
            for each in parameters:
                super().clip_([each])

    class Inventive(ClipByNorm):
        def clip_(self, parameters):
            super().clip_(parameters)
            parameters[-1].grad = torch.zeros_like(parameters[-1])

    check_clipping(CLIPPING["clip_by_norm"])
    with pytest.raises(ConformanceError, match=r"clipping clip_by_norm \(limit=0.001\): gradient of shape"):
        check_clipping(replace(CLIPPING["clip_by_norm"], build=EachAlone))
    with pytest.raises(ConformanceError, match="a parameter without a gradient has one now"):
        check_clipping(replace(CLIPPING["clip_by_norm"], build=Inventive))


def test_a_card_that_lacks_something_is_found():
    with pytest.raises(ConformanceError, match="says nothing under 'when'"):
        check_card(replace(SWISH, when=""))
    with pytest.raises(ConformanceError, match="no worked number"):
        check_card(replace(SWISH, worked=None))
    wrong = elementwise(lambda x, beta: x * beta + 1, right_slope)
    with pytest.raises(ConformanceError, match="but what is built computes"):
        check_card(replace(SWISH, worked=worked_forward(SWISH.build, wrong, inputs={"x": [0.5]}, at=(0,))))


@dataclass(frozen=True)
class Forgetful(type(SWISH.rule(SWISH.build())[0])):
    def backward(self, saved, gradients):
        return {"x": super().backward(saved, gradients)["x"]}


@dataclass(frozen=True)
class Lying(type(SWISH.rule(SWISH.build())[0])):
    def expand(self, saved, output, index):
        return super().expand(saved, output, index) + 1

    def expand_gradient(self, saved, gradients, name, index):
        return super().expand_gradient(saved, gradients, name, index) * 2
