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
from glasshouse.training.fused.native.options import WRITTEN_IN
from glasshouse.training.fused.native.products import multiply
from glasshouse.training.fused.native.team import meet, part_of
from glasshouse.training.fused.native.turning import turn

ROWS = 4
"""Parts of a batch or of a matrix begin at multiples of so many rows: those of a tile."""
SQUARE = 16
"""Parts of a matrix that is turned begin at multiples of so many rows: the most numbers of a vector."""


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
        team: Who takes the step; each thread sees to some of the rows.
    """
    begin, end = part_of(rows, ROWS, team)
    for place in range(len(layers)):
        layer = layers[place]
        width, stride = layer[WIDTH], layer[STRIDE]
        x = work[layer[X_AT] + begin * layer[STRIDE_IN] : layer[X_AT] + end * layer[STRIDE_IN]]
        y = work[layer[Y_AT] + begin * stride : layer[Y_AT] + end * stride]
        if layer[KIND] == LINEAR:
            linear(layer, begin, end, parameters, work, team)
        elif layer[KIND] == CURVE:
            curves.forward(layer[EXTRA], x, y, numbers[place, 0], numbers[place, 1])
        elif layer[KIND] == DROPOUT:
            mask = masks[layer[EXTRA] + begin * width :]
            for n in range(end - begin):
                for i in range(width):
                    y[n * stride + i] = x[n * stride + i] * mask[n * width + i]
        elif layer[KIND] == BATCH_NORM:
            meet(team)
            if team[0] == 0:  # whose means run over all rows
                weight, bias = affine(layer, parameters)
                kept = work[layer[SPACE_AT] : layer[SPACE_AT] + 2 * stride]
                own = running[:0]
                if layer[EXTRA] >= 0:
                    own = running[layer[EXTRA] : layer[EXTRA] + 2 * width]
                whole_x = work[layer[X_AT] : layer[X_AT] + rows * stride]
                whole_y = work[layer[Y_AT] : layer[Y_AT] + rows * stride]
                share, epsilon = numbers[place, 0], numbers[place, 1]
                norms.batch_norm(
                    whole_x, whole_y, rows, width, stride, weight, bias, kept, own, share, epsilon
                )
            meet(team)
        elif layer[KIND] == LAYER_NORM:
            weight, bias = affine(layer, parameters)
            kept = work[layer[SPACE_AT] + 2 * begin : layer[SPACE_AT] + 2 * end]
            norms.layer_norm(x, y, end - begin, width, stride, weight, bias, kept, numbers[place, 1])
        elif layer[KIND] == STANDING_NORM:
            weight, bias = affine(layer, parameters)
            own = running[layer[EXTRA] : layer[EXTRA] + 2 * width]
            norms.standing_norm(x, y, end - begin, width, stride, weight, bias, own, numbers[place, 1])


@njit(**WRITTEN_IN)
def affine(layer, buffer):
    """Weight and bias of a normalization in a flat buffer, each empty where it has none."""
    at, width = layer[WEIGHT_AT], layer[WIDTH]
    weight = buffer[:0] if at < 0 else buffer[at : at + width]
    at = layer[BIAS_AT]
    return weight, buffer[:0] if at < 0 else buffer[at : at + width]


@njit(**WRITTEN_IN)
def linear(layer, begin, end, parameters, work, team):
    """``y = x W' + b`` for some rows. W is turned first, so that the outputs of a row lie side by side in
    vectors; each thread turns some of it.
    """
    width_in, width, stride = layer[WIDTH_IN], layer[WIDTH], layer[STRIDE]
    first, last = part_of(width, SQUARE, team)
    turn(
        work,
        layer[SPACE_AT] + first,
        stride,
        parameters,
        layer[WEIGHT_AT] + first * width_in,
        last - first,
        width_in,
    )
    start = layer[SPACE_AT] + width_in * stride
    if layer[BIAS_AT] >= 0:
        bias, own = parameters[layer[BIAS_AT] : layer[BIAS_AT] + width], work[start : start + width]
        for o in range(first, last):
            own[o] = bias[o]
    meet(team)
    one, exact = width // width, width < 0  # variables, so that one version of the product serves all
    multiply(
        (work, layer[Y_AT] + begin * stride, stride),
        end - begin,
        width,
        (work, start),
        (work, layer[X_AT] + begin * layer[STRIDE_IN], layer[STRIDE_IN], one),
        (work, layer[SPACE_AT], stride),
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
    begin, end = part_of(rows, ROWS, team)
    for place in range(len(layers) - 1, -1, -1):
        layer = layers[place]
        width, stride = layer[WIDTH], layer[STRIDE]
        x = work[layer[X_AT] + begin * layer[STRIDE_IN] : layer[X_AT] + end * layer[STRIDE_IN]]
        y = work[layer[Y_AT] + begin * stride : layer[Y_AT] + end * stride]
        d = work[here + begin * stride : here + end * stride]
        if layer[KIND] == LINEAR:
            linear_back(layer, rows, begin, end, parameters, gradients, work, here, there, zeros, team)
            here, there = there, here
        elif layer[NEEDED] == 0 and layer[KIND] in (CURVE, DROPOUT):
            continue
        elif layer[KIND] == CURVE:
            curves.backward(layer[EXTRA], d, x, y, numbers[place, 0], numbers[place, 1])
        elif layer[KIND] == DROPOUT:
            mask = masks[layer[EXTRA] + begin * width :]
            for n in range(end - begin):
                for i in range(width):
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
def linear_back(layer, rows, begin, end, parameters, gradients, work, here, there, zeros, team):
    """``dW = dy' x``, ``db = sum dy``, ``dx = dy W``; of W some outputs, of x some rows."""
    width_in, stride_in, width, stride = layer[WIDTH_IN], layer[STRIDE_IN], layer[WIDTH], layer[STRIDE]
    one, exact = width // width, width > 0  # variables, so that one version of the product serves all
    first, last = part_of(width, ROWS, team)
    meet(team)
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
        meet(team)
    multiply(
        (work, there + begin * stride_in, stride_in),
        end - begin,
        width_in,
        (work, zeros),
        (work, here + begin * stride, stride, one),
        (source, at, step),
        width,
        not exact,
    )
