"""One case in which a concept is tried, and how close two answers must be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from glasshouse.core.concept import Concept
from glasshouse.core.rule import Rule

BOUNDS = {torch.float64: 1e-10, torch.float32: 2e-5, torch.bfloat16: 4e-2}
"""How far two answers may lie apart, as a share of the largest number of the expected one (or of 1)."""


class ConformanceError(AssertionError):
    """A concept does not do what its kind promises; the message names the concept, the case and the place.

    Example:
        >>> try:
        ...     close("y", torch.tensor([1.0, 2.5]), torch.tensor([1.0, 2.0]))
        ... except ConformanceError as error:
        ...     print(str(error)[:29])
        y at (1,): 2.5 instead of 2.0
    """


@dataclass(frozen=True)
class Case:
    """Settings and inputs with which a concept is built and tried.

    Args:
        inputs: The inputs by the rule's names; floating-point ones are brought to the type that is tried.
        settings: The settings with which the concept is built.
        training: Whether the module stands in training mode.
        smooth: Whether the formula is smooth around these inputs, so that finite differences apply.
        prepare: Changes the built module before it is tried (sets parameters, running statistics).

    Example:
        >>> Case({"x": torch.tensor([-1.0, 2.0])}, {"negative_slope": 0.1}).name
        'negative_slope=0.1, x(2)'
    """

    inputs: Mapping[str, torch.Tensor]
    settings: Mapping[str, Any] = field(default_factory=dict)
    training: bool = True
    smooth: bool = True
    prepare: Callable[[Any], None] | None = None

    @property
    def name(self) -> str:
        """The settings and the shapes in a few words."""
        said = [f"{name}={value!r}" for name, value in self.settings.items()]
        said += [f"{name}({','.join(map(str, tensor.shape))})" for name, tensor in self.inputs.items()]
        return ", ".join(said) + ("" if self.training else ", evaluation")

    def built(self, concept: Concept, dtype: torch.dtype = torch.float64) -> Tried:
        """Build the concept and bring everything to a floating-point type.

        Args:
            concept: What is tried.
            dtype: The type.
        """
        if concept.rule is None:
            raise ConformanceError(f"{concept.kind} {concept.name}: the card has no rule")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            module = concept.build(**self.settings).to(dtype).train(self.training)
        if self.prepare is not None:
            with torch.no_grad():
                self.prepare(module)
        rule, parameters = concept.rule(module)
        inputs = {
            name: tensor.to(dtype) if tensor.is_floating_point() else tensor
            for name, tensor in self.inputs.items()
        }
        return Tried(f"{concept.kind} {concept.name} ({self.name})", module, rule, parameters, inputs)


@dataclass(frozen=True)
class Tried:
    """A concept as built for one case."""

    name: str
    module: Any
    rule: Rule
    parameters: dict[str, torch.Tensor]
    inputs: dict[str, torch.Tensor]

    def values(self) -> dict[str, torch.Tensor]:
        """Inputs and parameters as the rule takes them: copies, without a history."""
        return {name: each.detach().clone() for name, each in {**self.inputs, **self.parameters}.items()}


def close(where: str, received: torch.Tensor, expected: torch.Tensor, bound: float | None = None) -> None:
    """Demand that two tensors agree in shape, type and numbers.

    Args:
        where: What is compared, for the message.
        received: What the rule gives.
        expected: What it should give.
        bound: How far apart they may be; without one, by the type (:data:`BOUNDS`).

    Raises:
        ConformanceError: They don't agree; the message names the first such place.

    Example:
        >>> close("y", torch.tensor([1.0]), torch.tensor([1.0 + 1e-7]))
    """
    if received.shape != expected.shape or received.dtype != expected.dtype:
        raise ConformanceError(
            f"{where}: {tuple(received.shape)} {received.dtype} instead of "
            f"{tuple(expected.shape)} {expected.dtype}"
        )
    allowed = BOUNDS.get(expected.dtype, 0.0) if bound is None else bound
    mine, right = received.double(), expected.double()
    finite = torch.isfinite(right)
    scale = max(1.0, float(right[finite].abs().max())) if bool(finite.any()) else 1.0
    same = (mine == right) | (mine.isnan() & right.isnan()) | ((mine - right).abs() <= allowed * scale)
    if not bool(same.all()):
        place = tuple(int(each) for each in (~same).nonzero()[0])
        raise ConformanceError(
            f"{where} at {place}: {float(mine[place])!r} instead of {float(right[place])!r} "
            f"({int((~same).sum())} of {same.numel()} differ by more than {allowed:g} of {scale:g})"
        )


def places(tensor: torch.Tensor, most: int) -> Iterator[tuple[int, ...]]:
    """Up to ``most`` places of a tensor, spread over it; the same ones every time."""
    count = tensor.numel()
    if count == 0:
        return
    step = max(1, count // most)
    # A step that shares a factor with an axis would visit one column only.
    flat = torch.arange(0, count, step) if step == 1 else (torch.arange(most) * (2 * step + 1)) % count
    for each in flat.tolist():
        yield tuple(int(axis) for axis in torch.unravel_index(torch.tensor(each), tensor.shape))
