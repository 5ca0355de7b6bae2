"""From pairs of texts to the numbers of their tokens, with a vocabulary for each side."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import BundleError, DataError
from glasshouse.data.preparation import Preparation
from glasshouse.data.raw import Column, Raw, RawTable, TableLayout
from glasshouse.data.settings import DataSettings
from glasshouse.data.tables.new_rows import match_columns, open_like, typed_frame
from glasshouse.data.tables.text_file import read_text
from glasshouse.data.tables.text_lines import TEXT, lines_as_cells
from glasshouse.data.text.vocabulary import PAD, UNKNOWN, Unit, Vocabulary, padded, tokens_of

BEGIN, END = 2, 3
"""The numbers that stand in front of a translation and behind it."""
MARKS = ("(begin)", "(end)")


class PairPreparation(Preparation):
    """A text as the numbers of its tokens, and its translation with an end behind it.

    Args:
        column, target: The columns of what is given and of what comes out.
        given: Tokens of what is given.
        wanted: Tokens of what comes out; the first two are the marks of beginning and end.
        steps: Tokens kept of what is given and of what comes out, its end included.
    """

    kind: ClassVar[str] = "pairs"

    def __init__(
        self, column: str, target: str, given: Vocabulary, wanted: Vocabulary, steps: tuple[int, int]
    ) -> None:
        self.column = column
        self.target = target
        self.given = given
        self.wanted = wanted
        self.steps = steps

    @classmethod
    def fit(cls, raw: RawTable, rows: NDArray[np.int64], settings: DataSettings) -> Self:
        """Learn both vocabularies from the training pairs.

        Args:
            raw: All pairs.
            rows: Those of the training part; no other is looked at.
            settings: ``prepare.text`` and ``most_tokens`` are used.

        Raises:
            DataError: There are no training pairs.
        """
        unit: Unit = "characters" if settings.prepare.text == "characters" else "words"
        texts = [raw.frame[each.name][rows].to_list() for each in raw.columns]
        if not len(rows):
            raise DataError(f"{raw.origin}: no pairs to learn from", fix="make data.split shares smaller")
        rare = 2 if unit == "words" and len(rows) >= 1000 else 1
        given, wanted = (Vocabulary.fit(each, unit, settings.prepare.most_tokens, rare) for each in texts)
        lengths = [max(len(tokens_of(text, unit)) for text in each) for each in texts]
        marked = Vocabulary(unit, (*MARKS, *wanted.known))
        names = [each.name for each in raw.columns]
        return cls(names[0], names[1], given, marked, (lengths[0], lengths[1] + 1))

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one prepared text: ``(steps,)``."""
        return (self.steps[0],)

    @property
    def tokens(self) -> int:
        """How many numbers a given token can have."""
        return len(self.given)

    @property
    def token_names(self) -> tuple[str, ...]:
        """The tokens of what comes out, in the order of their numbers."""
        return self.wanted.tokens

    def transform(self, raw: Raw) -> NDArray[Any]:
        """What is given: int64, shape (texts, steps)."""
        if not isinstance(raw, RawTable):
            raise DataError("images were given to a preparation of texts", fix="give rows of text")
        texts = raw.frame[self.column].fill_null("").to_list()
        array = padded([self.given.encode(each) for each in texts], self.steps[0])
        array[array[:, 0] == PAD, 0] = UNKNOWN
        return array

    def translations(self, raw: RawTable) -> NDArray[np.int64]:
        """What is to come out, with its end: int64, shape (texts, steps)."""
        rows = []
        for text in raw.frame[self.target].fill_null("").to_list():
            tokens = self.wanted.encode(text)[: self.steps[1] - 1]
            rows.append(np.append(tokens, END))
        return padded(rows, self.steps[1])

    def text(self, tokens: list[int]) -> str:
        """The text of a translation's tokens, up to its end."""
        kept = tokens[: tokens.index(END)] if END in tokens else tokens
        return self.wanted.decode([each for each in kept if each != BEGIN])

    def read(self, source: Any) -> RawTable:
        """Read texts to translate.

        Args:
            source: A list of texts, the path of a ``.txt`` file with a text in each line or of a table with
                the column, a frame, or a dictionary.

        Raises:
            BundleError: The column is missing, or others are unknown.
            DataError: The file cannot be read.
        """
        if isinstance(source, (str, Path)) and Path(source).suffix.lower() == ".txt":
            source = lines_as_cells(read_text(Path(source).expanduser())).frame[TEXT].to_list()
        columns = (Column(self.column, "text"), Column(self.target, "text"))
        layout = TableLayout(columns, self.target)
        cells = match_columns(open_like(source, layout), layout, [self.column], BundleError)
        frame = typed_frame(cells, TableLayout(columns[:1]), new=True)
        return RawTable(frame, columns[:1], None, cells.origin, notes=cells.notes, layout=layout)

    def warnings(self, raw: Raw) -> list[str]:
        """How many texts hold words that training never saw, or were cut."""
        if not isinstance(raw, RawTable):
            return []
        rows = [self.given.encode(each) for each in raw.frame[self.column].fill_null("").to_list()]
        long = sum(len(row) > self.steps[0] for row in rows)
        strange = sum(bool((row == UNKNOWN).any()) for row in rows)
        unit, told = self.given.unit, []
        if long:
            told.append(f"{long:,} of {len(rows):,} texts were cut after {self.steps[0]} {unit}")
        if strange:
            told.append(f"{strange:,} of {len(rows):,} texts hold {unit} that training never saw")
        return told

    def describe(self) -> list[dict[str, Any]]:
        """One entry, for the text that is given."""
        unit = self.given.unit
        return [
            {
                "name": self.column,
                "kind": "text",
                "becomes": f"numbers of up to {self.steps[0]} {unit}, of which "
                f"{len(self.given.known):,} are known",
                "features": self.steps[0],
            }
        ]

    def to_dict(self) -> dict[str, Any]:
        """The fitted state in plain JSON types."""
        return {
            "kind": self.kind,
            "column": self.column,
            "target": self.target,
            "unit": self.given.unit,
            "given": list(self.given.known),
            "wanted": list(self.wanted.known),
            "steps": list(self.steps),
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """The preparation that :meth:`to_dict` described.

        Raises:
            BundleError: The state is not one of pairs.
        """
        try:
            given, wanted = (Vocabulary(state["unit"], state[key]) for key in ("given", "wanted"))
            first, second = (int(each) for each in state["steps"])
            return cls(str(state["column"]), str(state["target"]), given, wanted, (first, second))
        except (KeyError, TypeError, ValueError) as error:
            raise BundleError(
                f"a stored preparation of pairs of texts is damaged: {error!r}",
                expected="what a bundle of this version of Glasshouse holds",
                fix="restore the file, or update Glasshouse",
            ) from error
