"""The loop itself: gather, forward, loss, backward, update, for as many steps as are asked for."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from numba import njit

from glasshouse.training.fused.codes import CLIP_NORM, CLIP_VALUE, COUNT_NOTHING, L1, L2, NADAM
from glasshouse.training.fused.native import looks, updates
from glasshouse.training.fused.native.counting import right_of
from glasshouse.training.fused.native.heads import loss_of
from glasshouse.training.fused.native.options import WRITTEN_IN
from glasshouse.training.fused.native.passes import backward, forward
from glasshouse.training.fused.native.team import ROWS, meet, part_of


def compiled(digest: int) -> Callable[..., Any]:
    """The compiled loop, from the cache on disk where it is there.

    Numba looks for changes in the file of the function alone. The digest of all files is part of what it
    keeps the function by, so that a change in another one is seen too.

    Args:
        digest: Of the source files.
    """

    @njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
    def run(which, network, data, validation, optimizer, memory, chunk, found, look, team):
        """Some steps of some networks, one network after another; see :func:`steps`."""
        if digest != 0:
            done = found[0]
            for place in range(len(which)):
                m = which[place]
                whole = steps(m, network, data, validation, optimizer, memory, chunk, found, look, team)
                if team[0] == 0:
                    done[m] = whole

    return run


@njit(**WRITTEN_IN)
def steps(m, network, data, validation, optimizer, memory, chunk, found, look, team):
    """Steps of one of several networks, until all are done or a loss is not finite; then, where there are
    rows that judge, a look at what it answers to them.

    Tables, settings, weights, memories, orders and what is found have a line for every network. Gradients and
    work space have none: they are written anew at every step.

    Args:
        m: Which network.
        network: Tables of the layers and their settings; width, stride and place of inputs and of outputs;
            two places for gradients and one of zeros; code and settings of the loss; how right answers are
            counted.
        data: Inputs, classes, values; class weights.
        validation: Tables of the layers that judge and their settings; stride and place of their outputs;
            inputs, classes, values; order of the rows, first row and number of rows of every batch.
        optimizer: Code, tables of the groups, settings, learning rate of every step, number of the first.
        memory: Parameters, gradients, the optimizer's two memories, work space, running statistics.
        chunk: Order of the rows, first row and number of rows of every step, masks, masks per step.
        found: Receives whole steps, losses, what they count, outputs, right answers; then the loss and the
            right answers of the rows that judge, and the outputs. Outputs are kept where there is room.
        look: Whether to look at the (last) step; tables of layers and of parameters; most numbers of a layer;
            receives what is found of layers and of parameters, and needs room for the old weights.
        team: Which of how many threads this is, and the gate where they meet; all are given the same of
            everything else. The first one does what is not worth dividing.

    Returns:
        How many steps are whole.
    """
    all_layers, all_numbers, shapes, loss_code, loss_settings, counting = network
    inputs, classes, values, all_class_weights = data
    (
        judging_layers, judging_numbers, judging_stride, judging_at,
        judging_inputs, judging_classes, judging_values, judging_order, judging_starts, judging_counts,
    ) = validation  # fmt: skip
    code, stretches, all_factors, all_settings, all_rates, first_step = optimizer
    all_parameters, gradients, all_first, all_second, work, all_running = memory
    all_order, starts, counts, all_masks, masks_per_step = chunk
    _, losses, weights, outputs, right, judged, judged_outputs = found
    looking, seen, parts, most, of_layers, of_parameters, before = look
    width_in, stride_in, x_at, width, stride, y_at, here, there, zeros = shapes
    factors, settings, rates, running = all_factors[m], all_settings[m], all_rates[m], all_running[m]
    parameters, first, second = all_parameters[m], all_first[m], all_second[m]
    class_weights, masks = all_class_weights[m], all_masks[m]
    finishing = settings[CLIP_NORM] + settings[CLIP_VALUE] + abs(settings[L1]) + abs(settings[L2]) != 0
    learnt, written, leads = len(counts), 0, team[0] == 0
    judged_loss, judged_right, weighed, answered = 0.0, 0, 0.0, 0
    for step in range(learnt + len(judging_counts)):
        learns = step < learnt
        if learns:
            rows, start, order = counts[step], starts[step], all_order[m]
            layers, numbers, given = all_layers[m], all_numbers[m], inputs
            known, wanted, own = classes, values, masks[step * masks_per_step : (step + 1) * masks_per_step]
            at, line, kept = y_at, stride, outputs[m % len(outputs)]
        else:
            if step == learnt:
                written = 0
            rows, start, order = (
                judging_counts[step - learnt],
                judging_starts[step - learnt],
                judging_order[m],
            )
            layers, numbers, given = judging_layers[m], judging_numbers[m], judging_inputs
            known, wanted, own = judging_classes, judging_values, masks[:0]
            at, line, kept = judging_at, judging_stride, judged_outputs[m % len(judged_outputs)]
        shown = order[start : start + rows]
        begin, end = part_of(rows, ROWS, team)
        for n in range(begin, end):
            row, source = work[x_at + n * stride_in : x_at + n * stride_in + width_in], shown[n] * width_in
            for i in range(width_in):
                row[i] = given[source + i]
        meet(team)
        forward(layers, numbers, rows, parameters, work, running, own, team)
        meet(team)
        if leads:
            z, d = work[at : at + rows * line], work[here : here + rows * line]
            loss, weight = loss_of(
                loss_code, loss_settings[m], z, d, rows, width, line, shown, known, wanted, class_weights
            )
            if len(kept):
                for n in range(rows):
                    for i in range(width):
                        kept[written * width + i] = z[n * line + i]
                    written += 1
            correct = 0
            if counting != COUNT_NOTHING:
                correct = right_of(counting, z, rows, width, line, shown, known, wanted)
            if learns:
                answered += correct
                losses[m, step], weights[m, step] = loss, weight
            else:
                judged_loss += loss * weight
                judged_right += correct
                weighed += weight
        meet(team)
        if not learns:
            continue
        if not math.isfinite(losses[m, step]):
            if leads:
                right[m], judged[m, 0], judged[m, 1] = answered, 0.0, 0.0
            return step
        backward(layers, numbers, rows, parameters, gradients, work, own, here, there, zeros, team)
        meet(team)
        last = looking and step == learnt - 1
        if leads:
            if finishing:
                updates.finish(parameters, gradients, stretches, factors, settings)
            updates.keep_product(code, settings, first_step + step)
            if last:
                looks.look_at_layers(seen, work, rows, most, of_layers)
                looks.lengths(parts, gradients, of_parameters[0])
                for i in range(len(parameters)):
                    before[i] = parameters[i]
        if finishing or last or code == NADAM:
            meet(team)
        updates.update(
            code, parameters, gradients, first, second, stretches, factors, settings,
            rates[step], first_step + step, team,
        )  # fmt: skip
        meet(team)
        if last and leads:
            looks.lengths(parts, parameters, of_parameters[1])
            looks.distances(parts, parameters, before, of_parameters[2])
    if leads:
        right[m], judged[m, 0], judged[m, 1] = answered, judged_loss, judged_right
        if weighed != 0:
            judged[m, 0] /= weighed
    return learnt
