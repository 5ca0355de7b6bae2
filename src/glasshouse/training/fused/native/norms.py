"""Batch and layer normalization, and how they go backward."""

from __future__ import annotations

import math

from numba import njit

from glasshouse.training.fused.native.options import SUMS


@njit(**SUMS)
def batch_norm(x, y, rows, width, stride, weight, bias, kept, running, momentum, epsilon):
    """``y = (x - mean) / sqrt(variance + epsilon) w + b``, column by column.

    Args:
        x, y: (rows * stride).
        rows, width, stride: Of both.
        weight, bias: (width), or empty.
        kept: (2 * stride), receives the means and one over the deviations.
        running: Means and variances (2 * width), or empty.
        momentum: What a batch counts in them.
        epsilon: Added to the variance.
    """
    of = x.dtype.type
    count = of(rows)
    mean, scale = kept[:stride], kept[stride : 2 * stride]
    for i in range(width):
        mean[i] = of(0)
        scale[i] = of(0)
    for n in range(rows):
        row = x[n * stride : n * stride + width]
        for i in range(width):
            mean[i] += row[i]
    for i in range(width):
        mean[i] /= count
    for n in range(rows):
        row = x[n * stride : n * stride + width]
        for i in range(width):
            scale[i] += (row[i] - mean[i]) * (row[i] - mean[i])
    if len(running):
        share, rest, unbiased = of(momentum), of(1 - momentum), of(1 / (rows - 1))
        for i in range(width):
            running[i] = rest * running[i] + share * mean[i]
            running[width + i] = rest * running[width + i] + share * scale[i] * unbiased
    for i in range(width):
        scale[i] = of(1) / of(math.sqrt(scale[i] / count + of(epsilon)))
    for n in range(rows):
        row, out = x[n * stride : n * stride + width], y[n * stride : n * stride + width]
        if len(weight):
            for i in range(width):
                out[i] = (row[i] - mean[i]) * scale[i] * weight[i] + bias[i]
        else:
            for i in range(width):
                out[i] = (row[i] - mean[i]) * scale[i]


@njit(**SUMS)
def standing_norm(x, y, rows, width, stride, weight, bias, running, epsilon):
    """Batch norm by the running statistics, as rows are judged.

    Args:
        x, y: (rows * stride).
        rows, width, stride: Of both.
        weight, bias: (width), or empty.
        running: Means and variances (2 * width).
        epsilon: Added to the variance.
    """
    of = x.dtype.type
    for n in range(rows):
        row, out = x[n * stride : n * stride + width], y[n * stride : n * stride + width]
        for i in range(width):
            out[i] = (row[i] - running[i]) / of(math.sqrt(running[width + i] + of(epsilon)))
        if len(weight):
            for i in range(width):
                out[i] = out[i] * weight[i] + bias[i]


@njit(**SUMS)
def batch_norm_back(d, x, rows, width, stride, weight, kept, sums, d_weight, d_bias):
    """``dx = w / deviation (dy - mean dy - x_hat mean(dy x_hat))``, in place, and the parameters' gradients.

    Args:
        d: The gradient by y (rows * stride), which becomes that by x.
        x: What went in.
        rows, width, stride: Of both.
        weight: (width), or empty.
        kept: What the forward pass kept.
        sums: (2 * stride) of work space.
        d_weight, d_bias: (width) each, or empty.
    """
    of = x.dtype.type
    count = of(rows)
    mean, scale = kept[:stride], kept[stride : 2 * stride]
    total, along = sums[:stride], sums[stride : 2 * stride]
    for i in range(width):
        total[i] = of(0)
        along[i] = of(0)
    for n in range(rows):
        row, slope = x[n * stride : n * stride + width], d[n * stride : n * stride + width]
        for i in range(width):
            total[i] += slope[i]
            along[i] += slope[i] * (row[i] - mean[i]) * scale[i]
    if len(d_weight):
        for i in range(width):
            d_bias[i] = total[i]
            d_weight[i] = along[i]
    for n in range(rows):
        row, slope = x[n * stride : n * stride + width], d[n * stride : n * stride + width]
        for i in range(width):
            hat = (row[i] - mean[i]) * scale[i]
            slope[i] = scale[i] * (slope[i] - total[i] / count - hat * along[i] / count)
        if len(weight):
            for i in range(width):
                slope[i] *= weight[i]


@njit(**SUMS)
def layer_norm(x, y, rows, width, stride, weight, bias, kept, epsilon):
    """``y = (x - mean) / sqrt(variance + epsilon) w + b``, row by row.

    Args:
        x, y: (rows * stride).
        rows, width, stride: Of both.
        weight, bias: (width), or empty.
        kept: (2 * rows), receives mean and one over the deviation of every row.
        epsilon: Added to the variance.
    """
    of = x.dtype.type
    for n in range(rows):
        row, out = x[n * stride : n * stride + width], y[n * stride : n * stride + width]
        mean, square = of(0), of(0)
        for i in range(width):
            mean += row[i]
        mean /= of(width)
        for i in range(width):
            square += (row[i] - mean) * (row[i] - mean)
        scale = of(1) / of(math.sqrt(square / of(width) + of(epsilon)))
        kept[2 * n], kept[2 * n + 1] = mean, scale
        for i in range(width):
            out[i] = (row[i] - mean) * scale
        if len(weight):
            for i in range(width):
                out[i] *= weight[i]
        if len(bias):
            for i in range(width):
                out[i] += bias[i]


@njit(**SUMS)
def layer_norm_back(d, x, rows, width, stride, weight, kept, d_weight, d_bias):
    """As :func:`batch_norm_back`, with the means taken over a row.

    Args:
        d: The gradient by y (rows * stride), which becomes that by x.
        x: What went in.
        rows, width, stride: Of both.
        weight: (width), or empty.
        kept: What the forward pass kept.
        d_weight, d_bias: (width) each, or empty.
    """
    of = x.dtype.type
    for i in range(len(d_weight)):
        d_weight[i] = of(0)
    for i in range(len(d_bias)):
        d_bias[i] = of(0)
    for n in range(rows):
        row, slope = x[n * stride : n * stride + width], d[n * stride : n * stride + width]
        mean, scale = kept[2 * n], kept[2 * n + 1]
        if len(d_bias):
            for i in range(width):
                d_bias[i] += slope[i]
        if len(weight):
            for i in range(width):
                d_weight[i] += slope[i] * (row[i] - mean) * scale
            for i in range(width):
                slope[i] *= weight[i]
        total, along = of(0), of(0)
        for i in range(width):
            total += slope[i]
            along += slope[i] * (row[i] - mean) * scale
        total, along = total / of(width), along / of(width)
        for i in range(width):
            slope[i] = scale * (slope[i] - total - (row[i] - mean) * scale * along)
