"""From a network to ``model.onnx``, and the proof that both give the same answers."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from glasshouse.core.errors import BundleError
from glasshouse.core.files import write_atomic
from glasshouse.data.parts import OutputScale
from glasshouse.models.ensemble import Ensemble
from glasshouse.ship.answers import softmax
from glasshouse.ship.head import (
    Headed,
    codes,
    describe_disagreement,
    describe_given_back,
    describe_outputs,
)
from glasshouse.ship.onnx_backend import OnnxBackend
from glasshouse.ship.quiet import quiet
from glasshouse.ship.schema import WITH_PROBABILITIES, Checked, Meaning, OnnxNote

BATCH_SIZES = (1, 2, 7, 64)
"""Rows at once in the check: alone, the size that is exported with, an odd one, a larger one."""
TOLERANCE = 1e-5
"""Largest difference allowed between ONNX and PyTorch, in probabilities or in spreads of the target."""


def export_onnx(
    path: Path,
    network: nn.Module,
    samples: torch.Tensor,
    meaning: Meaning | None,
    scale: OutputScale | None = None,
) -> OnnxNote:
    """Export a network with its head, check it against PyTorch, and write it.

    The work is done on a copy, so the network keeps its mode, device, memory format and gradients. Where the
    check fails no file is left.

    Args:
        path: The file to write.
        network: Any module that maps (N, *input_shape) to (N, K), or to maps (N, K, H, W).
        samples: Some prepared rows to check with, at least one, shape (rows, *input_shape).
        meaning: What the outputs are.
        scale: For regression.

    Raises:
        BundleError: The network cannot be exported, or the file's answers differ from PyTorch's.
        StorageError: The file cannot be written.
    """
    headed = Headed(_copy_of(network), meaning, scale).to("cpu").eval()
    rows = _cycled(single(samples.detach().to("cpu")), max(BATCH_SIZES))
    model = _exported(headed, rows[:2], _names(network, meaning))
    try:
        content = _stripped(model).SerializeToString(deterministic=True)
    except ValueError as error:  # protocol buffers end at 2 GiB
        raise _cannot(f"the network is too large for one file: {error}") from error
    write_atomic(path, content)
    try:
        largest = _largest_difference(path, headed, rows, meaning, scale)
        if not largest <= TOLERANCE:
            raise _cannot(f"answers of the exported network differ from PyTorch's by {largest:.2g}")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    opset = next(each.version for each in model.opset_import if each.domain in ("", "ai.onnx"))
    return OnnxNote(opset=opset, checked=Checked(batch_sizes=BATCH_SIZES, largest_difference=float(largest)))


def single(rows: torch.Tensor) -> torch.Tensor:
    """Rows in single precision; token numbers stay whole."""
    return rows.to(torch.float32) if rows.is_floating_point() else rows.to(torch.int64)


def _names(network: nn.Module, meaning: Meaning | None) -> list[str]:
    if meaning == "reconstruction":
        own = describe_given_back((), 1 if codes(network) else None)
    else:
        own = describe_outputs(meaning, 1, "")
    apart = [describe_disagreement(meaning, "")] if isinstance(network, Ensemble) else []
    return [each.name for each in (*own, *apart)]


def _copy_of(network: nn.Module) -> nn.Module:
    """A deep copy. Results of an earlier pass that a module kept as attributes are copied without history."""
    kept = (value for module in network.modules() for value in vars(module).values())
    memo: dict[int, Any] = {
        id(each): each.detach() for each in kept if isinstance(each, torch.Tensor) and not each.is_leaf
    }
    try:
        return copy.deepcopy(network, memo)
    except Exception as error:  # a user's module may hold anything, and fail in any way
        raise _cannot(f"the network cannot be copied: {_told(error)}") from error


def _cycled(samples: torch.Tensor, count: int) -> torch.Tensor:
    """As many rows as asked for, repeating from the first where there are fewer."""
    return samples[torch.arange(count) % len(samples)]


def _exported(headed: nn.Module, batch: torch.Tensor, outputs: list[str]) -> Any:
    """The ONNX model as a protocol buffer."""
    try:
        with quiet(), torch.no_grad():
            program = torch.onnx.export(
                headed,
                (batch,),
                dynamo=True,
                dynamic_shapes=({0: torch.export.Dim("batch")},),
                external_data=False,
                input_names=["input"],
                output_names=outputs,
                verbose=False,
            )
    except Exception as error:  # the exporter runs a user's code, which may fail in any way
        raise _cannot(f"the exporter cannot follow the network: {_told(error)}") from error
    assert program is not None, "the exporter with dynamo=True always gives a program"
    return program.model_proto


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


def _largest_difference(
    path: Path, headed: nn.Module, rows: torch.Tensor, meaning: Meaning | None, scale: OutputScale | None
) -> float:
    """Over all batch sizes; NaN where one of the two is not finite."""
    try:
        backend = OnnxBackend(path)
    except BundleError as error:
        why = str(error.__cause__).replace(str(path), path.name)
        raise _cannot(f"ONNX Runtime cannot open the exported network: {why}") from error
    largest = 0.0
    for size in BATCH_SIZES:
        try:
            with torch.no_grad():
                wanted = [each.double().numpy() for each in headed(rows[:size])]
            found = backend.outputs(rows[:size].numpy())
        except Exception as error:  # a user's module and the runtime may fail in any way
            raise _cannot(f"the network fails on a batch of {size}: {_told(error)}") from error
        if meaning in ("logits", "logit"):  # as probabilities: the softmax of the file and ours
            likely = softmax(wanted[0])
            wanted = [likely, likely, *wanted[2:]]
            found = [softmax(found[0].astype(np.float64)), *found[1:]]
        unit = max(_unit(each, meaning, scale) for each in wanted)
        if [each.shape for each in found] != [each.shape for each in wanted]:
            raise _cannot(
                f"the exported network gives an output of shape {found[0].shape} for a batch of {size}"
            )
        largest = max([largest, *(_apart(a, b) / unit for a, b in zip(wanted, found, strict=True))])
    return largest


def _apart(wanted: NDArray[np.float64], found: NDArray[Any]) -> float:
    largest = float(np.abs(wanted - found).max(initial=0.0))
    return largest if np.isfinite(largest) else float("inf")


def _unit(wanted: NDArray[np.float64], meaning: Meaning | None, scale: OutputScale | None) -> float:
    """The unit of a difference: 1 for probabilities, the spread for numbers, the largest one for scores."""
    if meaning in (*WITH_PROBABILITIES, "pixel_classes", "pixels"):
        return 1.0
    if meaning == "values" and scale is not None:
        return abs(scale.spread) or 1.0
    return max(1.0, float(np.abs(wanted).max(initial=0.0)))


def _told(error: BaseException) -> str:
    """The first cause of an error in a line; the exporter wraps it in pages of advice."""
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    if type(cause).__name__ == "GuardOnDataDependentSymNode":
        return "its forward pass takes different ways for different values of its input"
    lines = str(cause).strip().splitlines() or [""]
    return f"{type(cause).__name__}: {lines[0]}".rstrip(": ")


def _cannot(why: str) -> BundleError:
    return BundleError(
        why,
        expected="a network that torch.onnx.export can follow, with the same answers at every batch size",
        fix="use tensor operations only in forward, without numpy, .item() and fixed batch sizes; "
        "the bundle works with PyTorch all the same",
    )
