"""The published architectures to the unit: parameters, batch-norm statistics, multiply-accumulates, stages.

The numbers are those of the papers and of the usual implementations, counted by building each of them there
(torchvision, Keras, Caffe's descriptions). Where ``GLASSHOUSE_FACTS`` names the collected facts, the table
itself is compared with them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn

from glasshouse import models


@dataclass(frozen=True)
class Architecture:
    """One variant: how it is built, and what it must have.

    ``fact`` is the name of the entry among the facts and a word of its variant that no other has.
    """

    fact: tuple[str, str]
    build: Callable[..., nn.Module]
    settings: dict[str, Any]
    input: tuple[int, int, int]
    parameters: int
    macs: int
    stages: dict[str, tuple[int, ...]]
    statistics: int = 0
    trains: bool = False  # counted in training mode, in which side heads run


def stages(text: str) -> dict[str, tuple[int, ...]]:
    """``"conv1 96x55x55, output 10"`` as a dictionary."""
    pairs = (each.split() for each in text.split(","))
    return {name: tuple(map(int, shape.split("x"))) for name, shape in pairs}


LENET = stages("C1 6x28x28, S2 6x14x14, C3 16x10x10, S4 16x5x5, C5 120x1x1, F6 84, output 10")
CAFFE = stages("conv1 20x24x24, pool1 20x12x12, conv2 50x8x8, pool2 50x4x4, ip1 500, output 10")
DENSE = "fc6 4096, fc7 4096, output 1000"
ALEXNET = stages(
    "conv1 96x55x55, norm1 96x55x55, pool1 96x27x27, conv2 256x27x27, norm2 256x27x27, pool2 256x13x13,"
    f"conv3 384x13x13, conv4 384x13x13, conv5 256x13x13, pool5 256x6x6, {DENSE}"
)
CAFFENET = {**ALEXNET, "norm1": (96, 27, 27), "norm2": (256, 13, 13)}
ONE_WEIRD_TRICK = stages(
    "conv1 64x55x55, pool1 64x27x27, conv2 192x27x27, pool2 192x13x13, conv3 384x13x13, conv4 256x13x13,"
    f"conv5 256x13x13, pool5 256x6x6, {DENSE}"
)
ZFNET = stages(
    "conv1 96x110x110, norm1 96x55x55, pool1 96x55x55, conv2 256x26x26, norm2 256x13x13, pool2 256x13x13,"
    f"conv3 384x13x13, conv4 384x13x13, conv5 256x13x13, pool5 256x6x6, {DENSE}"
)
ZFNET_WIDE = {
    **ZFNET,
    **stages("conv3 512x13x13, conv4 1024x13x13, conv5 512x13x13, pool5 512x6x6"),
}
VGG = stages(f"pool1 64x112x112, pool2 128x56x56, pool3 256x28x28, pool4 512x14x14, pool5 512x7x7, {DENSE}")
GOOGLENET = stages(
    "conv1 64x112x112, pool1 64x56x56, conv2 192x56x56, pool2 192x28x28, inception_3a 256x28x28,"
    "inception_3b 480x28x28, pool3 480x14x14, inception_4a 512x14x14, inception_4b 512x14x14,"
    "inception_4c 512x14x14, inception_4d 528x14x14, inception_4e 832x14x14, pool4 832x7x7,"
    "inception_5a 832x7x7, inception_5b 1024x7x7, mean 1024x1x1, output 1000"
)
BASIC = stages(
    "conv1 64x112x112, pool1 64x56x56, conv2_x 64x56x56, conv3_x 128x28x28, conv4_x 256x14x14,"
    "conv5_x 512x7x7, mean 512x1x1, output 1000"
)
BOTTLENECK = {
    **BASIC,
    **stages("conv2_x 256x56x56, conv3_x 512x28x28, conv4_x 1024x14x14, conv5_x 2048x7x7, mean 2048x1x1"),
}
CIFAR = stages("conv2_x 16x32x32, conv3_x 32x16x16, conv4_x 64x8x8, output 10")

TWO_TWO_FOUR = (3, 224, 224)


def of_lenet() -> list[Architecture]:
    lenet, size = models.lenet5, {"size": (32, 32)}
    tanh = {"activation": "tanh", "pooling": "average", **size}
    first = ("LeNet-5", "original 1998")
    second = ("LeNet-5", "common modern")
    return [
        Architecture(first, lenet, {"variant": "1998", **size}, (1, 32, 32), 60_000, 328_096, LENET),
        Architecture(second, lenet, tanh, (1, 32, 32), 61_706, 416_520, LENET),
        Architecture(("LeNet", "Caffe"), lenet, {"variant": "caffe"}, (1, 28, 28), 431_080, 2_293_000, CAFFE),
    ]


def of_alexnet() -> list[Architecture]:
    paper, tower, trick = (3, 227, 227), {"variant": "one-tower"}, {"variant": "torchvision"}
    crop = {"size": (224, 224)}
    alexnet, zfnet, name = models.alexnet, models.zfnet, "AlexNet"
    return [
        Architecture((name, "groups=2"), alexnet, {}, paper, 60_965_224, 724_406_816, ALEXNET),
        Architecture(
            (name, "CaffeNet"),
            alexnet,
            {"variant": "caffenet"},
            paper,
            60_965_224,
            724_406_816,
            CAFFENET,
        ),
        Architecture((name, "ungrouped"), alexnet, tower, paper, 62_378_344, 1_135_256_096, ALEXNET),
        Architecture(
            (name, "torchvision"),
            alexnet,
            {**trick, **crop},
            TWO_TWO_FOUR,
            61_100_840,
            714_188_480,
            ONE_WEIRD_TRICK,
        ),
        Architecture(("ZFNet", "Fig. 3"), zfnet, {}, TWO_TWO_FOUR, 62_357_608, 1_168_032_896, ZFNET),
        Architecture(
            ("ZFNet", "wide"),
            zfnet,
            {"variant": "wide"},
            TWO_TWO_FOUR,
            107_627_624,
            2_476_704_896,
            ZFNET_WIDE,
        ),
    ]


def of_vgg() -> list[Architecture]:
    rows = {  # depth: parameters, with batch norm, its statistics, multiply-accumulates
        11: (132_863_336, 132_868_840, 5_504, 7_609_090_048),
        13: (133_047_848, 133_053_736, 5_888, 11_308_466_176),
        16: (138_357_544, 138_365_992, 8_448, 15_470_264_320),
        19: (143_667_240, 143_678_248, 11_008, 19_632_062_464),
    }
    found = []
    for depth, (plain, normed, statistics, macs) in rows.items():
        settings, name = {"depth": depth}, f"VGG-{depth}"
        found.append(
            Architecture((name, "configuration"), models.vgg, settings, TWO_TWO_FOUR, plain, macs, VGG)
        )
        settings = {"depth": depth, "batch_norm": True}
        found.append(
            Architecture((name, "_bn"), models.vgg, settings, TWO_TWO_FOUR, normed, macs, VGG, statistics)
        )
    return found


def of_googlenet() -> list[Architecture]:
    name, build = "GoogLeNet", models.googlenet
    tv, side = {"variant": "torchvision"}, {"auxiliary": True}
    inputs = (build, {}, TWO_TWO_FOUR)
    return [
        Architecture((name, "test-time net"), *inputs, 6_998_552, 1_582_671_872, GOOGLENET),
        Architecture(
            (name, "training net"),
            build,
            side,
            TWO_TWO_FOUR,
            13_378_280,
            1_591_044_096,
            GOOGLENET,
            trains=True,
        ),
        Architecture(
            (name, "aux_logits=False"),
            build,
            tv,
            TWO_TWO_FOUR,
            6_624_904,
            1_498_376_192,
            GOOGLENET,
            statistics=14_560,
        ),
        Architecture(
            (name, "aux_logits=True"),
            build,
            {**tv, **side},
            TWO_TWO_FOUR,
            13_004_888,
            1_498_376_192,
            GOOGLENET,
            statistics=15_072,
        ),
    ]


def of_resnet() -> list[Architecture]:
    rows = [  # depth, settings, a word of the variant, parameters, multiply-accumulates, statistics
        (18, {}, "option B", 11_689_512, 1_814_073_344, 9_600),
        (34, {}, "option B", 21_797_672, 3_663_761_408, 17_024),
        (50, {}, "v1.5", 25_557_032, 4_089_184_256, 53_120),
        (50, {"variant": "1"}, "MSRA", 25_557_032, 3_857_973_248, 53_120),
        (50, {"variant": "keras"}, "Keras", 25_583_592, 3_857_973_248, 53_120),
        (101, {}, "v1.5", 44_549_160, 7_801_405_440, 105_344),
        (101, {"variant": "1"}, "MSRA", 44_549_160, 7_570_194_432, 105_344),
        (101, {"variant": "keras"}, "Keras", 44_601_832, 7_570_194_432, 105_344),
        (152, {}, "v1.5", 60_192_808, 11_513_626_624, 151_424),
        (152, {"variant": "1"}, "MSRA", 60_192_808, 11_282_415_616, 151_424),
        (152, {"variant": "keras"}, "Keras", 60_268_520, 11_282_415_616, 151_424),
        (18, {"shortcut": "identity"}, "option A", 11_515_688, 1_794_805_760, 7_808),
        (34, {"shortcut": "identity"}, "option A", 21_623_848, 3_644_493_824, 15_232),
    ]
    found = []
    for depth, settings, word, parameters, macs, statistics in rows:
        shapes = BOTTLENECK if depth >= 50 else BASIC
        settings = {"depth": depth, **settings}
        fact = (f"ResNet-{depth}", word)
        found.append(
            Architecture(fact, models.resnet, settings, TWO_TWO_FOUR, parameters, macs, shapes, statistics)
        )
    small = [
        (20, 269_722, 40_551_040, 1_376),
        (32, 464_154, 68_862_592, 2_272),
        (44, 658_586, 97_174_144, 3_168),
        (56, 853_018, 125_485_696, 4_064),
        (110, 1_727_962, 252_887_680, 8_096),
    ]
    for depth, parameters, macs, statistics in small:
        fact, settings = (f"ResNet-{depth}", "CIFAR"), {"depth": depth}
        build = models.cifar_resnet
        found.append(Architecture(fact, build, settings, (3, 32, 32), parameters, macs, CIFAR, statistics))
    return found


def of_mobilenet() -> list[Architecture]:
    rows = {  # width: parameters, statistics, multiply-accumulates at 224, 192, 160 and 128
        1.0: (4_231_976, 21_888, 568_740_352, 418_121_728, 290_675_200, 186_400_768),
        0.75: (2_585_560, 16_416, 325_400_448, 239_273_472, 166_396_800, 106_770_432),
        0.5: (1_331_592, 10_944, 149_497_088, 109_970_432, 76_524_800, 49_160_192),
        0.25: (470_072, 5_472, 41_030_272, 30_212_608, 21_059_200, 13_570_048),
    }
    maps = [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024]
    shrunk = [2, 4, 4, 8, 8, 16, 16, 16, 16, 16, 16, 32, 32]
    found = []
    for width, (parameters, statistics, *macs) in rows.items():
        for resolution, work in zip((224, 192, 160, 128), macs, strict=True):
            shapes = {"conv": (int(32 * width), resolution // 2, resolution // 2), "output": (1000,)}
            for place, (count, by) in enumerate(zip(maps, shrunk, strict=True), start=1):
                shapes[f"block{place}"] = (int(count * width), resolution // by, resolution // by)
            fact = ("MobileNet v1", f"width {width}, resolution {resolution}")
            size = (3, resolution, resolution)
            settings = {"width": width}
            found.append(
                Architecture(fact, models.mobilenet, settings, size, parameters, work, shapes, statistics)
            )
    return found


ARCHITECTURES = [*of_lenet(), *of_alexnet(), *of_vgg(), *of_googlenet(), *of_resnet(), *of_mobilenet()]

OURS = {
    "OUT": "output",
    "ip2": "output",
    "fc8": "output",
    "fc": "output",
    "conv3": "conv2",
    "maxpool": "pool1",
    "avgpool": "mean",
    "layer1": "conv2_x",
    "layer2": "conv3_x",
    "layer3": "conv4_x",
}
"""Names of stages among the facts, and the names of our layers where they differ."""


def our_name(fact: str, stage: str) -> str:
    """``conv3`` is the third convolution of torchvision's GoogLeNet, and itself in AlexNet and ZFNet."""
    if stage == "conv3" and fact != "GoogLeNet":
        return stage
    return OURS.get(stage, stage)
