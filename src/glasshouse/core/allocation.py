"""Where memory comes from: keeping what was freed, instead of fetching it anew at every step."""

from __future__ import annotations

import ctypes
import os

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
"""The C library's numbers for "give back from so many free bytes on" and "fetch such blocks alone"."""
KEPT, LARGEST = 2**31 - 1, 2**30
"""Bytes that may lie free before any are given back, and of a block that still comes from them."""
SETTINGS = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES")


def keep_freed_memory() -> bool:
    """Let the C library keep large blocks that are freed, for the next step to use again.

    By itself it hands blocks of some megabytes back to the system and fetches them anew, thousands of pages
    that are cleared and mapped one by one at every step of a convolutional network. Which blocks, hangs on
    where they happen to lie, so that the same training is now faster, now slower.

    Returns:
        Whether it does so now; not where the C library is another than glibc, nor where the user has told it
        by the environment what to do.

    Source:
        The GNU C Library Reference Manual, "Malloc Tunable Parameters".

    Example:
        >>> keep_freed_memory() in (True, False)
        True
    """
    if any(os.environ.get(each) for each in SETTINGS):
        return False
    try:
        library = ctypes.CDLL(None)
        known = library.gnu_get_libc_version is not None
        tell = library.mallopt
    except (AttributeError, OSError, TypeError):  # no glibc; Windows cannot even open the process itself
        return False
    return known and bool(tell(MMAP_THRESHOLD, LARGEST)) and bool(tell(TRIM_THRESHOLD, KEPT))
