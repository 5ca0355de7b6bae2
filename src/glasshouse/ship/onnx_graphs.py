"""Which further ONNX files a bundle has beside ``model.onnx``: parts of a network that are of use alone."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from glasshouse.core.errors import BundleError
from glasshouse.models.gan import Gan
from glasshouse.ship.onnx_codes import code_graphs
from glasshouse.ship.onnx_export import copy_of
from glasshouse.ship.onnx_graph import Graph, export_graph, of_one_length
from glasshouse.ship.onnx_steps import SEQUENTIAL, step_graph
from glasshouse.ship.onnx_writers import WRITERS, writer_graphs
from glasshouse.ship.schema import ENCODER, GraphNote


def write_graphs(
    folder: Path, network: nn.Module, rows: torch.Tensor, code: int | None, seed: int
) -> tuple[GraphNote, ...]:
    """Write the further graphs of a network, and say what became of each.

    A graph that cannot be exported is noted with its reason: the bundle is of use without it.

    Args:
        folder: Of the bundle.
        network: The trained network; it stays as it is.
        rows: Prepared rows to check with, on the CPU.
        code: How many numbers a code has; ``None`` for networks without one.
        seed: Of the codes that are checked with.

    Raises:
        StorageError: A file cannot be written.
    """
    try:
        graphs = graphs_of(network, rows, code, seed)
    except BundleError:  # a module that cannot be copied, which the note on model.onnx says already
        return ()
    return tuple(_written(folder, graph) for graph in graphs)


def _written(folder: Path, graph: Graph) -> GraphNote:
    try:
        return export_graph(folder, graph)
    except BundleError as error:
        if graph.file != ENCODER or graph.inputs[0].shape[1] != "source":
            return graph.note(None, None, error.received)
    # Some versions of PyTorch export recurrent layers for one length only: that of padded rows will do.
    fixed = of_one_length(graph)
    try:
        return export_graph(folder, fixed)
    except BundleError as error:
        return fixed.note(None, None, error.received)


def graphs_of(network: nn.Module, rows: torch.Tensor, code: int | None, seed: int) -> list[Graph]:
    """The further graphs of a network; none where ``model.onnx`` does all that it can do.

    Args:
        network: In any mode, on any device.
        rows: Prepared rows, on the CPU.
        code: How many numbers a code has; ``None`` for networks without one.
        seed: Of the codes that are checked with.
    """
    if code is None and not isinstance(network, (*WRITERS, *SEQUENTIAL, Gan)):
        return []
    network = copy_of(network).to("cpu").eval()
    if isinstance(network, WRITERS):
        return writer_graphs(network, rows)
    if isinstance(network, SEQUENTIAL):
        return [step_graph(network, rows)]
    return code_graphs(network, rows.shape[1:], code, seed)
