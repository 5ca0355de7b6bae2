"""PyTorch's optimizers as the fused loop takes them: a number, settings, and memories that stay theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from glasshouse.training.dense.site import UnsupportedError
from glasshouse.training.fused import codes

NO_MEMORY: tuple[str, ...] = ()
MEMORIES: dict[int, tuple[str, ...]] = {
    codes.SGD: NO_MEMORY,
    codes.MOMENTUM: ("momentum_buffer",),
    codes.ADAM: ("exp_avg", "exp_avg_sq"),
    codes.NADAM: ("exp_avg", "exp_avg_sq"),
    codes.RMSPROP: ("square_avg",),
    codes.ADAGRAD: ("sum",),
    codes.ADADELTA: ("square_avg", "acc_delta"),
}
"""By what names PyTorch's optimizers remember, in the order in which the loop takes it."""

COUNTING = (codes.ADAM, codes.NADAM, codes.RMSPROP, codes.ADADELTA)
"""Optimizers that count their steps."""

FORBIDDEN = ("amsgrad", "maximize", "differentiable", "centered", "lr_decay", "dampening")
"""Options of PyTorch's that the loop does not know; each is off where it is false or 0."""


def read_optimizer(optimizer: torch.optim.Optimizer) -> tuple[int, NDArray[np.float64]]:
    """Number and settings of an optimizer, without bounds and penalties.

    Args:
        optimizer: Any of PyTorch's.

    Raises:
        UnsupportedError: The loop does not know it, or not with these options.

    Example:
        >>> weight = torch.nn.Parameter(torch.zeros(1))
        >>> code, settings = read_optimizer(torch.optim.Adam([weight]))
        >>> code == codes.ADAM, float(settings[codes.BETA_1])
        (True, 0.9)
    """
    group = optimizer.param_groups[0]
    kind, title = type(optimizer), f"optimizer {type(optimizer).__name__}"
    if any(group.get(option) for option in FORBIDDEN) or optimizer._optimizer_step_pre_hooks:
        raise UnsupportedError(title, "with these options the fused loop has no code for it")
    settings = np.zeros(codes.SETTINGS)
    settings[codes.EPSILON] = group.get("eps", 0.0)
    if kind is torch.optim.SGD:
        settings[codes.BETA_1], settings[codes.NESTEROV] = group["momentum"], group["nesterov"]
        return codes.MOMENTUM if group["momentum"] else codes.SGD, settings
    if kind in (torch.optim.Adam, torch.optim.AdamW, torch.optim.NAdam):
        settings[codes.BETA_1], settings[codes.BETA_2] = group["betas"]
        settings[codes.DECOUPLED] = group["decoupled_weight_decay"]
        settings[codes.NESTEROV] = group.get("momentum_decay", 0.0)
        return codes.NADAM if kind is torch.optim.NAdam else codes.ADAM, settings
    if kind is torch.optim.RMSprop and not group["momentum"]:
        settings[codes.BETA_1] = group["alpha"]
        return codes.RMSPROP, settings
    if kind is torch.optim.Adagrad:
        return codes.ADAGRAD, settings
    if kind is torch.optim.Adadelta:
        settings[codes.BETA_1] = group["rho"]
        return codes.ADADELTA, settings
    raise UnsupportedError(title, "the fused loop has no code for it")


def first_state(code: int, leaf: torch.Tensor) -> dict[str, Any]:
    """What PyTorch's optimizer remembers before its first step. Adagrad begins with a memory of its own.

    Args:
        code: Its number.
        leaf: The parameter.

    Example:
        >>> sorted(first_state(codes.ADAM, torch.zeros(2)))
        ['exp_avg', 'exp_avg_sq', 'step']
    """
    state: dict[str, Any] = {name: torch.zeros_like(leaf) for name in MEMORIES[code]}
    if code in COUNTING:
        state["step"] = torch.zeros(())
    if code == codes.NADAM:
        state["mu_product"] = torch.ones(())
    return state


class Memories:
    """What an optimizer remembers, moved into two buffers like that of the weights.

    The tensors in the optimizer's state are views of them, so that it could go on itself at any time, and
    checkpoints see no difference.

    Args:
        optimizer: Any that the loop knows.
        leaves: Its flat parameters.
        code: Its number.
    """

    def __init__(self, optimizer: torch.optim.Optimizer, leaves: Sequence[torch.Tensor], code: int) -> None:
        for leaf in leaves:
            if not optimizer.state.get(leaf):
                optimizer.state[leaf] = first_state(code, leaf)
        self._states: list[dict[str, Any]] = [optimizer.state[leaf] for leaf in leaves]
        self.buffers: list[torch.Tensor] = []
        for name in MEMORIES[code]:
            whole = torch.cat([state[name] for state in self._states])
            parts = torch.split(whole, [len(leaf) for leaf in leaves])
            for state, part in zip(self._states, parts, strict=True):
                state[name] = part
            self.buffers.append(whole)

    @property
    def steps(self) -> int:
        """Updates that are done; 0 where the optimizer does not count."""
        return int(self._states[0].get("step", 0))

    @property
    def product(self) -> float:
        """NAdam's product of momenta."""
        return float(self._states[0].get("mu_product", 1.0))

    def went_on(self, steps: int, product: float) -> None:
        """Note that so many updates were done."""
        for state in self._states:
            if "step" in state:
                state["step"] += steps
            if "mu_product" in state:
                state["mu_product"].fill_(product)
