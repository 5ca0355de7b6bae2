"""A formula as a tree in which its branches are still open, so that a page can fill in any number.

Expressions keep the branch that was taken. Here the formula is run once for every way through its
conditions, and the ways are put together again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from glasshouse.core.arithmetic import Applied
from glasshouse.core.expression import (
    Chosen,
    Condition,
    Expression,
    Named,
    Negative,
    Number,
    Power,
    Product,
    Quotient,
    Sum,
    wrap,
)
from glasshouse.explain.arithmetic import FUNCTIONS
from glasshouse.explain.page.tensors import plain_number

MOST_WAYS = 64
_SIGNS: dict[type, str] = {Sum: "+", Product: "*", Negative: "-", Quotient: "/", Power: "^"}
_NAMES = {id(function): name for name, function in FUNCTIONS.items()}


class UndecidedError(Exception):
    """A formula asks something that only numbers can answer, so it has no open form."""


def open_form(formula: Callable[..., Any], names: Sequence[str], settings: Mapping[str, Any]) -> Any:
    """The machine form of a formula with variables: ``["var", "x"]``, and branches: ``["if", c, a, b]``.

    A condition is ``[">", left, right]``. The rest is as in :mod:`glasshouse.explain.arithmetic`, but for
    names, which stand where they are used: ``["named", "f", [], a]``.

    Args:
        formula: The formula, in the functions of ``core.arithmetic``.
        names: Its arguments that stay open.
        settings: Its other arguments.

    Returns:
        The form; ``None`` where the formula has none.

    Example:
        >>> from glasshouse.core.arithmetic import choose
        >>> open_form(lambda x: choose(x > 0, x, 0.0), ["x"], {})
        ['if', ['>', ['var', 'x'], 0.0], ['var', 'x'], 0.0]
    """
    ways = _Ways()
    try:
        return _explored(formula, names, settings, ways, [])
    except UndecidedError:
        return None


class _Ways:
    """Answers the questions of one run: first as it was told, then always with yes."""

    def __init__(self) -> None:
        self.answers: list[bool] = []
        self.asked: list[list[Any]] = []
        self.count = 0

    def answer(self, condition: list[Any]) -> bool:
        if condition in self.asked:
            return self.answers[self.asked.index(condition)]
        self.asked.append(condition)
        if len(self.asked) > len(self.answers):
            self.answers.append(True)
        return self.answers[len(self.asked) - 1]


def _explored(
    formula: Callable[..., Any],
    names: Sequence[str],
    settings: Mapping[str, Any],
    ways: _Ways,
    answers: list[bool],
) -> Any:
    ways.count += 1
    if ways.count > MOST_WAYS:
        raise UndecidedError
    ways.answers, ways.asked = list(answers), []
    variables = {name: _Open(Number(0.0, name), ways) for name in names}
    result = form(wrap(formula(**variables, **settings)))
    if len(ways.asked) == len(answers):
        return result
    # The first question beyond the given answers: both of its answers, each with all that follows.
    condition = ways.asked[len(answers)]
    then = _explored(formula, names, settings, ways, [*answers, True])
    otherwise = _explored(formula, names, settings, ways, [*answers, False])
    return then if then == otherwise else ["if", condition, then, otherwise]


class _Open(Expression):
    """An expression without a number: comparing it is a question to the ways."""

    def __init__(self, inner: Expression, ways: _Ways) -> None:
        self.inner, self.ways = inner, ways

    def evaluate(self) -> float:
        raise UndecidedError

    def parts(self) -> Sequence[Expression]:
        return (self.inner,)

    def write(self, style: Any, most: int) -> tuple[str, int]:
        return self.inner.write(style, most)

    def _with(self, result: Expression) -> _Open:
        return _Open(result, self.ways)

    def __add__(self, other: Expression | float) -> Expression:
        return self._with(self.inner + _closed(other))

    def __radd__(self, other: Expression | float) -> Expression:
        return self._with(wrap(_closed(other)) + self.inner)

    def __neg__(self) -> Expression:
        return self._with(-self.inner)

    def __sub__(self, other: Expression | float) -> Expression:
        return self._with(self.inner - _closed(other))

    def __rsub__(self, other: Expression | float) -> Expression:
        return self._with(wrap(_closed(other)) - self.inner)

    def __mul__(self, other: Expression | float) -> Expression:
        return self._with(self.inner * _closed(other))

    def __rmul__(self, other: Expression | float) -> Expression:
        return self._with(wrap(_closed(other)) * self.inner)

    def __truediv__(self, other: Expression | float) -> Expression:
        return self._with(self.inner / _closed(other))

    def __rtruediv__(self, other: Expression | float) -> Expression:
        return self._with(wrap(_closed(other)) / self.inner)

    def __pow__(self, other: Expression | float) -> Expression:
        return self._with(self.inner ** _closed(other))

    def __gt__(self, other: Expression | float) -> Condition:
        return self._asked(">", other)

    def __ge__(self, other: Expression | float) -> Condition:
        return self._asked("≥", other)

    def __lt__(self, other: Expression | float) -> Condition:
        return self._asked("<", other)

    def __le__(self, other: Expression | float) -> Condition:
        return self._asked("≤", other)

    def _asked(self, sign: Any, other: Expression | float) -> Condition:
        return _Question(self.inner, sign, wrap(_closed(other)), self.ways)


class _Question(Condition):
    """A comparison whose answer the ways give."""

    def __init__(self, left: Expression, sign: Any, right: Expression, ways: _Ways) -> None:
        super().__init__(left, sign, right)
        self.ways = ways

    def __bool__(self) -> bool:
        return self.ways.answer([self.sign, form(self.left), form(self.right)])

    def text(self) -> str:
        return ""

    def denied(self) -> Condition:
        return self


def form(part: Expression) -> Any:
    """The machine form of an expression whose leaves may be open.

    Args:
        part: The expression.
    """
    if isinstance(part, _Open):
        return form(part.inner)
    if isinstance(part, Number):
        return ["var", part.name] if part.name else plain_number(part.number)
    if isinstance(part, Named):
        return ["named", part.leaf_name, list(part.index), form(part.inner)]
    if isinstance(part, Chosen):
        return form(part.inner)
    if isinstance(part, Applied):
        name = _NAMES.get(id(part.function.on_numbers))
        if name is None:
            raise UndecidedError
        return [name, *(form(each) for each in part.arguments)]
    return [_SIGNS[type(part)], *(form(each) for each in part.parts())]


def _closed(other: Any) -> Any:
    return other.inner if isinstance(other, _Open) else other
