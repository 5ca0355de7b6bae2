"""Worked examples of convolution and pooling: sizes, and values in small pictures."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from tests.facts.worked import Worked


def side(n, k, s=1, p=0):
    """The side of the map that a k x k kernel makes of n x n, as PyTorch makes it."""
    return F.conv2d(torch.zeros(1, 1, n, n), torch.zeros(1, 1, k, k), stride=s, padding=p).shape[-1]


def padded(n, p):
    return F.pad(torch.zeros(1, 1, n, n), (p,) * 4).shape[-1]


def volume(x):
    """Height, width, channels."""
    _, channels, height, width = x.shape
    return [height, width, channels]


def pooled(rows, *names):
    """Blocks of 2 x 2 summarised in each of the named ways."""
    x = torch.tensor(rows, dtype=torch.float64)[None, None]
    ways = {
        "max": lambda: F.max_pool2d(x, 2),
        "min": lambda: -F.max_pool2d(-x, 2),
        "mean": lambda: F.avg_pool2d(x, 2),
        "sum": lambda: 4 * F.avg_pool2d(x, 2),
    }
    return {name: ways[name]()[0, 0].tolist() for name in names}


def block(rows, *names):
    return {name: table[0][0] for name, table in pooled(rows, *names).items()}


def twelve_filters():
    """32 x 32 x 3 through twelve filters, ReLU and pooling."""
    x, conv = torch.zeros(1, 3, 32, 32), torch.nn.Conv2d(3, 12, 3, padding=1)
    same, valid = conv(x), F.conv2d(x, conv.weight)
    return {
        "conv": volume(same),
        "relu": volume(F.relu(same)),
        "pool": volume(F.max_pool2d(same, 2)),
        "conv_valid_k3": volume(valid),
        "pool_valid_k3": volume(F.max_pool2d(valid, 2)),
        "params_k3": sum(each.numel() for each in conv.parameters()),
    }


def slide():
    """A 2 x 2 kernel over 4 x 4: as layers do it, and turned by 180 degrees as convolution is defined."""
    picture = [[1.0, 1.0, 1.0, 0.0], [0.0, 1.0, 1.0, 0.0], [0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 1.0, 1.0]]
    x, kernel = torch.tensor([[picture]]).double(), torch.tensor([[[[1.0, 0.0], [0.0, -1.0]]]]).double()
    as_layers, as_defined = F.conv2d(x, kernel)[0, 0], F.conv2d(x, kernel.flip(2, 3))[0, 0]
    return {
        "top_left": float(as_layers[0, 0]),
        "full_cross_correlation": as_layers.tolist(),
        "full_true_convolution": as_defined.tolist(),
    }


def small_network():
    """Two convolutions with pooling on 32 x 32 x 3, then ten classes."""
    stages = torch.nn.Sequential(
        torch.nn.Conv2d(3, 32, 3, padding=1),
        torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(32, 64, 3, padding=1),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
    )
    flat = stages(torch.zeros(1, 3, 32, 32)).shape[1]
    whole = [*stages.parameters(), *torch.nn.Linear(flat, 10).parameters()]
    return {"flat": flat, "params": sum(each.numel() for each in whole)}


def one_stage():
    stage = torch.nn.Sequential(torch.nn.Conv2d(1, 1, 3, padding=1), torch.nn.MaxPool2d(2))
    return {"shape": list(stage(torch.zeros(1, 1, 4, 4)).shape)}


def size_case(id, n, k, s=1, p=0, *, out, **more):
    """A case that asks for one side."""
    return Worked(
        id,
        f"{n} x {n}, filter {k}, stride {s}, padding {p}.",
        lambda: {"out": side(n, k, s, p)},
        correct={"out": out},
        stated={"out": out},
        **more,
    )


DECIMALS = [[0.1, 0.0, 1.0, 0.4], [0.0, 0.5, 0.4, 1.6], [0.3, 0.2, 1.7, 1.1], [0.2, 0.4, 1.1, 1.7]]
WHOLE = [[1.0, 3.0, 2.0, 4.0], [5.0, 6.0, 1.0, 2.0], [9.0, 8.0, 4.0, 3.0], [6.0, 7.0, 2.0, 1.0]]
CS231N = [[1.0, 1.0, 2.0, 4.0], [5.0, 6.0, 7.0, 8.0], [3.0, 2.0, 1.0, 0.0], [1.0, 2.0, 3.0, 4.0]]

CASES = (
    Worked(
        "conv_out_16_k3_s1_p2",
        "16 x 16, filter 3, stride 1, two zeros on every side.",
        lambda: {"padded": padded(16, 2), "out": side(16, 3, 1, 2)},
        correct={"padded": 20, "out": 18},
        stated={"padded": 20, "out": 21},
        wrong=("out",),
        why="Padded first and then counted again, and added up wrongly: as printed, it would be 22.",
    ),
    size_case("pad_8_k3_valid", 8, 3, out=6),
    Worked(
        "pad_8_k3_p1",
        "8 x 8, filter 3, stride 1, padding 1.",
        lambda: {"out": side(8, 3, 1, 1), "padded": padded(8, 1)},
        correct={"out": 8, "padded": 10},
        stated={"out": 8},
    ),
    size_case("pad_5_k3_valid", 5, 3, out=3),
    size_case("pad_5_k3_same_p1", 5, 3, p=1, out=5),
    size_case("stride_ex1_5_k3_s1", 5, 3, out=3),
    size_case("stride_ex2_5_k3_s2", 5, 3, s=2, out=2),
    Worked(
        "stride_ex3_6_k3_p1_s2",
        "6 x 6, filter 3, padding 1, stride 2: the numerator, the size before rounding down, the size.",
        lambda: {
            "numerator": padded(6, 1) - 3,
            "unfloored": (padded(6, 1) - 3) / 2 + 1,
            "out": side(6, 3, 2, 1),
        },
        correct={"numerator": 5, "unfloored": 3.5, "out": 3},
        stated={"numerator": 5, "unfloored": 3.5, "out": 3},
        why="The numbers are right; to call it same padding is not, as 3 is not 6.",
    ),
    Worked(
        "same_padding_even_or_strided",
        "8 x 8 with padding (F - 1)/2, rounded down: filter 3; filter 3 with stride 2; filter 4.",
        lambda: {"out": [side(8, f, s, (f - 1) // 2) for f, s in ((3, 1), (3, 2), (4, 1))]},
        correct={"out": [8, 4, 7]},
        stated={"out": [8, 8, 8]},
        wrong=("out",),
        why="It keeps the size for odd filters and stride 1 only.",
    ),
    Worked(
        "maxpool_4x4_decimal",
        "A 4 x 4 map with decimals in blocks of 2 x 2.",
        lambda: pooled(DECIMALS, "max", "mean", "sum", "min"),
        correct={
            "max": [[0.5, 1.6], [0.4, 1.7]],
            "mean": [[0.15, 0.85], [0.275, 1.4]],
            "sum": [[0.6, 3.4], [1.1, 5.6]],
            "min": [[0.0, 0.4], [0.2, 1.1]],
        },
        stated={"max": [[0.5, 1.6], [0.4, 1.7]]},
        tolerance=1e-12,
    ),
    Worked(
        "maxpool_cs231n",
        "A well-known 4 x 4 map in blocks of 2 x 2.",
        lambda: pooled(CS231N, "max"),
        correct={"max": [[6.0, 8.0], [3.0, 4.0]]},
        stated={"max": [[6, 8], [3, 4]]},
    ),
    Worked(
        "maxpool_4x4_integer",
        "A 4 x 4 map of whole numbers in blocks of 2 x 2.",
        lambda: pooled(WHOLE, "max", "min", "mean"),
        correct={
            "max": [[6.0, 4.0], [9.0, 4.0]],
            "min": [[1.0, 1.0], [6.0, 1.0]],
            "mean": [[3.75, 2.25], [7.5, 2.5]],
        },
        stated={"max": [[6, 4], [9, 4]]},
    ),
    Worked(
        "pool_2x2_blocks",
        "One block (4, 2; 3, 1).",
        lambda: block([[4, 2], [3, 1]], "max", "min", "mean"),
        correct={"max": 4, "min": 1, "mean": 2.5},
        stated={"max": 4, "min": 1, "mean": 2.5},
    ),
    Worked(
        "pool_block_1324",
        "One block (1, 3; 2, 4).",
        lambda: block([[1, 3], [2, 4]], "max"),
        correct={"max": 4},
        stated={"max": 4},
    ),
    Worked(
        "pool_block_4213",
        "One block (4, 2; 1, 3).",
        lambda: block([[4, 2], [1, 3]], "max"),
        correct={"max": 4},
        stated={"max": 4},
    ),
    Worked(
        "convnet_32_12_filters",
        "32 x 32 x 3 through twelve 3 x 3 filters with padding 1, ReLU, and max pooling of 2.",
        twelve_filters,
        correct={
            "conv": [32, 32, 12],
            "relu": [32, 32, 12],
            "pool": [16, 16, 12],
            "conv_valid_k3": [30, 30, 12],
            "pool_valid_k3": [15, 15, 12],
            "params_k3": 336,
        },
        stated={"conv": [32, 32, 12], "relu": [32, 32, 12], "pool": [16, 16, 12]},
        why="Right with same padding, which was not said; without any it is 30 x 30.",
    ),
    Worked(
        "conv_2x2_on_4x4",
        "(1, 0; 0, -1) over a 4 x 4 picture.",
        slide,
        correct={
            "top_left": 0.0,
            "full_cross_correlation": [[0.0, 0.0, 1.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]],
            "full_true_convolution": [[0.0, 0.0, -1.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]],
        },
        stated={"top_left": 0},
        why="Layers slide the kernel as it is, which is cross-correlation.",
    ),
    Worked(
        "image_100_inputs",
        "Inputs of a dense network for a grey picture of 100 x 100.",
        lambda: {"n": torch.nn.Flatten()(torch.zeros(1, 1, 100, 100)).shape[1]},
        correct={"n": 10000},
        stated={"n": 10000},
    ),
    Worked(
        "simple_cnn_flatten",
        "Two stages of convolution and pooling on 32 x 32 x 3: what reaches the last layer, parameters.",
        small_network,
        correct={"flat": 4096, "params": 60362},
        stated={"flat": 4096},
    ),
    Worked(
        "cnn_block_shape",
        "A convolution with padding 1 and max pooling on 4 x 4.",
        one_stage,
        correct={"shape": [1, 1, 2, 2]},
    ),
)
