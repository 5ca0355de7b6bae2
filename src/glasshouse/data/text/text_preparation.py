"""From a column of text to sequences of token numbers, fitted on the training texts alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glasshouse.core.errors import BundleError, DataError, SettingError
from glasshouse.data.encoders.table_preparation import layout_of
from glasshouse.data.preparation import Preparation
from glasshouse.data.raw import Raw, RawTable, TableLayout
from glasshouse.data.settings import DataSettings, PrepareSettings
from glasshouse.data.tables.new_rows import match_columns, open_like, typed_frame
from glasshouse.data.tables.text_file import read_text
from glasshouse.data.tables.text_lines import TEXT, lines_as_cells
from glasshouse.data.text.vocabulary import PAD, UNKNOWN, Unit, Vocabulary, padded, tokens_of

FEW_WORDS = 2.0
"""Where cells hold fewer words than this on average (names, codes), their tokens are characters."""
SEEN_TWICE_FROM = 200
"""From this number of texts on a word must occur twice to be known, so that unknown ones are trained on."""
WHOLE = 0.99
"""Share of the training texts that are kept whole where nothing says how long texts may be."""
MOST_STEPS = 512
"""Longest texts then."""
MUCH_UNKNOWN = 0.2
"""Share of unknown tokens from which on a reader of predictions is told."""


class TextPreparation(Preparation):
    """A text as the numbers of its tokens, padded behind to one length.

    Lengths are read off the padding, which is no token of any text; a text without tokens is one unknown
    token.

    Args:
        column: The column of text.
        vocabulary: The tokens, known from the training part.
        steps: Tokens that are kept of a text, from its beginning.
        layout: Of the table that it was fitted on, for reading others.
    """

    kind: ClassVar[str] = "text"

    def __init__(self, column: str, vocabulary: Vocabulary, steps: int, layout: TableLayout) -> None:
        self.column = column
        self.vocabulary = vocabulary
        self.steps = steps
        self.layout = layout

    @classmethod
    def fit(cls, raw: RawTable, rows: NDArray[np.int64], settings: DataSettings) -> Self:
        """Learn vocabulary and length from the training texts.

        Args:
            raw: The whole table, with one column of text in use.
            rows: The training rows; no other text is looked at.
            settings: ``prepare.text``, ``most_tokens`` and ``longest`` are used.

        Raises:
            SettingError: The table has other columns in use beside the text, or no text.
            DataError: No training text holds a token.
        """
        prepare = settings.prepare
        column = text_column(raw)
        if column is None:
            used = [each.name for each in raw.columns if not each.ignored_because]
            raise SettingError(
                f"data.prepare.text = {prepare.text!r} for the columns {', '.join(used[:10])}",
                expected="one column of text and no other in use",
                fix="leave the others out, for example --set data.columns.NAME=ignore, or say that a column "
                "is text: --set data.columns.NAME=text",
            )
        texts = raw.frame[column][rows].fill_null("").to_list()
        unit = _unit(texts, prepare)
        rare = 2 if unit == "words" and len(texts) >= SEEN_TWICE_FROM else 1
        vocabulary = Vocabulary.fit(texts, unit, prepare.most_tokens, rare)
        if not vocabulary.known:
            raise DataError(
                f"{raw.origin}: the {len(texts)} training texts of {column!r} hold no {unit} to learn from",
                expected="texts",
                fix="name another column, or set data.prepare.text = 'characters'",
            )
        return cls(column, vocabulary, _steps(texts, unit, prepare), layout_of(raw))

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one prepared text: ``(steps,)``."""
        return (self.steps,)

    @property
    def tokens(self) -> int:
        """How many numbers a token can have, padding and unknown included."""
        return len(self.vocabulary)

    @property
    def token_names(self) -> tuple[str, ...]:
        """The tokens in the order of their numbers."""
        return self.vocabulary.tokens

    def transform(self, raw: Raw) -> NDArray[Any]:
        """Prepare texts: int64, shape (texts, steps)."""
        if not isinstance(raw, RawTable):
            raise DataError("images were given to a preparation of texts", fix="give rows of text")
        texts = raw.frame[self.column].fill_null("").to_list()
        array = padded([self.vocabulary.encode(each) for each in texts], self.steps)
        array[array[:, 0] == PAD, 0] = UNKNOWN
        return array

    def read(self, source: Any) -> RawTable:
        """Read texts to predict.

        Args:
            source: A list of texts, the path of a table with the column or of a ``.txt`` file with a text in
                each line, a frame, a dictionary of columns, or a list of dictionaries.

        Raises:
            BundleError: The column is missing, or others are unknown.
            DataError: The file cannot be read.
        """
        layout = self.layout
        if isinstance(source, (str, Path)) and Path(source).suffix.lower() == ".txt":
            source = lines_as_cells(read_text(Path(source).expanduser())).frame[TEXT].to_list()
        cells = match_columns(open_like(source, layout), layout, [self.column], BundleError)
        columns = tuple(each for each in layout.columns if each.name == self.column)
        needed = TableLayout(columns, None, layout.header, layout.decimal_comma, layout.missing)
        frame = typed_frame(cells, needed, new=True)
        line = int(cells.lines[0]) if cells.lines is not None else 0
        return RawTable(frame, columns, None, cells.origin, line, notes=cells.notes, layout=layout)

    def warnings(self, raw: Raw) -> list[str]:
        """What in these texts training never saw, and how many of them were cut."""
        if not isinstance(raw, RawTable):
            return []
        texts = raw.frame[self.column].fill_null("").to_list()
        rows = [self.vocabulary.encode(each) for each in texts]
        told = []
        long = sum(len(row) > self.steps for row in rows)
        if long:
            told.append(f"{long:,} of {len(rows):,} texts are longer than {self.steps} tokens and were cut")
        strange = sum(len(row) > 0 and (row == UNKNOWN).mean() >= MUCH_UNKNOWN for row in rows)
        if strange:
            told.append(
                f"in {strange:,} of {len(rows):,} texts a fifth of the {self.vocabulary.unit} or more "
                "never occurred in training"
            )
        return told

    def describe(self) -> list[dict[str, Any]]:
        """One entry, for the text."""
        unit = self.vocabulary.unit
        return [
            {
                "name": self.column,
                "kind": "text",
                "becomes": f"numbers of its first {self.steps} {unit}, of which "
                f"{len(self.vocabulary.known):,} are known; 0 is padding, 1 an unknown one",
                "features": self.steps,
            }
        ]

    def to_dict(self) -> dict[str, Any]:
        """The fitted state in plain JSON types."""
        return {
            "kind": self.kind,
            "column": self.column,
            "unit": self.vocabulary.unit,
            "known": list(self.vocabulary.known),
            "steps": self.steps,
            "layout": self.layout.to_dict(),
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """The preparation that :meth:`to_dict` described.

        Raises:
            BundleError: The state is not one of a text preparation.
        """
        try:
            vocabulary = Vocabulary(state["unit"], state["known"])
            layout = TableLayout.from_dict(state["layout"])
            return cls(str(state["column"]), vocabulary, int(state["steps"]), layout)
        except (KeyError, TypeError, ValueError) as error:
            raise BundleError(
                f"a stored preparation of texts is damaged: {error!r}",
                expected="what a bundle of this version of Glasshouse holds",
                fix="restore the file, or update Glasshouse",
            ) from error


def text_column(raw: Raw) -> str | None:
    """The column of text, if it is the only column in use; else ``None``.

    Names and other short texts may have been read as categories; alone, they are texts all the same.
    """
    if not isinstance(raw, RawTable):
        return None
    used = [each for each in raw.columns if not each.ignored_because and each.kind != "ignore"]
    if len(used) != 1 or raw.frame[used[0].name].dtype != pl.String:
        return None
    return used[0].name


def _unit(texts: list[str], prepare: PrepareSettings) -> Unit:
    if prepare.text == "words" or prepare.text == "characters":
        return prepare.text
    words = sum(len(tokens_of(each, "words")) for each in texts) / max(1, len(texts))
    return "characters" if words < FEW_WORDS else "words"


def _steps(texts: list[str], unit: Unit, prepare: PrepareSettings) -> int:
    lengths = np.array([len(tokens_of(each, unit)) for each in texts])
    if prepare.longest != "auto":
        return min(prepare.longest, max(1, int(lengths.max())))
    return max(1, min(MOST_STEPS, int(np.quantile(lengths, WHOLE, method="higher"))))
