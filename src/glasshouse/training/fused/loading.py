"""Bringing the compiled loop in: Numba is imported when a run needs it, and compiles once per machine."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pooch
import torch

from glasshouse.core.optional import require

NATIVE = Path(__file__).parent / "native"
PURPOSE = "training.engine = 'fused'"


def available() -> bool:
    """Whether Numba is installed. It is not imported to find out."""
    return find_spec("numba") is not None


@cache
def digest() -> int:
    """A number that changes whenever one of the source files of the loop does."""
    files = [Path(__file__).parent / "codes.py", *sorted(NATIVE.glob("*.py"))]
    return int(hashlib.sha256(b"".join(each.read_bytes() for each in files)).hexdigest()[:12], 16)


@cache
def loop() -> Callable[..., Any]:
    """The compiled loop: from Numba's cache on disk, else compiled at its first call.

    Raises:
        MissingDependencyError: Numba is not installed.
    """
    require("numba", extra="fast", purpose=PURPOSE)
    steps = require("glasshouse.training.fused.native.steps", extra="fast", purpose=PURPOSE)
    compiled: Callable[..., Any] = steps.compiled(digest())
    return compiled


def mark(dtype: torch.dtype) -> Path:
    """The file that stands for "compiled for this type, on this machine, by this Numba, from these sources".

    Numba's own cache can be asked only once Numba is imported, which is what is to be saved. Where the mark
    lies and the cache was cleared, one run compiles.
    """
    which = f"{digest():x} {version('numba')} {sys.version_info[:2]} {processor()} {dtype}"
    name = hashlib.sha256(which.encode()).hexdigest()[:16]
    return Path(pooch.os_cache("glasshouse")) / "fused" / name


@cache
def processor() -> str:
    """What Numba's cache is kept by too: the kind of processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return sys.platform
    return next((line for line in lines if line.startswith(("flags", "Features"))), sys.platform)


def is_compiled(dtype: torch.dtype) -> bool:
    """Whether the loop has been compiled for numbers of this type."""
    return mark(dtype).exists()


def note_compiled(dtype: torch.dtype) -> None:
    """Remember that it has. Where nothing can be written, nothing is remembered, and ``auto`` is careful."""
    file = mark(dtype)
    if not file.exists():
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
        except OSError:
            return
