"""What a run ran on: versions, machine, device. Enough to know why two runs differ."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from typing import Any

import torch

from glasshouse.core.devices import cores

PACKAGES = (
    "glasshouse",
    "torch",
    "numpy",
    "polars",
    "scikit-learn",
    "safetensors",
    "onnx",
    "onnxruntime",
    "onnxscript",
    "matplotlib",
    "pydantic",
)
OPTIONAL = {
    "tensorboard": "tensorboard",
    "numba": "training.engine = 'fused'",
    "pandas": "reading pandas frames",
    "gymnasium": "worlds of gymnasium",
}


def environment() -> dict[str, Any]:
    """Versions, machine and devices, as plain values.

    Example:
        >>> environment()["python"].count(".")
        2
    """
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": processor(),
        "cores": cores(),
        "packages": {name: version(name) for name in PACKAGES},
        "optional": {name: version(name) for name in OPTIONAL},
        "devices": devices(),
        "data_folder": os.environ.get("GLASSHOUSE_DATA"),
        "command": [os.path.basename(sys.argv[0]), *sys.argv[1:]] if sys.argv else [],
    }


def version(package: str) -> str | None:
    """The installed version, or ``None``."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def processor() -> str:
    """The processor's name, as the system calls it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.split(":", maxsplit=1)[1].strip()
    except OSError:  # no Linux: the standard library knows a shorter name
        return platform.processor()
    return platform.processor() or platform.machine()


def devices() -> list[dict[str, Any]]:
    """The devices that PyTorch sees, the CPU first."""
    found: list[dict[str, Any]] = [
        {"name": "cpu", "about": f"{cores()} cores, {torch.get_num_threads()} threads"}
    ]
    if torch.cuda.is_available():
        for number in range(torch.cuda.device_count()):
            about = torch.cuda.get_device_properties(number)
            memory = about.total_memory / 2**30
            found.append({"name": f"cuda:{number}", "about": f"{about.name}, {memory:.0f} GiB"})
    if torch.backends.mps.is_available():
        found.append({"name": "mps", "about": "Apple GPU"})
    return found
