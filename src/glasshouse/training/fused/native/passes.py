"""Forward and backward through the table of layers."""

from __future__ import annotations

from numba import njit

from glasshouse.training.fused.codes import (
    BATCH_NORM,
    BIAS_AT,
    COPY_AT,
    CURVE,
    DROPOUT,
    EXTRA,
    KIND,
    LAYER_NORM,
    LINEAR,
    NEEDED,
    SPACE_AT,
    STANDING_NORM,
    STRIDE,
    STRIDE_IN,
    WEIGHT_AT,
    WIDTH,
    WIDTH_IN,
    X_AT,
    Y_AT,
)
from glasshouse.training.fused.native import curves, norms
from glasshouse.training.fused.native.options import INSIDE, WRITTEN_IN
from glasshouse.training.fused.native.products import multiply
from glasshouse.training.fused.native.team import SQUARE, meet, part_of
from glasshouse.training.fused.native.turning import turn


@njit(**INSIDE)
def columns_of(width, stride, team):
    """A thread's columns of a layer's outputs; what fills up the last vector is the last one's."""
    first, last = part_of(width, SQUARE, team)
    return first, stride if last == width else last


@njit(**WRITTEN_IN)
def forward(layers, numbers, rows, parameters, work, running, masks, team):
    """All layers, from inputs that lie in the work space to outputs that do.

    Args:
        layers, numbers: The tables.
        rows: Of the batch.
        parameters: The flat buffer.
        work: The work space.
        running: Running statistics.
        masks: Those of the step's dropout layers.
        team: Who takes the step; each thread sees to some of the outputs of every layer, so that weights
            stay with the thread that moves them.
    """
    alone = team[1] == 1
    for place in range(len(layers)):
        layer = layers[place]
        width, stride = layer[WIDTH], layer[STRIDE]
        x = work[layer[X_AT] : layer[X_AT] + rows * layer[STRIDE_IN]]
        y = work[layer[Y_AT] : layer[Y_AT] + rows * stride]
        first, last = columns_of(width, stride, team)
        if layer[KIND] == LINEAR:
            linear(layer, rows, parameters, work, team)
        elif layer[KIND] == CURVE:
            if alone:
                curves.forward(layer[EXTRA], x, y, numbers[place, 0], numbers[place, 1])
            elif first < last:
                for n in range(rows):
                    own_x, own_y = (
                        x[n * stride + first : n * stride + last],
                        y[n * stride + first : n * stride + last],
                    )
                    curves.forward(layer[EXTRA], own_x, own_y, numbers[place, 0], numbers[place, 1])
        elif layer[KIND] == DROPOUT:
            mask = masks[layer[EXTRA] :]
            for n in range(rows):
                for i in range(first, min(last, width)):
                    y[n * stride + i] = x[n * stride + i] * mask[n * width + i]
        else:
            meet(team)
            if team[0] == 0:
                norm(layer, numbers[place], rows, parameters, work, running)
            meet(team)


@njit(**WRITTEN_IN)
def norm(layer, settings, rows, parameters, work, running):
    """Batch or layer normalization of all rows."""
    width, stride = layer[WIDTH], layer[STRIDE]
    x = work[layer[X_AT] : layer[X_AT] + rows * stride]
    y = work[layer[Y_AT] : layer[Y_AT] + rows * stride]
    weight, bias = affine(layer, parameters)
    share, epsilon = settings[0], settings[1]
    if layer[KIND] == BATCH_NORM:
        kept = work[layer[SPACE_AT] : layer[SPACE_AT] + 2 * stride]
        own = running[:0]
        if layer[EXTRA] >= 0:
            own = running[layer[EXTRA] : layer[EXTRA] + 2 * width]
        norms.batch_norm(x, y, rows, width, stride, weight, bias, kept, own, share, epsilon)
    elif layer[KIND] == LAYER_NORM:
        kept = work[layer[SPACE_AT] : layer[SPACE_AT] + 2 * rows]
        norms.layer_norm(x, y, rows, width, stride, weight, bias, kept, epsilon)
    elif layer[KIND] == STANDING_NORM:
        own = running[layer[EXTRA] : layer[EXTRA] + 2 * width]
        norms.standing_norm(x, y, rows, width, stride, weight, bias, own, epsilon)


@njit(**WRITTEN_IN)
def affine(layer, buffer):
    """Weight and bias of a normalization in a flat buffer, each empty where it has none."""
    at, width = layer[WEIGHT_AT], layer[WIDTH]
    weight = buffer[:0] if at < 0 else buffer[at : at + width]
    at = layer[BIAS_AT]
    return weight, buffer[:0] if at < 0 else buffer[at : at + width]


@njit(**WRITTEN_IN)
def linear(layer, rows, parameters, work, team):
    """``y = x W' + b``, of which each thread computes some columns.

    W is turned first, so that the outputs of a row lie side by side in vectors.
    """
    width_in, width, stride = layer[WIDTH_IN], layer[WIDTH], layer[STRIDE]
    first, last = part_of(width, SQUARE, team)
    weight_at = layer[WEIGHT_AT] + first * width_in
    turn(work, layer[SPACE_AT] + first, stride, parameters, weight_at, last - first, width_in)
    start = layer[SPACE_AT] + width_in * stride
    if layer[BIAS_AT] >= 0:
        bias, own = parameters[layer[BIAS_AT] : layer[BIAS_AT] + width], work[start : start + width]
        for o in range(first, last):
            own[o] = bias[o]
    one, exact = width // width, width < 0  # variables, so that one version of the product serves all
    meet(team)
    multiply(
        (work, layer[Y_AT] + first, stride),
        rows,
        last - first,
        (work, start + first),
        (work, layer[X_AT], layer[STRIDE_IN], one),
        (work, layer[SPACE_AT] + first, stride),
        width_in,
        exact,
    )


@njit(**WRITTEN_IN)
def backward(layers, numbers, rows, parameters, gradients, work, masks, here, there, zeros, team):
    """The gradients of all parameters, from that by the outputs.

    Args:
        layers, numbers: The tables.
        rows: Of the batch.
        parameters, gradients: The flat buffers.
        work: The work space.
        masks: Those of the step's dropout layers.
        here, there: Two places of work space; the gradient by the outputs lies in the first.
        zeros: A place where there are zeros.
        team: Who takes the step.
    """
    alone = team[1] == 1
    for place in range(len(layers) - 1, -1, -1):
        layer = layers[place]
        width, stride = layer[WIDTH], layer[STRIDE]
        x = work[layer[X_AT] : layer[X_AT] + rows * layer[STRIDE_IN]]
        y = work[layer[Y_AT] : layer[Y_AT] + rows * stride]
        d = work[here : here + rows * stride]
        first, last = columns_of(width, stride, team)
        if layer[KIND] == LINEAR:
            linear_back(layer, rows, parameters, gradients, work, here, there, zeros, team)
            here, there = there, here
        elif layer[NEEDED] == 0 and layer[KIND] in (CURVE, DROPOUT):
            continue
        elif layer[KIND] == CURVE:
            if alone:
                curves.backward(layer[EXTRA], d, x, y, numbers[place, 0], numbers[place, 1])
            elif first < last:
                for n in range(rows):
                    begin, end = n * stride + first, n * stride + last
                    curves.backward(
                        layer[EXTRA],
                        d[begin:end],
                        x[begin:end],
                        y[begin:end],
                        numbers[place, 0],
                        numbers[place, 1],
                    )
        elif layer[KIND] == DROPOUT:
            mask = masks[layer[EXTRA] :]
            for n in range(rows):
                for i in range(first, min(last, width)):
                    d[n * stride + i] *= mask[n * width + i]
        else:
            meet(team)
            if team[0] == 0:  # whose sums run over all rows
                norm_back(layer, rows, parameters, gradients, work, here, there)
            meet(team)


@njit(**WRITTEN_IN)
def norm_back(layer, rows, parameters, gradients, work, here, there):
    """Batch or layer normalization, in the gradient's own memory."""
    width, stride = layer[WIDTH], layer[STRIDE]
    x, d = work[layer[X_AT] : layer[X_AT] + rows * stride], work[here : here + rows * stride]
    weight, _ = affine(layer, parameters)
    d_weight, d_bias = affine(layer, gradients)
    kept = work[layer[SPACE_AT] : layer[SPACE_AT] + layer[COPY_AT]]
    if layer[KIND] == BATCH_NORM:
        sums = work[there : there + 2 * stride]
        norms.batch_norm_back(d, x, rows, width, stride, weight, kept, sums, d_weight, d_bias)
    else:
        norms.layer_norm_back(d, x, rows, width, stride, weight, kept, d_weight, d_bias)


@njit(**WRITTEN_IN)
def linear_back(layer, rows, parameters, gradients, work, here, there, zeros, team):
    """``dW = dy' x`` and ``db = sum dy`` of some outputs; ``dx = dy W``, of which some columns."""
    width_in, stride_in, width, stride = layer[WIDTH_IN], layer[STRIDE_IN], layer[WIDTH], layer[STRIDE]
    one, exact = width // width, width > 0  # variables, so that one version of the product serves all
    first, last = part_of(width, SQUARE, team)
    multiply(
        (gradients, layer[WEIGHT_AT] + first * width_in, width_in),
        last - first,
        width_in,
        (work, zeros),
        (work, here + first, one, stride),
        (work, layer[X_AT], stride_in),
        rows,
        exact,
    )
    if layer[BIAS_AT] >= 0:
        total = gradients[layer[BIAS_AT] + first : layer[BIAS_AT] + last]
        for o in range(last - first):
            total[o] = 0
        for n in range(rows):
            slope = work[here + n * stride + first : here + n * stride + last]
            for o in range(last - first):
                total[o] += slope[o]
    if layer[NEEDED] == 0:
        return
    source, at, step = parameters, layer[WEIGHT_AT], width_in
    if width_in != stride_in:
        # Vectors would reach beyond the last row, or rows crowd in the caches: copied to where there is room.
        source, at, step = work, layer[COPY_AT], stride_in
        weight = parameters[layer[WEIGHT_AT] : layer[WEIGHT_AT] + width * width_in]
        for o in range(first, last):
            line = work[at + o * stride_in : at + o * stride_in + width_in]
            for i in range(width_in):
                line[i] = weight[o * width_in + i]
    begin, end = part_of(width_in, SQUARE, team)
    meet(team)
    multiply(
        (work, there + begin, stride_in),
        rows,
        end - begin,
        (work, zeros),
        (work, here, stride, one),
        (source, at + begin, step),
        width,
        not exact,
    )
