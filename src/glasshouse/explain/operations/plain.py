"""Readers of plain arithmetic: sums, products, powers, exponentials and the like, number by number."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch

from glasshouse.core import arithmetic as a
from glasshouse.core.arithmetic import Function, Quantity, choose
from glasshouse.core.expression import Expression, wrap
from glasshouse.explain.operations.formula import Formula
from glasshouse.explain.reading import Call, Reader, Reading

Slopes = Mapping[str, Callable[..., Quantity]]


def _guarded(function: Callable[[float], float]) -> Callable[[float], float]:
    """The same function with not-a-number where it has no value, as tensors have it."""

    def guarded(x: float) -> float:
        try:
            return function(x)
        except (ValueError, OverflowError):
            return math.nan

    return guarded


sine = Function(torch.sin, _guarded(math.sin), "sin({0})", r"\sin\left({0}\right)")
cosine = Function(torch.cos, _guarded(math.cos), "cos({0})", r"\cos\left({0}\right)")
tangent = Function(torch.tan, _guarded(math.tan), "tan({0})", r"\tan\left({0}\right)")
arctangent = Function(torch.atan, math.atan, "arctan({0})", r"\arctan\left({0}\right)")
log1p = Function(torch.log1p, _guarded(math.log1p), "ln(1 + {0})", r"\ln\left(1 + {0}\right)")
expm1 = Function(torch.expm1, _guarded(math.expm1), "(e^({0}) - 1)", r"\left(e^{{{0}}} - 1\right)")
floor = Function(torch.floor, _guarded(math.floor), "floor({0})", r"\left\lfloor {0} \right\rfloor")
ceiling = Function(torch.ceil, _guarded(math.ceil), "ceil({0})", r"\left\lceil {0} \right\rceil")
nearest = Function(torch.round, _guarded(round), "round({0})", r"\operatorname{{round}}\left({0}\right)")
whole = Function(torch.trunc, _guarded(math.trunc), "trunc({0})", r"\operatorname{{trunc}}\left({0}\right)")

FUNCTIONS = {
    "sin": sine,
    "cos": cosine,
    "tan": tangent,
    "atan": arctangent,
    "log1p": log1p,
    "expm1": expm1,
    "floor": floor,
    "ceil": ceiling,
    "round": nearest,
    "trunc": whole,
}
"""The functions that plain operations need beyond those of ``core.arithmetic``, by name."""


def power(base: Quantity, exponent: Quantity) -> Quantity:
    """``base ** exponent`` of tensors, expressions and numbers, in any mixture."""
    if isinstance(exponent, Expression):
        return wrap(base) ** exponent
    if isinstance(exponent, (int, float)) and exponent == 1:
        return base
    return base**exponent


def reading(value: Callable[..., Quantity], slopes: Slopes, formula: str, **operands: Any) -> Reading:
    """A reading of one formula; operands that are plain numbers become part of it.

    Args:
        value: The formula.
        slopes: Its derivative by each operand.
        formula: LaTeX.
        operands: Tensors and numbers by the formula's names.
    """
    tensors = {name: each for name, each in operands.items() if isinstance(each, torch.Tensor)}
    numbers = {name: each for name, each in operands.items() if name not in tensors}
    kept = {name: slope for name, slope in slopes.items() if name in tensors}
    return Reading(Formula(value, kept, numbers), tensors, formula=formula)


def one(value: Callable[..., Quantity], slope: Callable[..., Quantity], formula: str) -> Reader:
    """The reader of a function of one tensor without settings.

    Args:
        value: ``f(x)``.
        slope: ``f'(x)``.
        formula: LaTeX.
    """

    def reader(call: Call, input: torch.Tensor, **keywords: Any) -> Reading | None:
        given = {name: each for name, each in keywords.items() if each is not None and name != "inplace"}
        return None if given else reading(value, {"x": slope}, formula, x=input)

    return reader


def two(
    value: Callable[..., Quantity],
    slope_in_x: Callable[..., Quantity],
    slope_in_z: Callable[..., Quantity],
    formula: str,
) -> Reader:
    """The reader of an operation on two operands, each a tensor or a number.

    Args:
        value: ``f(x, z)``.
        slope_in_x: ``df/dx``.
        slope_in_z: ``df/dz``.
        formula: LaTeX.
    """

    def reader(call: Call, input: Any, other: Any, **keywords: Any) -> Reading | None:
        given = {name: each for name, each in keywords.items() if each is not None}
        if given:
            return None
        return reading(value, {"x": slope_in_x, "z": slope_in_z}, formula, x=input, z=other)

    return reader


def add(call: Call, input: Any, other: Any, *, alpha: float = 1) -> Reading:
    """``x + alpha z``."""
    if alpha == 1:
        return reading(lambda x, z: x + z, {"x": _one, "z": _one}, "y = x + z", x=input, z=other)
    return reading(
        lambda x, z, alpha: x + alpha * z,
        {"x": _one, "z": lambda alpha: alpha},
        r"y = x + \alpha z",
        x=input,
        z=other,
        alpha=alpha,
    )


def sub(call: Call, input: Any, other: Any, *, alpha: float = 1) -> Reading:
    """``x - alpha z``."""
    if alpha == 1:
        return reading(lambda x, z: x - z, {"x": _one, "z": _minus_one}, "y = x - z", x=input, z=other)
    return add(call, input, other, alpha=-alpha)


def to_power(call: Call, input: Any, exponent: Any) -> Reading:
    """``x ^ z``; of a constant exponent the slope is ``z x^(z - 1)``."""
    return reading(
        power,
        {"base": _slope_of_power, "exponent": _slope_of_exponent},
        "y = x^{z}",
        base=input,
        exponent=exponent,
    )


def clamp(call: Call, input: torch.Tensor, min: Any = None, max: Any = None) -> Reading | None:
    """``x`` kept between two ends; at an end the slope is 1, as in PyTorch."""
    if isinstance(min, torch.Tensor) or isinstance(max, torch.Tensor):
        return None
    low, high = (-math.inf if min is None else min), (math.inf if max is None else max)
    return reading(
        lambda x, low, high: choose(x < low, low, choose(x > high, high, x)),
        {"x": lambda x, low, high: choose(x < low, 0.0, choose(x > high, 0.0, 1.0))},
        r"y = \min(\max(x, a), b)",
        x=input,
        low=float(low),
        high=float(high),
    )


def _one() -> float:
    return 1.0


def _minus_one() -> float:
    return -1.0


def _zero() -> float:
    return 0.0


def _slope_of_power(base: Quantity, exponent: Quantity) -> Quantity:
    if isinstance(exponent, (int, float)):
        return 0.0 if exponent == 0 else exponent * power(base, exponent - 1)
    return exponent * power(base, exponent - 1)


def _slope_of_exponent(base: Quantity, exponent: Quantity) -> Quantity:
    if isinstance(base, (int, float)):
        return power(base, exponent) * (math.log(base) if base > 0 else 0.0)
    return choose(base > 0, power(base, exponent) * a.log(base), 0.0)


def _quotient_slope(x: Quantity, z: Quantity) -> Quantity:
    return -x / z**2


def _first_is_larger(x: Quantity, z: Quantity) -> Quantity:
    return choose(x > z, 1.0, choose(x < z, 0.0, 0.5))


def _first_is_smaller(x: Quantity, z: Quantity) -> Quantity:
    return choose(x < z, 1.0, choose(x > z, 0.0, 0.5))


PLAIN: dict[str, Reader] = {
    "add": add,
    "sub": sub,
    "rsub": lambda call, input, other, **keywords: sub(call, other, input, **keywords),
    "mul": two(lambda x, z: x * z, lambda z: z, lambda x: x, r"y = x \cdot z"),
    "div": two(lambda x, z: x / z, lambda z: 1 / z, _quotient_slope, r"y = \frac{x}{z}"),
    "rdiv": two(lambda x, z: z / x, lambda x, z: -z / x**2, lambda x: 1 / x, r"y = \frac{z}{x}"),
    "pow": to_power,
    "float_power": to_power,
    "rpow": lambda call, input, other: to_power(call, other, input),
    "maximum": two(
        lambda x, z: a.maximum(x, z), _first_is_larger, lambda x, z: _first_is_larger(z, x), r"y = \max(x, z)"
    ),
    "minimum": two(
        lambda x, z: a.minimum(x, z),
        _first_is_smaller,
        lambda x, z: _first_is_smaller(z, x),
        r"y = \min(x, z)",
    ),
    "neg": one(lambda x: -x, _minus_one, "y = -x"),
    "positive": one(lambda x: x, _one, "y = x"),
    "abs": one(lambda x: a.absolute(x), lambda x: a.sign(x), "y = |x|"),
    "sign": one(lambda x: a.sign(x), _zero, r"y = \operatorname{sign}(x)"),
    "exp": one(lambda x: a.exp(x), lambda x: a.exp(x), "y = e^{x}"),
    "exp2": one(lambda x: power(2.0, x), lambda x: power(2.0, x) * math.log(2), "y = 2^{x}"),
    "expm1": one(lambda x: expm1(x), lambda x: a.exp(x), "y = e^{x} - 1"),
    "log": one(lambda x: a.log(x), lambda x: 1 / x, r"y = \ln x"),
    "log2": one(lambda x: a.log(x) / math.log(2), lambda x: 1 / (x * math.log(2)), r"y = \log_2 x"),
    "log10": one(lambda x: a.log(x) / math.log(10), lambda x: 1 / (x * math.log(10)), r"y = \log_{10} x"),
    "log1p": one(lambda x: log1p(x), lambda x: 1 / (1 + x), r"y = \ln(1 + x)"),
    "sqrt": one(lambda x: a.sqrt(x), lambda x: 1 / (2 * a.sqrt(x)), r"y = \sqrt{x}"),
    "rsqrt": one(lambda x: 1 / a.sqrt(x), lambda x: -1 / (2 * x * a.sqrt(x)), r"y = \frac{1}{\sqrt{x}}"),
    "square": one(lambda x: x**2, lambda x: 2 * x, "y = x^2"),
    "reciprocal": one(lambda x: 1 / x, lambda x: -1 / x**2, r"y = \frac{1}{x}"),
    "sin": one(lambda x: sine(x), lambda x: cosine(x), r"y = \sin x"),
    "cos": one(lambda x: cosine(x), lambda x: -sine(x), r"y = \cos x"),
    "tan": one(lambda x: tangent(x), lambda x: 1 / cosine(x) ** 2, r"y = \tan x"),
    "atan": one(lambda x: arctangent(x), lambda x: 1 / (1 + x**2), r"y = \arctan x"),
    "erf": one(
        lambda x: a.erf(x), lambda x: 2 / math.sqrt(math.pi) * a.exp(-(x**2)), r"y = \operatorname{erf} x"
    ),
    "floor": one(lambda x: floor(x), _zero, r"y = \lfloor x \rfloor"),
    "ceil": one(lambda x: ceiling(x), _zero, r"y = \lceil x \rceil"),
    "round": one(lambda x: nearest(x), _zero, r"y = \operatorname{round}(x)"),
    "trunc": one(lambda x: whole(x), _zero, r"y = \operatorname{trunc}(x)"),
    "clamp": clamp,
    "clamp_min": lambda call, input, min: clamp(call, input, min=min),
    "clamp_max": lambda call, input, max: clamp(call, input, max=max),
}
"""The reader of each plain operation, by its name."""
