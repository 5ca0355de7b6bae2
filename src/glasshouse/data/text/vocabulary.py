"""Vocabulary: which tokens there are, and the number of each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import BundleError

Unit = Literal["words", "characters", "pieces"]

PAD = 0
"""The number of the padding behind a text that is shorter than others. It is no token of any text."""

UNKNOWN = 1
"""The number of every token that is not in the vocabulary."""

SPECIAL = ("(padding)", "(unknown)")
"""What the first numbers are called."""

_WORD = re.compile(r"\w+|[^\w\s]")


def tokens_of(text: str, unit: Unit) -> list[str]:
    """A text cut into tokens: its characters, its words in lower case and each other sign, or the pieces
    between its spaces as they are.

    Example:
        >>> tokens_of("Don't wait!", "words"), tokens_of("Ann", "characters")
        (['don', "'", 't', 'wait', '!'], ['A', 'n', 'n'])
    """
    if unit == "pieces":
        return text.split()
    return list(text) if unit == "characters" else _WORD.findall(text.lower())


class Vocabulary:
    """The tokens in the order of their numbers: 0 is padding, 1 is any unknown token, the rest are known.

    Args:
        unit: ``"words"``, ``"characters"`` or ``"pieces"``.
        known: The known tokens; the first of them has the number 2.

    Raises:
        BundleError: A token stands in it twice, so that it was not written by Glasshouse.

    Example:
        >>> vocabulary = Vocabulary.fit(["to be or not to be"], "words")
        >>> vocabulary.encode("to see or to be").tolist(), len(vocabulary)
        ([3, 1, 5, 3, 2], 6)
        >>> vocabulary.decode([3, 2])
        'to be'
    """

    def __init__(self, unit: Unit, known: Sequence[str]) -> None:
        self.unit: Unit = unit
        self.known = tuple(known)
        self._numbers = {token: number for number, token in enumerate(self.known, start=len(SPECIAL))}
        if len(self._numbers) != len(self.known) or unit not in ("words", "characters", "pieces"):
            raise BundleError(
                f"a stored vocabulary of {len(self.known)} {unit}, {len(self._numbers)} of them different",
                expected="words or characters, each of them once",
                fix="the bundle was changed: restore it from a copy",
            )

    @classmethod
    def fit(cls, texts: Iterable[str], unit: Unit, most: int | None = None, at_least: int = 1) -> Self:
        """The tokens of some texts, the most frequent ones first; of equals the smaller first.

        Args:
            texts: Those of the training part, and no others.
            unit: What a token is.
            most: Most tokens to know, from 1; ``None``: all.
            at_least: How often a token must occur to be known.
        """
        counts = Counter(token for text in texts for token in tokens_of(text, unit))
        ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
        return cls(unit, [token for token, count in ranked if count >= at_least][:most])

    def __len__(self) -> int:
        return len(SPECIAL) + len(self.known)

    @property
    def tokens(self) -> tuple[str, ...]:
        """What each number stands for, the first two included."""
        return (*SPECIAL, *self.known)

    def encode(self, text: str) -> NDArray[np.int64]:
        """The numbers of a text's tokens."""
        find = self._numbers.get
        return np.array([find(token, UNKNOWN) for token in tokens_of(text, self.unit)], dtype=np.int64)

    def decode(self, numbers: Iterable[int]) -> str:
        """The text of some numbers: padding is left out, an unknown token is a replacement sign."""
        words = ["�" if each == UNKNOWN else self.tokens[each] for each in numbers if each != PAD]
        return ("" if self.unit == "characters" else " ").join(words)


def padded(rows: Sequence[NDArray[np.int64]], steps: int) -> NDArray[np.int64]:
    """Sequences of different lengths as one array, padded behind; what is longer loses its end.

    Args:
        rows: One sequence of token numbers per row.
        steps: Length of the array's rows.

    Example:
        >>> padded([np.array([5, 6, 7]), np.array([8])], 2).tolist()
        [[5, 6], [8, 0]]
    """
    array = np.full((len(rows), steps), PAD, dtype=np.int64)
    for place, row in enumerate(rows):
        array[place, : min(len(row), steps)] = row[:steps]
    return array
