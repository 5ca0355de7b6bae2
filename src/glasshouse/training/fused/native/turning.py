"""Turning a matrix on its diagonal: square by square, each in vector registers."""

from __future__ import annotations

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from glasshouse.training.fused.native.options import INSIDE
from glasshouse.training.fused.native.products import LINE


@intrinsic
def turn_square(typingctx, into, into_at, into_row, source, source_at, source_row):
    """``into[j, i] = source[i, j]`` for a square as wide as a vector.

    Rows are exchanged with their partners half by half: first every other number, then pairs, then fours,
    until every number is where it belongs.
    """
    signature = types.void(into, types.intp, types.intp, source, types.intp, types.intp)

    def generate(context, builder, signature, arguments):
        into, into_at, into_row, source, source_at, source_row = arguments
        kind = signature.args[0]
        number = context.get_data_type(kind.dtype)
        align = kind.dtype.bitwidth // 8
        size = LINE // align
        vector, index = ir.VectorType(number, size), into_at.type

        def place(array, at, row, which):
            data = context.make_array(kind)(context, builder, array).data
            start = builder.gep(data, [builder.add(at, builder.mul(row, index(which)))])
            return builder.bitcast(start, vector.as_pointer())

        rows = [
            builder.load(place(source, source_at, source_row, each), align=align, typ=vector)
            for each in range(size)
        ]
        half = 1
        while half < size:
            for first in (each for each in range(size) if not each & half):
                one, other = rows[first], rows[first | half]
                low = [lane if not lane & half else size + (lane ^ half) for lane in range(size)]
                high = [(lane | half) if not lane & half else size + lane for lane in range(size)]
                for row, lanes in ((first, low), (first | half, high)):
                    mask = ir.Constant(ir.VectorType(ir.IntType(32), size), lanes)
                    rows[row] = builder.shuffle_vector(one, other, mask)
            half *= 2
        for each, row in enumerate(rows):
            builder.store(row, place(into, into_at, into_row, each), align=align)
        return context.get_dummy_value()

    return signature, generate


@njit(**INSIDE)
def turn(into, into_at, into_row, source, source_at, rows, columns):
    """``into[j, i] = source[i, j]``.

    Args:
        into, into_at, into_row: Array, place, and numbers from one row to the next.
        source, source_at: Array and place; its rows lie one after the other.
        rows, columns: Of the source.
    """
    size = LINE // into.itemsize
    whole_rows, whole_columns = rows - rows % size, columns - columns % size
    for i in range(0, whole_rows, size):
        for j in range(0, whole_columns, size):
            turn_square(
                into, into_at + j * into_row + i, into_row, source, source_at + i * columns + j, columns
            )
    for i in range(rows):
        for j in range(whole_columns if i < whole_rows else 0, columns):
            into[into_at + j * into_row + i] = source[source_at + i * columns + j]
