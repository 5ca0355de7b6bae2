"""What the optimizers share: the forms in which parameters come, fused kernels, and coupled weight decay."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

from glasshouse.core.arithmetic import Quantity, named

Parameters = Iterable[torch.Tensor] | Iterable[dict[str, Any]]
"""Parameters, or groups such as ``{"params": [...], "weight_decay": 0.0}``, as PyTorch takes them."""

FUSED_DEVICES = ("cpu", "cuda", "xpu", "mps")


def fused(parameters: Parameters) -> bool:
    """Whether one kernel may update all of them: floating point numbers on a device that has it."""
    return all(
        parameter.device.type in FUSED_DEVICES and parameter.is_floating_point()
        for parameter in flatten(parameters)
    )


def flatten(parameters: Parameters) -> Iterable[torch.Tensor]:
    """All parameters, with groups opened."""
    for each in parameters:
        if isinstance(each, dict):
            yield from each["params"]
        else:
            yield each


def pulled(g: Quantity, w: Quantity, weight_decay: float) -> Quantity:
    """The gradient with coupled weight decay: that of the loss plus ``weight_decay / 2`` times ``w**2``.

    Example:
        >>> pulled(0.5, 2.0, 0.25), pulled(0.5, 2.0, 0.0)
        (1.0, 0.5)
    """
    return named("g_decayed", g + weight_decay * w) if weight_decay else g
