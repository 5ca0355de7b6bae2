"""What an optimizer does to one weight, written out as in the paper."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import torch

from glasshouse.core.arithmetic import Quantity, leaf
from glasshouse.core.expression import Expression
from glasshouse.core.rule import Tensors


class Update(ABC):
    """One step of an optimizer, for every weight alone.

    An update is a frozen dataclass; its fields are the settings. :meth:`step` is written in the functions of
    ``core.arithmetic``, so that the same lines move tensors and write out the arithmetic of one weight.

    Attributes:
        state: Names of what the optimizer remembers for each weight (a velocity, a mean square).
    """

    state: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def step(
        self, w: Quantity, g: Quantity, state: Mapping[str, Quantity], t: int
    ) -> tuple[Quantity, dict[str, Quantity]]:
        """The weight after one step, and what is remembered.

        Args:
            w: The weight.
            g: The gradient of the loss by it.
            state: What was remembered, by the names of :attr:`state`.
            t: The number of the step, from 1.
        """

    @classmethod
    @abstractmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """The update of one parameter group of a built optimizer.

        Args:
            group: An entry of ``optimizer.param_groups``.
        """

    def start(self, w: torch.Tensor) -> dict[str, torch.Tensor]:
        """What is remembered before the first step: zeros, unless the paper says otherwise."""
        return {name: torch.zeros_like(w) for name in self.state}

    def expand(
        self, w: torch.Tensor, g: torch.Tensor, state: Tensors, t: int, index: Sequence[int] = ()
    ) -> Expression:
        """The arithmetic of one weight's step.

        Args:
            w: The weights before the step.
            g: Their gradients.
            state: What is remembered before the step.
            t: The number of the step, from 1.
            index: Which weight.

        Returns:
            An expression whose value is the weight after the step; its named steps are the intermediate
            results.
        """
        place = tuple(index)
        remembered = {name: leaf(name, tensor, place) for name, tensor in state.items()}
        moved, _ = self.step(leaf("w", w, place), leaf("g", g, place), remembered, t)
        if not isinstance(moved, Expression):
            raise TypeError(
                f"{type(self).__name__}.step gave {moved!r} for expressions; write it in core.arithmetic"
            )
        return moved
