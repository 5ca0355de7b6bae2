"""Deconvolution: one activation, projected back to the pixels that caused it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from glasshouse.attribution.layer_output import named_layer
from glasshouse.core.checks import whole_number
from glasshouse.core.errors import ModelError, SettingError
from glasshouse.models.outputs import evaluating

Back = Callable[[torch.Tensor], torch.Tensor]
"""From a signal at a layer's output to one at its input."""
PASSED = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Identity, nn.LocalResponseNorm)
"""Layers that a signal passes unchanged, as in the paper."""


@dataclass(frozen=True)
class Projection:
    """A unit's strongest activation, and the pixels behind it.

    Args:
        picture: Shape (channels, height, width): what is projected, positive and negative.
        layer: The layer.
        unit: The feature map.
        place: Row and column of the activation in its map; empty in dense layers.
        value: The activation.
        field: Rows and columns of the picture that are not zero: top, bottom, left, right, ends excluded.
    """

    picture: torch.Tensor
    layer: str
    unit: int
    place: tuple[int, ...]
    value: float
    field: tuple[int, int, int, int]


def deconvolve(network: nn.Module, picture: torch.Tensor, layer: str, unit: int) -> Projection:
    r"""Project the strongest activation of a feature map back to the picture.

    All other activations of the layer are set to zero. On the way down every layer is undone in turn:
    max pooling by its switches (the places where the maxima were), ReLU by rectifying the signal,
    a convolution by the transposed one with the same filters:

    .. math:: s_{l-1} = W_l^\top \max(0, s_l) \;\text{(convolution)},\quad
        s_{l-1}[\text{switch}] \mathrel{+}= s_l \;\text{(pooling)}

    Rectified like this, the signal shows what excites the unit, where the gradient shows what would change
    it. Batch norm scales it as it scaled the pass; contrast normalization and dropout let it through.

    Args:
        network: Layers in a line: ``nn.Sequential``, nested or not.
        picture: Shape (channels, height, width), prepared as the network takes it.
        layer: Name of a layer; its own output is looked at.
        unit: The feature map (or the dense unit), from 0.

    Raises:
        UnknownNameError: There is no such layer.
        ModelError: The network is no line of layers, or has one that cannot be undone; it is named.
        SettingError: The layer has no such unit.

    Source:
        Zeiler and Fergus 2014, Visualizing and understanding convolutional networks, arXiv 1311.2901, section
        2.1.

    Example:
        >>> network = nn.Sequential(nn.Conv2d(1, 1, 2, bias=False), nn.ReLU())
        >>> _ = nn.init.ones_(network[0].weight)
        >>> picture = torch.zeros(1, 4, 4)
        >>> picture[0, 1, 1] = 3.0
        >>> found = deconvolve(network, picture, "1", unit=0)
        >>> found.value, found.field
        (3.0, (0, 2, 0, 2))
    """
    named_layer(network, layer)
    whole_number("unit", unit, at_least=0)
    signal = picture.detach().float().unsqueeze(0)
    way: list[Back] = []
    with evaluating(network), torch.no_grad():
        for name, module in lined_up(network, ""):
            signal, back = _through(name, module, signal)
            way.append(back)
            if name == layer or (name.startswith(f"{layer}.") and name == _last_inside(network, layer)):
                break
        if unit >= signal.shape[1]:
            raise SettingError(
                f"unit = {unit} of layer {layer!r}",
                expected=f"a whole number from 0 to {signal.shape[1] - 1}",
                fix="choose one of these",
            )
        own = signal[0, unit]
        flat = int(own.flatten().argmax())
        place = tuple(int(each) for each in torch.unravel_index(torch.tensor(flat), own.shape))
        kept = torch.zeros_like(signal)
        kept[(0, unit, *place)] = own[place]
        for back in reversed(way):
            kept = back(kept)
    return Projection(kept[0], layer, unit, place, float(own[place]), _field(kept[0]))


def lined_up(module: nn.Module, name: str) -> Iterator[tuple[str, nn.Module]]:
    """The layers of a sequence in their order, with their names.

    Raises:
        ModelError: It is no sequence, nor is something inside.
    """
    if not any(module.children()):
        yield name, module
        return
    if not isinstance(module, nn.Sequential):
        what = f"layer {name!r}" if name else "the network"
        raise ModelError(
            f"{what} is a {type(module).__name__}, whose layers do not stand in a line",
            expected="layers in a line: nn.Sequential, such as cnn, lenet5, alexnet, zfnet and vgg",
            fix="take one of these, or attribute by gradients",
        )
    for child, each in module.named_children():
        yield from lined_up(each, f"{name}.{child}" if name else child)


def _last_inside(network: nn.Module, layer: str) -> str:
    """The last layer inside a container."""
    return list(lined_up(named_layer(network, layer), layer))[-1][0]


def _through(name: str, module: nn.Module, x: torch.Tensor) -> tuple[torch.Tensor, Back]:
    """What a layer gives, and the way back through it."""
    shape = x.shape
    if isinstance(module, nn.MaxPool2d):
        y, switches = F.max_pool2d(
            x,
            module.kernel_size,
            module.stride,
            module.padding,
            module.dilation,
            module.ceil_mode,
            return_indices=True,
        )
        return y, lambda s: unpooled(s, switches, shape)
    y = module(x)
    if isinstance(module, nn.Conv2d):
        return y, lambda s: _transposed(module, s, shape)
    if isinstance(module, nn.Linear):
        return y, lambda s: s @ module.weight
    if isinstance(module, nn.ReLU):
        return y, F.relu
    if isinstance(module, (nn.Flatten, nn.Unflatten)):
        return y, lambda s: s.reshape(shape)
    if isinstance(module, _BatchNorm):
        return y, lambda s: s * _gain(module).reshape(1, -1, *[1] * (s.dim() - 2))
    if isinstance(module, (nn.AvgPool2d, nn.AdaptiveAvgPool2d)):
        return y, lambda s: _spread(module, s, shape)
    if isinstance(module, PASSED):
        return y, lambda s: s
    raise ModelError(
        f"layer {name!r} is a {type(module).__name__}",
        expected="convolutions, ReLU, max and mean pooling, batch norm, dense layers",
        fix="choose a layer before it, or a network with ReLU",
    )


def unpooled(signal: torch.Tensor, switches: torch.Tensor, shape: torch.Size) -> torch.Tensor:
    """Put a signal back to where the maxima were; where windows overlap, what meets is added up.

    Args:
        signal: Shape (N, maps, h, w).
        switches: Flat places of the maxima in their maps, as PyTorch gives them, same shape.
        shape: Of what was pooled.

    Example:
        >>> signal, switches = torch.tensor([[[[5.0]]]]), torch.tensor([[[[3]]]])
        >>> unpooled(signal, switches, torch.Size([1, 1, 2, 2])).tolist()
        [[[[0.0, 0.0], [0.0, 5.0]]]]
    """
    flat = signal.new_zeros(shape[0], shape[1], shape[2] * shape[3])
    return flat.scatter_add(2, switches.flatten(2), signal.flatten(2)).reshape(shape)


def _transposed(module: nn.Conv2d, signal: torch.Tensor, shape: torch.Size) -> torch.Tensor:
    """The transposed convolution, to the very size that the convolution saw."""
    if isinstance(module.padding, str):
        raise ModelError(
            f"a convolution with padding = {module.padding!r}",
            expected="numbers of pixels",
            fix="build the layer with padding=1, say",
        )
    small = [
        (side - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1
        for side, stride, padding, dilation, kernel in zip(
            signal.shape[2:], module.stride, module.padding, module.dilation, module.kernel_size, strict=True
        )
    ]
    rest = [due - got for due, got in zip(shape[2:], small, strict=True)]
    return F.conv_transpose2d(
        signal, module.weight, None, module.stride, module.padding, rest, module.groups, module.dilation
    )


def _gain(module: _BatchNorm) -> torch.Tensor:
    """By what batch norm multiplies each map when it is not trained."""
    if module.running_var is None:
        raise ModelError(
            "a batch norm without running statistics",
            expected="one that knows the spread of its maps",
            fix="train it with track_running_stats=True",
        )
    gain = (module.running_var + module.eps).rsqrt()
    return gain if module.weight is None else gain * module.weight


def _spread(module: nn.Module, signal: torch.Tensor, shape: torch.Size) -> torch.Tensor:
    """The transposed mean pooling: each window gets its equal shares."""
    with torch.enable_grad():
        x = signal.new_zeros(shape, requires_grad=True)
        (back,) = torch.autograd.grad(module(x), x, signal)
    spread: torch.Tensor = back
    return spread


def _field(picture: torch.Tensor) -> tuple[int, int, int, int]:
    """The smallest window that holds everything that is not zero."""
    seen = picture.abs().sum(dim=0) > 0
    rows, columns = seen.any(dim=1).nonzero().flatten(), seen.any(dim=0).nonzero().flatten()
    if not len(rows):
        return (0, 0, 0, 0)
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
