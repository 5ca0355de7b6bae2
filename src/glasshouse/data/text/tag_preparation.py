"""From sequences and their tags to the numbers of their tokens."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import DataError
from glasshouse.data.raw import RawTable
from glasshouse.data.settings import DataSettings
from glasshouse.data.text.pair_preparation import PairPreparation
from glasshouse.data.text.tagged import unit_of
from glasshouse.data.text.vocabulary import PAD, Vocabulary, padded, tokens_of


class TagPreparation(PairPreparation):
    """A sequence as the numbers of its tokens, and its tags, step by step, without an end.

    Args:
        column, target: The columns of what is given and of its tags.
        given: Tokens of what is given.
        wanted: Tags.
        steps: Steps that are kept of either, the same number twice.
    """

    kind: ClassVar[str] = "tags"

    @classmethod
    def fit(cls, raw: RawTable, rows: NDArray[np.int64], settings: DataSettings) -> Self:
        """Learn tokens and tags from the training sequences.

        Args:
            raw: All sequences.
            rows: Those of the training part; no other is looked at.
            settings: ``prepare.text``, ``longest`` and ``most_tokens`` are used.

        Raises:
            DataError: There are no training sequences.
        """
        if not len(rows):
            raise DataError(f"{raw.origin}: no sequences to learn from", fix="make data.split shares smaller")
        names = [each.name for each in raw.columns]
        unit = unit_of(raw.frame[names[0]].to_list(), settings.prepare.text)
        texts = [raw.frame[name][rows].to_list() for name in names]
        given = Vocabulary.fit(texts[0], unit, settings.prepare.most_tokens)
        wanted = Vocabulary.fit(texts[1], unit)
        steps = max(len(tokens_of(text, unit)) for text in texts[0])
        if settings.prepare.longest != "auto":
            steps = min(steps, settings.prepare.longest)
        return cls(names[0], names[1], given, wanted, (steps, steps))

    def translations(self, raw: RawTable) -> NDArray[np.int64]:
        """The tags: int64, shape (sequences, steps)."""
        rows = [self.wanted.encode(text) for text in raw.frame[self.target].to_list()]
        return padded(rows, self.steps[1])

    def text(self, tokens: list[int]) -> str:
        """The tags as they are written."""
        return self.wanted.decode(tokens)

    def told(self, inputs: NDArray[np.int64], scores: NDArray[np.float32]) -> NDArray[np.str_]:
        """The likeliest tags of prepared sequences, written out.

        Args:
            inputs: (N, T).
            scores: (N, T, tags).
        """
        known = scores.copy()
        known[..., : 2 if scores.shape[2] > 2 else 0] = -np.inf  # padding and unknown are no tags
        best = known.argmax(axis=2)
        rows = [
            self.text(row[: int(np.flatnonzero(given != PAD)[-1]) + 1].tolist())
            for row, given in zip(best, inputs, strict=True)
        ]
        return np.array(rows, dtype=np.str_)
