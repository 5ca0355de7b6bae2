"""Matrix products for the fused loop: tiles of four rows, held in vector registers while the sum runs.

LLVM's own vectoriser works on the innermost loop only and would store the sums of a tile at every turn, so
the tile is written in vector instructions. LLVM fits their width to the processor at hand.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba import njit, types
from numba.core import cgutils, config
from numba.extending import intrinsic

from glasshouse.training.fused.native.options import INSIDE

LINE = 64
"""Bytes of a vector: 16 numbers of float32, 8 of float64."""


def vectors_of_a_tile(features: str) -> int:
    """How many vectors wide a tile is: two where its sums fit into the registers, else one.

    AVX-512 has room for 32 vectors, AVX2 and NEON for eight, of which a tile of four rows and two vectors
    would take all. Measured at 784-256-128-10: two are a tenth faster than one with AVX-512, one is half as
    fast again as two with AVX2. With SSE alone neither fits, and two are faster.

    Args:
        features: Of the processor, as LLVM lists them.

    Example:
        >>> vectors_of_a_tile("+avx,+avx2,-avx512f"), vectors_of_a_tile("+avx2,+avx512f")
        (1, 2)
    """
    known = features.split(",")
    return 1 if ("+avx" in known or "+neon" in known) and "+avx512f" not in known else 2


WIDE = vectors_of_a_tile(config.CPU_FEATURES or get_host_cpu_features().flatten())
CONTRACT = ("contract",)
"""Lets a product and a sum become one instruction, and nothing else."""


def tile_of(rows: int, vectors: int, *, ragged: bool = False) -> Any:
    """The function that computes one tile: ``c[r, :] = start + sum over k of a[r, k] b[k, :]``.

    Args:
        rows: Rows of the tile.
        vectors: Its width in vectors.
        ragged: Whether only the first numbers of every row are to be stored.
    """

    @intrinsic
    def tile(typingctx, c, c_at, c_row, start, start_at, a, a_at, a_row, a_k, b, b_at, b_k, terms, left):
        places = [types.intp] * 2
        signature = types.void(
            c, *places, start, types.intp, a, types.intp, *places, b, *places, types.intp, types.intp
        )

        def generate(context, builder, signature, arguments):
            (c, c_at, c_row, start, start_at, a, a_at, a_row, a_k, b, b_at, b_k, terms, left) = arguments
            kinds = signature.args
            number = context.get_data_type(kinds[0].dtype)
            size = LINE // (kinds[0].dtype.bitwidth // 8)
            vector, index = ir.VectorType(number, size), c_at.type
            align = kinds[0].dtype.bitwidth // 8

            def data(kind, value, at):
                return builder.gep(context.make_array(kind)(context, builder, value).data, [at])

            def load(pointer):
                return builder.load(builder.bitcast(pointer, vector.as_pointer()), align=align, typ=vector)

            def step(pointer, by):
                return builder.gep(pointer, [by], source_etype=number)

            in_c, in_start = data(kinds[0], c, c_at), data(kinds[3], start, start_at)
            in_a, in_b = data(kinds[5], a, a_at), data(kinds[9], b, b_at)
            sums = [[cgutils.alloca_once(builder, vector) for _ in range(vectors)] for _ in range(rows)]
            for column in range(vectors):
                begin = load(step(in_start, index(column * size)))
                for row in range(rows):
                    builder.store(begin, sums[row][column])
            a_rows = [step(in_a, builder.mul(a_row, index(row))) for row in range(rows)]
            with cgutils.for_range(builder, terms) as turn:
                b_here = step(in_b, builder.mul(turn.index, b_k))
                a_here = builder.mul(turn.index, a_k)
                those = [load(step(b_here, index(column * size))) for column in range(vectors)]
                for row in range(rows):
                    one = builder.load(step(a_rows[row], a_here), typ=number)
                    spread = builder.shuffle_vector(
                        builder.insert_element(ir.Constant(vector, ir.Undefined), one, ir.IntType(32)(0)),
                        ir.Constant(vector, ir.Undefined),
                        ir.Constant(ir.VectorType(ir.IntType(32), size), [0] * size),
                    )
                    for column in range(vectors):
                        product = builder.fmul(spread, those[column], flags=CONTRACT)
                        before = builder.load(sums[row][column], typ=vector)
                        builder.store(builder.fadd(product, before, flags=CONTRACT), sums[row][column])
            for row in range(rows):
                c_here = step(in_c, builder.mul(c_row, index(row)))
                for column in range(vectors):
                    if ragged:
                        numbers = builder.bitcast(sums[row][column], number.as_pointer())
                        with cgutils.for_range(builder, left) as turn:
                            one = builder.load(step(numbers, turn.index), typ=number)
                            builder.store(one, step(c_here, turn.index))
                    else:
                        whole = builder.load(sums[row][column], typ=vector)
                        there = step(c_here, index(column * size))
                        builder.store(whole, builder.bitcast(there, vector.as_pointer()), align=align)
            return context.get_dummy_value()

        return signature, generate

    return tile


tile_4x2, tile_4x1, tile_1x1 = tile_of(4, 2), tile_of(4, 1), tile_of(1, 1)
ragged_4x1, ragged_1x1 = tile_of(4, 1, ragged=True), tile_of(1, 1, ragged=True)


@njit(**INSIDE)
def multiply(c, rows, columns, start, a, b, terms, exact):
    """``c[i, j] = start[j] + sum over k of a[i, k] b[k, j]``.

    Args:
        c: Array, place of the first number, and numbers from one row to the next.
        rows, columns: Of c.
        start: Array and place.
        a: Array, place, and numbers from one row, and from one term, to the next.
        b: Array, place, and numbers from one term to the next; it is read in whole vectors.
        terms: Of the sum.
        exact: Whether nothing may be written beyond the last column; else whole vectors are.
    """
    size = LINE // c[0].itemsize
    end = columns if exact else (columns + size - 1) // size * size
    j = 0
    while WIDE == 2 and j + 2 * size <= end:
        i = 0
        while i + 4 <= rows:
            tile_4x2(
                c[0], c[1] + i * c[2] + j, c[2], start[0], start[1] + j,
                a[0], a[1] + i * a[2], a[2], a[3], b[0], b[1] + j, b[2], terms, size,
            )  # fmt: skip
            i += 4
        narrow(c, i, rows, j, size, start, a, b, terms)
        narrow(c, i, rows, j + size, size, start, a, b, terms)
        j += 2 * size
    while j < end:
        i, left = 0, min(size, end - j)
        while i + 4 <= rows:
            if left == size:
                tile_4x1(
                    c[0], c[1] + i * c[2] + j, c[2], start[0], start[1] + j,
                    a[0], a[1] + i * a[2], a[2], a[3], b[0], b[1] + j, b[2], terms, size,
                )  # fmt: skip
            else:
                ragged_4x1(
                    c[0], c[1] + i * c[2] + j, c[2], start[0], start[1] + j,
                    a[0], a[1] + i * a[2], a[2], a[3], b[0], b[1] + j, b[2], terms, left,
                )  # fmt: skip
            i += 4
        narrow(c, i, rows, j, left, start, a, b, terms)
        j += size


@njit(**INSIDE)
def narrow(c, i, rows, j, left, start, a, b, terms):
    """The rows from i on, one vector of them at column j."""
    size = LINE // c[0].itemsize
    while i < rows:
        if left == size:
            tile_1x1(
                c[0], c[1] + i * c[2] + j, c[2], start[0], start[1] + j,
                a[0], a[1] + i * a[2], a[2], a[3], b[0], b[1] + j, b[2], terms, size,
            )  # fmt: skip
        else:
            ragged_1x1(
                c[0], c[1] + i * c[2] + j, c[2], start[0], start[1] + j,
                a[0], a[1] + i * a[2], a[2], a[3], b[0], b[1] + j, b[2], terms, left,
            )  # fmt: skip
        i += 1
