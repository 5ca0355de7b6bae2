"""Padding as a layer: places are added around a map, filled with zeros or from the map itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import nn

from glasshouse.core.checks import whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import SettingError
from glasshouse.core.worked import worked_forward
from glasshouse.layers.convolution_checks import padding_mode_of
from glasshouse.layers.convolution_padding import (
    Amounts,
    PaddingSetting,
    padding_fits,
    padding_sources,
    read_padding,
)
from glasshouse.layers.pooling_checks import LARGEST, has_axes
from glasshouse.layers.rearrangement_rule import Rearrangement


class Pad(nn.Module):
    r"""Places added around a map.

    .. math:: y_i = x_{i - p} \text{ where there is such a number, else } 0

    Shapes: x (N, C, H, W), y (N, C, before + H + after, before + W + after); with other ``dimensions`` (N, C,
    L) or (N, C, D, H, W). One sample may come without the axis N.

    Args:
        padding: Places on each side, from 0: one number, one for each axis, or a pair (before, after) for
            each axis.
        padding_mode: What they are filled with: ``"zeros"``, ``"reflect"`` (mirrored at the edge, the edge
            not repeated), ``"replicate"`` (the edge repeated) or ``"circular"`` (from the other end).
        dimensions: Axes beside batch and channel: 1 (series), 2 (pictures) or 3.

    Raises:
        SettingError: A setting lies outside its range.
        ModelError: In the forward pass, when x has other axes or too few numbers to be mirrored or wrapped.

    Source:
        Dumoulin and Visin 2016, A guide to convolution arithmetic for deep learning, arXiv 1603.07285.

    Example:
        >>> Pad([[1, 2]], "replicate", dimensions=1)(torch.tensor([[[1.0, 2.0]]])).tolist()
        [[[1.0, 1.0, 2.0, 2.0, 2.0]]]
    """

    def __init__(self, padding: PaddingSetting = 1, padding_mode: str = "zeros", dimensions: int = 2) -> None:
        super().__init__()
        ones = (1,) * whole_number("dimensions", dimensions, at_least=1, at_most=LARGEST)
        if isinstance(padding, str):
            raise SettingError(
                f"padding = {padding!r}",
                expected="numbers: the words of convolutions follow from a kernel, and there is none here",
                fix="give places in numbers, or the word to the convolution itself",
            )
        amounts = read_padding(padding, ones, ones, ones)
        self.amounts: Amounts = () if isinstance(amounts, str) else amounts
        self.padding_mode = padding_mode_of(padding_mode)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) to (N, C, H', W')."""
        axes = len(self.amounts)
        if not torch.compiler.is_compiling():
            has_axes(x, axes, "Pad")
            padding_fits(self.amounts, x.shape[-axes:], self.padding_mode)
        # PyTorch wants the last axis first.
        flat = [each for pair in reversed(self.amounts) for each in pair]
        return F.pad(x, flat, "constant" if self.padding_mode == "zeros" else self.padding_mode)

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return f"{self.amounts}, padding_mode={self.padding_mode!r}"


@dataclass(frozen=True)
class PadRule(Rearrangement):
    """Every place takes the number that padding puts there.

    Args:
        amounts: Places before and after each of the last axes.
        padding_mode: How they are filled.
    """

    amounts: Amounts = ()
    padding_mode: str = "zeros"

    def sources(self, numbered: torch.Tensor) -> torch.Tensor:
        """Axis by axis, the places from which the padded axis takes its numbers."""
        first = numbered.dim() - len(self.amounts)
        for axis, pair in enumerate(self.amounts, start=first):
            table = torch.tensor(
                padding_sources(numbered.shape[axis], *pair, self.padding_mode), device=numbered.device
            )
            outside = (table < 0).reshape(-1, *(1 for _ in range(numbered.dim() - axis - 1)))
            numbered = numbered.index_select(axis, table.clamp(min=0)).masked_fill(outside, -1)
        return numbered

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """From a :class:`Pad`."""
        return cls(module.amounts, module.padding_mode), {}


CONCEPT = Concept(
    name="pad",
    kind="layer",
    summary="Adds places around a map, filled with zeros or from the map itself.",
    build=Pad,
    aliases=("padding", "zero_padding"),
    equation=r"y_i = x_{i - p} \text{ where there is such a number, else } 0",
    derivative=(
        r"\frac{\partial L}{\partial x_u} = \sum_{i \text{ that took } x_u} "
        r"\frac{\partial L}{\partial y_i}"
    ),
    symbols={
        "x": "inputs (N, C, H, W)",
        "p": "places before the axis, from 0",
        "i": "place in the output",
        "y": "padded inputs (N, C, H', W')",
    },
    when="Where a layer shall keep its map's size and its own padding does not do it.",
    pitfalls=(
        "Zeros are numbers: at the border they look like a dark edge.",
        "A mirrored or wrapped border shows the kernel a picture that does not exist.",
    ),
    conventions=(
        "Amounts are given axis by axis, the first axis first; torch.nn.functional.pad wants the last axis "
        "first.",
        "'reflect' does not repeat the edge (NumPy's word for that is 'symmetric'); 'replicate' is NumPy's "
        "'edge', 'circular' NumPy's 'wrap'.",
    ),
    source="Dumoulin and Visin 2016, A guide to convolution arithmetic for deep learning, arXiv 1603.07285.",
    rule=PadRule.of,
    worked=worked_forward(
        Pad,
        PadRule.of,
        settings={"padding": [[2, 0]], "padding_mode": "reflect", "dimensions": 1},
        inputs={"x": [[[1.0, 2.0, 3.0]]]},
        at=(0, 0, 0),
    ),
)
