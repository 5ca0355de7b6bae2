"""What the probes want to know of a step, taken while everything still lies in the loop's buffers."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from glasshouse.training.fused.native.options import SUMS


@njit(**SUMS)
def look_at_layers(layers, work, rows, most, found):
    """Sums over the outputs of every layer.

    Args:
        layers: For every layer the place of its outputs, from one row to the next, and numbers per row.
        work: Where they lie.
        rows: Of the batch.
        most: Numbers of a layer that are looked at; the first rows stand for the others.
        found: (layers, 5), receives how many were looked at, one of them, and of all minus that one the sum
            and the sum of squares, and how many are not zero.
    """
    for layer in range(len(layers)):
        at, stride, width = layers[layer, 0], layers[layer, 1], layers[layer, 2]
        looked = rows
        if rows * width > most and rows > 1:
            looked = max(1, most * rows // (rows * width))
        shift = work[at]
        total, squares, filled = 0.0, 0.0, 0
        for n in range(looked):
            row = work[at + n * stride : at + n * stride + width]
            for i in range(width):
                centred = np.float64(row[i] - shift)
                total += centred
                squares += centred * centred
                filled += 1 if row[i] != 0 else 0
        found[layer, 0] = looked * width
        found[layer, 1] = np.float64(shift)
        found[layer, 2], found[layer, 3], found[layer, 4] = total, squares, filled


@njit(**SUMS)
def lengths(parts, numbers, into):
    """The length of every parameter, or of its gradient.

    Args:
        parts: For every parameter where it begins in the flat buffer, and how many numbers it has.
        numbers: The buffer.
        into: (parameters).
    """
    for part in range(len(parts)):
        own = numbers[parts[part, 0] : parts[part, 0] + parts[part, 1]]
        square = 0.0
        for i in range(len(own)):
            square += np.float64(own[i]) * np.float64(own[i])
        into[part] = math.sqrt(square)


@njit(**SUMS)
def distances(parts, numbers, before, into):
    """How far every parameter has moved.

    Args:
        parts: As for :func:`lengths`.
        numbers, before: The buffer now and then.
        into: (parameters).
    """
    for part in range(len(parts)):
        start, stop = parts[part, 0], parts[part, 0] + parts[part, 1]
        own, old = numbers[start:stop], before[start:stop]
        square = 0.0
        for i in range(len(own)):
            move = np.float64(own[i] - old[i])
            square += move * move
        into[part] = math.sqrt(square)
