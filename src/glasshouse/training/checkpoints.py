"""Checkpoints: the whole state of a training run in one file that is either complete or not there.

A checkpoint is a safetensors file: every tensor of the state under its path, and the rest of the state as
JSON in the file's header. Beside it stands a small JSON file with its SHA-256. Nothing is ever unpickled.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from glasshouse.core.errors import CheckpointError, StorageError
from glasshouse.core.files import read_json, sha256, write_atomic, write_json

FORMAT = "glasshouse-checkpoint-1"
KEPT = 2
"""Checkpoints that are kept: the newest and the one before it, should the newest turn out damaged."""


@dataclass(frozen=True)
class Checkpoint:
    """A state read back from disk."""

    step: int
    path: Path
    state: dict[str, Any]


class CheckpointFolder:
    """The checkpoints of one run.

    Args:
        folder: Usually ``runs/NAME/checkpoints``; made at the first write.
        run: What the run is called inside its checkpoints, so that those of another are refused.
    """

    def __init__(self, folder: Path, run: str) -> None:
        self.folder = folder
        self.run = run

    def save(self, step: int, state: dict[str, Any]) -> Path:
        """Write a checkpoint, and remove all but the last ``KEPT``.

        Args:
            step: Optimizer steps done, the checkpoint's name.
            state: Nested dictionaries and lists of tensors and JSON values.

        Raises:
            StorageError: It could not be written; the checkpoints before are still there.
        """
        tensors: dict[str, torch.Tensor] = {}
        outline = pack(state, tensors, "")
        header = {"format": FORMAT, "run": self.run, "step": str(step), "state": json.dumps(outline)}
        path = self.folder / f"step-{step:09d}.safetensors"
        write_atomic(path, lambda temporary: save_file(tensors, temporary, metadata=header))
        write_json(path.with_suffix(".json"), {"step": step, "sha256": sha256(path)})
        for old in self.steps()[:-KEPT]:
            self._path(old).with_suffix(".json").unlink(missing_ok=True)
            self._path(old).unlink(missing_ok=True)
        return path

    def steps(self) -> list[int]:
        """Steps of which a checkpoint was completed, in ascending order."""
        return sorted(int(each.stem.removeprefix("step-")) for each in self.folder.glob("step-*.json"))

    def newest(self) -> tuple[Checkpoint | None, list[str]]:
        """The newest checkpoint that is whole, and a sentence for each damaged one that was passed over.

        Raises:
            CheckpointError: There are checkpoints, but none of them is whole or of this run.
        """
        problems: list[str] = []
        for step in reversed(self.steps()):
            try:
                return self.load(step), problems
            except CheckpointError as error:
                problems.append(error.received)
        if problems:
            raise CheckpointError(
                "; ".join(problems),
                expected="at least one whole checkpoint of this run",
                fix="restore the checkpoints folder from a copy, or start the run again",
            )
        return None, []

    def load(self, step: int) -> Checkpoint:
        """Read one checkpoint and verify it.

        Raises:
            CheckpointError: It is missing, damaged, or of another run or program.
        """
        path = self._path(step)
        try:
            noted = read_json(path.with_suffix(".json"))["sha256"]
            if sha256(path) != noted:
                raise CheckpointError(
                    f"checkpoint {path} is damaged: its SHA-256 is not the one noted when it was written"
                )
            with safe_open(path, framework="pt") as file:
                header = file.metadata() or {}
                if header.get("format") != FORMAT:
                    raise CheckpointError(f"{path} is no checkpoint of Glasshouse")
                if header.get("run") != self.run:
                    other = header.get("run")
                    raise CheckpointError(f"checkpoint {path} belongs to run {other!r}, not {self.run!r}")
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
        except (StorageError, OSError, SafetensorError, struct.error, KeyError, TypeError) as error:
            if isinstance(error, CheckpointError):
                raise
            raise CheckpointError(f"checkpoint {path} cannot be read: {error}") from error
        return Checkpoint(step, path, unpack(json.loads(header["state"]), tensors))

    def _path(self, step: int) -> Path:
        return self.folder / f"step-{step:09d}.safetensors"


def pack(value: Any, tensors: dict[str, torch.Tensor], path: str) -> Any:
    """Move the tensors of a nested state into ``tensors``, and return the rest with their places marked.

    Dictionaries become lists of pairs, so that keys that are numbers, as in optimizers' states, stay numbers.
    """
    if isinstance(value, torch.Tensor):
        # Copied, because parameters may be views of one buffer, which the format does not allow.
        tensors[path] = value.detach().to("cpu", copy=True).contiguous()
        strided = value.dim() == 4 and value.is_contiguous(memory_format=torch.channels_last)
        return {"tensor": path, "channels_last": strided and not value.is_contiguous()}
    if isinstance(value, dict):
        return {"dict": [[key, pack(item, tensors, f"{path}/{key}")] for key, item in value.items()]}
    if isinstance(value, (list, tuple)):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return {kind: [pack(item, tensors, f"{path}/{place}") for place, item in enumerate(value)]}
    if value is None or isinstance(value, (str, int, float, bool)):
        return {"value": value}
    raise TypeError(f"a checkpoint cannot hold a {type(value).__name__} at {path or 'the top'}")


def unpack(outline: Any, tensors: dict[str, torch.Tensor]) -> Any:
    """Put a state together again that :func:`pack` took apart."""
    if "tensor" in outline:
        tensor = tensors[outline["tensor"]]
        return tensor.contiguous(memory_format=torch.channels_last) if outline["channels_last"] else tensor
    if "dict" in outline:
        return {key: unpack(item, tensors) for key, item in outline["dict"]}
    if "list" in outline:
        return [unpack(item, tensors) for item in outline["list"]]
    if "tuple" in outline:
        return tuple(unpack(item, tensors) for item in outline["tuple"])
    return outline["value"]
