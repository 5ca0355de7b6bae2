"""From notes written down to frames of zeros and ones, one for each key of a piano."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glasshouse.core.errors import BundleError, DataError
from glasshouse.data.preparation import Preparation
from glasshouse.data.raw import Column, Raw, RawTable, TableLayout

KEYS = 88
"""Keys of a piano; note 21 is the lowest one."""
LOWEST = 21
SILENCE = "."
BEHIND = -1.0
"""What stands in targets behind the end of a piece."""
NOTES = "notes"
"""The column that pieces stand in."""


class FramesPreparation(Preparation):
    """A piece as frames: at every step a row of 88 zeros and ones, with silence behind its end.

    Pieces are text: a step is the MIDI numbers of its notes joined by hyphens, or a full stop for silence,
    and steps are divided by spaces: ``"60-64-67 60-65-69 . 60"``.

    Args:
        steps: Steps that are kept of a piece, from its beginning.

    Example:
        >>> preparation = FramesPreparation(3)
        >>> frames = preparation.transform(preparation.read(["21-23 ."]))
        >>> frames.shape, np.flatnonzero(frames[0, 0]).tolist()
        ((1, 3, 88), [0, 2])
    """

    kind: ClassVar[str] = "frames"

    def __init__(self, steps: int) -> None:
        self.steps = steps

    @classmethod
    def fit(cls, raw: RawTable, rows: NDArray[np.int64]) -> Self:
        """As many steps as the longest training piece has."""
        return cls(max(len(piece.split()) for piece in raw.frame[NOTES][rows].to_list()))

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one piece: ``(steps, 88)``."""
        return (self.steps, KEYS)

    def transform(self, raw: Raw) -> NDArray[Any]:
        """Frames: float32, shape (pieces, steps, 88)."""
        if not isinstance(raw, RawTable):
            raise DataError("images were given to a preparation of music", fix="give pieces as text")
        frames = np.zeros((len(raw), self.steps, KEYS), dtype=np.float32)
        for row, piece in enumerate(raw.frame[NOTES].to_list()):
            for step, notes in enumerate(piece.split()[: self.steps]):
                if notes != SILENCE:
                    frames[row, step, [_key(note, row, step) for note in notes.split("-")]] = 1.0
        return frames

    def lengths(self, raw: RawTable) -> NDArray[np.int64]:
        """Steps of each piece that are kept."""
        return np.array([min(len(each.split()), self.steps) for each in raw.frame[NOTES].to_list()])

    def read(self, source: Any) -> RawTable:
        """Read pieces to go on from: a list of texts.

        Raises:
            BundleError: It is something else.
        """
        if not isinstance(source, (list, tuple)) or not all(isinstance(each, str) for each in source):
            raise BundleError(
                f"pieces given as a {type(source).__name__}",
                expected='a list of texts such as "60-64-67 60-65-69 . 60"',
                fix="write each step as its MIDI notes joined by hyphens",
            )
        column = Column(NOTES, "text")
        frame = pl.DataFrame({NOTES: list(source)}, schema={NOTES: pl.String})
        return RawTable(frame, (column,), None, "the pieces given", layout=TableLayout((column,)))

    def describe(self) -> list[dict[str, Any]]:
        """One entry, for the notes."""
        becomes = f"{self.steps} steps of {KEYS} zeros and ones, one for each key of a piano"
        return [{"name": NOTES, "kind": "text", "becomes": becomes, "features": self.steps * KEYS}]

    def to_dict(self) -> dict[str, Any]:
        """The fitted state in plain JSON types."""
        return {"kind": self.kind, "steps": self.steps}

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """The preparation that :meth:`to_dict` described.

        Raises:
            BundleError: The state is not one of frames.
        """
        try:
            return cls(int(state["steps"]))
        except (KeyError, TypeError, ValueError) as error:
            raise BundleError(
                f"a stored preparation of music is damaged: {error!r}",
                expected="what a bundle of this version of Glasshouse holds",
                fix="restore the file, or update Glasshouse",
            ) from error


def _key(note: str, row: int, step: int) -> int:
    key = int(note) - LOWEST if note.isdigit() else -1
    if not 0 <= key < KEYS:
        raise DataError(
            f"the note {note!r} in step {step} of piece {row}",
            expected=f"MIDI numbers from {LOWEST} to {LOWEST + KEYS - 1}, joined by hyphens",
            fix="correct the piece",
        )
    return key
