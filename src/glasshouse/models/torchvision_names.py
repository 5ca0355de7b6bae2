"""What torchvision calls the layers of AlexNet, VGG, GoogLeNet and ResNet.

Published files of weights name every tensor after the module that holds it there. Our modules are named after
the papers; here is which is which.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from torch import nn

Renaming = Callable[[str, Mapping[str, int]], str]
"""From the name of one of our tensors, and the places of the network's children, to the published name."""


def published_names(network: nn.Module) -> dict[str, dict[str, str]]:
    """For each naming that is known, how it calls the tensors of a network.

    Args:
        network: Any module.

    Returns:
        By naming: our names with the published ones. A naming that is made for other networks gives names
        that no file has.

    Example:
        >>> from glasshouse.models import resnet18
        >>> names = published_names(resnet18(width=0.125))["torchvision's ResNet"]
        >>> names["conv2_x.0.conv1.weight"], names["conv3_x.0.shortcut.norm.bias"], names["output.weight"]
        ('layer1.0.conv1.weight', 'layer2.0.downsample.1.bias', 'fc.weight')
    """
    places = {name: place for place, (name, _) in enumerate(network.named_children())}
    ours = list(network.state_dict())
    return {
        naming: {name: rename(name, places) for name in ours if not name.startswith("_")}
        for naming, rename in NAMINGS.items()
    }


def _as_they_are(name: str, _places: Mapping[str, int]) -> str:
    return name


def _resnet(name: str, _places: Mapping[str, int]) -> str:
    name = re.sub(r"^conv(\d)_x\.", lambda found: f"layer{int(found[1]) - 1}.", name)
    name = re.sub(r"\bnorm(\d)\.", r"bn\1.", name)
    name = name.replace("shortcut.conv.", "downsample.0.").replace("shortcut.norm.", "downsample.1.")
    return re.sub(r"^output\.", "fc.", name)


def _listed(name: str, places: Mapping[str, int], dense: Mapping[str, int]) -> str:
    """Layers that have numbers there: the features in their order, then the dense layers."""
    layer, _, rest = name.partition(".")
    if layer in dense:
        return f"classifier.{dense[layer]}.{rest}"
    return f"features.{places.get(layer, '?')}.{rest}"


def _vgg(name: str, places: Mapping[str, int]) -> str:
    return _listed(name, places, {"fc6": 0, "fc7": 3, "output": 6})


def _alexnet(name: str, places: Mapping[str, int]) -> str:
    return _listed(name, places, {"fc6": 1, "fc7": 4, "output": 6})


_BRANCHES = {
    "branch3.reduce": "branch2.0",
    "branch3.wide": "branch2.1",
    "branch5.reduce": "branch3.0",
    "branch5.wide": "branch3.1",
    "branch_pool.project": "branch4.1",
}


def _googlenet(name: str, _places: Mapping[str, int]) -> str:
    name = name.replace(".norm.", ".bn.")
    name = re.sub(r"^conv2\.", "conv3.", name)
    name = re.sub(r"^conv2_reduce\.", "conv2.", name)
    name = re.sub(r"^auxiliary\.inception_4a\.", "aux1.", name)
    name = re.sub(r"^auxiliary\.inception_4d\.", "aux2.", name)
    name = re.sub(r"^(aux\d)\.output\.", r"\1.fc2.", name)
    name = re.sub(r"^inception_", "inception", name)
    for ours, theirs in _BRANCHES.items():
        name = name.replace(f".{ours}.", f".{theirs}.")
    return re.sub(r"^output\.", "fc.", name)


NAMINGS: dict[str, Renaming] = {
    "Glasshouse's own names": _as_they_are,
    "torchvision's ResNet": _resnet,
    "torchvision's VGG": _vgg,
    "torchvision's AlexNet": _alexnet,
    "torchvision's GoogLeNet": _googlenet,
}
