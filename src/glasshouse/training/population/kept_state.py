"""The state of a cohort on disk, so that a kill costs seconds of training and not all of it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from glasshouse.core.errors import CheckpointError
from glasshouse.training.checkpoints import CheckpointFolder
from glasshouse.training.population.cohort import Cohort

SECONDS = 20.0
"""Seconds of training that lie between two states at least."""
SHARE = 0.02
"""Share of the time that writing may take."""
PER_SECOND = 2e8
"""Bytes that are written in a second, until the first state has told."""
SLICES = 5
"""Into how many pieces training is cut at least, between which its state may be written."""


class KeptState:
    """The newest states of a cohort, in a folder of their own.

    Args:
        folder: Made at the first write.
        seconds: At least so many lie between two states; ``None`` for 20.

    Example:
        >>> KeptState(getfixture("tmp_path") / "bracket-000000").read(print) is None
        True
    """

    def __init__(self, folder: Path, seconds: float | None = None) -> None:
        self.folder = folder
        self.seconds = SECONDS if seconds is None else seconds
        self._states = CheckpointFolder(folder, folder.name)
        self._saved = time.perf_counter()
        self._took: float | None = None

    def due(self, size: int) -> bool:
        """Whether it is time to write: so rarely that training does not wait for the disk most of the time.

        Args:
            size: About how many bytes it is.
        """
        took = size / PER_SECOND if self._took is None else self._took
        return time.perf_counter() - self._saved >= max(self.seconds, took / SHARE)

    def write(self, epochs: int, about: Mapping[str, Any], cohort: Cohort) -> None:
        """Write down how far networks are.

        Args:
            epochs: Done by all that have not ended.
            about: What else is to be known of them, as plain values.
            cohort: The networks.

        Raises:
            StorageError: It could not be written; the state before is still there.
        """
        began = time.perf_counter()
        self._states.save(epochs, {"epochs": epochs, "about": dict(about), "cohort": cohort.state()})
        self._saved = time.perf_counter()
        self._took = self._saved - began

    def read(self, tell: Callable[[str], None]) -> dict[str, Any] | None:
        """The newest state that is whole, ``{"epochs", "about", "cohort"}``; ``None`` where there is none.

        Args:
            tell: Told where a damaged one is passed over.
        """
        try:
            newest, problems = self._states.newest()
        except CheckpointError as error:
            newest, problems = None, [error.received]
        for each in problems:
            tell(f"Note: {each}; what it was about is trained from an earlier state, or from the beginning.")
        return None if newest is None else newest.state

    def forget(self) -> None:
        """Remove the states: training is over."""
        shutil.rmtree(self.folder, ignore_errors=True)


def in_slices(cohort: Cohort, done: int, epochs: int, longest: int) -> Iterator[tuple[int, float]]:
    """Train for so many epochs, slice by slice: none takes much longer than lies between two states.

    Args:
        cohort: The networks.
        done: Epochs done by those that have not ended.
        epochs: After which they stop.
        longest: For how many epochs the longest of them is trained in all.

    Yields:
        Epochs done by now, and the seconds that the slice took.
    """
    until, step = done, max(1, -(-longest // SLICES))
    while until < epochs:
        began = time.perf_counter()
        until = min(until + step, epochs)
        cohort.advance(until)
        took = time.perf_counter() - began
        if took > SECONDS:
            step = max(1, int(step * SECONDS / took))
        yield until, took
