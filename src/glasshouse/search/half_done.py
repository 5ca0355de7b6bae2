"""What is kept of trials while they are in training, so that a kill costs seconds and not all of them."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glasshouse.core.errors import CheckpointError
from glasshouse.core.files import plain
from glasshouse.search.trial import Asked
from glasshouse.training.checkpoints import CheckpointFolder
from glasshouse.training.population import Cohort

SECONDS = 20.0
"""Seconds of training between two looks at whether the state is to be written, and at least between two."""
SHARE = 0.02
"""Share of the time that writing may take."""
PER_SECOND = 2e8
"""Bytes that are written in a second, until the first state has told."""


@dataclass(frozen=True)
class Kept:
    """Trials as they were when their state was written.

    Args:
        numbers: Of the trials.
        settings: Of the trials: what each was to be trained with.
        seconds: What each had taken by then.
        cohort: The state of all their networks, those of the first trial first.
    """

    numbers: Sequence[int]
    settings: Sequence[str]
    seconds: Sequence[float]
    cohort: dict[str, Any]

    def knows(self, asked: Asked) -> bool:
        """Whether a trial is among them, with the same settings: of a strategy that learns, another may have
        got its number since.
        """
        pairs = zip(self.numbers, self.settings, strict=True)
        return any(number == asked.number and each == written(asked) for number, each in pairs)

    def of(self, numbers: Sequence[int], cells: int) -> dict[str, Any]:
        """The state of the networks of some of the trials.

        Args:
            numbers: Of the trials, in the order in which they are wanted.
            cells: Networks of a trial.
        """
        places = [self.numbers.index(number) for number in numbers]
        members = self.cohort["members"]
        wanted = [members[place * cells + cell] for place in places for cell in range(cells)]
        return {**self.cohort, "members": wanted}


def written(asked: Asked) -> str:
    """The settings of a trial as a text: equal for equal ones, also of those that were on disk.

    Example:
        >>> written(Asked(0, {"model.hidden": (4, 2)})) == written(Asked(1, {"model.hidden": [4, 2]}))
        True
    """
    return json.dumps(plain(dict(asked.settings)), sort_keys=True)


class HalfDone:
    """The state of the trials that a process has in training, in a folder of the search.

    Args:
        folder: For these trials alone.
        mine: Whether they still are this process's.
        seconds: At least so many lie between two states; ``None`` for 20.

    Example:
        >>> HalfDone(getfixture("tmp_path") / "bracket-000000", lambda: True).read(print) is None
        True
    """

    def __init__(self, folder: Path, mine: Callable[[], bool], seconds: float | None = None) -> None:
        self.folder, self.mine = folder, mine
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
        return time.perf_counter() - self._saved >= max(self.seconds, took / SHARE) and self.mine()

    def write(self, epochs: int, asked: Sequence[Asked], seconds: Sequence[float], cohort: Cohort) -> None:
        """Write down how far trials are.

        Args:
            epochs: Done by all that have not ended.
            asked: The trials.
            seconds: What each has taken.
            cohort: Their networks.

        Raises:
            StorageError: It could not be written; the state before is still there.
        """
        began = time.perf_counter()
        state = {
            "numbers": [each.number for each in asked],
            "settings": [written(each) for each in asked],
            "seconds": list(seconds),
            "cohort": cohort.state(),
        }
        self._states.save(epochs, state)
        self._saved = time.perf_counter()
        self._took = self._saved - began

    def read(self, tell: Callable[[str], None]) -> Kept | None:
        """The newest state that is whole; ``None`` where there is none.

        Args:
            tell: Told where a damaged one is passed over.
        """
        try:
            newest, problems = self._states.newest()
        except CheckpointError as error:
            newest, problems = None, [error.received]
        for each in problems:
            tell(f"Note: {each}; what it was about is trained from an earlier state, or from the beginning.")
        return None if newest is None else Kept(**newest.state)

    def forget(self) -> None:
        """Remove the state: the trials are done."""
        shutil.rmtree(self.folder, ignore_errors=True)
