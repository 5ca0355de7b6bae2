"""Answering with ONNX Runtime: starts without PyTorch, and needs none."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.optional import require
from glasshouse.ship.schema import damaged

ELEMENTS = 2_000_000
"""Input numbers per batch: large enough to be fast, small enough for any memory."""


class OnnxBackend:
    """A session on ``model.onnx``.

    Args:
        path: The file.

    Raises:
        BundleError: It is no ONNX file that the runtime can open.
        MissingDependencyError: ONNX Runtime is not installed.
    """

    name = "onnx"

    def __init__(self, path: Path) -> None:
        self._session = session_on(path)

    def outputs(self, inputs: NDArray[Any]) -> list[NDArray[Any]]:
        """Every output of the model for prepared rows (N, *input_shape)."""
        rows = max(1, min(8192, ELEMENTS // max(1, math.prod(inputs.shape[1:]))))
        parts = [
            self._session.run(None, {"input": inputs[start : start + rows]})
            for start in range(0, len(inputs), rows)
        ]
        return [np.concatenate(each) for each in zip(*parts, strict=True)]

    def answer(self, inputs: NDArray[Any]) -> NDArray[Any]:
        """The first output for prepared rows (N, *input_shape)."""
        return self.outputs(inputs)[0]


def session_on(path: Path) -> Any:
    """A session of ONNX Runtime on a file.

    Raises:
        BundleError: It is no ONNX file that the runtime can open.
        MissingDependencyError: ONNX Runtime is not installed.
    """
    runtime: Any = require("onnxruntime", extra="all", purpose="predicting with backend='onnx'")
    options = runtime.SessionOptions()
    options.log_severity_level = 4  # failures come as exceptions; nothing is to be printed
    # The runtime would count all cores of the machine, whatever the process may use of them.
    options.intra_op_num_threads = _cores()
    # Waiting threads sleep rather than spin, which would take the cores from whatever else runs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime's errors have no common class below Exception
        raise damaged(path, f"ONNX Runtime cannot open it ({_first_line(error)})") from error


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
