"""Arithmetic that can be read: a number together with the sum, product or function that it came from.

An expression is a tree. Its leaves are numbers with names; :attr:`Expression.value` evaluates it in float64,
:meth:`Expression.text` writes it with the numbers put in, :meth:`Expression.symbols` with the names.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Literal

Style = Literal["numbers", "symbols", "latex"]
"""Numbers put in, names only, or names only in LaTeX."""

ADDED, MULTIPLIED, RAISED, WHOLE = 1, 2, 3, 4
"""How tightly the outermost operation of a text binds; a looser one inside needs brackets."""


class Expression(ABC):
    """A number and how it was computed. Expressions combine with each other and with plain numbers.

    Attributes:
        value: The number, evaluated in float64. A division by zero gives infinity or not-a-number, as IEEE
            754 has it.

    Example:
        >>> w, x, b = Number(0.5, "w"), Number(-2.0, "x"), Number(0.25, "b")
        >>> z = w * x + b
        >>> z.symbols()
        'w·x + b'
        >>> z.text()
        '0.5·(−2) + 0.25'
        >>> z.value
        -0.75
    """

    @cached_property
    def value(self) -> float:
        """The number itself."""
        return self.evaluate()

    @abstractmethod
    def evaluate(self) -> float:
        """Compute the number from the parts."""

    @abstractmethod
    def parts(self) -> Sequence[Expression]:
        """What it is computed from; empty for a leaf."""

    @abstractmethod
    def write(self, style: Style, most: int) -> tuple[str, int]:
        """The text, and how tightly its outermost operation binds."""

    def text(self, most: int = 12) -> str:
        """The arithmetic with the numbers put in. Of longer sums and products, ``most`` parts are shown."""
        return self.write("numbers", most)[0]

    def symbols(self, most: int = 12) -> str:
        """The arithmetic in names."""
        return self.write("symbols", most)[0]

    def latex(self, most: int = 12) -> str:
        """The arithmetic in names, as LaTeX."""
        return self.write("latex", most)[0]

    def steps(self) -> Iterator[Named]:
        """The named intermediate results, each once, those first that later ones need."""
        yield from _steps(self, set())

    def __str__(self) -> str:
        return f"{self.text()} = {shown(self.value)}"

    def __repr__(self) -> str:
        return f"<{self.symbols(4)} = {shown(self.value)}>"

    def __add__(self, other: Expression | float) -> Expression:
        return Sum((*_terms(self), *_terms(wrap(other))))

    def __radd__(self, other: Expression | float) -> Expression:
        return wrap(other) + self

    def __neg__(self) -> Expression:
        return Negative(self)

    def __sub__(self, other: Expression | float) -> Expression:
        return Sum((*_terms(self), Negative(wrap(other))))

    def __rsub__(self, other: Expression | float) -> Expression:
        return wrap(other) - self

    def __mul__(self, other: Expression | float) -> Expression:
        return Product((*_factors(self), *_factors(wrap(other))))

    def __rmul__(self, other: Expression | float) -> Expression:
        return wrap(other) * self

    def __truediv__(self, other: Expression | float) -> Expression:
        return Quotient(self, wrap(other))

    def __rtruediv__(self, other: Expression | float) -> Expression:
        return wrap(other) / self

    def __pow__(self, other: Expression | float) -> Expression:
        return Power(self, wrap(other))

    def __gt__(self, other: Expression | float) -> Condition:
        return Condition(self, ">", wrap(other))

    def __ge__(self, other: Expression | float) -> Condition:
        return Condition(self, "≥", wrap(other))

    def __lt__(self, other: Expression | float) -> Condition:
        return Condition(self, "<", wrap(other))

    def __le__(self, other: Expression | float) -> Condition:
        return Condition(self, "≤", wrap(other))


class Number(Expression):
    """A leaf: a number, and the name under which it is known.

    Args:
        value: The number.
        name: What it is called, ``"w"`` or ``"weight_ih"``; without one it is written as a number always.
        index: Which element of the tensor of that name it is.

    Example:
        >>> Number(0.3, "W", (4, 17)).symbols()
        'W[4,17]'
    """

    def __init__(self, value: float, name: str = "", index: tuple[int, ...] = ()) -> None:
        self.number = float(value)
        self.name = name
        self.index = tuple(index)

    def evaluate(self) -> float:
        """The number as it is."""
        return self.number

    def parts(self) -> Sequence[Expression]:
        """None."""
        return ()

    def write(self, style: Style, most: int) -> tuple[str, int]:
        """Its name with the index, or the number."""
        if style == "numbers" or not self.name:
            # A leading minus binds like a sum: it needs brackets in products and after other signs.
            text = shown(self.number)
            return text, ADDED if text.startswith("−") else WHOLE
        place = ",".join(map(str, self.index))
        if style == "symbols":
            return f"{self.name}[{place}]" if self.index else self.name, WHOLE
        return _in_latex(self.name, place), WHOLE


class Sum(Expression):
    """Terms added up, exactly rounded (:func:`math.fsum`)."""

    def __init__(self, terms: Sequence[Expression]) -> None:
        self.terms = tuple(terms)

    def evaluate(self) -> float:
        """The sum."""
        values = [term.value for term in self.terms]
        # fsum refuses inf - inf and overflows; the plain sum gives what IEEE 754 has for them.
        try:
            return math.fsum(values)
        except (OverflowError, ValueError):
            return sum(values)

    def parts(self) -> Sequence[Expression]:
        """The terms."""
        return self.terms

    def write(self, style: Style, most: int) -> tuple[str, int]:
        """Terms with their signs; of many, the first ones and the last."""
        pieces: list[str] = []
        for term in _first_and_last(self.terms, most):
            if term is None:
                pieces.append(f" + … {len(self.terms) - most} more …" if style != "latex" else r" + \dots")
            elif isinstance(term, Negative):
                pieces.append(
                    (" − " if style != "latex" else " - ") + _inside(term.inner, style, most, MULTIPLIED)
                )
            else:
                text, binding = term.write(style, most)
                negative_number = text.startswith("−") and binding == ADDED and isinstance(term, Number)
                pieces.append(" + " + (f"({text})" if negative_number and pieces else text))
        first = pieces[0] if pieces else " + 0"
        sign = first[1] if first[1] != "+" else ""
        return sign + first[3:] + "".join(pieces[1:]), ADDED


class Product(Expression):
    """Factors multiplied."""

    def __init__(self, factors: Sequence[Expression]) -> None:
        self.factors = tuple(factors)

    def evaluate(self) -> float:
        """The product."""
        return math.prod(factor.value for factor in self.factors)

    def parts(self) -> Sequence[Expression]:
        """The factors."""
        return self.factors

    def write(self, style: Style, most: int) -> tuple[str, int]:
        """Factors with dots between them."""
        if not self.factors:
            return "1", WHOLE
        dot, dots = (r" \cdot ", r"\dots") if style == "latex" else ("·", "…")
        shortened = _first_and_last(self.factors, most)
        return dot.join(
            dots if each is None else _inside(each, style, most, MULTIPLIED) for each in shortened
        ), MULTIPLIED


class Negative(Expression):
    """The other sign."""

    def __init__(self, inner: Expression) -> None:
        self.inner = inner

    def evaluate(self) -> float:
        """The number with the other sign."""
        return -self.inner.value

    def parts(self) -> Sequence[Expression]:
        """What stands behind the sign."""
        return (self.inner,)

    def write(self, style: Style, most: int) -> tuple[str, int]:
        """A minus in front."""
        return ("-" if style == "latex" else "−") + _inside(self.inner, style, most, MULTIPLIED), ADDED


class Quotient(Expression):
    """One divided by another."""

    def __init__(self, over: Expression, under: Expression) -> None:
        self.over, self.under = over, under

    def evaluate(self) -> float:
        """The quotient; by zero, what IEEE 754 says."""
        over, under = self.over.value, self.under.value
        if under != 0:
            return over / under
        if over == 0 or math.isnan(over):
            return math.nan
        return math.copysign(math.inf, over) * math.copysign(1.0, under)

    def parts(self) -> Sequence[Expression]:
        """Numerator and denominator."""
        return (self.over, self.under)

    def write(self, style: Style, most: int) -> tuple[str, int]:
        """With a slash, or as a fraction."""
        if style == "latex":
            return rf"\frac{{{self.over.latex(most)}}}{{{self.under.latex(most)}}}", WHOLE
        over = _inside(self.over, style, most, MULTIPLIED)
        return f"{over} / {_inside(self.under, style, most, RAISED)}", MULTIPLIED


class Power(Expression):
    """A base raised to an exponent."""

    def __init__(self, base: Expression, exponent: Expression) -> None:
        self.base, self.exponent = base, exponent

    def evaluate(self) -> float:
        """The power; not-a-number where it is not real."""
        base, exponent = self.base.value, self.exponent.value
        try:
            return math.pow(base, exponent)
        except OverflowError:
            return math.inf if base > 0 or exponent % 2 == 0 else -math.inf
        except ValueError:  # a negative base with a broken exponent, or 0 to a negative power
            return math.inf if base == 0 else math.nan

    def parts(self) -> Sequence[Expression]:
        """Base and exponent."""
        return (self.base, self.exponent)

    def write(self, style: Style, most: int) -> tuple[str, int]:
        """With a raised 2 or 3, or a hat."""
        base = _inside(self.base, style, most, WHOLE)
        exponent = self.exponent.write(style, most)[0]
        if style == "latex":
            return f"{{{base}}}^{{{exponent}}}", RAISED
        raised = {"2": "²", "3": "³"}.get(exponent)
        return base + (raised or f"^{_inside(self.exponent, style, most, WHOLE)}"), RAISED


class Named(Expression):
    """An intermediate result with a name: worked out once, then used by that name.

    Args:
        name: What it is called.
        inner: How it is computed.
        index: Which element of the tensor of that name it is.
    """

    def __init__(self, name: str, inner: Expression, index: tuple[int, ...] = ()) -> None:
        self.leaf_name, self.inner, self.index = name, inner, tuple(index)

    def evaluate(self) -> float:
        """What stands behind the name."""
        return self.inner.value

    def parts(self) -> Sequence[Expression]:
        """What stands behind the name."""
        return (self.inner,)

    @property
    def name(self) -> str:
        """The name with its index."""
        return Number(0.0, self.leaf_name, self.index).symbols()

    def write(self, style: Style, most: int) -> tuple[str, int]:
        """The name, or the number that it stands for."""
        return Number(self.value, self.leaf_name, self.index).write(style, most)


class Condition:
    """A comparison of two expressions, true or false.

    Example:
        >>> condition = Number(1.5, "x") > 0
        >>> bool(condition), condition.text()
        (True, '1.5 > 0')
    """

    def __init__(self, left: Expression, sign: Literal[">", "≥", "<", "≤"], right: Expression) -> None:
        self.left, self.sign, self.right = left, sign, right

    def __bool__(self) -> bool:
        left, right = self.left.value, self.right.value
        if self.sign == ">":
            return left > right
        if self.sign == "≥":
            return left >= right
        return left < right if self.sign == "<" else left <= right

    def text(self) -> str:
        """The comparison with the numbers put in."""
        return f"{self.left.text(4)} {self.sign} {self.right.text(4)}"

    def denied(self) -> Condition:
        """The opposite comparison."""
        opposite: dict[str, Literal[">", "≥", "<", "≤"]] = {">": "≤", "≥": "<", "<": "≥", "≤": ">"}
        return Condition(self.left, opposite[self.sign], self.right)


class Chosen(Expression):
    """One of two branches, by a condition. Only the chosen one is evaluated and written.

    Attributes:
        because: The comparison that decided, with the numbers put in.
    """

    def __init__(self, condition: Condition, then: Expression, otherwise: Expression) -> None:
        holds = bool(condition)
        self.inner = then if holds else otherwise
        self.because = (condition if holds else condition.denied()).text()

    def evaluate(self) -> float:
        """The chosen branch."""
        return self.inner.value

    def parts(self) -> Sequence[Expression]:
        """The chosen branch."""
        return (self.inner,)

    def write(self, style: Style, most: int) -> tuple[str, int]:
        """The chosen branch."""
        return self.inner.write(style, most)


def wrap(value: Expression | float) -> Expression:
    """An expression as it is; a plain number as a leaf without a name."""
    return value if isinstance(value, Expression) else Number(value)


def total(terms: Sequence[Expression]) -> Expression:
    """The sum of many terms (``a + b + c`` copies the terms at every plus)."""
    return terms[0] if len(terms) == 1 else Sum(terms)


def shown(value: float, digits: int = 6) -> str:
    """A number for people: six significant digits, a true minus sign.

    Example:
        >>> shown(-0.1234567), shown(2.0), shown(1e-9)
        ('−0.123457', '2', '1e−09')
    """
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value + 0.0:.{digits}g}".replace("-", "−")


def _inside(expression: Expression, style: Style, most: int, binding: int) -> str:
    """The text, in brackets where it binds more loosely than what stands around it."""
    text, own = expression.write(style, most)
    if own > binding or (own == binding and binding == MULTIPLIED and isinstance(expression, Product)):
        return text
    if own == binding == WHOLE:
        return text
    return rf"\left({text}\right)" if style == "latex" else f"({text})"


def _terms(expression: Expression) -> tuple[Expression, ...]:
    return expression.terms if isinstance(expression, Sum) else (expression,)


def _factors(expression: Expression) -> tuple[Expression, ...]:
    return expression.factors if isinstance(expression, Product) else (expression,)


def _first_and_last(items: Sequence[Expression], most: int) -> list[Expression | None]:
    """All items, or the first and the last of them around a gap (``None``)."""
    if len(items) <= most + 1:
        return list(items)
    return [*items[: most - 1], None, items[-1]]


GREEK = {
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "eta",
    "lambda",
    "mu",
    "nu",
    "rho",
    "sigma",
    "theta",
    "kappa",
    "tau",
    "pi",
}


def _in_latex(name: str, place: str) -> str:
    """A name as LaTeX: single letters as they are, Greek ones by command, words upright."""
    if name in GREEK:
        symbol = "\\" + name
    elif len(name) == 1:
        symbol = name
    else:
        symbol = r"\mathrm{" + name.replace("_", r"\_") + "}"
    return f"{symbol}_{{{place}}}" if place else symbol


def _steps(expression: Expression, seen: set[int]) -> Iterator[Named]:
    for part in expression.parts():
        yield from _steps(part, seen)
    if isinstance(expression, Named) and id(expression) not in seen:
        seen.add(id(expression))
        yield expression
