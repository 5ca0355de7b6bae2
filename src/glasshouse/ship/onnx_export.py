"""Writing a module down as an ONNX model: what every file of a bundle is made with."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from glasshouse.core.errors import BundleError
from glasshouse.core.files import write_atomic
from glasshouse.ship.onnx_backend import session_on
from glasshouse.ship.quiet import quiet
from glasshouse.ship.schema import Port

TOLERANCE = 1e-5
"""Largest difference allowed between ONNX and PyTorch, in probabilities, in spreads of the target, or as a
share of the largest number where numbers have no unit."""

Tensors = tuple[torch.Tensor, ...]


def copy_of(network: nn.Module) -> nn.Module:
    """A deep copy. Results of an earlier pass that a module kept as attributes are copied without history."""
    kept = (value for module in network.modules() for value in vars(module).values())
    memo: dict[int, Any] = {
        id(each): each.detach() for each in kept if isinstance(each, torch.Tensor) and not each.is_leaf
    }
    try:
        return copy.deepcopy(network, memo)
    except Exception as error:  # a user's module may hold anything, and fail in any way
        raise cannot(f"the network cannot be copied: {told(error)}") from error


def exported(module: nn.Module, example: Tensors, inputs: Sequence[Port], outputs: Sequence[str]) -> Any:
    """The ONNX model as a protocol buffer, without what the exporter noted of this machine."""
    # One object for each name: inputs that share an axis keep it equal.
    names = sorted({axis for each in inputs for axis in each.shape if isinstance(axis, str)})
    free = {name: torch.export.Dim(name) for name in names}
    shapes: tuple[Any, ...] = tuple(
        {place: free[axis] for place, axis in enumerate(each.shape) if isinstance(axis, str)}
        for each in inputs
    )
    if len(inputs) > 1:  # as a list of any length, which is how the exporter takes *inputs as well
        module, shapes = _Listed(module), (shapes,)
    try:
        with quiet(), torch.no_grad(), _looked_up_anew():
            program = torch.onnx.export(
                module,
                example,
                dynamo=True,
                dynamic_shapes=shapes,
                external_data=False,
                input_names=[each.name for each in inputs],
                output_names=list(outputs),
                verbose=False,
            )
    except Exception as error:  # the exporter runs a user's code, which may fail in any way
        raise cannot(f"the exporter cannot follow the network: {told(error)}") from error
    assert program is not None, "the exporter with dynamo=True always gives a program"
    return _stripped(program.model_proto)


@contextmanager
def _looked_up_anew() -> Iterator[None]:
    """Let the exporter's own recurrent layers be found, and no trace of them stay.

    It puts a loop of any length in place of a GRU or an LSTM while it exports. PyTorch keeps what it once
    looked up for an operator, so after another use of it the exchange would go unnoticed, and lengths be
    fixed.
    """
    _forget()
    try:
        yield
    finally:
        _forget()


def _forget() -> None:
    for operator in (torch.ops.aten.lstm.input, torch.ops.aten.gru.input):
        kept = getattr(operator, "_dispatch_cache", None)
        if isinstance(kept, dict):
            kept.clear()


class _Listed(nn.Module):
    """A module whose inputs come as a list."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, *inputs: torch.Tensor) -> Tensors:
        outputs: Tensors = self.module(*inputs)
        return outputs


def write_model(path: Path, model: Any) -> None:
    """Write a protocol buffer.

    Raises:
        BundleError: It is larger than one file may be.
        StorageError: The file cannot be written.
    """
    try:
        content = model.SerializeToString(deterministic=True)
    except ValueError as error:  # protocol buffers end at 2 GiB
        raise cannot(f"the network is too large for one file: {error}") from error
    write_atomic(path, content)


def opset_of(model: Any) -> int:
    """The version of the operators in a model."""
    return int(next(each.version for each in model.opset_import if each.domain in ("", "ai.onnx")))


def opened(path: Path) -> Any:
    """A session of ONNX Runtime on a file that was just written.

    Raises:
        BundleError: The runtime cannot open it.
    """
    try:
        return session_on(path)
    except BundleError as error:
        why = str(error.__cause__).replace(str(path), path.name)
        raise cannot(f"ONNX Runtime cannot open the exported network: {why}") from error


def apart(wanted: NDArray[Any], found: NDArray[Any]) -> float:
    """The largest difference of two arrays; infinity where one of the two is not finite."""
    if wanted.dtype == np.bool_:
        return float(np.any(wanted != found))
    largest = float(np.abs(wanted - found).max(initial=0.0))
    return largest if np.isfinite(largest) else float("inf")


def told(error: BaseException) -> str:
    """The first cause of an error in a line; the exporter wraps it in pages of advice."""
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    if type(cause).__name__ == "GuardOnDataDependentSymNode":
        return "its forward pass takes different ways for different values of its input"
    lines = str(cause).strip().splitlines() or [""]
    return f"{type(cause).__name__}: {lines[0]}".rstrip(": ")


def cannot(why: str) -> BundleError:
    """The error for a network that ONNX cannot hold."""
    return BundleError(
        why,
        expected="a network that torch.onnx.export can follow, with the same answers at every batch size",
        fix="use tensor operations only in forward, without numpy, .item() and fixed batch sizes; "
        "the bundle works with PyTorch all the same",
    )


def _stripped(model: Any) -> Any:
    """Remove what the exporter noted for debugging: stack traces with the paths of this machine."""

    def strip(graph: Any) -> None:
        held: Iterable[Any] = (
            *graph.node,
            *graph.initializer,
            *graph.input,
            *graph.output,
            *graph.value_info,
        )
        for each in (graph, *held):
            each.doc_string = ""
            del each.metadata_props[:]
        for node in graph.node:
            for attribute in node.attribute:
                # Asked for first, because touching a field that is not set would set it.
                for inner in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
                    strip(inner)

    strip(model.graph)
    del model.metadata_props[:]
    return model
