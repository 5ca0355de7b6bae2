"""Threads that take the same step together: which part is whose, and how they wait for each other.

Every thread runs the whole loop and does its part of each piece of work: some outputs of every layer, a
stretch of the weights. Parts divide what is written, never a sum, so the numbers that come out are the same,
bit for bit, for any number of threads.
"""

from __future__ import annotations

import os
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from glasshouse.training.fused.codes import GATE_GIVEN_UP, GATE_HERE, GATE_MEETINGS
from glasshouse.training.fused.native.options import INSIDE

CAN_YIELD = hasattr(os, "sched_yield")
"""Whether a thread that waits can let others have its core; where it can't, the loop runs on one thread."""
ROWS = 4
"""Parts of a batch begin at multiples of so many rows: those of a tile."""
SQUARE = 16
"""Parts of a layer begin at multiples of so many outputs: the most numbers of a vector."""
SPINS = 2000
"""Looks at the gate before the core is offered to others: about two microseconds."""
EIGHT = 8
"""Bytes of a number of the gate."""


def _place(context: Any, builder: Any, kind: Any, gate: Any, at: Any) -> Any:
    return builder.gep(context.make_array(kind)(context, builder, gate).data, [at])


@intrinsic
def read(typingctx, gate, at):
    """The number at a place of the gate, and all that was written before it was."""

    def generate(context, builder, signature, arguments):
        place = _place(context, builder, signature.args[0], *arguments)
        return builder.load_atomic(place, "acquire", EIGHT, typ=ir.IntType(64))

    return types.int64(gate, types.intp), generate


@intrinsic
def write(typingctx, gate, at, value):
    """Put a number at a place of the gate, after all that was written before."""

    def generate(context, builder, signature, arguments):
        gate, at, value = arguments
        builder.store_atomic(value, _place(context, builder, signature.args[0], gate, at), "release", EIGHT)
        return context.get_dummy_value()

    return types.void(gate, types.intp, types.int64), generate


@intrinsic
def count(typingctx, gate, at):
    """Add one to the number at a place of the gate; returns what it was."""

    def generate(context, builder, signature, arguments):
        place = _place(context, builder, signature.args[0], *arguments)
        return builder.atomic_rmw("add", place, ir.IntType(64)(1), "acq_rel")

    return types.int64(gate, types.intp), generate


if CAN_YIELD:
    give_way = types.ExternalFunction("sched_yield", types.int32())
else:

    @njit(**INSIDE)
    def give_way():
        """Nothing: nobody waits on one thread."""
        return 0


@njit(**INSIDE)
def meet(team):
    """Wait until all threads are here; what each has written is then seen by all.

    Args:
        team: Which thread this is, how many there are, and the gate.
    """
    _, threads, gate = team
    if threads == 1:
        return
    meetings = read(gate, GATE_MEETINGS)
    if count(gate, GATE_HERE) == threads - 1:
        write(gate, GATE_HERE, 0)
        write(gate, GATE_MEETINGS, meetings + 1)
        return
    spins = 0
    while read(gate, GATE_MEETINGS) == meetings:
        spins += 1
        if spins > SPINS:
            if read(gate, GATE_GIVEN_UP) != 0:
                return  # what is computed from here on goes nowhere
            give_way()


@njit(**INSIDE)
def part_of(whole, least, team):
    """Where a thread's part of so many things begins and ends.

    Args:
        whole: How many.
        least: Parts begin at multiples of it.
        team: As for :func:`meet`.
    """
    own, threads, _ = team
    if threads == 1:
        return 0, whole
    pieces = (whole + least - 1) // least
    begin, end = pieces * own // threads * least, pieces * (own + 1) // threads * least
    return min(begin, whole), min(end, whole)
