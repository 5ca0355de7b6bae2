"""Errata about VGG, GoogLeNet, ResNet and MobileNet, and about what is done with them."""

from __future__ import annotations

from itertools import pairwise

from errata.entry import Proof
from errata.networks import (
    VGG16_BLOCKS,
    Branches,
    Conv,
    Global,
    googlenet,
    mobilenet,
    resnet,
    totals,
    vgg,
    walk,
    weighted,
)


def vgg_counts() -> Proof:
    """Parameters and layers of VGG-16, and of smaller and larger ones."""
    parameters, _ = totals(vgg(), 3, 224)
    others = {
        name: totals(
            vgg(tuple((maps, n) for (maps, _), n in zip(VGG16_BLOCKS, counts, strict=True))), 3, 224
        )[0]
        for name, counts in (("VGG-11", (1, 1, 2, 2, 2)), ("VGG-19", (2, 2, 4, 4, 4)))
    }
    told = tuple((maps, 2 if block == 2 else count) for block, (maps, count) in enumerate(VGG16_BLOCKS))
    kernels = {layer.kernel for layer in vgg() if isinstance(layer, Conv)}
    return Proof(
        {
            "parameters": parameters,
            "smallest": others["VGG-11"],
            "largest": others["VGG-19"],
            "layers": weighted(vgg()),
            "told": weighted(vgg(told)),
            "maps": max(layer.maps for layer in vgg() if isinstance(layer, Conv)),
            "depths": "-".join(str(maps) for maps, _ in VGG16_BLOCKS),
            "kernel": max(kernels),
        },
        {
            "138,357,544": parameters == 138_357_544,
            "no configuration has 95 million": min(others.values()) > 130_000_000,
            "16 layers, not 15": weighted(vgg()) == 16 and weighted(vgg(told)) == 15,
            "all filters are 3 x 3": kernels == {3},
        },
    )


def vgg_and_others() -> Proof:
    """Multiply-accumulates of one picture in each network."""
    work = {
        "vgg": totals(vgg(), 3, 224)[1],
        "googlenet": totals(googlenet(), 3, 224)[1],
        "resnet": totals(resnet(), 3, 224)[1],
        "mobilenet": totals(mobilenet(), 3, 224)[1],
    }
    in_billions = {name: each / 1e9 for name, each in work.items()}
    return Proof(
        {**in_billions, "ratio": work["vgg"] / work["googlenet"]},
        {
            "VGG-16 is the heaviest of the four": max(work, key=work.__getitem__) == "vgg",
            "GoogLeNet takes a tenth of it": work["vgg"] > 9 * work["googlenet"],
        },
    )


def googlenet_layers() -> Proof:
    """What GoogLeNet is made of."""
    layers = googlenet()
    modules = [layer for layer in layers if isinstance(layer, Branches)]
    sides = [each.side for each in walk(layers, 3, 224)]
    return Proof(
        {
            "modules": len(modules),
            "branches": len(modules[0].chains),
            "layers": weighted(layers),
            "end": sides[-3],
            "parameters": totals(layers, 3, 224)[0],
        },
        {
            "sides only shrink": all(after <= before for before, after in pairwise(sides)),
            "branches are concatenated, never added": not any(module.add for module in modules),
            "one global average": sum(isinstance(layer, Global) for layer in layers) == 1,
            "22 layers": weighted(layers) == 22,
        },
    )


def resnet_size() -> Proof:
    """Parameters and layers of ResNet-152."""
    parameters = totals(resnet(), 3, 224)[0]
    return Proof(
        {"parameters": parameters, "layers": weighted(resnet())},
        {"60,192,808 in 152 layers": parameters == 60_192_808 and weighted(resnet()) == 152},
    )


def mobilenet_size() -> Proof:
    """Layers, parameters and work of MobileNet."""
    parameters, _ = totals(mobilenet(), 3, 224)
    return Proof(
        {"layers": weighted(mobilenet()), "parameters": parameters},
        {"28 layers": weighted(mobilenet()) == 28, "4.2 million": parameters == 4_231_976},
    )


def narrowing() -> Proof:
    """Units from layer to layer in VGG's dense part and in a network for digits."""
    dense = [25088, 4096, 4096, 1000]
    mine = [each.maps * each.side**2 for each in walk(vgg(), 3, 224)][-4:]
    return Proof(
        {"widths": " - ".join(f"{width:,}" for width in mine)},
        {"VGG's dense part narrows": mine == dense and mine == sorted(mine, reverse=True)},
    )
