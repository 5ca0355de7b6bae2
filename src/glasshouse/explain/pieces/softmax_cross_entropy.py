"""Softmax and cross-entropy of one sample, worked out: shares, surprise, and the gradient p - t."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from glasshouse.activations import ACTIVATIONS
from glasshouse.core.checks import whole_number
from glasshouse.core.errors import UsageError
from glasshouse.explain.arithmetic import renamed
from glasshouse.explain.pieces.by_rule import by_rule, read_rule
from glasshouse.explain.pieces.drawing import bars, svg
from glasshouse.explain.pieces.given import numbers
from glasshouse.explain.pieces.piece import Line, Piece
from glasshouse.losses import LOSSES


def softmax_cross_entropy(logits: Any, target: int) -> Piece:
    r"""The shares of the classes, the loss of the true one, and the gradient by every logit.

    .. math:: p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}, \quad L = -\ln p_t, \quad
        \frac{\partial L}{\partial z_k} = p_k - [k = t]

    Args:
        logits: One number for each class, two or more.
        target: The true class, from 0.

    Raises:
        UsageError: The logits are no list of two or more numbers.
        SettingError: There is no such class.

    Source:
        Bridle 1990, Probabilistic interpretation of feedforward classification network outputs.

    Example:
        >>> piece = softmax_cross_entropy([2.0, 1.0, 0.1], 0)
        >>> [round(share, 4) for share in piece.results["p"].tolist()]
        [0.659, 0.2424, 0.0986]
        >>> round(float(piece.results["loss"]), 4)
        0.417
    """
    z = numbers("logits", logits, 1)
    if len(z) < 2:
        raise UsageError(
            f"{len(z)} logit{'s' * (len(z) != 1)}",
            expected="two or more, one for each class",
            fix="for two classes with one logit write [0.0, z]",
        )
    whole_number("target", target, at_least=0, at_most=len(z) - 1)
    softmax, _ = read_rule(ACTIVATIONS["softmax"])
    shares, saved = softmax.forward({"x": z})
    loss, _ = read_rule(LOSSES["cross_entropy"])
    values = {"outputs": z[None], "targets": torch.tensor([target])}

    def draw(results: Mapping[str, torch.Tensor]) -> str:
        shapes, bottom = bars(0, 20, {"z": z, "p": results["p"], "dz": results["dz"]})
        return svg(506, bottom + 8, shapes, "Logits, shares and gradients as bars")

    whole = by_rule(
        "",
        "",
        loss,
        values,
        lambda _results: "",
        {"loss": torch.tensor(1.0).double()},
        {"outputs": 1, "z": 1},
    )
    results = {"p": shares["y"], "loss": whole.results["loss"], "dz": whole.results["doutputs"]}

    def worked() -> Sequence[Line]:
        lines = [
            Line(f"p[{k}]", renamed(softmax.expand(saved, "y", (k,)), {"x": ("z", "z")}, {}), "Shares")
            for k in range(len(z))
        ]
        lines.append(Line("loss", whole.at(of="loss"), "Loss of the true class"))
        slopes = [
            Line(f"dz[{k}]", whole.at(k, of="doutputs"), "Gradient by the logits") for k in range(len(z))
        ]
        return [*lines, *slopes]

    return Piece(
        f"Softmax with cross-entropy: {len(z)} classes, the true one is {target}",
        r"p_k = \frac{e^{z_k}}{\sum_j e^{z_j}},\; L = -\ln p_t,\; "
        r"\frac{\partial L}{\partial z_k} = p_k - t_k",
        {"z": z, "t": f"class {target}"},
        results,
        worked,
        lambda: draw(results),
    )
