"""Optimizers of a population: one step for all members, each with its own numbers in a column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from glasshouse.training.population.settings import Settings
from glasshouse.training.population.stack import Stack

Table = NDArray[np.float64]
"""Numbers by step and member."""


class Update(Protocol):
    """What moves the weights of all members."""

    slots: dict[str, torch.Tensor]

    def plan(self, rates: Table, first: int) -> None:
        """Get ready for the steps of an epoch, ``first`` steps after the very first."""
        ...

    def step(self, number: int) -> None:
        """Step ``number`` of those that were planned."""
        ...

    def silence(self, member: int) -> None:
        """Let a member stand still from now on."""
        ...


def update_of(stack: Stack, settings: Sequence[Settings]) -> Update:
    """The update for members of one family."""
    return Adam(stack, settings) if settings[0].family == "adam" else Descent(stack, settings)


class Pull:
    """The penalties' slope and the decay that joins the gradient.

    Args:
        stack: Weights and gradients.
        settings: Of every member.
    """

    def __init__(self, stack: Stack, settings: Sequence[Settings]) -> None:
        self._w, self._g = stack.weights[:, : stack.pulled], stack.gradients[:, : stack.pulled]
        self._signs = self._shares = None
        if any(each.l1 for each in settings):
            self._signs = column([each.l1 for each in settings], stack.dtype)
        if any(each.l2 or each.coupled for each in settings):
            self._shares = column([each.l2 + each.coupled for each in settings], stack.dtype)

    def add(self) -> None:
        """Add it to the gradients of the matrices."""
        if self._signs is not None:
            self._g.addcmul_(torch.sign(self._w), self._signs)
        if self._shares is not None:
            self._g.addcmul_(self._w, self._shares)


class Descent:
    """SGD and momentum: ``v <- mu v + g``, ``w <- w - eta v``.

    Args:
        stack: Weights and gradients.
        settings: Of every member.
    """

    def __init__(self, stack: Stack, settings: Sequence[Settings]) -> None:
        self._stack = stack
        self._pull = Pull(stack, settings)
        self._kept = column([each.momentum for each in settings], stack.dtype)
        self.slots: dict[str, torch.Tensor] = {}
        if any(each.momentum for each in settings):
            self.slots = {"velocity": torch.zeros_like(stack.weights)}

    def plan(self, rates: Table, first: int) -> None:
        """Lay out the rates of an epoch."""
        self._rates = columns(rates, self._stack.dtype)

    def step(self, number: int) -> None:
        """One step of every member."""
        self._pull.add()
        way = self._stack.gradients
        if self.slots:
            way = self.slots["velocity"].mul_(self._kept).add_(way)
        self._stack.weights.addcmul_(way, self._rates[number], value=-1)

    def silence(self, member: int) -> None:
        """Let a member stand still from now on."""
        self._rates[:, member] = 0
        _forget(self.slots, member)


class Adam:
    """Adam and AdamW, in the usual form.

    ``m / (1 - b1^t) / (sqrt(s / (1 - b2^t)) + e)`` is computed as ``c m / (sqrt(s) + e r)`` with
    ``r = sqrt(1 - b2^t)`` and ``c = r / (1 - b1^t)``, which leaves fewer passes over the numbers.

    Args:
        stack: Weights and gradients.
        settings: Of every member.
    """

    def __init__(self, stack: Stack, settings: Sequence[Settings]) -> None:
        self._stack = stack
        self._settings = settings
        self._pull = Pull(stack, settings)
        self._matrices = stack.weights[:, : stack.pulled]
        betas = np.array([[each.beta1, each.beta2] for each in settings])
        self._beta1, self._beta2 = betas[:, 0], betas[:, 1]
        self._epsilon = np.array([each.epsilon for each in settings])
        self._decay = np.array([each.decoupled for each in settings])
        self._new_mean = shared(1 - self._beta1, stack.dtype)
        self._new_square = shared(1 - self._beta2, stack.dtype)
        self._way = torch.empty_like(stack.weights)
        self.slots = {name: torch.zeros_like(stack.weights) for name in ("mean", "square")}

    def plan(self, rates: Table, first: int) -> None:
        """Lay out rates, corrections and decay of an epoch."""
        t = np.arange(first + 1, first + 1 + len(rates))[:, None]
        root = np.sqrt(1 - self._beta2**t)
        self._rates = columns(rates * root / (1 - self._beta1**t), self._stack.dtype)
        self._floors = columns(self._epsilon * root, self._stack.dtype)
        self._left = columns(1 - rates * self._decay, self._stack.dtype) if self._decay.any() else None

    def step(self, number: int) -> None:
        """One step of every member."""
        self._pull.add()
        if self._left is not None:
            self._matrices.mul_(self._left[number])
        g, way = self._stack.gradients, self._way
        m, s = self.slots["mean"], self.slots["square"]
        m.lerp_(g, self._new_mean)
        torch.mul(g, g, out=way)
        s.lerp_(way, self._new_square)
        torch.sqrt(s, out=way).add_(self._floors[number])
        torch.div(m, way, out=way)
        self._stack.weights.addcmul_(way, self._rates[number], value=-1)

    def silence(self, member: int) -> None:
        """Let a member stand still from now on."""
        self._rates[:, member] = 0
        if self._left is not None:
            self._left[:, member] = 1
        _forget(self.slots, member)


def _forget(slots: dict[str, torch.Tensor], member: int) -> None:
    for each in slots.values():
        each[member].zero_()


def shared(numbers: Table, dtype: torch.dtype) -> torch.Tensor | float:
    """A column; or one number, which kernels take faster, where it is the same for all."""
    return float(numbers[0]) if (numbers == numbers[0]).all() else column(numbers, dtype)


def column(numbers: Sequence[float] | Table, dtype: torch.dtype) -> torch.Tensor:
    """One number for each member, to be multiplied with their rows."""
    return torch.tensor(np.asarray(numbers, dtype=np.float64)).to(dtype).unsqueeze(1)


def columns(numbers: Table, dtype: torch.dtype) -> torch.Tensor:
    """A column for every step."""
    return torch.from_numpy(np.ascontiguousarray(numbers)).to(dtype).unsqueeze(2).clone()
