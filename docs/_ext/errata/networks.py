"""Layers of well-known networks, as their papers list them; their parameters and their work, counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Conv:
    """A convolution of square maps with square kernels; ``norm`` adds batch normalisation."""

    maps: int
    kernel: int
    stride: int = 1
    padding: int = 0
    groups: int = 1
    bias: bool = True
    norm: bool = False


@dataclass(frozen=True)
class Pool:
    """Pooling; ``up`` rounds sizes up, as Caffe did."""

    kernel: int
    stride: int
    padding: int = 0
    up: bool = False


@dataclass(frozen=True)
class Dense:
    """A fully connected layer."""

    units: int


@dataclass(frozen=True)
class Branches:
    """Chains of layers side by side; their maps are put together, or added."""

    chains: tuple[tuple[Layer, ...], ...]
    add: bool = False


@dataclass(frozen=True)
class Global:
    """Average over each map."""


Layer = Conv | Pool | Dense | Branches | Global


@dataclass(frozen=True)
class Passed:
    """What there is after a layer: maps, their side, and what the layer costs."""

    layer: Layer
    maps: int
    side: int
    parameters: int
    multiplications: int


def size(side: int, kernel: int, stride: int = 1, padding: int = 0, up: bool = False) -> int:
    """``floor((side + 2 padding - kernel) / stride) + 1``, or rounded up."""
    room = side + 2 * padding - kernel
    return (-(-room // stride) if up else room // stride) + 1


def walk(layers: Sequence[Layer], maps: int, side: int) -> Iterator[Passed]:
    """Each layer in turn, from ``maps`` maps of ``side`` x ``side``."""
    for layer in layers:
        passed = _through(layer, maps, side)
        yield passed
        maps, side = passed.maps, passed.side


def _through(layer: Layer, maps: int, side: int) -> Passed:
    if isinstance(layer, Conv):
        out = size(side, layer.kernel, layer.stride, layer.padding)
        kernels = layer.maps * (maps // layer.groups) * layer.kernel**2
        extra = layer.maps * (int(layer.bias) + 2 * int(layer.norm))
        return Passed(layer, layer.maps, out, kernels + extra, kernels * out * out)
    if isinstance(layer, Pool):
        return Passed(layer, maps, size(side, layer.kernel, layer.stride, layer.padding, layer.up), 0, 0)
    if isinstance(layer, Global):
        return Passed(layer, maps, 1, 0, 0)
    if isinstance(layer, Dense):
        weights = maps * side * side * layer.units
        return Passed(layer, layer.units, 1, weights + layer.units, weights)
    chains = [list(walk(chain, maps, side)) for chain in layer.chains]
    ends = [chain[-1] for chain in chains if chain]
    out = ends[0].maps if layer.add else sum(end.maps for end in ends)
    parameters = sum(each.parameters for chain in chains for each in chain)
    multiplications = sum(each.multiplications for chain in chains for each in chain)
    return Passed(layer, out, ends[0].side, parameters, multiplications)


def totals(layers: Sequence[Layer], maps: int, side: int) -> tuple[int, int]:
    """Parameters, and multiply-accumulates for one picture."""
    passed = list(walk(layers, maps, side))
    return sum(each.parameters for each in passed), sum(each.multiplications for each in passed)


# Krizhevsky, Sutskever and Hinton 2012: two towers, hence two groups; pictures of 227 x 227.
ALEXNET: tuple[Layer, ...] = (
    Conv(96, 11, 4), Pool(3, 2), Conv(256, 5, padding=2, groups=2), Pool(3, 2), Conv(384, 3, padding=1),
    Conv(384, 3, padding=1, groups=2), Conv(256, 3, padding=1, groups=2), Pool(3, 2),
    Dense(4096), Dense(4096), Dense(1000),
)  # fmt: skip

# Zeiler and Fergus 2013, figure 3: 224 x 224, and paddings that give its maps of 110, 55, 26, 13, 13, 13, 6.
ZFNET: tuple[Layer, ...] = (
    Conv(96, 7, 2, padding=1), Pool(3, 2, padding=1), Conv(256, 5, 2), Pool(3, 2, padding=1),
    Conv(384, 3, padding=1), Conv(384, 3, padding=1), Conv(256, 3, padding=1), Pool(3, 2),
    Dense(4096), Dense(4096), Dense(1000),
)  # fmt: skip

VGG16_BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""Simonyan and Zisserman 2015, configuration D: maps and convolutions of each block."""


def vgg(blocks: Sequence[tuple[int, int]] = VGG16_BLOCKS) -> tuple[Layer, ...]:
    """Blocks of 3 x 3 convolutions, each followed by pooling, then three dense layers."""
    layers: list[Layer] = []
    for maps, convolutions in blocks:
        layers += [Conv(maps, 3, padding=1)] * convolutions
        layers.append(Pool(2, 2))
    return (*layers, Dense(4096), Dense(4096), Dense(1000))


INCEPTION = (
    (64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64), None,
    (192, 96, 208, 16, 48, 64), (160, 112, 224, 24, 64, 64), (128, 128, 256, 24, 64, 64),
    (112, 144, 288, 32, 64, 64), (256, 160, 320, 32, 128, 128), None,
    (256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128),
)  # fmt: skip
"""Szegedy and others 2014, table 1: 1x1; 3x3 reduce, 3x3; 5x5 reduce, 5x5; projection. ``None`` pools."""


def googlenet() -> tuple[Layer, ...]:
    """The network that is used at test time, without the two auxiliary classifiers."""
    layers: list[Layer] = [
        Conv(64, 7, 2, padding=3), Pool(3, 2, up=True),
        Conv(64, 1), Conv(192, 3, padding=1), Pool(3, 2, up=True),
    ]  # fmt: skip
    for row in INCEPTION:
        if row is None:
            layers.append(Pool(3, 2, up=True))
            continue
        one, reduce3, three, reduce5, five, project = row
        chains: tuple[tuple[Layer, ...], ...] = (
            (Conv(one, 1),),
            (Conv(reduce3, 1), Conv(three, 3, padding=1)),
            (Conv(reduce5, 1), Conv(five, 5, padding=2)),
            (Pool(3, 1, padding=1), Conv(project, 1)),
        )
        layers.append(Branches(chains))
    return (*layers, Global(), Dense(1000))


def resnet(blocks: Sequence[int] = (3, 8, 36, 3)) -> tuple[Layer, ...]:
    """He, Zhang, Ren and Sun 2015: bottlenecks, by default the 152 layers."""

    def conv(maps: int, kernel: int, stride: int = 1) -> Conv:
        return Conv(maps, kernel, stride, kernel // 2, bias=False, norm=True)

    layers: list[Layer] = [conv(64, 7, 2), Pool(3, 2, padding=1)]
    for stage, count in enumerate(blocks):
        width = 64 * 2**stage
        for block in range(count):
            stride = 2 if stage and not block else 1
            branch = (conv(width, 1, stride), conv(width, 3), conv(4 * width, 1))
            shortcut: tuple[Layer, ...] = () if block else (conv(4 * width, 1, stride),)
            layers.append(Branches((branch, shortcut), add=True))
    return (*layers, Global(), Dense(1000))


def mobilenet() -> tuple[Layer, ...]:
    """Howard and others 2017, table 1: a depthwise and a pointwise convolution thirteen times."""
    layers: list[Layer] = [Conv(32, 3, 2, padding=1, bias=False, norm=True)]
    maps = 32
    for out, stride in (
        (64, 1),
        (128, 2),
        (128, 1),
        (256, 2),
        (256, 1),
        (512, 2),
        *[(512, 1)] * 5,
        (1024, 2),
        (1024, 1),
    ):
        layers.append(Conv(maps, 3, stride, padding=1, groups=maps, bias=False, norm=True))
        layers.append(Conv(out, 1, bias=False, norm=True))
        maps = out
    return (*layers, Global(), Dense(1000))


def weighted(layers: Sequence[Layer]) -> int:
    """Layers with weights along the longest way, as papers count them."""
    count = 0
    for layer in layers:
        if isinstance(layer, (Conv, Dense)):
            count += 1
        elif isinstance(layer, Branches):
            count += max(weighted(chain) for chain in layer.chains)
    return count
