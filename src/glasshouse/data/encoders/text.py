"""Text to features: how often words occur, weighed by how rare they are elsewhere."""

from __future__ import annotations

from typing import Any, Self, cast

import numpy as np
import polars as pl

from glasshouse.data.encoders.encoder import Encoder, Features

_WORD = r"(?u)\b\w+\b"
_FEW_WORDS = 2.0
_SEEN_TWICE_FROM = 200


class TextEncoder(Encoder):
    r"""A column of text as term frequencies times inverse document frequencies, each row of length 1.

    Terms are words and pairs of words; where cells hold hardly more than one word (names, codes), they are
    runs of one to four letters instead, because a word that occurs once tells nothing about another. A term
    that occurs :math:`t` times in a cell weighs :math:`(1 + \ln t)(1 + \ln\frac{1 + n}{1 + d})`, with
    :math:`n` cells in training of which :math:`d` hold the term.

    Args:
        column: The name of the column.
        unit: ``word`` or ``letter``.
        terms: The vocabulary, in the order of the features.
        weights: The inverse document frequency of each term.

    Source: Spärck Jones (1972), A statistical interpretation of term specificity.
    """

    kind = "text"

    def __init__(self, column: str, *, unit: str, terms: list[str], weights: list[float]) -> None:
        super().__init__(column)
        self.unit = unit
        self.terms = terms
        self.weights = weights
        self._vectorizer: Any = None

    @classmethod
    def fit(cls, cells: pl.Series, most_terms: int) -> Self:
        """Learn the vocabulary: the terms that occur most often in training cells, missing ones left out."""
        present = cells.drop_nulls()
        words = present.str.count_matches(_WORD[4:]).mean() if len(present) else 0.0
        unit = "letter" if cast(float, words) < _FEW_WORDS else "word"
        vectorizer = _vectorizer(
            unit, max_features=most_terms, min_df=2 if len(present) >= _SEEN_TWICE_FROM else 1
        )
        try:
            vectorizer.fit(present.to_list())
        except ValueError:  # no cell holds a term
            return cls(cells.name, unit=unit, terms=[], weights=[])
        terms = vectorizer.get_feature_names_out().tolist()
        return cls(cells.name, unit=unit, terms=terms, weights=vectorizer.idf_.tolist())

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features."""
        return tuple(f"{self.column}: {term}" for term in self.terms) or (f"{self.column}: (no words)",)

    def transform(self, cells: pl.Series) -> Features:
        """Features of some rows, shape (rows, features)."""
        if not self.terms:
            return np.zeros((len(cells), 1))
        if self._vectorizer is None:
            self._vectorizer = _vectorizer(self.unit, vocabulary=self.terms)
            self._vectorizer.idf_ = np.array(self.weights, dtype=np.float32)
        found = self._vectorizer.transform(cells.fill_null("").to_list())
        return cast(Features, found.toarray())

    def becomes(self) -> str:
        """What the column becomes, in words."""
        what = "words and word pairs" if self.unit == "word" else "runs of 1 to 4 letters"
        return f"TF-IDF of {len(self.terms):,} {what}"

    def state(self) -> dict[str, Any]:
        """What was learnt, in plain JSON types."""
        return {"unit": self.unit, "terms": self.terms, "weights": self.weights}

    @classmethod
    def restore(cls, column: str, state: dict[str, Any]) -> Self:
        """The encoder of a stored state."""
        return cls(column, **state)


def _vectorizer(unit: str, **settings: Any) -> Any:
    """scikit-learn's vectorizer for a unit; it is rebuilt from plain data, never unpickled.

    Single precision, because thousands of features for every row are the largest thing that is prepared.
    """
    from sklearn.feature_extraction.text import (
        TfidfVectorizer,  # takes a second to import: only text needs it
    )

    by_unit = (
        {"analyzer": "word", "token_pattern": _WORD, "ngram_range": (1, 2)}
        if unit == "word"
        else {"analyzer": "char_wb", "ngram_range": (1, 4)}
    )
    return TfidfVectorizer(sublinear_tf=True, dtype=np.float32, **by_unit, **settings)
