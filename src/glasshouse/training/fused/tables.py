"""The tables and buffers that the compiled loop takes: where everything lies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from glasshouse.training.flat import Group
from glasshouse.training.fused import codes
from glasshouse.training.fused.plan import FusedPlan, Layer

Place = Callable[[torch.Tensor], int]

VECTOR = 16
"""Rows of work space begin at multiples of so many numbers: a vector of float32, two of float64."""


CROWD = 256
"""Rows so many numbers apart, or a multiple, would crowd into few sets of the processor's caches."""


def padded(width: int) -> int:
    """Numbers from one row of work space to the next.

    Example:
        >>> padded(3), padded(32), padded(256)
        (16, 32, 272)
    """
    lines = -(-width // VECTOR) * VECTOR
    return lines + VECTOR if lines % CROWD == 0 else lines


def aligned(*shape: int, kind: type[np.floating[Any]]) -> NDArray[Any]:
    """Zeros that begin with a line of the processor's cache.

    Where they don't, every vector lies in two lines, which costs an update of many weights two thirds of its
    speed.

    Args:
        shape: Of the array.
        kind: Of its numbers.

    Example:
        >>> aligned(3, 16, kind=np.float32).ctypes.data % 64
        0
    """
    # PyTorch sees to it; NumPy begins 16 bytes behind.
    zeros: NDArray[Any] = torch.zeros(shape, dtype=torch.from_numpy(np.zeros(0, dtype=kind)).dtype).numpy()
    return zeros


class Space:
    """Work space that is dealt out.

    Example:
        >>> space = Space()
        >>> space.take(20), space.take(1), space.size
        (0, 32, 48)
    """

    def __init__(self) -> None:
        self.size = 0

    def take(self, numbers: int) -> int:
        """Where so many numbers may lie."""
        at = self.size
        self.size += padded(numbers)
        return at


@dataclass
class Tables:
    """A network's tables, for batches of up to so many rows.

    Args:
        layers, numbers: One line per layer, as ``codes`` names the columns.
        shapes: Width, stride and place of inputs and of outputs; two places for gradients, one of zeros.
        seen: For every named layer the place of its outputs, stride and width.
        names: Their names.
        space: Numbers of work space.
        masks: The dropout layers: chance to be dropped, and width.
        running: The batch norms with running statistics.
    """

    layers: NDArray[np.int64]
    numbers: NDArray[np.float64]
    shapes: tuple[int, ...]
    seen: NDArray[np.int64]
    names: list[str]
    space: int
    masks: list[tuple[float, int]]
    running: list[Any]


def lay_out(plan: FusedPlan, rows: int, place: Place | None = None) -> Tables:
    """Deal out work space for a plan.

    Args:
        plan: Of a network.
        rows: Of the largest batch.
        place: Where a parameter lies in the flat buffer; by default it lies there already.
    """
    where: Place = place or (lambda each: int(each.storage_offset()))
    space = Space()
    width_in = plan.layers[0].width_in
    table = np.full((len(plan.layers), codes.COLUMNS), -1, dtype=np.int64)
    numbers = np.zeros((len(plan.layers), 2))
    x_at = at = space.take(rows * padded(width_in))
    stride = padded(width_in)
    outputs = [(x_at, stride, width_in)]
    masks: list[tuple[float, int]] = []
    running: list[Any] = []
    for line, settings, layer in zip(table, numbers, plan.layers, strict=True):
        line[codes.KIND] = layer.kind
        line[codes.WIDTH_IN], line[codes.STRIDE_IN], line[codes.X_AT] = layer.width_in, stride, at
        stride = padded(layer.width)
        at = space.take(rows * stride)
        line[codes.WIDTH], line[codes.STRIDE], line[codes.Y_AT] = layer.width, stride, at
        line[codes.NEEDED] = layer.needed
        place_parameters(line, layer, where)
        place_own(line, layer, rows, space, masks, running)
        settle(line, settings, layer)
        outputs.append((at, stride, layer.width))
    widest = max(stride for _, stride, _ in outputs)
    here, there, zeros = (space.take(size) for size in (rows * widest, rows * widest + 2 * widest, widest))
    shapes = (width_in, padded(width_in), x_at, plan.layers[-1].width, stride, at, here, there, zeros)
    seen = np.array([outputs[done] for _, done in plan.names], dtype=np.int64).reshape(-1, 3)
    names = [name for name, _ in plan.names]
    # Whole vectors are read where a row ends, so there is one more behind the last.
    return Tables(table, numbers, shapes, seen, names, space.size + VECTOR, masks, running)


def place_parameters(line: NDArray[np.int64], layer: Layer, place: Place) -> None:
    """Where a layer's weights and biases lie in the flat buffer."""
    weight, bias = getattr(layer.module, "weight", None), getattr(layer.module, "bias", None)
    line[codes.WEIGHT_AT] = -1 if weight is None else place(weight)
    line[codes.BIAS_AT] = -1 if bias is None else place(bias)


def place_own(
    line: NDArray[np.int64],
    layer: Layer,
    rows: int,
    space: Space,
    masks: list[tuple[float, int]],
    running: list[Any],
) -> None:
    """What only this kind of layer needs."""
    module, stride_in, stride = layer.module, int(line[codes.STRIDE_IN]), int(line[codes.STRIDE])
    if layer.kind == codes.LINEAR:
        line[codes.SPACE_AT] = space.take((layer.width_in + 1) * stride)
        line[codes.COPY_AT] = space.take(layer.width * stride_in)
    elif layer.kind == codes.DROPOUT:
        line[codes.EXTRA] = rows * sum(width for _, width in masks)
        masks.append((module.p, layer.width))
    elif layer.kind == codes.BATCH_NORM:
        line[codes.SPACE_AT], line[codes.COPY_AT] = space.take(2 * stride), 2 * stride
        if module.running_mean is not None:
            line[codes.EXTRA] = 2 * sum(each.num_features for each in running)
            running.append(module)
    elif layer.kind == codes.LAYER_NORM:
        line[codes.SPACE_AT], line[codes.COPY_AT] = space.take(2 * rows), 2 * rows


def settle(line: NDArray[np.int64], settings: NDArray[np.float64], layer: Layer) -> None:
    """The settings of a layer: all that may differ between networks whose tables are equal otherwise."""
    if layer.kind == codes.CURVE:
        line[codes.EXTRA], settings[0], settings[1] = layer.curve
    elif layer.kind == codes.BATCH_NORM:
        settings[0], settings[1] = layer.module.momentum or 0.0, layer.module.eps
    elif layer.kind == codes.LAYER_NORM:
        settings[1] = layer.module.eps


def judging(tables: Tables) -> tuple[NDArray[np.int64], int, int]:
    """The lines of the layers that rows which judge pass through: dropout lets all pass, and batch norm goes
    by its running statistics.

    Args:
        tables: Of training.

    Returns:
        The lines; stride and place of the outputs.
    """
    lines: list[NDArray[np.int64]] = []
    _, stride, at, *_ = tables.shapes
    for line in tables.layers:
        if line[codes.KIND] == codes.DROPOUT:
            continue
        own = line.copy()
        own[codes.STRIDE_IN], own[codes.X_AT] = stride, at
        if own[codes.KIND] == codes.BATCH_NORM:
            own[codes.KIND] = codes.STANDING_NORM
        stride, at = int(own[codes.STRIDE]), int(own[codes.Y_AT])
        lines.append(own)
    return np.array(lines, dtype=np.int64).reshape(-1, codes.COLUMNS), stride, at


def group_tables(groups: Sequence[Group], decays: Sequence[float]) -> tuple[Any, Any]:
    """Where the groups' stretches of the flat buffer begin and end; rates, decays, and who is penalised.

    Args:
        groups: In the order of the buffer.
        decays: Weight decay of each.
    """
    stretches, factors = np.zeros((len(groups), 2), dtype=np.int64), np.zeros((len(groups), 3))
    for group, decay, stretch, factor in zip(groups, decays, stretches, factors, strict=True):
        leaf = group.leaves[0]
        stretch[:] = leaf.storage_offset(), leaf.storage_offset() + len(leaf)
        factor[:] = group.rate, decay, group.decayed
    return stretches, factors


def part_table(parameters: Sequence[torch.Tensor]) -> NDArray[np.int64]:
    """Where parameters begin in the flat buffer, and how many numbers each has."""
    places = [(each.storage_offset(), each.numel()) for each in parameters]
    return np.array(places, dtype=np.int64).reshape(-1, 2)
