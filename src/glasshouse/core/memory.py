"""Telling that there is too little memory, whoever noticed it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from glasshouse.core.errors import TrainingError


@contextmanager
def shortage_named() -> Iterator[None]:
    """Turn what Python and PyTorch raise for want of memory into one error that says what to do.

    Raises:
        TrainingError: There was not enough memory inside the block.

    Example:
        >>> with shortage_named():
        ...     raise MemoryError
        Traceback (most recent call last):
        ...
        glasshouse.core.errors.TrainingError: there is not enough memory
          fix: set training.batch_size lower, build a narrower network, or use fewer rows (data.most_rows)
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        # On the CPU, PyTorch has no class of its own for this, only words.
        told = isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "allocate memory" in str(error)
        if not told and "not enough memory" not in str(error):
            raise
        detail = str(error).split("\n")[0][:200]
        raise TrainingError(
            "there is not enough memory" + (f": {detail}" if detail else ""),
            fix="set training.batch_size lower, build a narrower network, or use fewer rows (data.most_rows)",
        ) from error
