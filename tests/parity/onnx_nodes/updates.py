"""ONNX operations that are optimizers of ours: one step of several tensors."""

from __future__ import annotations

from collections.abc import Callable

import torch

from glasshouse.core.update import Update
from glasshouse.optimizers.adagrad import AdagradUpdate
from glasshouse.optimizers.adam import AdamUpdate
from glasshouse.optimizers.momentum import MomentumUpdate
from glasshouse.optimizers.nesterov import NesterovUpdate
from tests.parity.onnx_nodes.activations import Answer
from tests.parity.onnx_nodes.node_case import LeftOut, NodeCase


def stepped(case: NodeCase, update: Update, t: int) -> tuple[torch.Tensor, ...]:
    """Weights, then each kind of state, after one step; ONNX lists them kind by kind, as it takes them."""
    kinds = 2 + len(update.state)
    tensors = case.inputs[2:]
    many = len(tensors) // kinds
    weights, gradients, *remembered = (tensors[many * kind : many * (kind + 1)] for kind in range(kinds))
    moved, after = [], []
    for place in range(many):
        state = {name: each[place] for name, each in zip(update.state, remembered, strict=True)}
        w, new = update.step(weights[place], gradients[place], state, t)
        moved.append(w)
        after.append(new)
    return (*moved, *(new[name] for name in update.state for new in after))


def first_step(make: Callable[[NodeCase, float], Update]) -> Answer:
    def answer(case: NodeCase) -> tuple[torch.Tensor, ...]:
        rate, steps_before = float(case.inputs[0]), int(case.inputs[1])
        if steps_before:
            raise LeftOut("a step that is not the first, at which ONNX's settings mean something else")
        return stepped(case, make(case, rate), 1)

    return answer


def adam(case: NodeCase, rate: float) -> Update:
    asked = case.needs(alpha=0.9, beta=0.999, epsilon=1e-6, norm_coefficient=0.0)
    # Before the first step ONNX counts 0 steps and corrects nothing.
    return AdamUpdate(
        rate, asked["norm_coefficient"], asked["alpha"], asked["beta"], asked["epsilon"],
        bias_correction=False,
    )  # fmt: skip


def adagrad(case: NodeCase, rate: float) -> Update:
    asked = case.needs(decay_factor=0.0, epsilon=1e-6, norm_coefficient=0.0)
    return AdagradUpdate(rate, asked["norm_coefficient"], asked["epsilon"])


def momentum(case: NodeCase, rate: float) -> Update:
    asked = case.needs(alpha=0.9, beta=1.0, mode="standard", norm_coefficient=0.0)
    kind = NesterovUpdate if asked["mode"] == "nesterov" else MomentumUpdate
    return kind(rate, asked["norm_coefficient"], asked["alpha"])


ANSWERS: dict[str, Answer] = {
    "Adagrad": first_step(adagrad),
    "Adam": first_step(adam),
    "Momentum": first_step(momentum),
}
