"""Writing a bundle: everything that a network needs to answer elsewhere, complete or not at all."""

from __future__ import annotations

import os
import platform
import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from glasshouse.core.errors import BundleError
from glasshouse.core.files import cannot_write, write_atomic, write_json
from glasshouse.data.parts import OutputScale
from glasshouse.data.preparation import Preparation
from glasshouse.data.settings import Task
from glasshouse.experiment.environment import version
from glasshouse.models import Ensemble
from glasshouse.models.outputs import mapped, outputs_of
from glasshouse.ship.card import card
from glasshouse.ship.head import codes, describe_disagreement, describe_given_back, describe_outputs
from glasshouse.ship.onnx import export_onnx, single
from glasshouse.ship.onnx_graphs import write_graphs
from glasshouse.ship.schema import (
    CARD,
    FORMAT,
    ONNX,
    PREPROCESSING,
    SCHEMA,
    WEIGHTS,
    GraphNote,
    Meaning,
    Measured,
    OnnxNote,
    Scale,
    Schema,
    Usual,
    Verifying,
    read_schema,
)
from glasshouse.ship.verify import verify, write_checksums
from glasshouse.ship.weights import rebuild, write_weights

PACKAGES = ("glasshouse", "torch", "numpy", "polars", "safetensors", "onnx", "onnxscript", "onnxruntime")
CHECKED_ROWS = 64


@dataclass(frozen=True)
class Content:
    """What goes into a bundle.

    Args:
        network: The trained network, on any device and in any mode; it stays as it is.
        model: The model's name and settings; ``None`` for a user's own module.
        input_shape: One prepared sample.
        task: Classes, numbers, or the rows themselves.
        target_name: What is predicted, in the user's word.
        meaning: What the network's outputs are; ``None`` where nobody said.
        classes: Class names in the order of the outputs; empty for regression.
        scale: For regression on standardised targets.
        preparation: From raw rows to inputs; ``None`` where the network takes arrays as they are.
        samples: Some prepared rows to check with, shape (rows, *input_shape); ``None``: random ones, from a
            standard normal distribution.
        evaluation: The record of the evaluation, for the card and the schema.
        name: Of the run.
        seed: Of the experiment.
        notes: What was decided on the way, as sentences for the card.
        no_onnx: Why the whole network does not go into one ONNX file, in words; empty where it may.
        outputs: What the model was built for, where that is not how many numbers it gives for a row; else 0.
    """

    network: nn.Module
    model: dict[str, Any] | None
    input_shape: tuple[int, ...]
    task: Task
    target_name: str
    meaning: Meaning | None
    classes: tuple[str, ...] = ()
    scale: OutputScale | None = None
    preparation: Preparation | None = None
    samples: torch.Tensor | None = None
    evaluation: dict[str, Any] | None = None
    name: str = "network"
    seed: int = 0
    notes: tuple[str, ...] = field(default_factory=tuple)
    no_onnx: str = ""
    outputs: int = 0

    def rows(self) -> torch.Tensor:
        """The samples for checks, on the CPU, at most ``CHECKED_ROWS``."""
        if self.samples is None or not len(self.samples):
            return torch.randn((2, *self.input_shape), generator=torch.Generator().manual_seed(self.seed))
        return single(self.samples[:CHECKED_ROWS].detach().to("cpu"))


def write_bundle(folder: Path | str, content: Content, onnx: bool = True) -> Path:
    """Write a bundle, and check that it gives the network's own answers.

    It is made in a temporary folder beside and takes its name when it is complete; a bundle of that name is
    replaced then and not before. A network that cannot be exported gets a bundle without ``model.onnx``,
    whose schema and card say why.

    Args:
        folder: The bundle's folder.
        content: What goes into it.
        onnx: Whether to add ``model.onnx``.

    Raises:
        BundleError: The folder holds something else, or the network cannot be rebuilt from its parts.
        StorageError: The disk is full or the folder cannot be written.
    """
    folder = Path(folder).expanduser()
    _refuse_foreign(folder)
    staging = folder.parent / f".{folder.name}.{secrets.token_hex(4)}.tmp"
    try:
        staging.mkdir(parents=True)
        _fill(staging, content, onnx)
        _replace(folder, staging)
    except OSError as error:
        raise cannot_write(folder, error) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder


def _fill(folder: Path, content: Content, onnx: bool) -> None:
    rows = content.rows()
    outputs = outputs_of(content.network, rows)
    graphs: tuple[GraphNote, ...] = ()
    if onnx:
        graphs = write_graphs(folder, content.network, rows, _code(content), content.seed)
    if not onnx or content.no_onnx:
        note = OnnxNote(reason=content.no_onnx if onnx else "it was not asked for")
    else:
        note = _onnx(folder / ONNX, content, rows)
    units = content.outputs or int(outputs.reshape(len(rows), -1).shape[1])
    schema = _schema(content, units, note, graphs, tuple(outputs.shape[2:]))
    write_weights(folder / WEIGHTS, content.network)
    state = content.preparation.to_dict() if content.preparation is not None else _as_arrays(content)
    write_json(folder / PREPROCESSING, state)
    write_json(folder / SCHEMA, schema.to_dict())
    write_atomic(folder / CARD, card(schema, content.evaluation))
    write_checksums(folder)
    verify(folder)
    if content.model is not None:
        _check_rebuilt(folder, rows, outputs)


def _onnx(path: Path, content: Content, rows: torch.Tensor) -> OnnxNote:
    """What became of the ONNX file. A bundle without one is of use too: a failure is noted, not raised."""
    try:
        return export_onnx(path, content.network, rows, content.meaning, content.scale)
    except BundleError as error:
        return OnnxNote(reason=error.received)


def _schema(
    content: Content, units: int, onnx: OnnxNote, graphs: tuple[GraphNote, ...], sides: tuple[int, ...]
) -> Schema:
    preparation = content.preparation
    described = describe_outputs(content.meaning, units, content.target_name, sides)
    if content.meaning == "reconstruction":
        described = describe_given_back(content.input_shape, _code(content))
    if isinstance(content.network, Ensemble):
        described = (*described, describe_disagreement(content.meaning, content.target_name))
    return Schema(
        format=FORMAT,
        name=content.name,
        versions={"python": platform.python_version(), **{each: version(each) for each in PACKAGES}},
        task=content.task,
        target=content.target_name,
        classes=content.classes,
        kind="arrays" if preparation is None else preparation.kind,
        inputs=tuple(_as_described(content) if preparation is None else preparation.describe()),
        input_shape=content.input_shape,
        outputs=described,
        meaning=content.meaning,
        units=units,
        scale=Scale(**content.scale.to_dict()) if content.scale else None,
        usual=_usual(content.evaluation),
        verification=_verifying(content.evaluation),
        model=dict(content.model) if content.model is not None else {"class": type(content.network).__name__},
        onnx=onnx,
        graphs=graphs,
        metrics=_measured(content.evaluation),
        seed=content.seed,
        notes=content.notes,
    )


def _code(content: Content) -> int | None:
    """How many numbers a code has."""
    if not codes(content.network):
        return None
    coder: Any = content.network
    return int(mapped(coder, coder.encode, content.rows()[:1])[0].numel())


def _usual(evaluation: dict[str, Any] | None) -> Usual | None:
    """The errors of usual rows, where the evaluation has them."""
    looked = (evaluation or {}).get("reconstruction")
    return Usual(part=looked["unusual"]["part"], scores=looked["unusual"]["scores"]) if looked else None


def _verifying(evaluation: dict[str, Any] | None) -> Verifying | None:
    """How far apart rows are that are alike and that are not, where the evaluation has it."""
    looked = (evaluation or {}).get("verification")
    if not looked:
        return None
    return Verifying(part=looked["part"], threshold=looked["threshold"], different=looked["different"])


def _as_arrays(content: Content) -> dict[str, Any]:
    return {"kind": "arrays", "input_shape": list(content.input_shape)}


def _as_described(content: Content) -> list[dict[str, Any]]:
    features = int(np.prod(content.input_shape))
    return [
        {"name": "input", "kind": "array", "becomes": "as it is, in single precision", "features": features}
    ]


def _measured(evaluation: dict[str, Any] | None) -> Measured | None:
    """The metrics of the part that was held out the longest."""
    if not evaluation:
        return None
    part = "test" if "test" in evaluation["metrics"] else "validation"
    if part not in evaluation["metrics"]:
        return None
    intervals = evaluation.get("intervals") or {}
    known = intervals.get("metrics", {}) if intervals.get("part") == part else {}
    return Measured(part=part, values=evaluation["metrics"][part], intervals=known)


def _check_rebuilt(folder: Path, rows: torch.Tensor, outputs: torch.Tensor) -> None:
    """Make sure that the model's name, settings and weights give the network back."""
    network = rebuild(read_schema(folder / SCHEMA), folder / WEIGHTS)
    apart = float((outputs_of(network, rows) - outputs.cpu()).abs().max())
    # Wrong settings show plainly; accelerators round products more coarsely than the CPU.
    allowed = 1e-4 if outputs.device.type == "cpu" else 1e-2
    if not apart <= allowed * max(1.0, float(outputs.abs().max())):
        raise BundleError(
            f"the network rebuilt from the bundle gives other answers than the trained one (by {apart:.2g})",
            expected="the same answers",
            fix="give the model's settings as the network was built with, or None for a module of your own",
        )


def _refuse_foreign(folder: Path) -> None:
    """Never replace a folder that is no bundle."""
    if folder.is_dir() and not (any(folder.iterdir()) and not (folder / SCHEMA).is_file()):
        return
    if folder.exists():
        raise BundleError(
            f"{folder} exists and is no bundle",
            expected="a new or empty folder, or a bundle to replace",
            fix="choose another folder",
        )


def _replace(folder: Path, staging: Path) -> None:
    """Give the new bundle its name. The old one is moved aside first, and back if that fails."""
    aside = staging.with_suffix(".old")
    replaced = folder.exists()
    if replaced:
        os.replace(folder, aside)
    try:
        os.replace(staging, folder)
    except OSError:
        if replaced:
            os.replace(aside, folder)
        raise
    shutil.rmtree(aside, ignore_errors=True)
