"""LeNet-5: the convolutional network that read the cheques."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import nn

from glasshouse.activations import ACTIVATIONS
from glasshouse.core.checks import one_of, whole_number
from glasshouse.core.concept import Concept, Spec
from glasshouse.models.initialize import initialize, sums_per_unit
from glasshouse.models.map_sides import refuse_small, side_after

SIDE = 32
"""Side of the pictures that LeNet-5 was made for; smaller ones are padded to it with zeros."""

CONNECTIONS = (
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5),
    (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5),
    (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5), (0, 1, 2, 3, 4, 5),
)  # fmt: skip
"""Table I of the paper: which of the 6 maps of S2 each of the 16 maps of C3 looks at."""

GLYPHS = """
..###.. ...##.. .#####. ####### ....##. ####### ..####. ####### .#####. ..###..
.##.##. ..###.. ##...## .....## ...###. ##..... .##.... .....## ##...## .##.##.
##...## .####.. .....## ....##. ..####. ##..... ##..... .....## ##...## ##...##
##...## ...##.. .....## ...##.. .##.##. ##..... ##..... ....##. ##...## ##...##
##...## ...##.. ....##. ..####. ##..##. ######. ##.###. ....##. .##.##. ##...##
##...## ...##.. ...##.. .....## ##..##. .....## ###..## ...##.. ..###.. ##..###
##...## ...##.. ..##... .....## ####### .....## ##...## ...##.. .##.##. .###.##
##...## ...##.. .##.... .....## ....##. .....## ##...## ..##... ##...## .....##
##...## ...##.. ##..... .....## ....##. .....## ##...## ..##... ##...## .....##
##...## ...##.. ##..... .....## ....##. .....## ##...## ..##... ##...## .....##
.##.##. ...##.. ##..... ##..##. ....##. ##..##. .##.##. ..##... ##...## ....##.
..###.. .###### ####### .####.. ....##. .####.. ..###.. ..##... .#####. .####..
"""
"""Ten digits drawn on 7 x 12 points: the fixed code that the output layer of 1998 compares F6 with."""


class TableConvolution(nn.Module):
    """A convolution in which every output map looks at some of the input maps only, as C3 of LeNet-5.

    Only the connections that exist have weights: 60 kernels instead of 96 for C3.

    Args:
        table: For each output map the input maps that it sees.
        kernel_size: Side of the kernels in pixels.

    Shapes: (N, input maps, H, W) to (N, output maps, H - kernel_size + 1, W - kernel_size + 1).
    """

    kernel_index: torch.Tensor

    def __init__(self, table: Sequence[Sequence[int]], kernel_size: int) -> None:
        super().__init__()
        self.in_channels = 1 + max(each for row in table for each in row)
        self.out_channels = len(table)
        pairs = [(out, into) for out, row in enumerate(table) for into in row]
        flat = torch.tensor([out * self.in_channels + into for out, into in pairs])
        self.register_buffer("kernel_index", flat, persistent=False)
        fan_in = torch.tensor([len(table[out]) * kernel_size**2 for out, _ in pairs])
        bound = (2.4 / fan_in).view(-1, 1, 1)
        self.weight = nn.Parameter((2 * torch.rand(len(pairs), kernel_size, kernel_size) - 1) * bound)
        self.bias = nn.Parameter(torch.zeros(len(table)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Spread the existing kernels over a full set, the others zero, and convolve."""
        side = self.weight.shape[-1]
        kernels = self.weight.new_zeros(self.out_channels * self.in_channels, side, side)
        kernels = kernels.index_copy(0, self.kernel_index, self.weight)
        return F.conv2d(x, kernels.view(self.out_channels, self.in_channels, side, side), self.bias)

    def multiply_accumulates(self, output: torch.Tensor) -> int:
        """For one sample: every existing kernel once per place."""
        return self.weight.numel() * output.shape[2] * output.shape[3]


class Subsampling(nn.Module):
    """The sum of 2 x 2 neighbours times one learnt coefficient per map, plus a learnt bias, as S2 and S4.

    Shapes: (N, maps, H, W) to (N, maps, H / 2, W / 2).
    """

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.weight = nn.Parameter((2 * torch.rand(maps) - 1) * 2.4 / 4)
        self.bias = nn.Parameter(torch.zeros(maps))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Four times the mean is the sum."""
        total = 4 * F.avg_pool2d(x, 2)
        return total * self.weight.view(-1, 1, 1) + self.bias.view(-1, 1, 1)

    def multiply_accumulates(self, output: torch.Tensor) -> int:
        """For one sample: one multiplication per output."""
        return output[0].numel()


class DistanceToCode(nn.Module):
    """Minus the squared distance to a fixed code of +1 and -1 per class: the RBF layer of LeNet-5.

    The codes of ten classes are drawn digits; for another number of classes they are random, always the same.

    Shapes: (N, 84) to (N, classes); the nearest code has the largest output.
    """

    codes: torch.Tensor

    def __init__(self, classes: int) -> None:
        super().__init__()
        if classes == 10:
            lines = [line.split() for line in GLYPHS.split("\n") if line]
            glyphs = ["".join(line[digit] for line in lines) for digit in range(10)]
            codes = torch.tensor([[1.0 if point == "#" else -1.0 for point in glyph] for glyph in glyphs])
        else:
            stream = torch.Generator().manual_seed(84)
            codes = 2.0 * torch.randint(0, 2, (classes, 84), generator=stream) - 1
        self.register_buffer("codes", codes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Minus the sum over the 84 units of the squared differences."""
        return -(x.unsqueeze(1) - self.codes).square().sum(dim=2)

    def multiply_accumulates(self, output: torch.Tensor) -> int:
        """For one sample: one square per class and unit."""
        return output.shape[1] * self.codes.shape[1]


def lenet5(
    classes: int = 10,
    channels: int = 1,
    size: Sequence[int] = (28, 28),
    variant: Literal["1998", "modern", "caffe"] = "modern",
    activation: Spec = "relu",
    pooling: Literal["max", "average"] = "max",
) -> nn.Sequential:
    r"""LeNet-5 with its layers under their names in the paper: C1, S2, C3, S4, C5, F6, output.

    ``"1998"`` is the network of the paper: connection table in C3, trainable subsampling, the squashing
    function 1.7159 tanh(2x/3), and an output of distances to fixed codes (60,000 parameters). Its outputs are
    minus the squared distances, so that cross-entropy is the paper's equation 9 without the constant j.
    ``"modern"`` has a full C3, plain pooling and a linear output (61,706 parameters). ``"caffe"`` is the
    example of that library: 20 and 50 maps, 500 units, pictures of 28 x 28 as they are (431,080 parameters).

    Args:
        classes: Number of outputs.
        channels: Channels of the pictures; the variant of 1998 takes any number in C1.
        size: Height and width in pixels. Sides below 32 are padded with zeros to 32, as in the paper
            (Caffe's form does not pad, and takes pictures from 16 x 16).
        variant: ``"modern"``, ``"1998"`` or ``"caffe"``.
        activation: For the modern variant; ``"tanh"`` with average pooling is the text-book form.
        pooling: For the modern variant, ``"max"`` or ``"average"``.

    Shapes: (N, channels, *size) to (N, classes).

    Raises:
        ModelError: The pictures are too small for Caffe's form.
        SettingError: A setting is not one of those above.

    Source:
        LeCun, Bottou, Bengio and Haffner 1998, Gradient-based learning applied to document recognition.

    Example:
        >>> sum(each.numel() for each in lenet5(variant="1998").parameters())
        60000
        >>> sum(each.numel() for each in lenet5().parameters())
        61706
    """
    one_of("variant", variant, ("1998", "modern", "caffe"))
    one_of("pooling", pooling, ("max", "average"))
    whole_number("classes", classes, at_least=1)
    whole_number("channels", channels, at_least=1)
    if variant == "caffe":
        return _of_caffe(classes, channels, size)
    padding = [max(0, SIDE - side) for side in size]
    height, width = (((side + extra - 4) // 2 - 4) // 2 for side, extra in zip(size, padding, strict=True))
    top, left = padding[0] // 2, padding[1] // 2
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    if any(padding):
        layers["pad"] = nn.ZeroPad2d((left, padding[1] - left, top, padding[0] - top))
    if variant == "1998":
        return nn.Sequential(OrderedDict(layers | _of_1998(classes, channels, height, width)))
    pool = nn.MaxPool2d if pooling == "max" else nn.AvgPool2d
    sums = sums_per_unit(activation)
    layers |= {
        "C1": nn.Conv2d(channels, 6 * sums, 5),
        "activation1": ACTIVATIONS.build(activation),
        "S2": pool(2),
        "C3": nn.Conv2d(6, 16 * sums, 5),
        "activation3": ACTIVATIONS.build(activation),
        "S4": pool(2),
        "C5": nn.Conv2d(16, 120 * sums, (height, width)),
        "activation5": ACTIVATIONS.build(activation),
        "flatten": nn.Flatten(),
        "F6": nn.Linear(120, 84 * sums),
        "activation6": ACTIVATIONS.build(activation),
        "output": nn.Linear(84, classes),
    }
    network = nn.Sequential(layers)
    initialize(network, "auto", activation)
    return network


def _of_1998(classes: int, channels: int, height: int, width: int) -> dict[str, nn.Module]:
    """The layers of the paper, with its first weights: uniform in +-2.4 over the fan-in."""
    layers: dict[str, nn.Module] = {
        "C1": nn.Conv2d(channels, 6, 5),
        "S2": Subsampling(6),
        "C3": TableConvolution(CONNECTIONS, 5),
        "S4": Subsampling(16),
        "C5": nn.Conv2d(16, 120, (height, width)),
        "F6": nn.Linear(120, 84),
    }
    named: dict[str, nn.Module] = {}
    for name, layer in layers.items():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            bound = 2.4 / layer.weight[0].numel()
            nn.init.uniform_(layer.weight, -bound, bound)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]  # both are built with a bias
        if name == "F6":
            named["flatten"] = nn.Flatten()
        named[name] = layer
        named[f"activation{name[1]}"] = ACTIVATIONS.build("scaled_tanh")
    named["output"] = DistanceToCode(classes)
    return named


def _of_caffe(classes: int, channels: int, size: Sequence[int]) -> nn.Sequential:
    """The LeNet of Caffe's example for MNIST, with Glorot's weights as there."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["conv1"] = nn.Conv2d(channels, 20, 5)
    layers["pool1"] = nn.MaxPool2d(2)
    layers["conv2"] = nn.Conv2d(20, 50, 5)
    layers["pool2"] = nn.MaxPool2d(2)
    refuse_small("Caffe's LeNet", size, list(layers.values()))
    height, width = (side_after(side, layers.values()) for side in size)
    layers["flatten"] = nn.Flatten()
    layers["ip1"] = nn.Linear(50 * height * width, 500)
    layers["activation1"] = nn.ReLU()
    layers["output"] = nn.Linear(500, classes)
    network = nn.Sequential(layers)
    initialize(network, "glorot_uniform")
    return network


CONCEPT = Concept(
    name="lenet5",
    kind="model",
    summary="Two stages of convolution and pooling, then three layers that see the whole picture.",
    build=lenet5,
    aliases=("lenet", "lenet_5"),
    equation=r"C1 \to S2 \to C3 \to S4 \to C5 \to F6 \to \text{output}",
    when="Small grey pictures; the classic to learn from.",
    pitfalls=(
        "Copies differ: the paper's has 60,000 parameters, the usual modern one 61,706.",
        "Caffe's LeNet is another network, seven times as large.",
    ),
    source="LeCun, Bottou, Bengio and Haffner 1998, Gradient-based learning applied to document recognition.",
    facts={
        "takes": "image",
        "year": 1998,
        "input": (1, 32, 32),
        "classes": 10,
        "parameters": 61_706,
        "macs": 416_520,
        "smallest": 1,
    },
)
