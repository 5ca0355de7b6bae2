"""The ledger of shapes: output sizes, parameters, products and receptive fields, worked out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from glasshouse.core.errors import ModelError
from glasshouse.core.expression import Expression
from glasshouse.explain.shape_tape import Call, ShapeTape
from glasshouse.layers.parameter_counts import Count
from glasshouse.layers.receptive_fields import Field
from glasshouse.layers.sizes import Size

AXES = {1: ("length",), 2: ("row", "column"), 3: ("slice", "row", "column")}
"""What the numbers along the last axes are called, by how many of these axes there are."""


@dataclass(frozen=True)
class ShapeRow:
    """One operation of the ledger.

    Args:
        name: Dotted name of the module in which it ran; the operation's name where it ran in none.
        kind: The module's class, or the operation.
        inputs: Shapes of what went in, without the batch axis.
        output: Shape of what came out, without the batch axis.
        sizes: How the size along each of the last axes comes about; empty where it stays or is no window's.
        parameters: What it learns and nothing before it did; ``None`` for nothing.
        shared: Whether its parameters were already used, and counted, above.
        multiply_accumulates: For one sample; 0 where they are not counted.
        products: Their arithmetic.
        fields: The receptive field along each of the last axes; empty where every number sees everything, or
            where it is not followed any further.
        warnings: What the sizes alone do not say.
    """

    name: str
    kind: str
    inputs: tuple[tuple[int, ...], ...]
    output: tuple[int, ...]
    sizes: tuple[Size, ...]
    parameters: Count | None
    shared: bool
    multiply_accumulates: int
    products: Expression | None
    fields: tuple[Field, ...]
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain types: numbers, and the arithmetic as text."""
        return {
            "name": self.name,
            "kind": self.kind,
            "inputs": [list(each) for each in self.inputs],
            "output": list(self.output),
            "sizes": [str(each) for each in self.sizes],
            "parameters": 0 if self.parameters is None or self.shared else self.parameters.count,
            "parameters_arithmetic": None if self.parameters is None else str(self.parameters),
            "multiply_accumulates": self.multiply_accumulates,
            "products_arithmetic": None if self.products is None else self.products.text(),
            "receptive_field": [each.size for each in self.fields],
            "receptive_field_arithmetic": [str(each) for each in self.fields],
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True)
class Shapes:
    """The ledger of one network on one input shape.

    Args:
        input: Shape of the input, without the batch axis.
        rows: One for each operation, in the order in which they ran.
    """

    input: tuple[int, ...]
    rows: tuple[ShapeRow, ...]

    @property
    def parameters(self) -> int:
        """All numbers that are learnt, each counted once."""
        return sum(row.parameters.count for row in self.rows if row.parameters and not row.shared)

    @property
    def multiply_accumulates(self) -> int:
        """All products of linear and convolutional layers for one sample."""
        return sum(row.multiply_accumulates for row in self.rows)

    @property
    def warnings(self) -> tuple[str, ...]:
        """All warnings, each with the name of its operation."""
        return tuple(f"{row.name}: {each}" for row in self.rows for each in row.warnings)

    def __getitem__(self, name: str) -> ShapeRow:
        """The first row of that name.

        Raises:
            ModelError: There is none.
        """
        for row in self.rows:
            if row.name == name:
                return row
        raise ModelError(
            f"no operation {name!r} in the ledger",
            expected="one of " + ", ".join(dict.fromkeys(row.name for row in self.rows)),
            fix="print the ledger to see the names",
        )

    def to_dict(self) -> dict[str, Any]:
        """The whole ledger in plain types."""
        return {
            "input": list(self.input),
            "rows": [row.to_dict() for row in self.rows],
            "parameters": self.parameters,
            "multiply_accumulates": self.multiply_accumulates,
            "warnings": list(self.warnings),
        }

    def to_text(self) -> str:
        """The ledger as an aligned table, with the arithmetic of each row under it."""
        head = ("operation", "kind", "output", "parameters", "products", "sees")
        table: list[tuple[str, ...]] = [head, ("input", "", _by(self.input), "", "", "")]
        table += [_cells(row) for row in self.rows]
        table.append(("all", "", "", f"{self.parameters:,}", f"{self.multiply_accumulates:,}", ""))
        widths = [max(len(line[column]) for line in table) for column in range(len(head))]
        lines: list[str] = []
        for place, cells in enumerate(table):
            lines.append(_line(cells, widths))
            if 2 <= place < len(table) - 1:
                lines += [f"    {each}" for each in _arithmetic(self.rows[place - 2])]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.to_text()


def shapes(model: nn.Module, x: torch.Tensor) -> Shapes:
    """The ledger of shapes: output sizes, parameters, products and receptive fields, with their arithmetic.

    Every operation with a window, a weight, a change of shape or several inputs gets a row, whether a module
    or a plain function of ``forward`` computes it. Nothing of the network is changed: it runs once, in
    evaluation mode and without gradients, and its mode, buffers, hooks and PyTorch's random state are as
    before.

    Args:
        model: Any module.
        x: A batch of one or a few samples, shape (N, ...).

    Raises:
        ModelError: The network does not take the batch; PyTorch's own words are given.

    Source:
        Dumoulin and Visin 2016, arXiv 1603.07285; Araujo, Norris and Sim 2019, Distill.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(144, 3))
        >>> ledger = shapes(net, torch.zeros(1, 1, 15, 15))
        >>> print(ledger["1"].sizes[0], "|", ledger.warnings[0])
        floor((13 + 2·0 − 2) / 2) + 1 = 6 | 1: the last row of the input is never seen
        >>> ledger.parameters
        475
    """
    tape = ShapeTape(model)
    modes = {each: each.training for each in model.modules()}
    try:
        model.eval()
        with torch.no_grad(), torch.random.fork_rng(), tape.watching(model):
            tape.begin(x)
            model(x)
    except (RuntimeError, ValueError, IndexError, TypeError) as error:
        raise ModelError(
            f"the network does not take a batch of shape {tuple(x.shape)}: {error}",
            expected="a module that maps a batch of samples to a batch of outputs",
            fix="check the first layer against the shape of the data",
        ) from error
    finally:
        for module, training in modes.items():
            module.training = training
    used: set[int] = set()
    rows = []
    for call in tape.calls:
        rows.append(_row(call, used))
        used.update(call.learnt)
    return Shapes(tuple(x.shape[1:]), tuple(rows))


def _row(call: Call, used: set[int]) -> ShapeRow:
    shaped = call.shaped
    products = shaped.products
    return ShapeRow(
        name=call.module or call.kind,
        kind=call.kind,
        inputs=tuple(each[1:] for each in call.inputs),
        output=call.output[1:],
        sizes=shaped.sizes,
        parameters=shaped.parameters,
        shared=bool(call.learnt) and all(each in used for each in call.learnt),
        multiply_accumulates=0 if products is None else round(products.value),
        products=products,
        fields=call.fields or (),
        warnings=tuple(_warnings(shaped.sizes)),
    )


def _warnings(sizes: Sequence[Size]) -> list[str]:
    told = []
    for axis, size in zip(AXES.get(len(sizes), ()), sizes, strict=True):
        what = {"length": "number", "row": "row", "column": "column", "slice": "slice"}[axis]
        if size.unseen:
            many = f"the last {size.unseen} {what}s" if size.unseen > 1 else f"the last {what}"
            told.append(f"{many} of the input {'are' if size.unseen > 1 else 'is'} never seen")
        if size.note:
            told.append(f"along the {what}s {size.note}")
    return told


def _by(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape)) or "1"


def _cells(row: ShapeRow) -> tuple[str, ...]:
    parameters = "shared" if row.shared else f"{row.parameters.count:,}" if row.parameters else ""
    products = f"{row.multiply_accumulates:,}" if row.multiply_accumulates else ""
    sees = _by([each.size for each in row.fields]) if row.fields else ""
    return (row.name, row.kind if row.kind != row.name else "", _by(row.output), parameters, products, sees)


def _arithmetic(row: ShapeRow) -> list[str]:
    # Two axes with the same arithmetic are told once.
    told = [f"size: {each}" for each in dict.fromkeys(map(str, row.sizes))]
    if row.parameters is not None and not row.shared:
        told.append(f"parameters: {row.parameters}")
    if row.products is not None:
        told.append(f"products: {row.products.text()} = {row.multiply_accumulates:,}")
    if row.sizes and row.fields:
        told += [f"sees: {each}" for each in dict.fromkeys(f"{f.size_arithmetic}" for f in row.fields)]
    return told + [f"mind: {each}" for each in row.warnings]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    left = [cell.ljust(width) for cell, width in zip(cells[:3], widths[:3], strict=True)]
    right = [cell.rjust(width) for cell, width in zip(cells[3:], widths[3:], strict=True)]
    return "  ".join([*left, *right]).rstrip()
