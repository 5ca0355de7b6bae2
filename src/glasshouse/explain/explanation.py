"""An explanation: every step of one forward and backward pass, with its numbers and its arithmetic.

The parts
    ``Explanation.steps`` lists the operations in the order of the run
    (:class:`~glasshouse.explain.steps.ExplainedStep`: operation, module, rule, badge, inputs and outputs by
    the rule's names). ``Explanation.values`` lists the tensors
    (:class:`~glasshouse.explain.values.Value`: symbol, numbers, gradient, the parts that add up to it, and
    what autograd delivered). Arithmetic is made when it is asked for: :meth:`Explanation.at` and
    :meth:`Explanation.gradient_at` give one number with every term.

The dictionary
    What renderers build on: described in :mod:`glasshouse.explain.dictionary`. The form of arithmetic is
    described in :mod:`glasshouse.explain.arithmetic`, the letters in :mod:`glasshouse.explain.symbols`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glasshouse.core.errors import UsageError
from glasshouse.core.expression import Expression
from glasshouse.core.names import unknown_name
from glasshouse.core.update import Update
from glasshouse.explain.arithmetic import renamed
from glasshouse.explain.element import Element, GradientElement, Part, Place, leaves
from glasshouse.explain.steps import ExplainedStep, names_in
from glasshouse.explain.values import Contribution, Value


@dataclass(eq=False, repr=False)
class Explanation:
    """One forward and backward pass, explained. Made by :func:`glasshouse.explain`.

    Args:
        model: The class of the module.
        training: Whether it stood in training mode.
        steps: The operations in the order of the run.
        values: The tensors in the order of their appearance.
        outputs: What the module gave back.
        loss: The loss; ``None`` where there was none.
        update: What the optimizer does with a gradient; ``None`` without one.
        notes: What the reader must know.
    """

    model: str
    training: bool
    steps: list[ExplainedStep]
    values: list[Value]
    outputs: list[Value]
    loss: Value | None
    update: Update | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def parameters(self) -> dict[str, Value]:
        """The parameters by their names in the module."""
        return {value.name: value for value in self.values if value.role == "parameter"}

    @property
    def badges(self) -> dict[str, int]:
        """How many steps have each badge."""
        return dict(Counter(step.badge for step in self.steps))

    @property
    def errors(self) -> dict[str, float]:
        """For each parameter with a gradient how far the walk lies from autograd, relative."""
        return {name: value.error for name, value in self.parameters.items() if value.error is not None}

    def at(self, name: str, index: Sequence[int] = ()) -> Element:
        """One number of the forward pass: every term, where it goes, and its gradient.

        Args:
            name: A module (``"conv1"``; ``"fc#2"`` for the second call), a parameter (``"fc1.weight"``) or a
                symbol (``"z1"``).
            index: Its place, from 0; negative places count from the end.

        Raises:
            UnknownNameError: Nothing has that name.
            UsageError: The index does not fit the shape.
        """
        value = self.find(name)
        place = self._place(value, index)
        step = None if value.producer is None else self.steps[value.producer]
        arithmetic = None if step is None else self.arithmetic(value, place)
        ran = float(value.tensor[place])
        output = None if step is None else _name_of(step.outputs, value)
        exact = ran if step is None or output not in step.exact else float(step.exact[output][place])
        return Element(
            symbol=value.symbol,
            name=self._own_name(value),
            index=place,
            value=exact,
            ran=ran,
            step=value.producer,
            operation="" if step is None else step.title,
            badge="given" if step is None else step.badge,
            arithmetic=arithmetic,
            goes_to=tuple(dict.fromkeys(self.steps[use.step].name for use in value.uses)),
            gradient=self._gradient(value, place) if value.gradient is not None else None,
        )

    def gradient_at(self, name: str, index: Sequence[int] = ()) -> GradientElement:
        """One number of a gradient: every term, the way back to the loss, and the update made of it.

        Args:
            name: A parameter, a module or a symbol, as in :meth:`at`.
            index: Its place, from 0; negative places count from the end.

        Raises:
            UnknownNameError: Nothing has that name.
            UsageError: The index does not fit the shape.
        """
        value = self.find(name)
        place = self._place(value, index)
        element = self._gradient(value, place)
        if element.value is None:
            return element
        return GradientElement(
            element.symbol,
            element.name,
            element.index,
            element.value,
            element.delivered,
            element.parts,
            path=tuple(self._path(element)),
            update=self.update_of(value, place),
        )

    def find(self, name: str) -> Value:
        """The value of a symbol, a parameter, an input, or the output of a module.

        Args:
            name: The name.

        Raises:
            UnknownNameError: Nothing has that name.
        """
        by_symbol = {value.symbol: value for value in self.values if value.symbol}
        if name in by_symbol:
            return by_symbol[name]
        for value in self.values:
            if value.role != "result" and value.name == name:
                return value
        path, _, count = name.partition("#")
        call = int(count) - 1 if count.isdigit() else 0
        own = [step for step in self.steps if step.step.module == path and step.step.call == call]
        inside = [step for step in self.steps if step.step.module.startswith(path + ".")]
        for step in reversed(own or inside):
            if step.step.outputs:
                return step.step.outputs[0]
        known = [*dict.fromkeys(step.step.module for step in self.steps if step.step.module)]
        raise unknown_name(name, [*known, *self.parameters, *by_symbol], "module, parameter or symbol")

    def arithmetic(self, value: Value, place: Place) -> Expression | None:
        """How one number was computed; ``None`` for what is given and where there is no rule.

        Args:
            value: Its tensor.
            place: Its place.
        """
        step = None if value.producer is None else self.steps[value.producer]
        if step is None or step.reading is None:
            return None
        output = _name_of(step.outputs, value)
        if output is None:
            return None
        return renamed(step.reading.rule.expand(step.saved, output, place), names_in(step))

    def part_arithmetic(self, contribution: Contribution, place: Place) -> Expression | None:
        """How one part of a gradient is computed; ``None`` where there is no rule.

        Args:
            contribution: The part.
            place: Which number of it.
        """
        if contribution.use.step < 0:
            return None
        step = self.steps[contribution.use.step]
        if step.reading is None:
            return None
        written = step.reading.rule.expand_gradient(step.saved, step.gradients, contribution.use.name, place)
        return renamed(written, names_in(step))

    def why_no_gradient(self, value: Value) -> str:
        """Why a value has no gradient; empty where it has one.

        Args:
            value: The value.
        """
        if value.gradient is not None:
            return ""
        if self.loss is None:
            return "There is no loss."
        if not value.tensor.is_floating_point():
            return "Whole numbers have no gradient."
        if not value.needs_gradient:
            frozen = value.role == "parameter"
            return "It is frozen (requires_grad is False)." if frozen else "Autograd does not follow it."
        if not value.uses:
            return "Nothing in this run uses it."
        return "The loss does not depend on it."

    def to_dict(self) -> dict[str, Any]:
        """Everything but the arithmetic, as :mod:`glasshouse.explain.dictionary` describes it."""
        from glasshouse.explain.dictionary import as_dict

        return as_dict(self)

    def to_text(self) -> str:
        """A worked solution for the terminal."""
        from glasshouse.explain.text import as_text

        return as_text(self)

    def to_latex(self) -> str:
        """A worked solution as a LaTeX document fragment."""
        from glasshouse.explain.latex import as_latex

        return as_latex(self)

    def to_html(self, path: str | Path, megabytes: float = 10.0) -> Path:
        """Write the page on which every number can be asked for, as one file that loads nothing.

        Args:
            path: The file; its folder is made when it is missing.
            megabytes: How much room the numbers may take, above 0; the largest tensors are left out first.

        Returns:
            The path.
        """
        from glasshouse.explain.page import write_html

        return write_html(self, path, megabytes)

    def _repr_html_(self) -> str:
        from glasshouse.explain.page import in_notebook

        return in_notebook(self)

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        loss = "no loss" if self.loss is None else f"loss {float(self.loss.exact):.6g}"
        return f"<Explanation of {self.model}: {len(self.steps)} steps, {loss}>"

    def _gradient(self, value: Value, place: Place) -> GradientElement:
        name = self._own_name(value)
        if value.gradient is None:
            why = self.why_no_gradient(value)
            return GradientElement(value.symbol, name, place, None, None, (), why_none=why)
        parts = []
        for each in value.contributions:
            step = self.steps[each.use.step] if each.use.step >= 0 else None
            parts.append(
                Part(
                    each.use.step,
                    "the loss itself" if step is None else step.title,
                    "" if step is None else step.where,
                    float(each.gradient[place]),
                    self.part_arithmetic(each, place),
                )
            )
        delivered = None if value.delivered is None else float(value.delivered[place])
        return GradientElement(
            value.symbol, name, place, float(value.gradient[place]), delivered, tuple(parts)
        )

    def _path(self, element: GradientElement) -> list[GradientElement]:
        """From each gradient on the way the largest one that it needs, up to the loss."""
        by_symbol = {f"d{value.symbol}": value for value in self.values if value.gradient is not None}
        path: list[GradientElement] = []
        while True:
            needed = [
                leaf
                for part in element.parts
                if part.arithmetic is not None
                for leaf in leaves(part.arithmetic)
                if leaf.name in by_symbol and by_symbol[leaf.name] is not self.loss
            ]
            if not needed:
                return path
            largest = max(needed, key=lambda leaf: abs(leaf.number))
            element = self._gradient(by_symbol[largest.name], largest.index)
            path.append(element)

    def update_of(self, value: Value, place: Place) -> Expression | None:
        """The first step that the optimizer makes of a parameter's gradient; ``None`` where there is none.

        Args:
            value: The parameter.
            place: Which number of it.
        """
        if self.update is None or value.role != "parameter" or value.gradient is None:
            return None
        w, g = value.exact, value.gradient
        written = self.update.expand(w, g, self.update.start(w), 1, place)
        return renamed(
            written,
            {"w": (value.symbol, value.latex), "g": (f"d{value.symbol}", rf"\partial {value.latex}")},
        )

    def _own_name(self, value: Value) -> str:
        if value.producer is None:
            return value.name
        return self.steps[value.producer].where

    def _place(self, value: Value, index: Sequence[int]) -> Place:
        shape = value.shape
        place = (index,) if isinstance(index, int) else tuple(int(each) for each in index)
        fits = len(place) == len(shape) and all(
            -size <= at < size for at, size in zip(place, shape, strict=True)
        )
        if not fits:
            raise UsageError(
                f"{value.symbol}{list(place)}",
                expected=f"a place of a tensor of shape {shape}, counted from 0",
                fix=f"give {len(shape)} whole numbers, each below the size of its axis",
            )
        return tuple(at % size for at, size in zip(place, shape, strict=True))


def _name_of(outputs: Mapping[str, Value], value: Value) -> str | None:
    return next((name for name, each in outputs.items() if each is value), None)
