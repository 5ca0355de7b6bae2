"""What is kept of trials while they are in training, so that a kill costs seconds and not all of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glasshouse.core.files import plain
from glasshouse.search.trial import Asked
from glasshouse.training.population import Cohort, KeptState


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
        self.mine = mine
        self._state = KeptState(folder, seconds)

    def keep(self, epochs: int, asked: Sequence[Asked], seconds: Sequence[float], cohort: Cohort) -> None:
        """Write down how far trials are, if it is time to.

        Args:
            epochs: Done by all that have not ended.
            asked: The trials.
            seconds: What each has taken.
            cohort: Their networks.

        Raises:
            StorageError: It could not be written; the state before is still there.
        """
        if self._state.due(cohort.bytes) and self.mine():
            about = {
                "numbers": [each.number for each in asked],
                "settings": [written(each) for each in asked],
                "seconds": list(seconds),
            }
            self._state.write(epochs, about, cohort)

    def read(self, tell: Callable[[str], None]) -> Kept | None:
        """The newest state that is whole; ``None`` where there is none.

        Args:
            tell: Told where a damaged one is passed over.
        """
        found = self._state.read(tell)
        return None if found is None else Kept(**found["about"], cohort=found["cohort"])

    def forget(self) -> None:
        """Remove the state: the trials are done."""
        self._state.forget()
