"""Readers of the functions behind PyTorch's layers: the rules are those of ``glasshouse.layers``.

A function is read through the layer that would call it with these settings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from glasshouse.core.concept import Catalogue
from glasshouse.explain.reading import Call, Reader, Reading
from glasshouse.layers import LAYERS


def by_card(catalogue: Catalogue, name: str, module: Any, **values: torch.Tensor | None) -> Reading | None:
    """The rule that a concept reads out of a module, applied to these tensors.

    Args:
        catalogue: Where the concept is listed.
        name: Its name; where the catalogue lacks it there is no reading.
        module: A module with the settings of the call.
        values: Tensors by the rule's names; those that are ``None`` are left out.
    """
    concept = catalogue.get(name)
    if concept is None or concept.rule is None:
        return None
    rule, _ = concept.rule(module)
    given = {key: each for key, each in values.items() if each is not None}
    return Reading(rule, given, rule.outputs, concept=concept, title=name)


def linear(
    call: Call, input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None
) -> Reading | None:
    """``x W' + b``; a weight with one row may come without its axis."""
    if weight.dim() != 2:
        return None
    return by_card(LAYERS, "linear", nn.Linear(1, 1, device="meta"), x=input, weight=weight, bias=bias)


def convolution(layer: Callable[..., Any], name: str) -> Reader:
    """The reader of a convolution.

    Args:
        layer: PyTorch's layer.
        name: The concept's name.
    """

    def reader(
        call: Call,
        input: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Reading | None:
        kernel = tuple(weight.shape[2:])
        axes = len(kernel)
        module = layer(
            weight.shape[1] * groups,
            weight.shape[0],
            kernel,
            stride=_each(stride, axes),
            padding=padding if isinstance(padding, str) else _each(padding, axes),
            dilation=_each(dilation, axes),
            groups=groups,
            bias=False,
            device="meta",
        )
        return by_card(LAYERS, name, module, x=input, weight=weight, bias=bias)

    return reader


def transposed(layer: Callable[..., Any], name: str) -> Reader:
    """The reader of a transposed convolution.

    Args:
        layer: PyTorch's layer.
        name: The concept's name.
    """

    def reader(
        call: Call,
        input: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None = None,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        dilation: Any = 1,
    ) -> Reading | None:
        kernel = tuple(weight.shape[2:])
        axes = len(kernel)
        module = layer(
            weight.shape[0],
            weight.shape[1] * groups,
            kernel,
            stride=_each(stride, axes),
            padding=_each(padding, axes),
            output_padding=_each(output_padding, axes),
            groups=groups,
            dilation=_each(dilation, axes),
            bias=False,
            device="meta",
        )
        return by_card(LAYERS, name, module, x=input, weight=weight, bias=bias)

    return reader


def dropout(
    call: Call, input: torch.Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Reading | None:
    """Dropout of numbers or whole channels; the mask is drawn again from the random state of the run.

    It can't be read off the output: where the input is 0, a number that was kept is 0 as well.
    """
    if not training or p in (0, 1) or call.random_state is None:
        return None
    # Numbers are drawn in the order in which they lie in memory, which ones_like keeps.
    ones = torch.ones_like(input, dtype=call.dtype)
    kept = call.repeated(ones, p, True) != 0
    return by_card(LAYERS, "dropout", nn.Dropout(p), x=input, mask=kept.double())


def _each(setting: Any, axes: int) -> tuple[int, ...]:
    if isinstance(setting, int):
        return (setting,) * axes
    return tuple(setting) * axes if len(setting) == 1 else tuple(setting)


LAYER_CALLS: dict[str, Reader] = {
    "linear": linear,
    "conv1d": convolution(nn.Conv1d, "conv1d"),
    "conv2d": convolution(nn.Conv2d, "conv2d"),
    "conv3d": convolution(nn.Conv3d, "conv3d"),
    "conv_transpose1d": transposed(nn.ConvTranspose1d, "conv_transpose1d"),
    "conv_transpose2d": transposed(nn.ConvTranspose2d, "conv_transpose2d"),
    "conv_transpose3d": transposed(nn.ConvTranspose3d, "conv_transpose3d"),
    "dropout": dropout,
    "dropout1d": dropout,
    "dropout2d": dropout,
    "dropout3d": dropout,
    "feature_dropout": dropout,
}
"""The reader of each function behind a layer, by its name."""
