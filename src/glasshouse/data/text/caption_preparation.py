"""From pictures or rows with a caption each to what a network takes and the words that it is to write."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import BundleError, DataError
from glasshouse.data.encoders.table_preparation import TablePreparation
from glasshouse.data.images.image_preparation import ImagePreparation
from glasshouse.data.preparation import Preparation
from glasshouse.data.raw import Raw, RawClips
from glasshouse.data.settings import DataSettings
from glasshouse.data.text.pair_preparation import BEGIN, END, MARKS
from glasshouse.data.text.vocabulary import Unit, Vocabulary, padded, tokens_of

SEEN_TWICE_FROM = 1000
"""From this number of captions on a word must occur twice to be known."""


class CaptionPreparation(Preparation):
    """A picture or a row as a network takes it, and its caption as the numbers of its words.

    Args:
        seen: What prepares pictures or rows.
        words: Words that can be written; the first two are the marks of beginning and end.
        longest: Words kept of a caption, its end included.
    """

    kind: ClassVar[str] = "captions"

    def __init__(self, seen: Preparation, words: Vocabulary, longest: int) -> None:
        self.seen = seen
        self.words = words
        self.longest = longest

    @classmethod
    def fit(cls, raw: Raw, rows: NDArray[np.int64], settings: DataSettings) -> Self:
        """Learn scale and words from the training rows.

        Args:
            raw: All rows, with their captions.
            rows: The training rows; no other is looked at.
            settings: ``prepare`` is used.

        Raises:
            DataError: There are no captions to learn from.
        """
        if isinstance(raw, RawClips) or raw.captions is None or not len(rows):
            raise DataError(
                f"{raw.origin}: no captions to learn from", fix="name their column in data.target"
            )
        seen: Preparation
        if raw.kind == "images":
            seen = ImagePreparation.fit(raw, rows, settings)
        else:
            seen = TablePreparation.fit(raw, rows, settings)
        texts = [str(each) for each in raw.captions[rows]]
        unit: Unit = "characters" if settings.prepare.text == "characters" else "words"
        rare = 2 if unit == "words" and len(texts) >= SEEN_TWICE_FROM else 1
        words = Vocabulary.fit(texts, unit, settings.prepare.most_tokens, rare)
        longest = max(len(tokens_of(text, unit)) for text in texts)
        if settings.prepare.longest != "auto":
            longest = min(longest, settings.prepare.longest)
        return cls(seen, Vocabulary(unit, (*MARKS, *words.known)), longest + 1)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one prepared picture or row."""
        return self.seen.input_shape

    def transform(self, raw: Raw) -> NDArray[Any]:
        """Pictures or rows, prepared."""
        return self.seen.transform(raw)

    def captions(self, raw: Raw) -> NDArray[np.int64]:
        """What is to be written, with its end: int64, shape (rows, longest)."""
        texts = [] if isinstance(raw, RawClips) or raw.captions is None else raw.captions.tolist()
        rows = [np.append(self.words.encode(text)[: self.longest - 1], END) for text in texts]
        return padded(rows, self.longest)

    def text(self, tokens: list[int]) -> str:
        """The text of a caption's tokens, up to its end."""
        kept = tokens[: tokens.index(END)] if END in tokens else tokens
        return self.words.decode([each for each in kept if each != BEGIN])

    def read(self, source: Any) -> Raw:
        """Read pictures or rows to write about, as those without captions are read."""
        return self.seen.read(source)

    def warnings(self, raw: Raw) -> list[str]:
        """What in the rows training never saw."""
        return self.seen.warnings(raw)

    def describe(self) -> list[dict[str, Any]]:
        """What becomes of a picture or a row."""
        return self.seen.describe()

    def to_dict(self) -> dict[str, Any]:
        """The fitted state in plain JSON types."""
        return {
            "kind": self.kind,
            "seen": self.seen.to_dict(),
            "unit": self.words.unit,
            "words": list(self.words.known),
            "longest": self.longest,
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """The preparation that :meth:`to_dict` described.

        Raises:
            BundleError: The state is not one of captions.
        """
        try:
            kinds: dict[str, type[Preparation]] = {
                each.kind: each for each in (ImagePreparation, TablePreparation)
            }
            seen = kinds[state["seen"]["kind"]].from_dict(state["seen"])
            return cls(seen, Vocabulary(state["unit"], state["words"]), int(state["longest"]))
        except (KeyError, TypeError, ValueError) as error:
            raise BundleError(
                f"a stored preparation of captions is damaged: {error!r}",
                expected="what a bundle of this version of Glasshouse holds",
                fix="restore the file, or update Glasshouse",
            ) from error
