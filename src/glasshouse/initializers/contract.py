"""What an initializer is: a function that fills a weight tensor in place; and what the scaled ones share."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, Protocol

import torch
from torch import nn

from glasshouse.core.arithmetic import Quantity
from glasshouse.core.checks import number
from glasshouse.core.errors import ModelError, SettingError
from glasshouse.core.expression import Number, wrap
from glasshouse.core.names import suggestions
from glasshouse.core.worked import Worked

Mode = Literal["fan_in", "fan_out"]
MODES = ("fan_in", "fan_out")
"""Whose signals are kept level: those of the forward pass, or the gradients of the backward pass."""
GAINS = ("linear", "sigmoid", "tanh", "relu", "selu")
"""Activations for which PyTorch knows a gain."""


class Fans(NamedTuple):
    """The fans of a weight, as leaves of the arithmetic."""

    n_in: Quantity
    n_out: Quantity


class Initializer(Protocol):
    """Fills a tensor in place, drawing only from the generator (or the global one when there is none)."""

    def __call__(self, tensor: torch.Tensor, generator: torch.Generator | None = None) -> None:
        """Overwrite the numbers of ``tensor``."""
        ...


def gain_of(gain: float | str) -> float:
    """A gain, or the usual one of an activation.

    Args:
        gain: A number above 0, or one of ``"linear"``, ``"sigmoid"``, ``"tanh"``, ``"relu"``, ``"selu"``.

    Raises:
        SettingError: It is neither.

    Example:
        >>> gain_of(2), round(gain_of("tanh"), 4), round(gain_of("relu"), 4)
        (2.0, 1.6667, 1.4142)
    """
    if not isinstance(gain, str):
        return number("gain", gain, above=0)
    if gain not in GAINS:
        near = suggestions(gain, GAINS, most=1)
        raise SettingError(
            f"gain = {gain!r}",
            expected="a number above 0, or one of " + ", ".join(map(repr, GAINS)),
            fix=f"did you mean {near[0]!r}?" if near else "give the number itself",
        )
    return float(nn.init.calculate_gain(gain))  # type: ignore[arg-type]


def fans(tensor: torch.Tensor) -> tuple[int, int]:
    """How many inputs a unit has, and how many units an input has.

    Args:
        tensor: A weight (out, in, ...); further axes are those of a kernel.

    Raises:
        ModelError: It has fewer than two axes, as a bias has.

    Example:
        >>> fans(torch.empty(300, 500)), fans(torch.empty(16, 3, 5, 5))
        ((500, 300), (75, 400))
    """
    if tensor.dim() < 2:
        raise ModelError(
            f"a tensor of shape {tuple(tensor.shape)} for an initializer that goes by fans",
            expected="a weight of at least two axes: (out, in, ...)",
            fix="start a bias with zeros, constant, normal, uniform or truncated_normal",
        )
    window = math.prod(tensor.shape[2:])
    return tensor.shape[1] * window, tensor.shape[0] * window


def worked_size(
    build: Callable[..., Initializer],
    drawn: Callable[[torch.Tensor, torch.Generator], Any],
    name: str,
    formula: Callable[[Fans], Quantity],
    **settings: Any,
) -> Callable[[], Worked]:
    """The size of an initializer's numbers (a bound, a standard deviation), worked out for a weight (3, 5).

    Args:
        build: What makes the initializer.
        drawn: Fills a tensor with numbers of size 1; the same numbers, times the size, are what is built.
        name: What the size is called.
        formula: The size by the fans, in the functions of ``core.arithmetic``.
        settings: The settings with which it is built.

    Returns:
        A function without arguments that works it out when a card is shown.
    """

    def work() -> Worked:
        filled, unit = torch.empty(2, 3, 5, dtype=torch.float64).unbind()
        build(**settings)(filled, torch.Generator().manual_seed(0))
        drawn(unit, torch.Generator().manual_seed(0))
        n_in, n_out = fans(filled)
        size = wrap(formula(Fans(Number(n_in, "n_in"), Number(n_out, "n_out"))))
        told = ", ".join(
            f"{key} = {value}" for key, value in {"n_in": n_in, "n_out": n_out, **settings}.items()
        )
        return Worked(told, name, size, float((filled / unit).median()))

    return work


def uniform_unit(tensor: torch.Tensor, generator: torch.Generator) -> None:
    """Uniform numbers between -1 and 1."""
    nn.init.uniform_(tensor, -1.0, 1.0, generator=generator)


def normal_unit(tensor: torch.Tensor, generator: torch.Generator) -> None:
    """Normal numbers of standard deviation 1."""
    nn.init.normal_(tensor, generator=generator)
