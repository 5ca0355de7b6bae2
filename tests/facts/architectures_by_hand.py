"""Worked examples of well-known networks: their maps and parameters."""

from __future__ import annotations

import pytest
import torch

pytest.importorskip("errata", reason="the handbook, whose tables of layers are used, is not in this copy")

from errata.networks import ALEXNET, VGG16_BLOCKS, Conv, resnet, size, totals, vgg, walk, weighted

from glasshouse.models.lenet5 import CONNECTIONS, lenet5
from tests.facts.worked import Worked


def lenet_shapes():
    """Height, width and maps after each layer of our LeNet-5 of 1998."""
    network, x, shapes = lenet5(size=(32, 32), variant="1998"), torch.zeros(1, 1, 32, 32), {}
    for name, layer in network.named_children():
        x = layer(x)
        shapes[name] = [x.shape[2], x.shape[3], x.shape[1]] if x.dim() == 4 else x.shape[1]
    named = {name: shapes[name] for name in ("C1", "S2", "C3", "S4", "C5", "F6")}
    return {**named, "out": shapes["output"], "c5_fan_in": network.C5.weight[0].numel()}


def connections():
    """The table of C3, counted, and the parameters of both forms."""
    inputs = [len(row) for row in CONNECTIONS]
    network, full = lenet5(size=(32, 32), variant="1998"), lenet5(size=(32, 32))
    return {
        "maps_fed_by_all_six": inputs.count(6),
        "links": sum(inputs),
        "full_links": 6 * len(inputs),
        "params": sum(each.numel() for each in network.C3.parameters()),
        "params_full": sum(each.numel() for each in full.C3.parameters()),
    }


def alexnet():
    passed = list(walk(ALEXNET, 3, 227))
    sides = [each.side for each in passed]
    return {
        "conv1": sides[0],
        "pool1": sides[1],
        "conv2": sides[2],
        "pool2": sides[3],
        "conv3_5": sides[6],
        "pool5": [sides[7], sides[7], passed[7].maps],
        "fc1": passed[8].maps,
        "fc2": passed[9].maps,
        "fc3": passed[10].maps,
    }


def vgg_shapes():
    passed = list(walk(vgg(), 3, 224))
    pools = [each for each in passed if not isinstance(each.layer, Conv)][:5]
    firsts = [passed[0], next(each for each in passed if isinstance(each.layer, Conv) and each.maps == 128)]
    return {
        **{f"pool{i}": [each.side, each.side, each.maps] for i, each in enumerate(pools, start=1)},
        **{f"b{i}_conv": [each.side, each.side, each.maps] for i, each in enumerate(firsts, start=1)},
        "convs_per_block": [convolutions for _, convolutions in VGG16_BLOCKS],
        "layers": weighted(vgg()),
    }


CASES = (
    Worked(
        "lenet5_shapes",
        "The maps of LeNet-5 for a grey picture of 32 x 32.",
        lenet_shapes,
        correct={
            "C1": [28, 28, 6], "S2": [14, 14, 6], "C3": [10, 10, 16], "S4": [5, 5, 16], "C5": [1, 1, 120],
            "F6": 84, "out": 10, "c5_fan_in": 400,
        },
        stated={
            "C1": [28, 28, 6], "S2": [14, 14, 6], "C3": [10, 10, 16], "S4": [5, 5, 16], "C5": [1, 1, 120],
            "F6": 84, "out": 10, "c5_fan_in": 400,
        },
    ),
    Worked(
        "lenet5_c3_connections",
        "The maps of C3 that see all six maps before them, the links in all, and the parameters.",
        connections,
        correct={
            "maps_fed_by_all_six": 1, "links": 60, "full_links": 96, "params": 1516, "params_full": 2416,
        },
        stated={"maps_fed_by_all_six": 10},
        wrong=("maps_fed_by_all_six",),
        why="Six maps see 3, nine see 4, one sees all six.",
    ),
    Worked(
        "alexnet_tail",
        "The maps of AlexNet before its dense layers, and the units of these.",
        alexnet,
        correct={
            "pool5": [6, 6, 256], "fc1": 4096, "fc2": 4096, "fc3": 1000,
            "conv1": 55, "pool1": 27, "conv2": 27, "pool2": 13, "conv3_5": 13,
        },
        stated={"pool5": [6, 6, 256], "fc1": 4096, "fc2": 4096, "fc3": 1004},
        wrong=("fc3",),
        why="A misprint: there are 1000 classes.",
    ),
    Worked(
        "alexnet_224_vs_227",
        "The side of the first map of AlexNet: 224 without padding, 224 with two zeros, 227 without.",
        lambda: {
            "n224_p0_exact": (224 - 11) / 4 + 1,
            "n224_p0": size(224, 11, 4),
            "n224_p2": size(224, 11, 4, 2),
            "n227_p0": size(227, 11, 4),
            "padded": 224 + 2 * 2,
        },
        correct={"n224_p0_exact": 54.25, "n224_p0": 54, "n224_p2": 55, "n227_p0": 55, "padded": 228},
        stated={"padded": 227},
        wrong=("padded",),
        why="227 is a crop, not 224 with padding; two zeros make 228.",
    ),
    Worked(
        "vgg16_shapes",
        "The maps of VGG-16 and the convolutions of its blocks.",
        vgg_shapes,
        correct={
            "b1_conv": [224, 224, 64], "pool1": [112, 112, 64], "b2_conv": [112, 112, 128],
            "pool2": [56, 56, 128], "pool3": [28, 28, 256], "pool4": [14, 14, 512], "pool5": [7, 7, 512],
            "convs_per_block": [2, 2, 3, 3, 3], "layers": 16,
        },
        stated={
            "b1_conv": [224, 224, 64], "pool1": [112, 112, 64], "b2_conv": [112, 112, 128],
            "pool2": [56, 56, 128], "pool3": [28, 28, 256], "pool5": [7, 7, 512],
            "convs_per_block": [2, 2, 2, 3, 3],
        },
        wrong=("convs_per_block",),
        why="With two convolutions in the third block it would have 15 layers with weights.",
    ),
    Worked(
        "vgg16_params",
        "The parameters of VGG-16.",
        lambda: {"params": totals(vgg(), 3, 224)[0]},
        correct={"params": 138_357_544},
        stated={"params": 95e6},
        wrong=("params",),
        tolerance=500_000,
        why="No configuration has 95 million.",
    ),
    Worked(
        "alexnet_params",
        "The parameters of AlexNet, said to be about 60 million.",
        lambda: {"params": totals(ALEXNET, 3, 227)[0]},
        correct={"params": 60_965_224},
        stated={"params": 60e6},
        tolerance=1_000_000,
    ),
    Worked(
        "imagenet_numbers_resnet",
        "ResNet's top-5 error on the test part of 2015 in per cent, and the parameters of ResNet-152.",
        lambda: {"params_lower_bound": totals(resnet(), 3, 224)[0]},
        published={"top5": 3.57},  # six networks together: He, Zhang, Ren and Sun 2015, abstract
        correct={"top5": 3.57, "params_lower_bound": 60_192_808},
        stated={"top5": 15.43, "params_lower_bound": 1e6},
        wrong=("top5", "params_lower_bound"),
        why="The error is that of other networks, and a million is sixty times too few.",
    ),
)  # fmt: skip
