"""Calling an optimizer without what it does around its work."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import torch


def bare_step(optimizer: torch.optim.Optimizer, lasting_gradients: bool = False) -> Callable[[], Any]:
    """The optimizer's update without the profiler's and compiler's wrappers around it.

    On small networks these wrappers take longer than the update (``python benchmarks/optimizer_step.py``).
    Where somebody has hooked into the optimizer, its ordinary step is used, hooks and all. To be called
    without gradients being recorded, and not to be kept when other state is loaded into the optimizer.

    Args:
        optimizer: Any of PyTorch's.
        lasting_gradients: Gradients stay the same tensors, set to zero in place, as in flat parameters.
    """
    hooks = (optimizer._optimizer_step_pre_hooks, optimizer._optimizer_step_post_hooks)
    if any(hooks):
        return optimizer.step
    unwrapped = partial(inspect.unwrap(type(optimizer).step), optimizer)
    lasting = lasting_gradients and isinstance(optimizer, torch.optim.Adam)
    return FusedAdam(optimizer, unwrapped) if lasting else unwrapped


class FusedAdam:
    """Adam's and AdamW's update by the kernel that PyTorch's own step ends in, on lists that are made once.

    The state stays the optimizer's own: checkpoints, and whoever looks at it, see no difference. Whatever the
    kernel is not for (another device, AMSGrad, a learning rate in a tensor) goes through the ordinary step.

    Args:
        optimizer: An Adam or AdamW.
        ordinary: Its step.
    """

    def __init__(self, optimizer: torch.optim.Optimizer, ordinary: Callable[[], Any]) -> None:
        self._optimizer = optimizer
        self._ordinary = ordinary
        self._lists: list[list[list[torch.Tensor]]] = []
        self._one = torch.ones(())

    def __call__(self) -> None:
        """One update."""
        groups = self._optimizer.param_groups
        if not self._lists and not self._gathered():
            self._ordinary()
            return
        for group, (parameters, gradients, means, squares, steps) in zip(groups, self._lists, strict=True):
            beta1, beta2 = group["betas"]
            if len(steps) == 1:
                steps[0].add_(self._one)  # a third of what a list, or a plain 1, would cost
            else:
                torch._foreach_add_(steps, 1)
            kernel = torch._fused_adamw_ if group["decoupled_weight_decay"] else torch._fused_adam_
            kernel(
                parameters,
                gradients,
                means,
                squares,
                [],
                steps,
                amsgrad=False,
                lr=group["lr"],
                beta1=beta1,
                beta2=beta2,
                weight_decay=group["weight_decay"],
                eps=group["eps"],
                maximize=False,
            )

    def _gathered(self) -> bool:
        """Make the lists, if the state is there (it is after the first step) and the kernel is for it."""
        found = []
        for group in self._optimizer.param_groups:
            plain = group["fused"] and not (group["amsgrad"] or group["maximize"] or group["differentiable"])
            parameters = group["params"]
            states = [self._optimizer.state.get(each) for each in parameters]
            if not plain or not isinstance(group["lr"], float) or not all(states):
                return False
            if any(each.grad is None or each.device.type != "cpu" for each in parameters):
                return False
            gradients = [each.grad for each in parameters]
            kept = [[state[key] for state in states] for key in ("exp_avg", "exp_avg_sq", "step")]  # type: ignore[index]
            found.append([parameters, gradients, *kept])
        self._lists = found
        return True
