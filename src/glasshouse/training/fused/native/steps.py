"""The loop itself: gather, forward, loss, backward, update, for as many steps as are asked for."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from numba import njit

from glasshouse.training.fused.codes import CLIP_NORM, CLIP_VALUE, L1, L2
from glasshouse.training.fused.native import looks, updates
from glasshouse.training.fused.native.heads import loss_of
from glasshouse.training.fused.native.options import WRITTEN_IN
from glasshouse.training.fused.native.passes import backward, forward


def compiled(digest: int) -> Callable[..., Any]:
    """The compiled loop, from the cache on disk where it is there.

    Numba looks for changes in the file of the function alone. The digest of all files is part of what it
    keeps the function by, so that a change in another one is seen too.

    Args:
        digest: Of the source files.
    """

    @njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
    def run(network, data, optimizer, memory, chunk, look):
        """Steps until all are done or a loss is not finite; the number of whole steps comes back."""
        if digest == 0:
            return 0
        return steps(network, data, optimizer, memory, chunk, look)

    return run


@njit(**WRITTEN_IN)
def steps(network, data, optimizer, memory, chunk, look):
    """Some steps of one run.

    Args:
        network: Tables of the layers and their settings; width, stride and place of inputs and of outputs;
            two places for gradients and one of zeros; code and setting of the loss.
        data: Inputs, classes, values and class weights.
        optimizer: Code, tables of the groups, settings, learning rate and number of every step.
        memory: Parameters, gradients, the optimizer's two memories, work space, running statistics.
        chunk: Order of the rows, first row and number of rows of every step, masks, masks per step; receives
            losses, what they count, and outputs.
        look: Whether to look at the (last) step; tables of layers and of parameters; most numbers of a layer;
            receives what is found of layers and of parameters, and needs room for the old weights.
    """
    layers, numbers, shapes, loss_code, loss_setting = network
    inputs, classes, values, class_weights = data
    code, stretches, factors, settings, rates, first_step = optimizer
    parameters, gradients, first, second, work, running = memory
    order, starts, counts, masks, masks_per_step, losses, weights, outputs = chunk
    looking, seen, parts, most, of_layers, of_parameters, before = look
    width_in, stride_in, x_at, width, stride, y_at, here, there, zeros = shapes
    finishing = settings[CLIP_NORM] + settings[CLIP_VALUE] + abs(settings[L1]) + abs(settings[L2]) != 0
    written = 0
    for step in range(len(counts)):
        rows = counts[step]
        shown = order[starts[step] : starts[step] + rows]
        own = masks[step * masks_per_step : (step + 1) * masks_per_step]
        for n in range(rows):
            row, source = work[x_at + n * stride_in : x_at + n * stride_in + width_in], shown[n] * width_in
            for i in range(width_in):
                row[i] = inputs[source + i]
        forward(layers, numbers, rows, parameters, work, running, own)
        z, d = work[y_at : y_at + rows * stride], work[here : here + rows * stride]
        losses[step], weights[step] = loss_of(
            loss_code, loss_setting, z, d, rows, width, stride, shown, classes, values, class_weights
        )
        for n in range(rows):
            for i in range(width):
                outputs[written * width + i] = z[n * stride + i]
            written += 1
        if not math.isfinite(losses[step]):
            return step
        backward(layers, numbers, rows, parameters, gradients, work, own, here, there, zeros)
        if finishing:
            updates.finish(parameters, gradients, stretches, factors, settings)
        last = looking and step == len(counts) - 1
        if last:
            looks.look_at_layers(seen, work, rows, most, of_layers)
            looks.lengths(parts, gradients, of_parameters[0])
            for i in range(len(parameters)):
                before[i] = parameters[i]
        updates.update(
            code, parameters, gradients, first, second, stretches, factors, settings,
            rates[step], first_step + step,
        )  # fmt: skip
        if last:
            looks.lengths(parts, parameters, of_parameters[1])
            looks.distances(parts, parameters, before, of_parameters[2])
    return len(counts)
