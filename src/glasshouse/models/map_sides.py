"""How convolutions and poolings shrink the side of a map, and the smallest picture that they leave one of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count

from torch import nn

from glasshouse.core.errors import ModelError
from glasshouse.layers.sizes import window_count


def side_after(side: int, layers: Iterable[nn.Module]) -> int:
    """The side of the map that a picture of one side becomes; 0 where a window no longer fits.

    Args:
        side: Of the picture, in pixels.
        layers: Convolutions and poolings in their order, with square windows, alone or inside containers;
            what else is among them keeps the side.

    Example:
        >>> layers = [nn.Conv2d(3, 96, 11, stride=4), nn.ReLU(), nn.MaxPool2d(3, 2)]
        >>> side_after(227, layers), side_after(10, layers)
        (27, 0)
    """
    for layer in layers:
        for part in layer.modules():
            if isinstance(part, (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)):
                kernel, stride, padding = (_first(getattr(part, key)) for key in _WINDOW)
                ceil = bool(getattr(part, "ceil_mode", False))
                side = max(0, window_count(side, kernel, stride, (padding, padding), ceil=ceil))
    return side


_WINDOW = ("kernel_size", "stride", "padding")


def _first(value: int | Sequence[int]) -> int:
    return value if isinstance(value, int) else int(value[0])


def smallest_side(layers: Sequence[nn.Module], left: int = 1) -> int:
    """The smallest side of a picture of which the layers leave a map with a side of at least ``left``.

    Example:
        >>> smallest_side([nn.MaxPool2d(2), nn.MaxPool2d(2)])
        4
    """
    return next(side for side in count(1) if side_after(side, layers) >= left)


def refuse_small(network: str, size: Sequence[int], layers: Sequence[nn.Module], left: int = 1) -> None:
    """Refuse pictures of which nothing would be left, and name the smallest that would do.

    Args:
        network: Its name, for the message.
        size: Height and width of the pictures in pixels.
        layers: Convolutions and poolings in their order.
        left: Smallest side of the last map.

    Raises:
        ModelError: A side is too short.
    """
    smallest = smallest_side(layers, left)
    if len(size) != 2 or min(size) < smallest:
        raise ModelError(
            f"{network} for pictures of {' x '.join(map(str, size))} pixels",
            expected=f"pictures of at least {smallest} x {smallest} pixels",
            fix="set data.size larger, or take a network for small pictures: cnn, lenet5, cifar_resnet20",
        )
