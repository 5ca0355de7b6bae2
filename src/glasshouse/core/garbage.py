"""Looking for garbage: objects that are there already can be left out while many new ones are made."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def set_aside() -> Iterator[None]:
    """A block in which Python looks for unreachable cycles among new objects only.

    A process that has imported PyTorch holds half a million objects, and looking through all of them, which
    making a few hundred networks calls for, takes a quarter of a second. Whoever has set objects aside with
    :func:`gc.freeze` keeps them there, and then this block does nothing.

    Example:
        >>> with set_aside():
        ...     gc.get_freeze_count() > 0
        True
        >>> gc.get_freeze_count()
        0
    """
    if gc.get_freeze_count():
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
