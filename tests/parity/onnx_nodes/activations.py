"""ONNX operations that are activations of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from glasshouse.activations import ACTIVATIONS
from tests.parity.onnx_nodes.node_case import LeftOut, NodeCase

Answer = Callable[[NodeCase], tuple[torch.Tensor, ...]]


def by_rule(name: str, case: NodeCase, **settings: Any) -> tuple[torch.Tensor, ...]:
    """What the rule of an activation gives for the first input."""
    rule, parameters = ACTIVATIONS[name].rule(ACTIVATIONS[name].build(**settings))
    values = {"x": case.inputs[0], **{key: each.detach() for key, each in parameters.items()}}
    return (rule.forward(values).outputs["y"],)


def plain(name: str) -> Answer:
    """An activation without settings."""

    def answer(case: NodeCase) -> tuple[torch.Tensor, ...]:
        case.needs()
        if not case.inputs[0].is_floating_point():
            raise LeftOut("a number that is no floating-point one")
        return by_rule(name, case)

    return answer


def elu(case: NodeCase) -> tuple[torch.Tensor, ...]:
    return by_rule("elu", case, alpha=case.needs(alpha=1.0)["alpha"])


def gelu(case: NodeCase) -> tuple[torch.Tensor, ...]:
    return by_rule("gelu", case, approximate=case.needs(approximate="none")["approximate"])


def leaky_relu(case: NodeCase) -> tuple[torch.Tensor, ...]:
    return by_rule("leaky_relu", case, negative_slope=case.needs(alpha=0.01)["alpha"])


def prelu(case: NodeCase) -> tuple[torch.Tensor, ...]:
    x, slope = case.inputs
    rule, _ = ACTIVATIONS["prelu"].rule(ACTIVATIONS["prelu"].build())
    # Ours has a slope for every channel, axis 1; here every number gets a channel of its own.
    values = {"x": x.reshape(1, -1), "a": slope.expand_as(x).reshape(-1)}
    return (rule.forward(values).outputs["y"].reshape(x.shape),)


def hard_sigmoid(case: NodeCase) -> tuple[torch.Tensor, ...]:
    asked = case.needs(alpha=0.2, beta=0.5)
    rule, _ = ACTIVATIONS["hard_sigmoid"].rule(ACTIVATIONS["hard_sigmoid"].build())
    # Ours is x/6 + 1/2 between 0 and 1; another line is ours of another x.
    x = 6 * (asked["alpha"] * case.inputs[0] + asked["beta"] - 0.5)
    return (rule.forward({"x": x}).outputs["y"],)


def selu(case: NodeCase) -> tuple[torch.Tensor, ...]:
    if case.attributes:
        raise LeftOut("other constants than those of the paper")
    return by_rule("selu", case)


def softmax(case: NodeCase) -> tuple[torch.Tensor, ...]:
    return by_rule("softmax", case, axis=case.needs(axis=-1)["axis"])


def swish(case: NodeCase) -> tuple[torch.Tensor, ...]:
    return by_rule("swish", case, beta=case.needs(alpha=1.0)["alpha"])


def hard_tanh(case: NodeCase) -> tuple[torch.Tensor, ...]:
    x, *bounds = case.inputs
    if len(bounds) != 2 or None in bounds or not x.is_floating_point():
        raise LeftOut("clipping at one end, or of whole numbers")
    least, most = (float(each) for each in bounds)
    if least >= most:
        raise LeftOut("bounds the wrong way round")
    return by_rule("hard_tanh", case, least=least, most=most)


ANSWERS: dict[str, Answer] = {
    "Clip": hard_tanh,
    "Elu": elu,
    "Gelu": gelu,
    "HardSigmoid": hard_sigmoid,
    "HardSwish": plain("hard_swish"),
    "Identity": plain("identity"),
    "LeakyRelu": leaky_relu,
    "Mish": plain("mish"),
    "PRelu": prelu,
    "Relu": plain("relu"),
    "Selu": selu,
    "Sigmoid": plain("sigmoid"),
    "Softmax": softmax,
    "Softplus": plain("softplus"),
    "Softsign": plain("softsign"),
    "Swish": swish,
    "Tanh": plain("tanh"),
}
