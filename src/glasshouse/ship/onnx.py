"""From a network to ``model.onnx``, and the proof that both give the same answers."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

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
from glasshouse.ship.onnx_export import (
    TOLERANCE,
    apart,
    cannot,
    copy_of,
    exported,
    opened,
    opset_of,
    told,
    write_model,
)
from glasshouse.ship.schema import WITH_PROBABILITIES, Checked, Meaning, OnnxNote, Port

BATCH_SIZES = (1, 2, 7, 64)
"""Rows at once in the check: alone, the size that is exported with, an odd one, a larger one."""


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
    headed = Headed(copy_of(network), meaning, scale).to("cpu").eval()
    rows = _cycled(single(samples.detach().to("cpu")), max(BATCH_SIZES))
    port = Port(name="input", shape=("batch", *rows.shape[1:]), dtype=_number(rows))
    model = exported(headed, (rows[:2],), [port], _names(network, meaning))
    write_model(path, model)
    try:
        largest = _largest_difference(path, headed, rows, meaning, scale)
        if not largest <= TOLERANCE:
            raise cannot(f"answers of the exported network differ from PyTorch's by {largest:.2g}")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return OnnxNote(
        opset=opset_of(model), checked=Checked(batch_sizes=BATCH_SIZES, largest_difference=float(largest))
    )


def single(rows: torch.Tensor) -> torch.Tensor:
    """Rows in single precision; token numbers stay whole."""
    return rows.to(torch.float32) if rows.is_floating_point() else rows.to(torch.int64)


def _number(rows: torch.Tensor) -> Literal["float32", "int64"]:
    return "float32" if rows.is_floating_point() else "int64"


def _names(network: nn.Module, meaning: Meaning | None) -> list[str]:
    if meaning == "reconstruction":
        own = describe_given_back((), 1 if codes(network) else None)
    else:
        own = describe_outputs(meaning, 1, "")
    apart = [describe_disagreement(meaning, "")] if isinstance(network, Ensemble) else []
    return [each.name for each in (*own, *apart)]


def _cycled(samples: torch.Tensor, count: int) -> torch.Tensor:
    """As many rows as asked for, repeating from the first where there are fewer."""
    return samples[torch.arange(count) % len(samples)]


def _largest_difference(
    path: Path, headed: nn.Module, rows: torch.Tensor, meaning: Meaning | None, scale: OutputScale | None
) -> float:
    """Over all batch sizes; NaN where one of the two is not finite."""
    session = opened(path)
    largest = 0.0
    for size in BATCH_SIZES:
        try:
            with torch.no_grad():
                wanted = [each.double().numpy() for each in headed(rows[:size])]
            found = session.run(None, {"input": rows[:size].numpy()})
        except Exception as error:  # a user's module and the runtime may fail in any way
            raise cannot(f"the network fails on a batch of {size}: {told(error)}") from error
        if meaning in ("logits", "logit"):  # as probabilities: the softmax of the file and ours
            likely = softmax(wanted[0])
            wanted = [likely, likely, *wanted[2:]]
            found = [softmax(found[0].astype(np.float64)), *found[1:]]
        unit = max(_unit(each, meaning, scale) for each in wanted)
        if [each.shape for each in found] != [each.shape for each in wanted]:
            raise cannot(
                f"the exported network gives an output of shape {found[0].shape} for a batch of {size}"
            )
        largest = max([largest, *(apart(a, b) / unit for a, b in zip(wanted, found, strict=True))])
    return largest


def _unit(wanted: NDArray[np.float64], meaning: Meaning | None, scale: OutputScale | None) -> float:
    """The unit of a difference: 1 for probabilities, the spread for numbers, the largest one for scores."""
    if meaning in (*WITH_PROBABILITIES, "pixel_classes", "pixels"):
        return 1.0
    if meaning == "values" and scale is not None:
        return abs(scale.spread) or 1.0
    return max(1.0, float(np.abs(wanted).max(initial=0.0)))
