"""Readers of the functions behind PyTorch's layers: the rules are those of ``glasshouse.layers``.

A function is read through the layer that would call it with these settings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from glasshouse.core.concept import Catalogue
from glasshouse.explain.operations.linear_map import linear_map
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


def max_pool(layer: Callable[..., Any]) -> Reader:
    """The reader of max pooling.

    Args:
        layer: PyTorch's layer.
    """

    def reader(
        call: Call,
        input: torch.Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Reading | None:
        module = layer(kernel_size, stride or None, padding, dilation, ceil_mode=ceil_mode)
        return _first_of(call, by_card(LAYERS, "max_pool", module, x=input))

    return reader


def average_pool(layer: Callable[..., Any]) -> Reader:
    """The reader of average pooling.

    Args:
        layer: PyTorch's layer.
    """

    def reader(
        call: Call,
        input: torch.Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> Reading | None:
        if divisor_override is not None:
            return linear_map(
                call, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
            )
        module = layer(kernel_size, stride or None, padding, ceil_mode, count_include_pad)
        return by_card(LAYERS, "average_pool", module, x=input)

    return reader


def adaptive_pool(layer: Callable[..., Any], name: str) -> Reader:
    """The reader of adaptive pooling.

    Args:
        layer: PyTorch's layer.
        name: The concept's name.
    """

    def reader(
        call: Call, input: torch.Tensor, output_size: Any, return_indices: bool = False
    ) -> Reading | None:
        sizes = output_size if isinstance(output_size, (tuple, list)) else (output_size,)
        if any(size is None for size in sizes):
            axes = len(sizes)
            output_size = tuple(
                own if size is None else size for size, own in zip(sizes, input.shape[-axes:], strict=True)
            )
        return _first_of(call, by_card(LAYERS, name, layer(output_size), x=input))

    return reader


def batch_norm(
    call: Call,
    input: torch.Tensor,
    running_mean: torch.Tensor | None,
    running_var: torch.Tensor | None,
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Reading | None:
    """Batch normalization; the statistics of the batch in training, the running ones else."""
    module = nn.BatchNorm1d(1, eps, momentum, affine=False).train(training)
    return by_card(
        LAYERS,
        "batch_norm",
        module,
        x=input,
        weight=weight,
        bias=bias,
        running_mean=running_mean,
        running_var=running_var,
    )


def torch_batch_norm(
    call: Call,
    input: torch.Tensor,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = True,
) -> Reading | None:
    """``torch.batch_norm``, which has its arguments in another order."""
    return batch_norm(call, input, running_mean, running_var, weight, bias, training, momentum, eps)


def layer_norm(
    call: Call,
    input: torch.Tensor,
    normalized_shape: Any,
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Reading | None:
    """Layer normalization."""
    module = nn.LayerNorm(normalized_shape, eps, elementwise_affine=False)
    return by_card(LAYERS, "layer_norm", module, x=input, weight=weight, bias=bias)


def group_norm(
    call: Call,
    input: torch.Tensor,
    num_groups: int,
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Reading | None:
    """Group normalization."""
    module = nn.GroupNorm(num_groups, input.shape[1], eps, affine=False)
    return by_card(LAYERS, "group_norm", module, x=input, weight=weight, bias=bias)


def instance_norm(
    call: Call,
    input: torch.Tensor,
    running_mean: torch.Tensor | None = None,
    running_var: torch.Tensor | None = None,
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Reading | None:
    """Instance normalization is group normalization with a group for every channel."""
    if not use_input_stats or input.dim() < 3:
        return None
    return group_norm(call, input, input.shape[1], weight, bias, eps)


def rms_norm(
    call: Call,
    input: torch.Tensor,
    normalized_shape: Any,
    weight: torch.Tensor | None = None,
    eps: float | None = None,
) -> Reading | None:
    """Root-mean-square normalization; without an epsilon that of the type in which it ran."""
    epsilon = torch.finfo(call.dtype).eps if eps is None else eps
    module = nn.RMSNorm(normalized_shape, epsilon, elementwise_affine=False)
    return by_card(LAYERS, "rms_norm", module, x=input, weight=weight)


def dropout(
    call: Call, input: torch.Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Reading | None:
    """Dropout of numbers or whole channels; the mask is drawn again from the random state of the run.

    It can't be read off the output: where the input is 0, a number that was kept is 0 as well.
    """
    if not training or p in (0, 1) or call.random_state is None:
        return None
    ones = torch.ones(input.shape, dtype=call.dtype)
    kept = call.repeated(ones, p, True) != 0
    return by_card(LAYERS, "dropout", nn.Dropout(p), x=input, mask=kept.double())


def _first_of(call: Call, reading: Reading | None) -> Reading | None:
    """A reading whose second output, the places of the largest, no rule gives."""
    if reading is None or len(call.outputs) == 1:
        return reading
    return Reading(reading.rule, reading.values, ("y", None), concept=reading.concept, title=reading.title)


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
    "max_pool1d": max_pool(nn.MaxPool1d),
    "max_pool2d": max_pool(nn.MaxPool2d),
    "max_pool3d": max_pool(nn.MaxPool3d),
    "max_pool1d_with_indices": max_pool(nn.MaxPool1d),
    "max_pool2d_with_indices": max_pool(nn.MaxPool2d),
    "max_pool3d_with_indices": max_pool(nn.MaxPool3d),
    "avg_pool1d": average_pool(nn.AvgPool1d),
    "avg_pool2d": average_pool(nn.AvgPool2d),
    "avg_pool3d": average_pool(nn.AvgPool3d),
    "adaptive_avg_pool1d": adaptive_pool(nn.AdaptiveAvgPool1d, "adaptive_average_pool"),
    "adaptive_avg_pool2d": adaptive_pool(nn.AdaptiveAvgPool2d, "adaptive_average_pool"),
    "adaptive_avg_pool3d": adaptive_pool(nn.AdaptiveAvgPool3d, "adaptive_average_pool"),
    "adaptive_max_pool1d": adaptive_pool(nn.AdaptiveMaxPool1d, "adaptive_max_pool"),
    "adaptive_max_pool2d": adaptive_pool(nn.AdaptiveMaxPool2d, "adaptive_max_pool"),
    "adaptive_max_pool3d": adaptive_pool(nn.AdaptiveMaxPool3d, "adaptive_max_pool"),
    "batch_norm": batch_norm,
    "layer_norm": layer_norm,
    "group_norm": group_norm,
    "instance_norm": instance_norm,
    "rms_norm": rms_norm,
    "dropout": dropout,
    "dropout1d": dropout,
    "dropout2d": dropout,
    "dropout3d": dropout,
    "feature_dropout": dropout,
}
"""The reader of each function behind a layer, by its name."""
