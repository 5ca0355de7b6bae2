"""Errata about LeNet-5, AlexNet and ZFNet."""

from __future__ import annotations

import torch

from errata.entry import Proof
from errata.networks import ALEXNET, ZFNET, Conv, Dense, size, totals, walk
from glasshouse.models.lenet5 import CONNECTIONS, lenet5


def lenet_layers() -> Proof:
    """The sides of LeNet-5's maps, from our network of 1998."""
    network = lenet5(size=(32, 32), variant="1998")
    x, sides = torch.zeros(1, 1, 32, 32), {}
    for name, layer in network.named_children():
        x = layer(x)
        sides[name] = x.shape[-1]
    return Proof(
        {"sides": " - ".join(str(sides[name]) for name in ("C1", "S2", "C3", "S4", "C5")), "f6": sides["F6"]},
        {
            "28, 14, 10, 5, 1, then 84": [sides[name] for name in ("C1", "S2", "C3", "S4", "C5", "F6")]
            == [28, 14, 10, 5, 1, 84],
            "three convolutions": sum(name.startswith("C") for name in sides) == 3,
        },
    )


def lenet_table() -> Proof:
    """The connections of C3, counted."""
    sizes = [len(row) for row in CONNECTIONS]
    network = lenet5(size=(32, 32), variant="1998")
    parameters = sum(each.numel() for each in network.C3.parameters())
    return Proof(
        {
            "three": sizes.count(3),
            "four": sizes.count(4),
            "six": sizes.count(6),
            "links": sum(sizes),
            "full": 6 * 16,
            "parameters": parameters,
        },
        {
            "6, 9 and 1 maps": (sizes.count(3), sizes.count(4), sizes.count(6)) == (6, 9, 1),
            "1,516 parameters": parameters == sum(sizes) * 25 + 16 == 1516,
        },
    )


def lenet_codes() -> Proof:
    """The output layer of 1998: nothing in it is learnt."""
    output = lenet5(size=(32, 32), variant="1998").output
    return Proof(
        {"codes": output.codes.numel()},
        {
            "840 fixed numbers of 1 and -1": output.codes.numel() == 840
            and bool((output.codes.abs() == 1).all()),
            "none is learnt": not list(output.parameters()),
        },
    )


def lenet_subsampling() -> Proof:
    """What is learnt in S2 and S4."""
    network = lenet5(size=(32, 32), variant="1998")
    learnt = [sum(each.numel() for each in layer.parameters()) for layer in (network.S2, network.S4)]
    return Proof({"s2": learnt[0], "s4": learnt[1]}, {"a coefficient and a bias per map": learnt == [12, 32]})


def lenet_field() -> Proof:
    """The field of 32 x 32 around a digit of 28 x 28."""
    first = next(iter(lenet5(size=(28, 28)).children()))
    return Proof({"rim": first.padding[0]}, {"two zeros on every side": tuple(first.padding) == (2, 2, 2, 2)})


def alexnet_input() -> Proof:
    """Conv1 on 224 and on 227."""
    exact = (224 - 11) / 4 + 1
    return Proof(
        {"exact": exact, "at227": size(227, 11, 4), "at224": size(224, 11, 4, 2), "padded": 224 + 2 * 2},
        {
            "both ways give 55": size(227, 11, 4) == size(224, 11, 4, 2) == 55,
            "224 alone does not": exact == 54.25,
        },
    )


def alexnet_padding() -> Proof:
    """Where AlexNet pads."""
    convolutions = [layer for layer in ALEXNET if isinstance(layer, Conv)]
    return Proof(
        {"padded": ", ".join(str(i) for i, layer in enumerate(convolutions, 1) if layer.padding)},
        {"all but the first": [layer.padding for layer in convolutions] == [0, 2, 1, 1, 1]},
    )


def alexnet_end() -> Proof:
    """The end of AlexNet."""
    passed = list(walk(ALEXNET, 3, 227))
    return Proof(
        {"maps": passed[-4].maps, "side": passed[-4].side, "classes": passed[-1].maps},
        {
            "6 x 6 x 256, then 4096, 4096, 1000": [each.maps for each in passed[-4:]]
            == [256, 4096, 4096, 1000]
        },
    )


def zfnet_size() -> Proof:
    """Parameters of ZFNet and AlexNet."""
    zfnet, alexnet = totals(ZFNET, 3, 224)[0], totals(ALEXNET, 3, 227)[0]
    return Proof(
        {"zfnet": zfnet, "alexnet": alexnet},
        {"ZFNet has more": zfnet == 62_357_608 > alexnet == 60_965_224},
    )


def zfnet_layers() -> Proof:
    """What ZFNet's layers are."""
    convolutions = [layer for layer in ZFNET if isinstance(layer, Conv)]
    dense = sum(isinstance(layer, Dense) for layer in ZFNET)
    second = convolutions[1]
    sides = [each.side for each in walk(ZFNET, 3, 224) if isinstance(each.layer, Conv)]
    return Proof(
        {
            "convolutions": len(convolutions),
            "middle": "-".join(str(layer.maps) for layer in convolutions[2:]),
            "kernel": second.kernel,
            "stride": second.stride,
            "sides": ", ".join(map(str, sides)),
            "with3": size(55, 3, 2),
        },
        {
            "8 layers with weights": len(convolutions) + dense == 8,
            "the paper's maps of 110, 26 and 13": sides == [110, 26, 13, 13, 13],
            "with 3 x 3 the second would have another side": size(55, 3, 2) != 26,
        },
    )
