"""How many networks fit into memory at once."""

from __future__ import annotations

import os
from pathlib import Path

BUFFERS = 8
"""Copies of the parameters while training: weights, gradients, moments, the best epoch's, room to work."""
PASSES = 4
"""Copies of the activations of a batch: forward, backward, and room to work."""
SHARE = 0.5
"""Share of the free memory that networks may fill."""


def bytes_needed(parameters: int, activations: int, batch_size: int) -> int:
    """Memory of one network while it trains, in bytes: an estimate.

    Args:
        parameters: Trainable numbers.
        activations: Numbers that one row becomes on its way through.
        batch_size: Rows per step.

    Example:
        >>> bytes_needed(1000, 100, 32)
        83200
    """
    return 4 * (BUFFERS * parameters + PASSES * activations * batch_size)


def free_bytes() -> int | None:
    """Memory that is free now, in bytes; ``None`` where the system does not tell."""
    listing = Path("/proc/meminfo")
    if listing.exists():
        for line in listing.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return 1024 * int(line.split()[1])
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def parts_of(needed: list[int], free: int | None) -> list[list[int]]:
    """Places of networks, or trials, that fit into memory together, in their order. At least one each.

    Args:
        needed: Bytes of each.
        free: Bytes that are free, or ``None`` where nobody knows: then all are taken together.

    Example:
        >>> parts_of([40, 40, 40], free=200)
        [[0, 1], [2]]
    """
    parts: list[list[int]] = []
    filled = 0
    for place, size in enumerate(needed):
        if not parts or (free is not None and filled + size > SHARE * free):
            parts.append([])
            filled = 0
        parts[-1].append(place)
        filled += size
    return parts
