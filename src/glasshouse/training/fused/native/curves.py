"""Activations, one number at a time, in loops that LLVM turns into vector instructions.

The derivatives are those of ``glasshouse.activations``. Comparisons are written so that NaN stays NaN.
"""

from __future__ import annotations

import math

from numba import njit

from glasshouse.training.fused.codes import (
    ELU,
    GELU,
    GELU_TANH,
    HARD_SIGMOID,
    HARD_SWISH,
    HARD_TANH,
    LEAKY_RELU,
    MISH,
    RELU,
    SIGMOID,
    SILU,
    SOFTPLUS,
    SOFTSIGN,
    TANH,
)
from glasshouse.training.fused.native.exponential import expm1
from glasshouse.training.fused.native.options import PLAIN

ROOT_2_OVER_PI = math.sqrt(2 / math.pi)
CUBE = 0.044715
"""The constants of the tanh form of GELU (Hendrycks and Gimpel 2016)."""


@njit(**PLAIN)
def forward(code, x, y, p, q):
    """``y = f(x)`` for every number.

    Args:
        code: Which f.
        x, y: Of equal length.
        p, q: Its settings.
    """
    of = x.dtype.type
    zero, one, two, half, p, q = of(0), of(1), of(2), of(0.5), of(p), of(q)
    if code == RELU:
        for i in range(len(x)):
            y[i] = zero if x[i] < zero else x[i]
    elif code == LEAKY_RELU:
        for i in range(len(x)):
            y[i] = x[i] if x[i] > zero else x[i] * p
    elif code == TANH:
        for i in range(len(x)):
            e = expm1(two * x[i])
            y[i] = e / (e + two)
    elif code == SIGMOID:
        for i in range(len(x)):
            y[i] = one / (two + expm1(-x[i]))
    elif code == SILU:
        for i in range(len(x)):
            y[i] = x[i] / (two + expm1(-x[i]))
    elif code == GELU:
        root = of(math.sqrt(0.5))
        for i in range(len(x)):
            y[i] = half * x[i] * (one + of(math.erf(x[i] * root)))
    elif code == GELU_TANH:
        c, cube = of(2 * ROOT_2_OVER_PI), of(CUBE)
        for i in range(len(x)):
            e = expm1(c * (x[i] + cube * x[i] * x[i] * x[i]))
            y[i] = half * x[i] * (one + e / (e + two))
    elif code == ELU:
        scaled = q * p
        for i in range(len(x)):
            e = expm1(x[i])
            y[i] = q * x[i] if x[i] > zero else scaled * e
    elif code == SOFTPLUS:
        for i in range(len(x)):
            z = x[i] * p
            y[i] = x[i] if z > q else of(math.log1p(one + expm1(z))) / p
    elif code == HARD_TANH:
        for i in range(len(x)):
            low = p if x[i] < p else x[i]
            y[i] = q if low > q else low
    elif code == HARD_SWISH:
        three, six = of(3), of(6)
        for i in range(len(x)):
            low = zero if x[i] + three < zero else x[i] + three
            y[i] = x[i] * (six if low > six else low) / six
    elif code == HARD_SIGMOID:
        three, six = of(3), of(6)
        for i in range(len(x)):
            low = zero if x[i] + three < zero else x[i] + three
            y[i] = (six if low > six else low) / six
    elif code == MISH:
        for i in range(len(x)):
            e = one + expm1(x[i])
            n = e * (e + two)
            y[i] = x[i] if x[i] > of(20) else x[i] * n / (n + two)
    elif code == SOFTSIGN:
        for i in range(len(x)):
            y[i] = x[i] / (one + abs(x[i]))


@njit(**PLAIN)
def backward(code, d, x, y, p, q):
    """``d = d f'(x)`` for every number, in place.

    Args:
        code: Which f.
        d: The gradient by y, which becomes that by x.
        x, y: What went in and came out.
        p, q: Its settings.
    """
    of = x.dtype.type
    zero, one, two, half, p, q = of(0), of(1), of(2), of(0.5), of(p), of(q)
    if code == RELU:
        for i in range(len(x)):
            d[i] = zero if y[i] <= zero else d[i]
    elif code == LEAKY_RELU:
        for i in range(len(x)):
            d[i] = d[i] if x[i] > zero else d[i] * p
    elif code == TANH:
        for i in range(len(x)):
            d[i] *= one - y[i] * y[i]
    elif code == SIGMOID:
        for i in range(len(x)):
            d[i] *= y[i] * (one - y[i])
    elif code == SILU:
        for i in range(len(x)):
            s = one / (two + expm1(-x[i]))
            d[i] *= s * (one + x[i] * (one - s))
    elif code == GELU:
        root, density = of(math.sqrt(0.5)), of(1 / math.sqrt(2 * math.pi))
        for i in range(len(x)):
            share = half * (one + of(math.erf(x[i] * root)))
            bell = one + expm1(-half * x[i] * x[i])
            d[i] *= share + x[i] * density * bell
    elif code == GELU_TANH:
        c, cube, three = of(ROOT_2_OVER_PI), of(CUBE), of(3)
        for i in range(len(x)):
            e = expm1(two * c * (x[i] + cube * x[i] * x[i] * x[i]))
            t = e / (e + two)
            inner = c * (one + three * cube * x[i] * x[i])
            d[i] *= half * (one + t) + half * x[i] * (one - t * t) * inner
    elif code == ELU:
        scaled = q * p
        for i in range(len(x)):
            e = one + expm1(x[i])
            d[i] *= q if x[i] > zero else scaled * e
    elif code == SOFTPLUS:
        for i in range(len(x)):
            z = x[i] * p
            s = one / (two + expm1(-z))
            d[i] *= one if z > q else s
    elif code == HARD_TANH:
        for i in range(len(x)):
            d[i] = zero if x[i] <= p or x[i] >= q else d[i]
    elif code == HARD_SWISH:
        three, third = of(3), of(1 / 3)
        for i in range(len(x)):
            inside = x[i] * third + half
            slope = one if x[i] >= three else inside
            d[i] *= zero if x[i] <= -three else slope
    elif code == HARD_SIGMOID:
        three, sixth = of(3), of(1 / 6)
        for i in range(len(x)):
            d[i] = zero if x[i] <= -three or x[i] >= three else d[i] * sixth
    elif code == MISH:
        for i in range(len(x)):
            e = one + expm1(x[i])
            n = e * (e + two)
            t = one if x[i] > of(20) else n / (n + two)
            s = one / (two + expm1(-x[i]))
            d[i] *= t + x[i] * s * (one - t * t)
    elif code == SOFTSIGN:
        for i in range(len(x)):
            r = one / (one + abs(x[i]))
            d[i] *= r * r
