"""One function of a network as an ONNX file: exported with any number of inputs, and checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from glasshouse.ship.onnx_export import (
    TOLERANCE,
    Tensors,
    apart,
    cannot,
    copy_of,
    exported,
    opened,
    opset_of,
    told,
    write_model,
)
from glasshouse.ship.schema import Checked, GraphNote, Port


@dataclass(frozen=True)
class Graph:
    """A function of a network, on its way to a file of its own.

    Args:
        file: Name of the file.
        meaning: What it does, in a sentence for the card.
        module: Takes the inputs in order and gives the outputs in order, as a tuple.
        inputs: What goes in. An axis that is named by a letter or word may have any length.
        outputs: What comes out.
        cases: Inputs to check with: other batch sizes, other lengths. The first ones are exported with, and
            no axis of theirs that may have any length is 1 long.
    """

    file: str
    meaning: str
    module: nn.Module
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    cases: Sequence[Tensors]

    def note(self, opset: int | None, checked: Checked | None, reason: str | None = None) -> GraphNote:
        """What the schema says of it."""
        return GraphNote(
            file=self.file,
            meaning=self.meaning,
            inputs=self.inputs,
            outputs=self.outputs,
            opset=opset,
            checked=checked,
            reason=reason,
        )


def of_one_length(graph: Graph) -> Graph:
    """The same graph for the lengths that it is exported with alone; the batch stays free.

    Args:
        graph: The first of its cases counts.
    """
    lengths = {
        axis: size
        for port, tensor in zip(graph.inputs, graph.cases[0], strict=True)
        for axis, size in zip(port.shape, tensor.shape, strict=True)
        if isinstance(axis, str) and axis != "batch"
    }

    def bound(ports: tuple[Port, ...]) -> tuple[Port, ...]:
        return tuple(
            port.model_copy(update={"shape": tuple(lengths.get(str(axis), axis) for axis in port.shape)})
            for port in ports
        )

    fitting = [tuple(each[:rows] for each in graph.cases[0]) for rows in range(len(graph.cases[0][0]), 0, -1)]
    return replace(graph, inputs=bound(graph.inputs), outputs=bound(graph.outputs), cases=fitting)


def export_graph(folder: Path, graph: Graph) -> GraphNote:
    """Export a graph, check it in all its cases against PyTorch, and write it; where it fails, no file stays.

    Args:
        folder: Where the file goes.
        graph: The function. Its module is copied, and stays as it is.

    Raises:
        BundleError: It cannot be exported, or the file's answers differ from PyTorch's.
        StorageError: The file cannot be written.
    """
    module = copy_of(graph.module).to("cpu").eval()
    cases = [tuple(each.detach().to("cpu").contiguous() for each in case) for case in graph.cases]
    model = exported(module, cases[0], graph.inputs, [each.name for each in graph.outputs])
    path = folder / graph.file
    write_model(path, model)
    try:
        largest = _largest_difference(path, graph, module, cases)
        if not largest <= TOLERANCE:
            raise cannot(f"answers of {graph.file} differ from PyTorch's by {largest:.2g}")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    sizes, lengths = _tried(graph.inputs, cases)
    return graph.note(
        opset_of(model), Checked(batch_sizes=sizes, lengths=lengths, largest_difference=float(largest))
    )


def _largest_difference(path: Path, graph: Graph, module: nn.Module, cases: Sequence[Tensors]) -> float:
    session = opened(path)
    largest = 0.0
    for case in cases:
        shapes = ", ".join(str(tuple(each.shape)) for each in case)
        try:
            with torch.no_grad():
                wanted = [each.numpy() for each in module(*case)]
            named = {port.name: each.numpy() for port, each in zip(graph.inputs, case, strict=True)}
            found = session.run([each.name for each in graph.outputs], named)
        except Exception as error:  # a user's module and the runtime may fail in any way
            raise cannot(f"{graph.file} fails on inputs of shapes {shapes}: {told(error)}") from error
        if [each.shape for each in found] != [each.shape for each in wanted]:
            raise cannot(f"{graph.file} gives outputs of other shapes for inputs of shapes {shapes}")
        for ours, theirs in zip(wanted, found, strict=True):
            unit = 1.0 if ours.dtype == np.bool_ else max(1.0, float(np.abs(ours).max(initial=0.0)))
            largest = max(largest, apart(ours, theirs) / unit)
    return largest


def _tried(inputs: Sequence[Port], cases: Sequence[Tensors]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Batch sizes and other free lengths of the cases, each once and in order."""
    sizes: set[int] = set()
    lengths: set[int] = set()
    for case in cases:
        for port, tensor in zip(inputs, case, strict=True):
            for axis, length in zip(port.shape, tensor.shape, strict=True):
                if isinstance(axis, str):
                    (sizes if axis == "batch" else lengths).add(length)
    return tuple(sorted(sizes)), tuple(sorted(lengths))
