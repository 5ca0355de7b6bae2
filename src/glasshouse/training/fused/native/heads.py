"""Losses and their slopes by the outputs."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from glasshouse.training.fused.codes import (
    ABSOLUTES,
    CLASS_INDICES,
    CLASS_SHARES,
    HALVES,
    HUBER,
    SQUARES,
    YES_OR_NO,
)
from glasshouse.training.fused.native.exponential import expm1
from glasshouse.training.fused.native.options import SUMS, WRITTEN_IN


@njit(**WRITTEN_IN)
def loss_of(code, setting, z, d, rows, width, stride, shown, classes, values, class_weights):
    """The mean loss of a batch; its slope goes into d.

    Args:
        code: Which loss.
        setting: Label smoothing, or Huber's delta.
        z, d: Outputs, and room for their gradient (rows * stride).
        rows, width, stride: Of both.
        shown: Row numbers of the batch (rows).
        classes: Class of every row of the data, or empty.
        values: Numbers of every row of the data (all rows * width), or empty.
        class_weights: (width), or empty.

    Returns:
        The loss, and what the batch counts in the epoch's mean.
    """
    if code in (CLASS_INDICES, CLASS_SHARES):
        return cross_entropy(code, setting, z, d, rows, width, stride, shown, classes, values, class_weights)
    of = z.dtype.type
    total = 0.0
    count = of(rows * width)
    one, delta = of(1), of(setting)
    for n in range(rows):
        out, slope = z[n * stride : n * stride + width], d[n * stride : n * stride + width]
        target = values[shown[n] * width : (shown[n] + 1) * width]
        if code == SQUARES:
            for i in range(width):
                r = out[i] - target[i]
                total += np.float64(r * r)
                slope[i] = of(2) * r / count
        elif code == YES_OR_NO:
            for i in range(width):
                x, t = out[i], target[i]
                below = of(math.log1p(one + expm1(-abs(x))))
                total += np.float64((x if x > of(0) else of(0) * x) - x * t + below)
                slope[i] = (one / (of(2) + expm1(-x)) - t) / count
        elif code == HUBER:
            for i in range(width):
                r = out[i] - target[i]
                size = abs(r)
                near = size <= delta
                total += np.float64(of(0.5) * r * r if near else delta * (size - of(0.5) * delta))
                far = delta if r > of(0) else -delta
                slope[i] = (r if near else far) / count
        elif code == ABSOLUTES:
            for i in range(width):
                r = out[i] - target[i]
                total += np.float64(abs(r))
                slope[i] = (of(1) if r > of(0) else (of(-1) if r < of(0) else r)) / count
        elif code == HALVES:
            for i in range(width):
                r = out[i] - target[i]
                total += np.float64(r * r)
                slope[i] = r / of(rows)
    if code == HALVES:
        return total / (2 * rows), np.float64(rows)
    return total / (rows * width), np.float64(rows)


@njit(**SUMS)
def cross_entropy(code, setting, z, d, rows, width, stride, shown, classes, values, class_weights):
    """``- sum a ln p / weight`` for the wanted shares a; the slope is ``(p sum a - a) / weight``.

    Arguments and answer are those of :func:`loss_of`.
    """
    of = z.dtype.type
    spread, kept = of(setting / width), of(1 - setting)
    weight = 0.0
    if code == CLASS_INDICES and len(class_weights):
        for n in range(rows):
            weight += np.float64(class_weights[classes[shown[n]]])
    else:
        weight = np.float64(rows)
    for n in range(rows):
        out, shifted = z[n * stride : n * stride + width], d[n * stride : n * stride + width]
        highest = out[0]
        for i in range(1, width):
            highest = out[i] if out[i] > highest else highest
        for i in range(width):
            shifted[i] = out[i] - highest
    # All at once, because rows are short and vectors long. What lies between the rows is of no account.
    flat = d[: rows * stride]
    for i in range(len(flat)):
        flat[i] = expm1(flat[i]) + of(1)
    loss = 0.0
    for n in range(rows):
        out, p = z[n * stride : n * stride + width], d[n * stride : n * stride + width]
        total, highest = of(0), out[0]
        for i in range(width):
            total += p[i]
            highest = out[i] if out[i] > highest else highest
        below = highest + of(math.log(total))
        true = classes[shown[n]] if code == CLASS_INDICES else -1
        if true >= 0 and setting == 0 and len(class_weights) == 0:
            share, each = of(1 / weight) / total, of(1 / weight)
            for i in range(width):
                p[i] *= share
            p[true] -= each
            loss -= np.float64(out[true] - below)
            continue
        wanted = of(0)
        for i in range(width):
            a = wanted_of(i, true, kept, spread, shown[n] * width, values, class_weights)
            wanted += a
            loss -= np.float64(a * (out[i] - below))
        for i in range(width):
            a = wanted_of(i, true, kept, spread, shown[n] * width, values, class_weights)
            p[i] = (p[i] / total * wanted - a) * of(1 / weight)
    return loss / weight, weight


@njit(**SUMS)
def wanted_of(i, true, kept, spread, row, values, class_weights):
    """What is wanted of class i: a share, smoothed and weighted.

    Args:
        i: The class.
        true: The true one, or -1 where shares are given.
        kept, spread: What smoothing leaves of a share, and what it gives to every class.
        row: Where the row's shares begin.
        values: The shares, or empty.
        class_weights: Weights, or empty.
    """
    share = spread
    if true < 0:
        share += values[row + i] * kept
    elif i == true:
        share += kept
    return share * class_weights[i] if len(class_weights) else share
