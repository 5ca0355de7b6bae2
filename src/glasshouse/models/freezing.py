"""Freezing: layers that keep their weights while others are trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from glasshouse.core.errors import SettingError
from glasshouse.core.names import unknown_name
from glasshouse.models.head import head_layers, in_head

Frozen = Literal["none", "backbone"] | Sequence[str]
"""Nothing, everything but the head, or layers by name."""


def freeze(network: nn.Module, what: Frozen = "backbone") -> list[str]:
    """Freeze layers: no gradient reaches them, and their batch norms keep the statistics that they have.

    Args:
        network: The network, changed in place.
        what: ``"backbone"``: everything but the head. ``"none"``: nothing. Or names of layers, each with all
            that is inside it, such as ``["conv1", "conv2_x"]``.

    Returns:
        The names of the parameters that are frozen now.

    Raises:
        SettingError: ``what`` is another word, or there would be nothing left to train.
        UnknownNameError: There is no such layer.

    Example:
        >>> from glasshouse.models import mlp
        >>> network = mlp(4, 3, hidden=[8])
        >>> freeze(network)
        ['linear1.weight', 'linear1.bias']
        >>> [each.requires_grad for each in network.parameters()]
        [False, False, True, True]
    """
    if isinstance(what, str):
        if what not in ("none", "backbone"):
            raise SettingError(
                f"freeze = {what!r}",
                expected="'none', 'backbone', or a list of names of layers",
                fix="set freeze to 'backbone' to train the head alone",
            )
        head = head_layers(network) if what == "backbone" else [""]
        chosen = [name for name, _ in network.named_parameters() if not in_head(name, head)]
    else:
        layers = [name for name, module in network.named_modules() if name and list(module.parameters())]
        for name in what:
            if name not in layers:
                raise unknown_name(str(name), layers, "layer")
        chosen = [name for name, _ in network.named_parameters() if in_head(name, list(what))]
    if chosen and len(chosen) == sum(1 for _ in network.parameters()):
        raise SettingError(
            "freeze leaves nothing to train",
            expected="at least one layer that is not frozen",
            fix="leave the output layer out of freeze",
        )
    for name in chosen:
        network.get_parameter(name).requires_grad_(False)
    return chosen


def training_mode(network: nn.Module) -> nn.Module:
    """Put a network into training mode, but for batch norms whose weights are frozen.

    These go on using the statistics that they were trained with: a layer that is frozen must answer tomorrow
    as it does today.

    Args:
        network: Any module.

    Returns:
        The same network.

    Example:
        >>> network = nn.Sequential(nn.BatchNorm1d(2), nn.BatchNorm1d(2))
        >>> _ = network[0].requires_grad_(False)
        >>> [norm.training for norm in training_mode(network)]
        [False, True]
    """
    network.train()
    for module in network.modules():
        if keeps_statistics(module):
            module.eval()
    return network


def keeps_statistics(module: nn.Module) -> bool:
    """Whether it is a batch norm with frozen weights, which goes on using the statistics that it has.

    Args:
        module: Any module.

    Example:
        >>> keeps_statistics(nn.BatchNorm1d(2).requires_grad_(False)), keeps_statistics(nn.BatchNorm1d(2))
        (True, False)
    """
    if not isinstance(module, _BatchNorm) or not module.affine or not module.track_running_stats:
        return False
    return not any(each.requires_grad for each in module.parameters())
