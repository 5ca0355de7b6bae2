"""One number of a network, explained: its arithmetic, where it goes, and how its gradient comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from glasshouse.core.expression import Expression, Number, shown
from glasshouse.explain.arithmetic import Symbol, json_number, machine_form

Place = tuple[int, ...]


@dataclass(frozen=True)
class Part:
    """One of the parts that add up to a gradient: what comes back through one use of the number.

    Args:
        step: The number of the step that used it; -1 for the loss itself.
        operation: What that step does.
        module: The module that it belongs to.
        value: The part.
        arithmetic: How it is computed; ``None`` where no rule knows the operation.
    """

    step: int
    operation: str
    module: str
    value: float
    arithmetic: Expression | None

    def to_dict(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "step": self.step,
            "operation": self.operation,
            "module": self.module,
            "value": json_number(self.value),
            "arithmetic": None if self.arithmetic is None else machine_form(self.arithmetic),
        }


@dataclass(frozen=True)
class GradientElement:
    """One number of a gradient.

    Args:
        symbol: By what the loss is differentiated: ``"W1"``; the gradient itself is called ``dW1``.
        name: The parameter's or module's own name.
        index: Which element.
        value: The gradient by the rules; ``None`` where the loss does not depend on it.
        delivered: What autograd delivered, in the type of the run; ``None`` where it delivered nothing.
        parts: What comes back through each use; they add up to ``value``.
        path: The way back to the loss: from each gradient the one with the largest share in it.
        update: The step that the optimizer makes of it, for a parameter and where an optimizer is given.
        why_none: Why there is no gradient; empty where there is one.
    """

    symbol: str
    name: str
    index: Place
    value: float | None
    delivered: float | None
    parts: tuple[Part, ...]
    path: tuple[GradientElement, ...] = ()
    update: Expression | None = None
    why_none: str = ""

    def to_text(self, most: int = 12) -> str:
        """A worked solution, a line for each step.

        Args:
            most: How many terms of a long sum are shown.
        """
        own = f"d{placed(self.symbol, self.index)}"
        if self.value is None:
            return f"{own}: none. {self.why_none}"
        lines = []
        for part in self.parts:
            how = "" if part.arithmetic is None else f" = {part.arithmetic.symbols(most)}"
            numbers = "" if part.arithmetic is None else f" = {part.arithmetic.text(most)}"
            again = f" [through {part.operation}, step {part.step}]" if len(self.parts) > 1 else ""
            lines.append(f"{own}{again}{how}{numbers} = {shown(part.value)}")
        if len(self.parts) > 1:
            lines.append(
                f"{own} = {' + '.join(shown(part.value) for part in self.parts)} = {shown(self.value)}"
            )
        for step in self.path:
            lines.extend("  " + line for line in step.to_text(most).splitlines())
        if self.update is not None:
            lines += [
                f"{named.name} = {named.inner.symbols(most)} = {named.inner}" for named in self.update.steps()
            ]
            lines.append(
                f"{placed(self.symbol, self.index)} new = {self.update.symbols(most)} = {self.update}"
            )
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.to_text()

    def to_dict(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "symbol": self.symbol,
            "name": self.name,
            "index": list(self.index),
            "value": None if self.value is None else json_number(self.value),
            "delivered": None if self.delivered is None else json_number(self.delivered),
            "parts": [part.to_dict() for part in self.parts],
            "path": [each.to_dict() for each in self.path],
            "update": None if self.update is None else machine_form(self.update),
            "why_none": self.why_none,
        }


@dataclass(frozen=True)
class Element:
    """One number of the forward pass.

    Args:
        symbol: What its tensor is called.
        name: The module, parameter or input by its own name.
        index: Which element.
        value: The number: what the rule makes of the inputs in float64; without a rule what ran.
        ran: The number as it was in the run, in its own type.
        step: The number of the step that computed it; ``None`` for what is given.
        operation: What that step does.
        badge: How far that step is checked; ``"given"`` for what is given.
        arithmetic: How it is computed; ``None`` for what is given and where there is no rule.
        goes_to: The steps that use its tensor, as "7 relu (activation1)".
        gradient: The gradient of the loss by it.
    """

    symbol: str
    name: str
    index: Place
    value: float
    ran: float
    step: int | None
    operation: str
    badge: str
    arithmetic: Expression | None
    goes_to: tuple[str, ...] = field(default=())
    gradient: GradientElement | None = None

    def to_text(self, most: int = 12) -> str:
        """A worked solution, a line for each step.

        Args:
            most: How many terms of a long sum are shown.
        """
        own = placed(self.symbol, self.index)
        lines = []
        if self.arithmetic is not None:
            lines += [
                f"{step.name} = {step.inner.text(most)} = {shown(step.value)}"
                for step in self.arithmetic.steps()
            ]
            symbols, numbers = self.arithmetic.symbols(most), self.arithmetic.text(most)
            lines.append(f"{own} = {symbols} = {numbers} = {shown(self.value)}")
        else:
            lines.append(f"{own} = {shown(self.value)} ({self.badge})")
        if self.goes_to:
            lines.append(f"goes to {', '.join(self.goes_to)}")
        if self.gradient is not None:
            lines.append(self.gradient.to_text(most))
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.to_text()

    def to_dict(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "symbol": self.symbol,
            "name": self.name,
            "index": list(self.index),
            "value": json_number(self.value),
            "ran": json_number(self.ran),
            "step": self.step,
            "operation": self.operation,
            "badge": self.badge,
            "arithmetic": None if self.arithmetic is None else machine_form(self.arithmetic),
            "goes_to": list(self.goes_to),
            "gradient": None if self.gradient is None else self.gradient.to_dict(),
        }


def placed(symbol: str, index: Sequence[int]) -> str:
    """A symbol with its index.

    Example:
        >>> placed("W1", (0, 1)), placed("L", ())
        ('W1[0,1]', 'L')
    """
    return f"{symbol}[{','.join(map(str, index))}]" if index else symbol


def leaves(expression: Expression) -> list[Symbol]:
    """The numbers of the network in an arithmetic, each once.

    Args:
        expression: The arithmetic.
    """
    found: dict[tuple[str, Place], Symbol] = {}
    seen: set[int] = set()

    def look(part: Expression) -> None:
        if id(part) in seen:
            return
        seen.add(id(part))
        if isinstance(part, Symbol):
            found.setdefault((part.name, part.index), part)
        elif not isinstance(part, Number):
            for each in part.parts():
                look(each)

    look(expression)
    return list(found.values())
