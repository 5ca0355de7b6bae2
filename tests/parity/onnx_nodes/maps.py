"""ONNX operations that are convolutions of ours, or that move and stretch maps."""

from __future__ import annotations

from typing import Any

import torch

from glasshouse.core.errors import SettingError
from glasshouse.layers import LAYERS
from glasshouse.layers.convolution_rule import Convolution
from glasshouse.layers.sizes import same_padding
from glasshouse.layers.transposed_convolution_rule import TransposedConvolution
from tests.parity.onnx_nodes.activations import Answer
from tests.parity.onnx_nodes.node_case import LeftOut, NodeCase


def pairs(pads: list[int] | None, axes: int) -> tuple[tuple[int, int], ...]:
    """ONNX's padding, starts first and ends after them, as a pair for each axis."""
    return ((0, 0),) * axes if pads is None else tuple(zip(pads[:axes], pads[axes:], strict=True))


def convolution(case: NodeCase) -> tuple[torch.Tensor, ...]:
    axes = case.inputs[0].dim() - 2
    asked = case.needs(kernel_shape=None, strides=None, dilations=None, pads=None, auto_pad="NOTSET", group=1)
    stride, dilation = (tuple(asked[name] or [1] * axes) for name in ("strides", "dilations"))
    x, weight = case.inputs[:2]
    padding = pairs(asked["pads"], axes)
    if asked["auto_pad"].startswith("SAME"):
        same = [
            same_padding(n, k, s, d)
            for n, k, s, d in zip(x.shape[2:], weight.shape[2:], stride, dilation, strict=True)
        ]
        lower = asked["auto_pad"] == "SAME_LOWER"  # an odd zero goes before, not after
        padding = tuple((each.after, each.before) if lower else (each.before, each.after) for each in same)
    values = {"x": x, "weight": weight}
    return (Convolution(stride, padding, dilation, asked["group"]).forward(values).outputs["y"],)


def transposed(case: NodeCase) -> tuple[torch.Tensor, ...]:
    x, weight = case.inputs[:2]
    axes = x.dim() - 2
    asked = case.needs(
        kernel_shape=None, strides=None, dilations=None, pads=None, auto_pad="NOTSET", group=1,
        output_padding=None, output_shape=None,
    )  # fmt: skip
    stride, dilation = (tuple(asked[name] or [1] * axes) for name in ("strides", "dilations"))
    extra = tuple(asked["output_padding"] or [0] * axes)
    cut = pairs(asked["pads"], axes)
    full = [
        (n - 1) * s + d * (k - 1) + 1 + more
        for n, s, k, d, more in zip(x.shape[2:], stride, weight.shape[2:], dilation, extra, strict=True)
    ]
    wanted = asked["output_shape"]
    if asked["auto_pad"].startswith("SAME"):
        wanted = [n * s for n, s in zip(x.shape[2:], stride, strict=True)]
    if wanted is not None:
        # What is too much is cut off, what is missing is output padding, up to the stride.
        surplus = [size - each for size, each in zip(full, wanted, strict=True)]
        cut = tuple((max(0, each) // 2, max(0, each) - max(0, each) // 2) for each in surplus)
        extra = tuple(more + max(0, -each) for more, each in zip(extra, surplus, strict=True))
    rule = TransposedConvolution(stride, (0,) * axes, dilation, asked["group"], extra)
    y = rule.forward({"x": x, "weight": weight}).outputs["y"]
    for axis, (before, after) in enumerate(cut, start=2):
        y = y.narrow(axis, before, y.shape[axis] - before - after)
    return (y,)


def flatten(case: NodeCase) -> tuple[torch.Tensor, ...]:
    x, axis = case.inputs[0], case.needs(axis=1)["axis"]
    axis += x.dim() if axis < 0 else 0
    # ONNX makes a matrix of it: the axes before `axis` become one as well.
    rows = x.reshape(-1, *x.shape[axis:]) if axis else x.unsqueeze(0)
    rule, _ = LAYERS["flatten"].rule(LAYERS["flatten"].build(start_dim=1))
    return (rule.forward({"x": rows}).outputs["y"],)


def gather(case: NodeCase) -> tuple[torch.Tensor, ...]:
    table, index = case.inputs
    axis = case.needs(axis=0)["axis"]
    index = torch.where(index < 0, index + table.shape[axis], index).long()
    rows = table.movedim(axis, 0)
    rule, _ = LAYERS["embedding"].rule(LAYERS["embedding"].build(len(rows), rows[0].numel()))
    values = {"x": index, "weight": rows.reshape(len(rows), -1)}
    y = rule.forward(values).outputs["y"].reshape(*index.shape, *rows.shape[1:])
    places = range(index.dim())
    return (y.movedim(tuple(places), tuple(axis + place for place in places)),)


def depth_to_space(case: NodeCase) -> tuple[torch.Tensor, ...]:
    asked = case.needs(blocksize=1, mode="DCR")
    x, factor = case.inputs[0], asked["blocksize"]
    if asked["mode"] == "DCR":  # the channels of a block lie further apart than PyTorch has them
        n, c, h, w = x.shape
        x = x.reshape(n, factor**2, c // factor**2, h, w).transpose(1, 2).reshape(n, c, h, w)
    rule, _ = LAYERS["pixel_shuffle"].rule(LAYERS["pixel_shuffle"].build(factor))
    return (rule.forward({"x": x}).outputs["y"],)


def pad(case: NodeCase) -> tuple[torch.Tensor, ...]:
    modes = {"constant": "zeros", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}
    x, pads, value, axes = case.inputs[0], case.inputs[1].tolist(), case.given(2), case.given(3)
    if value is not None and float(value) != 0:
        raise LeftOut("padding with another number than 0")
    where = list(range(x.dim())) if axes is None else [int(each) % x.dim() for each in axes]
    amounts = [(0, 0)] * x.dim()
    for axis, pair in zip(where, pairs(pads, len(where)), strict=True):
        amounts[axis] = pair
    if any(sum(pair) for pair in amounts[:2]):
        raise LeftOut("padding of samples or channels")
    try:
        layer = LAYERS["pad"].build(amounts[2:], modes[case.needs(mode="constant")["mode"]], x.dim() - 2)
    except SettingError as error:
        raise LeftOut("a negative padding, which cuts off") from error
    rule, _ = LAYERS["pad"].rule(layer)
    return (rule.forward({"x": x}).outputs["y"],)


def stretched(x: torch.Tensor, **settings: Any) -> tuple[torch.Tensor, ...]:
    rule, _ = LAYERS["upsample"].rule(LAYERS["upsample"].build(dimensions=x.dim() - 2, **settings))
    return (rule.forward({"x": x}).outputs["y"],)


def upsample(case: NodeCase) -> tuple[torch.Tensor, ...]:
    x, scales = case.inputs
    size = [round(n * float(s)) for n, s in zip(x.shape[2:], scales[2:], strict=True)]
    return stretched(x, size=size, mode=case.needs(mode="nearest")["mode"])


ANSWERS: dict[str, Answer] = {
    "Conv": convolution,
    "ConvTranspose": transposed,
    "DepthToSpace": depth_to_space,
    "Flatten": flatten,
    "Gather": gather,
    "Pad": pad,
    "Upsample": upsample,
}
