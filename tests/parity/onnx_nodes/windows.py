"""ONNX operations that slide a window: the pools."""

from __future__ import annotations

from typing import Any

import torch

from glasshouse.layers import LAYERS
from tests.parity.onnx_nodes.activations import Answer
from tests.parity.onnx_nodes.node_case import LeftOut, NodeCase


def same_padding(case: NodeCase, asked: dict[str, Any]) -> list[int]:
    """ONNX's padding that keeps size / step places, the odd one after (upper) or before (lower)."""
    before, after = [], []
    for size, kernel, stride in zip(
        case.inputs[0].shape[2:], asked["kernel_shape"], asked["strides"], strict=True
    ):
        whole = max(0, (-(-size // stride) - 1) * stride + kernel - size)
        before.append(whole // 2 if asked["auto_pad"] == "SAME_UPPER" else whole - whole // 2)
        after.append(whole - before[-1])
    return [*before, *after]


def symmetric(pads: list[int] | None, axes: int) -> list[int]:
    """ONNX's padding, starts first and ends after them, as one number for each axis."""
    if pads is None:
        return [0] * axes
    if pads[:axes] != pads[axes:]:
        raise LeftOut("other padding before than after")
    return pads[:axes]


def pooled(name: str, case: NodeCase, **settings: Any) -> torch.Tensor:
    """What the rule of a pooling layer gives."""
    rule, _ = LAYERS[name].rule(LAYERS[name].build(**settings))
    return rule.forward({"x": case.inputs[0]}).outputs["y"]


def window_of(case: NodeCase, **more: Any) -> dict[str, Any]:
    """Window, step and padding as our pools take them."""
    axes = case.inputs[0].dim() - 2
    asked = case.needs(
        kernel_shape=None, strides=None, pads=None, auto_pad="NOTSET", dilations=None, ceil_mode=0, **more
    )
    asked["strides"] = asked["strides"] or [1] * axes
    if asked["auto_pad"].startswith("SAME"):
        asked["pads"] = same_padding(case, asked)
    padding = symmetric(asked["pads"], axes)
    if any(2 * pad > size for pad, size in zip(padding, asked["kernel_shape"], strict=True)):
        raise LeftOut("padding over half of the window, which PyTorch refuses")
    return {
        "asked": asked,
        "dilation": asked["dilations"] or [1] * axes,
        "settings": {
            "kernel_size": asked["kernel_shape"],
            "stride": asked["strides"],
            "padding": padding,
            "dimensions": axes,
        },
    }


def max_pool(case: NodeCase) -> tuple[torch.Tensor, ...]:
    window = window_of(case, storage_order=0)
    if len(case.expected) > 1:
        raise LeftOut("places of the largest numbers as a second output")
    x = case.inputs[0]
    if not x.is_floating_point():
        raise LeftOut("whole numbers")
    return (
        pooled(
            "max_pool",
            case,
            **window["settings"],
            dilation=window["dilation"],
            ceil=bool(window["asked"]["ceil_mode"]),
        ),
    )


def average_pool(case: NodeCase) -> tuple[torch.Tensor, ...]:
    window = window_of(case, count_include_pad=0)
    if any(step != 1 for step in window["dilation"]):
        raise LeftOut("dilated averages, which PyTorch has not")
    asked = window["asked"]
    settings = {**window["settings"], "ceil": bool(asked["ceil_mode"])}
    return (pooled("average_pool", case, **settings, count_padding=bool(asked["count_include_pad"])),)


def l2_pool(case: NodeCase) -> tuple[torch.Tensor, ...]:
    window = window_of(case, p=2)
    if window["asked"]["p"] != 2:
        raise LeftOut(f"the power {window['asked']['p']}; ours is 2")
    if any(step != 1 for step in window["dilation"]):
        raise LeftOut("dilated windows")
    return (pooled("l2_pool", case, **window["settings"]),)


def over_everything(name: str) -> Answer:
    """Global pooling; ONNX keeps the axes that ours drops."""

    def answer(case: NodeCase) -> tuple[torch.Tensor, ...]:
        case.needs()
        axes = case.inputs[0].dim() - 2
        y = pooled(name, case, dimensions=axes)
        return (y.reshape(*y.shape, *[1] * axes),)

    return answer


ANSWERS: dict[str, Answer] = {
    "AveragePool": average_pool,
    "GlobalAveragePool": over_everything("global_average_pool"),
    "GlobalMaxPool": over_everything("global_max_pool"),
    "LpPool": l2_pool,
    "MaxPool": max_pool,
}
