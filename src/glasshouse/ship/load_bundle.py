"""Loading a bundle: its files are checked, its preparation is read, and what runs its network is chosen."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from glasshouse.core.checks import one_of
from glasshouse.core.errors import BundleError, UsageError
from glasshouse.core.files import read_json
from glasshouse.data.preparation import Preparation
from glasshouse.data.preparations import preparation_from_dict
from glasshouse.ship.backend import BackendName
from glasshouse.ship.bundle import Bundle
from glasshouse.ship.onnx_backend import OnnxBackend
from glasshouse.ship.schema import ONNX, PREPROCESSING, SCHEMA, Schema, damaged
from glasshouse.ship.verify import verify

if TYPE_CHECKING:
    from torch import nn


def load(path: Path | str, backend: BackendName = "auto", module: nn.Module | None = None) -> Bundle:
    """Load a bundle. Every file is checked against its checksum, and none of them can run code.

    Args:
        path: The folder of the bundle.
        backend: ``"torch"``, ``"onnx"`` (starts faster, does not import PyTorch), or ``"auto"``: ONNX where
            the bundle has it and ONNX Runtime is installed, else PyTorch.
        module: The network for bundles of a user's own module: built like the trained one; it takes the
            weights and is run with PyTorch.

    Raises:
        BundleError: The folder is no bundle, is damaged, of a newer format, or cannot do what is asked.
        SettingError: There is no such backend.

    Example:
        >>> import tempfile
        >>> import torch
        >>> from glasshouse.ship import load
        >>> from glasshouse.ship.write_bundle import Content, write_bundle
        >>> content = Content(torch.nn.Identity(), None, input_shape=(2,), task="classification",
        ...                   classes=("cat", "dog"), target_name="animal", meaning="logits")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = write_bundle(f"{folder}/bundle", content, onnx=False)
        ...     bundle = load(path, module=torch.nn.Identity())
        ...     bundle.predict([[0.0, 1.0], [3.0, 2.0]]).labels.tolist()
        ['dog', 'cat']
    """
    one_of("backend", backend, ("auto", "torch", "onnx"))
    if module is not None and backend == "onnx":
        raise UsageError(
            "a module for backend='onnx'",
            expected="a module for PyTorch, or ONNX without a module",
            fix="leave one of the two out",
        )
    path = Path(path).expanduser()
    schema = verify(path)
    preparation = _preparation(path, schema)
    if backend == "onnx" or (backend == "auto" and module is None and _can_onnx(schema)):
        return Bundle(path, schema, preparation, _onnx(path, schema))
    from glasshouse.ship.torch_backend import TorchBackend  # late: PyTorch takes seconds to import

    return Bundle(path, schema, preparation, TorchBackend(path, schema, module))


def _preparation(path: Path, schema: Schema) -> Preparation | None:
    state = read_json(path / PREPROCESSING)
    kind = state.get("kind") if isinstance(state, dict) else None
    if kind != schema.kind:
        raise damaged(path / PREPROCESSING, f"its kind is {kind!r}, but {SCHEMA} says {schema.kind!r}")
    if kind == "arrays":
        return None
    preparation = preparation_from_dict(state)
    if preparation.input_shape != schema.input_shape:
        raise damaged(
            path / PREPROCESSING,
            f"it gives rows of shape {preparation.input_shape}, but {SCHEMA} says {schema.input_shape}",
        )
    return preparation


def _can_onnx(schema: Schema) -> bool:
    return schema.onnx.checked is not None and importlib.util.find_spec("onnxruntime") is not None


def _onnx(path: Path, schema: Schema) -> OnnxBackend:
    if schema.onnx.checked is None:
        raise BundleError(
            f"{path} has no {ONNX}: {schema.onnx.reason}",
            expected="a bundle with ONNX",
            fix="let PyTorch compute: --backend torch, or load(path, backend='torch')",
        )
    return OnnxBackend(path / ONNX)
