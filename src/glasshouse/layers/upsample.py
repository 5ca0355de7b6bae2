"""Upsampling: a map becomes larger, every place takes from the nearest numbers; nothing is learnt."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from glasshouse.core.checks import one_of, whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import ModelError, SettingError
from glasshouse.core.worked import worked_forward
from glasshouse.layers.interpolation_rule import Interpolation
from glasshouse.layers.pooling_checks import LARGEST, Sizes, by_axis

LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}
"""What PyTorch calls linear interpolation along so many axes."""


class Upsample(nn.Upsample):
    r"""``torch.nn.Upsample`` by whole factors or to a size, to the nearest number or linearly between two.

    .. math:: y_{u,v} = \sum_{i,k} a_{u,i}\, b_{v,k}\, x_{i,k}

    Nearest: ``a[u, i] = 1`` for ``i = floor(u / s)``. Linear: the place ``(u + 1/2) / s - 1/2`` lies between
    two numbers, each of which counts the more the nearer it is.

    Shapes: x (N, C, H, W), y (N, C, s H, s W); with other ``dimensions`` (N, C, L) or (N, C, D, H, W).

    Args:
        scale_factor: By how much the map grows, s, from 1; one whole number, or one for each axis. 2 unless
            ``size`` is given.
        mode: ``"nearest"``, or ``"linear"``, ``"bilinear"``, ``"trilinear"`` with 1, 2, 3 dimensions.
        size: How large the map becomes instead, from 1; one number, or one for each axis.
        align_corners: Linear only: whether the corners of both maps lie on each other.
        dimensions: Axes beside batch and channel: 1 (series), 2 (pictures) or 3.

    Raises:
        SettingError: A setting lies outside its range, or both factor and size are given.
        ModelError: In the forward pass, when x has other axes.

    Source:
        Odena, Dumoulin and Olah 2016, Deconvolution and checkerboard artifacts, Distill (upsampling and
        convolution instead of transposed convolution).

    Example:
        >>> Upsample(2)(torch.tensor([[[[1.0, 2.0]]]])).tolist()
        [[[[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0]]]]
        >>> Upsample(2, "linear", dimensions=1)(torch.tensor([[[1.0, 2.0]]])).tolist()
        [[[1.0, 1.25, 1.75, 2.0]]]
    """

    def __init__(
        self,
        scale_factor: Sizes | None = None,
        mode: str = "nearest",
        size: Sizes | None = None,
        align_corners: bool = False,
        dimensions: int = 2,
    ) -> None:
        axes = whole_number("dimensions", dimensions, at_least=1, at_most=LARGEST)
        one_of("mode", mode, ("nearest", LINEAR[axes]))
        if size is not None and scale_factor is not None:
            raise SettingError(
                f"scale_factor = {scale_factor!r} with size = {size!r}",
                expected="one of them: the other one follows",
                fix="leave one of them out",
            )
        if align_corners and mode == "nearest":
            raise SettingError(
                "align_corners = True with mode = 'nearest'",
                expected="a linear mode: the nearest number has no corners to align",
                fix=f"set mode = {LINEAR[axes]!r}, or leave align_corners out",
            )
        factor = by_axis("scale_factor", 2 if scale_factor is None else scale_factor, axes, at_least=1)
        super().__init__(
            size=None if size is None else by_axis("size", size, axes, at_least=1),
            scale_factor=factor if size is None else None,
            mode=mode,
            align_corners=None if mode == "nearest" else align_corners,
        )
        self.dimensions = axes

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) to (N, C, H', W')."""
        if not torch.compiler.is_compiling() and x.dim() != self.dimensions + 2:
            names = ("L", "H, W", "D, H, W")[self.dimensions - 1]
            raise ModelError(
                f"Upsample received x of shape {tuple(x.shape)}",
                expected=f"(N, C, {names}): samples and channels before {self.dimensions} axes that grow",
                fix="bring x to that shape (x.unsqueeze(0) for one sample), or set dimensions",
            )
        return super().forward(x)


def rule_of(module: Any) -> tuple[Interpolation, dict[str, torch.Tensor]]:
    """The rule of an upsampling layer.

    Args:
        module: An :class:`Upsample`, or a ``torch.nn.Upsample`` in a linear mode, or with a factor or size
            for each axis.

    Raises:
        SettingError: It interpolates in another way, or does not say along how many axes.
    """
    linear = {word: axes for axes, word in LINEAR.items()}
    per_axis = module.size if module.size is not None else module.scale_factor
    axes = getattr(module, "dimensions", linear.get(module.mode))
    if axes is None and isinstance(per_axis, tuple):
        axes = len(per_axis)
    if axes is None or module.mode not in ("nearest", *linear):
        raise SettingError(
            f"an upsampling layer with mode = {module.mode!r}, size = {module.size!r}, scale_factor = "
            f"{module.scale_factor!r}",
            expected="mode nearest, linear, bilinear or trilinear, and a factor or size for each axis",
            fix="build it with glasshouse.layers.Upsample, or give a tuple",
        )
    each = per_axis if isinstance(per_axis, tuple) else (per_axis,) * axes
    sizes, scales = ((), each) if module.size is None else (each, ())
    if module.recompute_scale_factor:
        raise SettingError(
            "an upsampling layer with recompute_scale_factor = True",
            expected="the factor that was given, or a size",
            fix="leave recompute_scale_factor out",
        )
    return Interpolation(axes, module.mode != "nearest", scales, sizes, bool(module.align_corners)), {}


CONCEPT = Concept(
    name="upsample",
    kind="layer",
    summary="Makes a map larger: every place takes from the nearest numbers, and nothing is learnt.",
    build=Upsample,
    aliases=("upsampling", "interpolate", "nearest_neighbour", "bilinear_interpolation"),
    equation=r"y_{u,v} = \sum_{i,k} a_{u,i}\, b_{v,k}\, x_{i,k}",
    derivative=(
        r"\frac{\partial L}{\partial x_{i,k}} = \sum_{u,v} a_{u,i}\, b_{v,k} "
        r"\frac{\partial L}{\partial y_{u,v}}"
    ),
    symbols={
        "x": "inputs (N, C, H, W)",
        "u": "row in the output",
        "v": "column in the output",
        "i": "row in the input",
        "k": "column in the input",
        "a": "shares along the first axis: one 1 (nearest), or two that add up to 1 (linear)",
        "b": "shares along the second axis",
        "s": "by how much the map grows, from 1",
        "y": "outputs (N, C, s H, s W)",
    },
    when="In decoders and generators before a convolution: no checkerboards, as a transposed one can make.",
    pitfalls=(
        "It adds places, not detail: the convolution behind it must supply that.",
        "With align_corners = true the result depends on the size of the map; leave it off unless an old "
        "network needs it.",
    ),
    conventions=(
        "Numbers are the middles of cells (align_corners = false), as in PyTorch, TensorFlow 2 and picture "
        "programs; older networks put them on corners.",
        "Nearest takes floor(u / s), as PyTorch's 'nearest' and most libraries for whole factors.",
    ),
    source="Odena, Dumoulin and Olah 2016, Deconvolution and checkerboard artifacts, Distill.",
    rule=rule_of,
    worked=worked_forward(
        Upsample,
        rule_of,
        settings={"scale_factor": 2, "mode": "bilinear"},
        inputs={"x": [[[[1.0, 2.0], [3.0, 5.0]]]]},
        at=(0, 0, 1, 2),
    ),
)
