"""Exponentials that the processor computes for a whole vector of numbers at once.

The C library's take one number at a time, and a layer of 64 tanh units would spend most of a step in them.
These are plain arithmetic without branches, which LLVM turns into vector instructions: the power of two is
written into the exponent's bits, and what is left, at most ln 2 / 2 in size, goes through the Taylor series.
Relative errors are about one unit in the last place. NaN stays NaN.
"""

from __future__ import annotations

import math

import numpy as np
from numba import types
from numba.extending import intrinsic, overload

STRICT = {"fastmath": {"contract"}}
"""Sums are not put in another order: rounding to whole numbers by adding a large one would be undone."""


@intrinsic
def as_bits(typingctx, x):
    """The bits of a floating-point number as an integer of the same size."""
    whole = types.int32 if x == types.float32 else types.int64

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(whole))

    return whole(x), generate


@intrinsic
def from_bits(typingctx, bits):
    """The floating-point number with these bits."""
    number = types.float32 if bits == types.int32 else types.float64

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(number))

    return number(bits), generate


def expm1(x):
    """``e^x - 1``, exact also where x is small."""
    return math.expm1(x)


def expm1_of_32(x):
    """For float32: terms up to the 7th power."""
    low, high = np.float32(-87.0), np.float32(88.0)
    x = low if x < low else x
    x = high if x > high else x
    magic = np.float32(1.5 * 2.0**23)
    shifted = x * np.float32(1.4426950408889634) + magic
    n = shifted - magic
    two_to_n = from_bits(np.int32(np.int32(as_bits(shifted) + np.int32(127)) << np.int32(23)))
    r = x - n * np.float32(0.693359375) - n * np.float32(-2.12194440e-4)
    p = np.float32(1 / 5040)
    p = p * r + np.float32(1 / 720)
    p = p * r + np.float32(1 / 120)
    p = p * r + np.float32(1 / 24)
    p = p * r + np.float32(1 / 6)
    p = p * r + np.float32(1 / 2)
    return (p * r * r + r) * two_to_n + (two_to_n - np.float32(1))


def expm1_of_64(x):
    """For float64: terms up to the 13th power."""
    low, high = np.float64(-708.0), np.float64(709.0)
    x = low if x < low else x
    x = high if x > high else x
    magic = np.float64(1.5 * 2.0**52)
    shifted = x * np.float64(1.4426950408889634) + magic
    n = shifted - magic
    two_to_n = from_bits(np.int64(np.int64(as_bits(shifted) + np.int64(1023)) << np.int64(52)))
    r = x - n * np.float64(6.93147180369123816490e-1) - n * np.float64(1.90821492927058770002e-10)
    p = np.float64(1 / 6227020800)
    p = p * r + np.float64(1 / 479001600)
    p = p * r + np.float64(1 / 39916800)
    p = p * r + np.float64(1 / 3628800)
    p = p * r + np.float64(1 / 362880)
    p = p * r + np.float64(1 / 40320)
    p = p * r + np.float64(1 / 5040)
    p = p * r + np.float64(1 / 720)
    p = p * r + np.float64(1 / 120)
    p = p * r + np.float64(1 / 24)
    p = p * r + np.float64(1 / 6)
    p = p * r + np.float64(1 / 2)
    return (p * r * r + r) * two_to_n + (two_to_n - np.float64(1))


@overload(expm1, jit_options=STRICT)
def expm1_overload(x):
    """The version for the type of number at hand."""
    return {types.float32: expm1_of_32, types.float64: expm1_of_64}.get(x)
