"""Pixel shuffle: channels become places, so that a small deep map turns into a large shallow one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import nn

from glasshouse.core.checks import whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import ModelError
from glasshouse.core.worked import worked_forward
from glasshouse.layers.rearrangement_rule import Rearrangement


class PixelShuffle(nn.PixelShuffle):
    r"""``torch.nn.PixelShuffle`` whose refusals show the arithmetic.

    .. math:: y_{n,\,c,\,r h + a,\,r w + b} = x_{n,\,(c r + a) r + b,\,h,\,w}, \quad 0 \le a, b < r

    Shapes: x (N, C r², H, W), y (N, C, r H, r W). One picture may come without the axis N.

    Args:
        upscale_factor: How many times higher and wider the map becomes, r, at least 1.

    Raises:
        SettingError: ``upscale_factor`` is not a whole number from 1.
        ModelError: In the forward pass, when r² does not divide the channels.

    Source:
        Shi et al. 2016, Real-time single image and video super-resolution using an efficient sub-pixel
        convolutional neural network, arXiv 1609.05158.

    Example:
        >>> PixelShuffle(2)(torch.arange(4.0).reshape(1, 4, 1, 1)).tolist()
        [[[[0.0, 1.0], [2.0, 3.0]]]]
    """

    def __init__(self, upscale_factor: int = 2) -> None:
        super().__init__(whole_number("upscale_factor", upscale_factor, at_least=1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C r², H, W) to (N, C, r H, r W)."""
        r = self.upscale_factor
        if not torch.compiler.is_compiling() and (x.dim() not in (3, 4) or x.shape[-3] % r**2):
            raise ModelError(
                f"PixelShuffle received x of shape {tuple(x.shape)}",
                expected=f"(N, C, H, W) with channels that {r}·{r} = {r * r} divides",
                fix=f"let the convolution before it make {r * r} channels for each one that shall come out",
            )
        return super().forward(x)


@dataclass(frozen=True)
class PixelShuffleRule(Rearrangement):
    """Each block of r² channels is laid out as a square of r by r places.

    Args:
        upscale_factor: The side r of the square.
    """

    upscale_factor: int = 2

    def sources(self, numbered: torch.Tensor) -> torch.Tensor:
        """(..., C r r, H, W) as (..., C, H r, W r)."""
        *lead, channels, height, width = numbered.shape
        r, first = self.upscale_factor, len(lead)
        split = numbered.reshape(*lead, channels // r**2, r, r, height, width)
        c, a, b, h, w = range(first, first + 5)
        laid = split.permute(*range(first), c, h, a, w, b)
        return laid.reshape(*lead, channels // r**2, height * r, width * r)

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """From a ``torch.nn.PixelShuffle``."""
        return cls(module.upscale_factor), {}


CONCEPT = Concept(
    name="pixel_shuffle",
    kind="layer",
    summary="Lays r² channels out as squares of r by r places: a larger map with fewer channels.",
    build=PixelShuffle,
    aliases=("sub_pixel", "depth_to_space"),
    equation=r"y_{n,\,c,\,r h + a,\,r w + b} = x_{n,\,(c r + a) r + b,\,h,\,w}",
    derivative=(
        r"\frac{\partial L}{\partial x_{n,\,(c r + a) r + b,\,h,\,w}} = "
        r"\frac{\partial L}{\partial y_{n,\,c,\,r h + a,\,r w + b}}"
    ),
    symbols={
        "x": "maps (N, C r², H, W)",
        "r": "how many times higher and wider the map becomes, from 1",
        "a": "row within a square, 0 to r - 1",
        "b": "column within a square, 0 to r - 1",
        "y": "larger maps (N, C, r H, r W)",
    },
    when="In super-resolution, as the last layer: all convolutions before it work on the small map.",
    pitfalls=(
        "The r² kernels before it start unlike each other: a checkerboard early in training, unless they are "
        "initialized alike.",
    ),
    conventions=(
        "PyTorch's order of channels; in TensorFlow's depth_to_space the outgoing channel runs fastest.",
    ),
    source=(
        "Shi et al. 2016, Real-time single image and video super-resolution using an efficient sub-pixel "
        "convolutional neural network, arXiv 1609.05158."
    ),
    rule=PixelShuffleRule.of,
    worked=worked_forward(
        PixelShuffle,
        PixelShuffleRule.of,
        settings={"upscale_factor": 2},
        inputs={"x": [[[[1.0]], [[2.0]], [[3.0]], [[4.0]]]]},
        at=(0, 0, 1, 0),
    ),
)
