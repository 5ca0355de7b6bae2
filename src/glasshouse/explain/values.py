"""The tensors of a run: each state of each tensor once, with where it came from and where it goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import torch

Role = Literal["input", "target", "parameter", "buffer", "constant", "result"]
"""What a tensor is to the network: what it was given, what it owns, what it made up, what it computed."""


@dataclass(frozen=True)
class Use:
    """One place in which a value is used.

    Args:
        step: Number of the step.
        name: What the step's rule calls it, or ``argument 2`` where no rule knows it.
    """

    step: int
    name: str


@dataclass(frozen=True)
class Contribution:
    """What one use of a value adds to its gradient.

    Args:
        use: The use.
        gradient: The gradient that comes back from it, in float64 and in the shape of the value.
    """

    use: Use
    gradient: torch.Tensor


@dataclass(eq=False, repr=False)
class Value:
    """One tensor as it was at one time. What an in-place operation makes of a tensor is another value.

    Args:
        number: Its place in the order of appearance.
        role: What it is to the network.
        tensor: A copy of the numbers, without a history.
        needs_gradient: Whether autograd follows it.
        name: The name of a parameter or buffer in the module; of an input its place; else what made it.
        producer: The number of the step that computed it; ``None`` for what comes from outside.
        edge: Where its gradient arrives in autograd's graph; ``None`` where autograd keeps none apart.

    Attributes:
        symbol: What the arithmetic calls it, unique in an explanation.
        uses: Where it is used.
        gradient: The gradient of the loss by it by the rules, float64; ``None`` where there is none.
        contributions: The parts that add up to it, one for each use through which the loss depends on it.
        delivered: The gradient that autograd delivered.
        error: How far the two lie apart, relative; ``None`` where there is nothing to compare.
        floor: The largest gradient that was added up for this one: below it, differences are rounding.
    """

    number: int
    role: Role
    tensor: torch.Tensor
    needs_gradient: bool = False
    name: str = ""
    producer: int | None = None
    edge: Any = None
    symbol: str = ""
    latex: str = ""
    uses: list[Use] = field(default_factory=list)
    contributions: list[Contribution] = field(default_factory=list)
    gradient: torch.Tensor | None = None
    delivered: torch.Tensor | None = None
    error: float | None = None
    floor: float = 0.0

    @cached_property
    def exact(self) -> torch.Tensor:
        """The numbers in the type in which the rules compute: float64, or whole numbers as they are."""
        return self.tensor.double() if self.tensor.is_floating_point() else self.tensor

    def __repr__(self) -> str:
        return f"<{self.role} {self.symbol or self.number} {self.name} {self.shape}>"

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of its axes."""
        return tuple(self.tensor.shape)


@dataclass
class _Seen:
    """A tensor object, the version in which it was last looked at, and the value that it had then."""

    tensor: torch.Tensor
    version: int
    value: Value


class Values:
    """Which value a tensor object has right now.

    Tensor objects are kept alive while recording, so that none takes over the identity of another. A view
    shares its numbers with its base: a write through either gives the base a new value, and the views are
    read from it again when they are next used, as in autograd's own graph.
    """

    def __init__(self) -> None:
        self.all: list[Value] = []
        self._seen: dict[int, _Seen] = {}

    def new(self, tensor: torch.Tensor, role: Role, **facts: Any) -> Value:
        """A value of the tensor's numbers as they are now.

        Args:
            tensor: The tensor.
            role: What it is to the network.
            facts: Further fields of the value.
        """
        value = Value(
            len(self.all), role, tensor.detach().clone(), needs_gradient=tensor.requires_grad, **facts
        )
        if tensor.requires_grad and "edge" not in facts:
            value.edge = torch.autograd.graph.get_gradient_edge(tensor)
        self.all.append(value)
        return value

    def bind(self, tensor: torch.Tensor, value: Value) -> None:
        """From now on the tensor object has that value.

        Args:
            tensor: The tensor object.
            value: Its value.
        """
        self._seen[id(tensor)] = _Seen(tensor, tensor._version, value)

    def current(self, tensor: torch.Tensor) -> Value | None:
        """The value of a tensor object; ``None`` if it is new here or was written to since.

        Args:
            tensor: The tensor object.
        """
        seen = self._seen.get(id(tensor))
        if seen is None or seen.version != tensor._version:
            return None
        return seen.value

    def stale(self, tensor: torch.Tensor) -> Value | None:
        """The value that a tensor object had before somebody wrote to it; ``None`` if it is new here.

        Args:
            tensor: The tensor object.
        """
        seen = self._seen.get(id(tensor))
        return None if seen is None else seen.value
