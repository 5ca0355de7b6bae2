"""Functions that work alike on tensors and on expressions, so that one formula computes and explains.

``x * sigmoid(beta * x)`` is Swish of a tensor when ``x`` is a tensor, and the readable arithmetic of one
number when ``x`` is an :class:`~glasshouse.core.expression.Expression`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch

from glasshouse.core.expression import WHOLE, Chosen, Condition, Expression, Named, Number, Style, wrap

Quantity = Any
"""A tensor, an expression or a plain number: formulas take all three. (No static type says this without
making formulas unreadable.)"""


class Applied(Expression):
    """A function of expressions."""

    def __init__(self, function: Function, arguments: Sequence[Expression]) -> None:
        self.function, self.arguments = function, tuple(arguments)

    def evaluate(self) -> float:
        """The function's value."""
        return self.function.on_numbers(*(each.value for each in self.arguments))

    def parts(self) -> Sequence[Expression]:
        """The arguments."""
        return self.arguments

    def write(self, style: Style, most: int) -> tuple[str, int]:
        """As the function is written."""
        form = self.function.latex if style == "latex" else self.function.form
        # After a bare sign an argument needs brackets of its own; LaTeX forms bring theirs along.
        texts = [each.write(style, most) for each in self.arguments]
        bare = "−{0}" in form
        return form.format(
            *(f"({text})" if bare and binding != WHOLE else text for text, binding in texts)
        ), WHOLE


class Function:
    """A function on tensors, expressions and numbers.

    Args:
        on_tensors: PyTorch's function.
        on_numbers: The same on float64 numbers.
        form: How it is written, with ``{0}`` for the first argument.
        latex: How it is written in LaTeX; braces doubled.

    Example:
        >>> sigmoid(torch.tensor(0.0)), sigmoid(0.0)
        (tensor(0.5000), 0.5)
        >>> print(sigmoid(Number(0.53, "z")))
        1/(1 + e^(−0.53)) = 0.629483
    """

    def __init__(
        self, on_tensors: Callable[..., torch.Tensor], on_numbers: Callable[..., float], form: str, latex: str
    ) -> None:
        self.on_tensors, self.on_numbers, self.form, self.latex = on_tensors, on_numbers, form, latex

    def __call__(self, *arguments: Quantity) -> Quantity:
        """The value for tensors or numbers, the arithmetic for expressions."""
        if any(isinstance(each, Expression) for each in arguments):
            return Applied(self, [wrap(each) for each in arguments])
        # PyTorch's functions take everything with this method as a tensor, such as many tensors in a row.
        if any(hasattr(type(each), "__torch_function__") for each in arguments):
            return self.on_tensors(*arguments)
        return self.on_numbers(*arguments)


def _exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def _log(x: float) -> float:
    if x == 0:
        return -math.inf
    return math.log(x) if x > 0 else math.nan


def _sqrt(x: float) -> float:
    return math.sqrt(x) if x >= 0 else math.nan


def _sigmoid(x: float) -> float:
    return 1 / (1 + _exp(-x)) if x >= 0 else _exp(x) / (1 + _exp(x))


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(_exp(-abs(x)))


def _sign(x: float) -> float:
    return float((x > 0) - (x < 0))


def _greatest(*values: Quantity) -> torch.Tensor:
    """The largest of tensors and numbers, element by element."""
    tensors = _alike(values)
    largest = tensors[0]
    for each in tensors[1:]:
        largest = torch.maximum(largest, each)
    return largest


def _least(*values: Quantity) -> torch.Tensor:
    """The smallest of tensors and numbers, element by element."""
    return -_greatest(*(-each for each in values))


def _alike(values: Sequence[Quantity]) -> list[torch.Tensor]:
    like = next(each for each in values if isinstance(each, torch.Tensor))
    return [
        each if isinstance(each, torch.Tensor) else torch.tensor(each, dtype=like.dtype, device=like.device)
        for each in values
    ]


exp = Function(torch.exp, _exp, "e^({0})", r"e^{{{0}}}")
log = Function(torch.log, _log, "ln({0})", r"\ln\left({0}\right)")
sqrt = Function(torch.sqrt, _sqrt, "√({0})", r"\sqrt{{{0}}}")
cos = Function(torch.cos, math.cos, "cos({0})", r"\cos\left({0}\right)")
tanh = Function(torch.tanh, math.tanh, "tanh({0})", r"\tanh\left({0}\right)")
sigmoid = Function(torch.sigmoid, _sigmoid, "1/(1 + e^(−{0}))", r"\frac{{1}}{{1 + e^{{-\left({0}\right)}}}}")
softplus = Function(
    # PyTorch's own softplus gives x itself from 20 on, which is 2e-9 off.
    lambda x: torch.logaddexp(x, torch.zeros_like(x)),
    _softplus,
    "ln(1 + e^({0}))",
    r"\ln\left(1 + e^{{{0}}}\right)",
)
erf = Function(torch.erf, math.erf, "erf({0})", r"\operatorname{{erf}}\left({0}\right)")
absolute = Function(torch.abs, abs, "|{0}|", r"\left|{0}\right|")
sign = Function(torch.sign, _sign, "sign({0})", r"\operatorname{{sign}}\left({0}\right)")


def maximum(*values: Quantity) -> Quantity:
    """The largest of two or more, element by element.

    Example:
        >>> print(maximum(Number(2.0), Number(5.0)))
        max(2, 5) = 5
    """
    return _of_many(_greatest, max, "max", values)


def minimum(*values: Quantity) -> Quantity:
    """The smallest of two or more, element by element."""
    return _of_many(_least, min, "min", values)


def _of_many(
    on_tensors: Callable[..., torch.Tensor],
    on_numbers: Callable[..., float],
    name: str,
    values: Sequence[Quantity],
) -> Quantity:
    places = ", ".join(f"{{{place}}}" for place in range(len(values)))
    return Function(on_tensors, on_numbers, f"{name}({places})", rf"\{name}\left({places}\right)")(*values)


def choose(condition: Quantity, then: Quantity, otherwise: Quantity) -> Quantity:
    """``then`` where the condition holds, else ``otherwise``; an expression keeps the chosen branch alone.

    Args:
        condition: ``x > 0`` of a tensor, an expression or a number.
        then: What is taken where it holds.
        otherwise: What is taken where it does not.

    Example:
        >>> choose(torch.tensor([-1.0, 2.0]) > 0, 1.0, 0.0).tolist()
        [0.0, 1.0]
        >>> chosen = choose(Number(2.0, "x") > 0, Number(2.0, "x"), 0.0)
        >>> chosen.symbols(), chosen.because
        ('x', '2 > 0')
    """
    if isinstance(condition, Condition):
        return Chosen(condition, wrap(then), wrap(otherwise))
    if isinstance(condition, torch.Tensor):
        if not isinstance(then, torch.Tensor) and not isinstance(otherwise, torch.Tensor):
            # Two plain numbers would come out in the default type, which may be coarser than the tensors'.
            finest = torch.float32 if condition.device.type == "mps" else torch.float64
            plain = [torch.tensor(each, dtype=finest, device=condition.device) for each in (then, otherwise)]
            return torch.where(condition, plain[0], plain[1])
        return torch.where(condition, then, otherwise)
    return then if condition else otherwise


def named(name: str, quantity: Quantity, index: tuple[int, ...] = ()) -> Quantity:
    """Give an intermediate result its name in the arithmetic; tensors and numbers pass through unchanged.

    Example:
        >>> z = named("z", Number(0.5, "w") * Number(2.0, "x"))
        >>> h = tanh(z)
        >>> h.symbols(), [step.name for step in h.steps()]
        ('tanh(z)', ['z'])
    """
    return Named(name, quantity, index) if isinstance(quantity, Expression) else quantity


def leaf(name: str, tensor: torch.Tensor, index: Sequence[int] = ()) -> Number:
    """One element of a tensor as a leaf with its name and place.

    Example:
        >>> leaf("W", torch.tensor([[1.0, 2.0]]), (0, 1)).symbols()
        'W[0,1]'
    """
    place = tuple(int(each) for each in index)
    return Number(float(tensor[place]), name, place)
