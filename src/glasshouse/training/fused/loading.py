"""Bringing the compiled loop in: Numba is imported when a run needs it, and compiles once per machine."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from glasshouse.core.optional import require

NATIVE = Path(__file__).parent / "native"


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
    """The compiled loop.

    Raises:
        MissingDependencyError: Numba is not installed.
    """
    require("numba", extra="fast", purpose="training.engine = 'fused'")
    steps = require("glasshouse.training.fused.native.steps", extra="fast", purpose="the fused loop")
    compiled: Callable[..., Any] = steps.compiled(digest())
    return compiled
