"""The arithmetic of one number: its leaves named as in the whole network, and a form for machines.

The machine form is made of lists, strings and numbers, so that JSON can hold it:

- a plain number: ``0.5``; ``"nan"``, ``"inf"`` and ``"-inf"`` where JSON has no number;
- a number of the network: ``["at", "W1", [0, 1], 0.4]``: symbol, index, value;
- an intermediate result by its name: ``["ref", 2]``, the third entry of ``where``;
- ``["+", a, b, ...]``, ``["*", a, b, ...]``, ``["-", a]``, ``["/", a, b]``, ``["^", a, b]``;
- a function: ``["exp", a]``, ``["max", a, b, ...]``, by the names of :data:`FUNCTIONS`;
- a branch that was taken: ``["because", "2 > 0", a]``.

``{"where": [{"name": "mean", "index": [0], "is": ...}, ...], "is": ..., "value": 0.25}`` is a whole: the
intermediate results in an order in which each needs earlier ones only, then the number itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from glasshouse.core import arithmetic as core
from glasshouse.core.arithmetic import Applied, Function
from glasshouse.core.expression import (
    WHOLE,
    Chosen,
    Expression,
    Named,
    Negative,
    Number,
    Power,
    Product,
    Quotient,
    Style,
    Sum,
)
from glasshouse.explain.operations.plain import FUNCTIONS as PLAIN

FUNCTIONS: dict[str, Callable[..., float]] = {
    name: function.on_numbers
    for name, function in {**vars(core), **PLAIN}.items()
    if isinstance(function, Function)
} | {"max": max, "min": min}
"""Every function that may stand in the machine form, on float64 numbers."""

_NAMES = {id(function): name for name, function in FUNCTIONS.items()}


class Symbol(Number):
    """A number of the network, with its name there.

    Args:
        value: The number.
        name: Its symbol, ``"W1"`` or ``"dz1"``.
        index: Its place.
        latex: The symbol in LaTeX.
    """

    def __init__(self, value: float, name: str, index: tuple[int, ...], latex: str) -> None:
        super().__init__(value, name, index)
        self.latex_symbol = latex

    def write(self, style: Style, most: int) -> tuple[str, int]:
        """Its symbol with the index, or the number."""
        if style != "latex":
            return super().write(style, most)
        place = ",".join(map(str, self.index))
        if self.latex_symbol.startswith(r"\partial "):
            under = self.latex_symbol.removeprefix(r"\partial ")
            below = f"{under}_{{{place}}}" if self.index else under
            return rf"\frac{{\partial L}}{{\partial {below}}}", WHOLE
        return f"{self.latex_symbol}_{{{place}}}" if self.index else self.latex_symbol, WHOLE


def renamed(
    expression: Expression, names: Mapping[str, tuple[str, str]], shorter: Mapping[str, int] | None = None
) -> Expression:
    """The same arithmetic with a rule's own names replaced by those of the network.

    Args:
        expression: The arithmetic as the rule writes it.
        names: By the rule's name the symbol and its LaTeX; other names stay.
        shorter: By the rule's name how many leading axes its places are written without, because they have
            one place only: ``y[0,0,1,2]`` of one channel of one picture becomes ``y[1,2]``.

    Example:
        >>> own = Number(0.5, "weight", (0, 1)) * Number(2.0, "x", (0, 1))
        >>> renamed(own, {"weight": ("W1", "W^{(1)}")}).symbols()
        'W1[0,1]·x[0,1]'
    """
    return _Renamer(names, shorter or {}).of(expression)


class _Renamer:
    """Copies a tree; a part that stands in several places stays one part."""

    def __init__(self, names: Mapping[str, tuple[str, str]], shorter: Mapping[str, int]) -> None:
        self.names, self.shorter = names, shorter
        self.done: dict[int, tuple[Expression, Expression]] = {}

    def of(self, expression: Expression) -> Expression:
        known = self.done.get(id(expression))
        if known is None:
            known = self.done[id(expression)] = (expression, self._copy(expression))
        return known[1]

    def _copy(self, expression: Expression) -> Expression:
        if isinstance(expression, Number):
            place = expression.index[self.shorter.get(expression.name, 0) :]
            if expression.name not in self.names:
                return (
                    expression
                    if place == expression.index
                    else Number(expression.number, expression.name, place)
                )
            symbol, latex = self.names[expression.name]
            return Symbol(expression.number, symbol, place, latex)
        if isinstance(expression, Named):
            place = expression.index[self.shorter.get(expression.leaf_name, 0) :]
            return Named(expression.leaf_name, self.of(expression.inner), place)
        if isinstance(expression, Chosen):
            return _Branch(self.of(expression.inner), expression.because)
        if isinstance(expression, Applied):
            return Applied(expression.function, [self.of(each) for each in expression.arguments])
        if isinstance(expression, Negative):
            return Negative(self.of(expression.inner))
        if isinstance(expression, (Quotient, Power)):
            return type(expression)(*(self.of(each) for each in expression.parts()))
        if isinstance(expression, (Sum, Product)):
            return type(expression)([self.of(each) for each in expression.parts()])
        raise TypeError(f"no way to rename inside of a {type(expression).__name__}")


class _Branch(Chosen):
    """A branch that was taken, copied."""

    def __init__(self, inner: Expression, because: str) -> None:
        self.inner, self.because = inner, because


def machine_form(expression: Expression) -> dict[str, Any]:
    """The arithmetic in lists, strings and numbers.

    Args:
        expression: The arithmetic.

    Example:
        >>> machine_form(Number(0.5, "W", (0,)) * Number(2.0))
        {'where': [], 'is': ['*', ['at', 'W', [0], 0.5], 2.0], 'value': 1.0}
    """
    where: list[dict[str, Any]] = []
    places: dict[int, int] = {}

    def form(part: Expression) -> Any:
        if isinstance(part, Number):
            number = json_number(part.number)
            return ["at", part.name, list(part.index), number] if part.name else number
        if isinstance(part, Named):
            if id(part) not in places:
                inner = form(part.inner)
                places[id(part)] = len(where)
                where.append({"name": part.leaf_name, "index": list(part.index), "is": inner})
            return ["ref", places[id(part)]]
        if isinstance(part, Chosen):
            return ["because", part.because, form(part.inner)]
        if isinstance(part, Applied):
            return [_function_name(part.function), *(form(each) for each in part.arguments)]
        signs = {Sum: "+", Product: "*", Negative: "-", Quotient: "/", Power: "^"}
        return [signs[type(part)], *(form(each) for each in part.parts())]

    result = form(expression)
    return {"where": where, "is": result, "value": json_number(expression.value)}


def evaluate(whole: Mapping[str, Any]) -> float:
    """Work out a machine form.

    Args:
        whole: What :func:`machine_form` made, perhaps read back from JSON.

    Raises:
        ValueError: It names a function that does not exist.

    Example:
        >>> evaluate({"where": [], "is": ["+", ["*", 2, ["at", "x", [0], 3]], ["exp", 0]]})
        7.0
    """
    known: list[float] = []

    def number(part: Any) -> float:
        if isinstance(part, (int, float, str)):
            return float(part)
        head, rest = str(part[0]), list(part[1:])
        if head == "at":
            return float(rest[2])
        if head == "ref":
            return known[int(rest[0])]
        if head == "because":
            return number(rest[1])
        return _work_out(head, [number(each) for each in rest])

    for each in whole["where"]:
        known += [number(each["is"])]  # one by one: later ones look earlier ones up
    return number(whole["is"])


def _work_out(head: str, values: Sequence[float]) -> float:
    leaves = [Number(each) for each in values]
    if head == "+":
        return Sum(leaves).evaluate()
    if head == "*":
        return Product(leaves).evaluate()
    if head == "-":
        return -values[0]
    if head == "/":
        return Quotient(*leaves).evaluate()
    if head == "^":
        return Power(*leaves).evaluate()
    if head not in FUNCTIONS:
        raise ValueError(f"no function is called {head!r}; known are {', '.join(sorted(FUNCTIONS))}")
    return float(FUNCTIONS[head](*values))


def _function_name(function: Function) -> str:
    try:
        return _NAMES[id(function.on_numbers)]
    except KeyError:
        raise TypeError(
            f"the function written {function.form!r} has no name in the machine form; add it to FUNCTIONS"
        ) from None


def json_number(number: float) -> float | str:
    """The number, or a word where JSON has none.

    Args:
        number: The number.

    Example:
        >>> json_number(0.5), json_number(float("-inf"))
        (0.5, '-inf')
    """
    if math.isfinite(number):
        return number
    return "nan" if number != number else "inf" if number > 0 else "-inf"
