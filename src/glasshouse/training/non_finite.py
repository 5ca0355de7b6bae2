"""Where a network's numbers stop being numbers."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from glasshouse.core.errors import NonFiniteError


def all_finite(network: nn.Module) -> bool:
    """Whether every parameter is finite. A sum is not finite when one of its parts is not."""
    return all(bool(torch.isfinite(each.detach().sum())) for each in network.parameters())


def culprit(network: nn.Module, inputs: torch.Tensor) -> str:
    """The first thing that is not finite, in words: the inputs, a weight, or a layer's output.

    The network must still have the weights with which the trouble arose.
    """
    if not bool(torch.isfinite(inputs).all()):
        return "the inputs of that batch are not finite"
    for name, parameter in network.named_parameters():
        if not bool(torch.isfinite(parameter).all()):
            return f"the parameter {name!r} is not finite: the update before this step made it so"
    found: list[str] = []
    names = {module: name or type(module).__name__ for name, module in network.named_modules()}

    def look(module: nn.Module, _inputs: Any, output: Any) -> None:
        if isinstance(output, torch.Tensor) and not found and not bool(torch.isfinite(output).all()):
            found.append(names[module])

    leaves = [each for each in network.modules() if not any(each.children())]
    handles = [leaf.register_forward_hook(look) for leaf in leaves]
    try:
        with torch.no_grad(), torch.random.fork_rng():
            network(inputs)
    finally:
        for handle in handles:
            handle.remove()
    if found:
        return f"the first output that is not finite is that of layer {found[0]!r}"
    return "every layer's output is finite, so the loss itself overflowed"


def non_finite_error(loss: float, place: str, cause: str, rate: float, kept: str) -> NonFiniteError:
    """The error for a loss that is not finite.

    Args:
        loss: NaN or an infinity.
        place: Step, epoch and batch in words.
        cause: What :func:`culprit` found.
        rate: The learning rate of that step.
        kept: What was kept, in words.
    """
    return NonFiniteError(
        f"the loss became {loss} at {place}; {cause}; {kept}",
        expected="a finite loss",
        fix=f"lower training.learning_rate (it was {rate:.3g}), set training.clip_norm = 1.0, "
        "or look for extreme values in the data",
    )
