"""On what was measured: without it a number of microseconds says nothing."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from glasshouse.core.devices import cores


def processor() -> str:
    """The processor's name, as far as the system tells it."""
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def load() -> float | None:
    """Mean number of processes that wanted a core in the last minute, this one included."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def versions(packages: Sequence[str]) -> dict[str, str]:
    """Versions of the packages that are installed."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def describe(command: str, packages: Sequence[str], load_before: float | None) -> dict[str, Any]:
    """Machine, date, versions and command, in plain JSON types.

    Args:
        command: What to type to measure again.
        packages: Whose versions matter, beside torch and Glasshouse.
        load_before: What :func:`load` said before the measurement.
    """
    return {
        "command": command,
        "date": datetime.date.today().isoformat(),
        "processor": processor(),
        "cores": cores(),
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": versions(["torch", "glasshouse", *packages]),
        "load": [load_before, load()],
    }


def sentence(machine: dict[str, Any]) -> str:
    """The same in words."""
    packages = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    text = (
        f"Measured on {machine['date']} with `{machine['command']}`: {machine['processor']}, "
        f"{machine['cores']} cores, {machine['system']}, Python {machine['python']}, {packages}."
    )
    before, after = machine["load"]
    if before is not None:
        text += f" Load average {before} before and {after} after."
    return text
