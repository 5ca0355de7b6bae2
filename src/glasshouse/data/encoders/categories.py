"""Categories to features: one column of 0 and 1 for each category that is frequent enough."""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np
import polars as pl

from glasshouse.data.encoders.encoder import Encoder, Features

_MOST_KNOWN = 10_000


class CategoryEncoder(Encoder):
    """A column of categories as one-hot features.

    Rare categories, those beyond the most that are kept, and those that training never saw share the feature
    *other*; it exists where training has such categories, because a feature that is never 1 there would keep
    the random weights that it began with. Otherwise unseen categories are 0 everywhere. Missing is a category
    of its own where training has it. With more categories than are kept, the logarithm of how often each
    occurs in training is one more feature.

    Args:
        column: The name of the column.
        kept: Categories with a feature of their own, in its order.
        others: Whether training has further categories.
        flags_missing: Whether cells were missing in training.
        known: Occurrences in training of each category, of at most the 10,000 most frequent.
        distinct: How many categories there are in training.
        frequency: Mean and spread of the logarithm of the frequency, or ``None`` without that feature.
    """

    kind = "category"

    def __init__(
        self,
        column: str,
        *,
        kept: tuple[str, ...],
        others: bool,
        flags_missing: bool,
        known: dict[str, int],
        distinct: int,
        frequency: tuple[float, float] | None,
    ) -> None:
        super().__init__(column)
        self.kept = kept
        self.others = others
        self.flags_missing = flags_missing
        self.known = known
        self.distinct = distinct
        self.frequency = frequency

    @classmethod
    def fit(cls, cells: pl.Series, most_categories: int, rare_below: int) -> Self:
        """Learn which categories there are and which are kept: the most frequent, ties by name."""
        present = cells.drop_nulls()
        counted = (
            pl.DataFrame({"name": present})
            .group_by("name")
            .len()
            .sort("len", "name", descending=[True, False])
        )
        known = dict(zip(counted["name"].to_list(), counted["len"].to_list(), strict=True))
        kept = sorted([name for name, count in known.items() if count >= rare_below][:most_categories])
        encoder = cls(
            cells.name,
            kept=tuple(kept),
            others=len(known) > len(kept),
            flags_missing=len(present) < len(cells),
            known=dict(list(known.items())[:_MOST_KNOWN]),
            distinct=len(known),
            frequency=None,
        )
        if len(known) > most_categories:
            logarithms = encoder._log_counts(cells)
            encoder.frequency = float(logarithms.mean()), float(logarithms.std())
        return encoder

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features."""
        names = [f"{self.column} = {name}" for name in self.kept]
        names += [f"{self.column} = (other)"] if self.others else []
        names += [f"{self.column} = (missing)"] if self.flags_missing else []
        names += [f"{self.column} (frequency)"] if self.frequency else []
        return tuple(names)

    def transform(self, cells: pl.Series) -> Features:
        """Features of some rows, shape (rows, features)."""
        positions = pl.Series(range(len(self.kept)), dtype=pl.Int64)
        elsewhere = len(self.kept) if self.others else -1
        codes = cells.replace_strict(list(self.kept), positions, default=elsewhere, return_dtype=pl.Int64)
        missing = len(self.kept) + self.others if self.flags_missing else elsewhere
        places = pl.select(pl.when(cells.is_null()).then(missing).otherwise(codes)).to_series().to_numpy()
        features = np.zeros((len(cells), len(self.features)), dtype=np.float32)
        shown = np.flatnonzero(places >= 0)
        features[shown, places[shown]] = 1
        if self.frequency:
            mean, spread = self.frequency
            features[:, -1] = (self._log_counts(cells) - mean) / spread if spread else 0
        return features

    def _log_counts(self, cells: pl.Series) -> Features:
        """Logarithm of one more than the occurrences in training; missing cells count as never seen."""
        names = list(self.known)
        logarithms = [math.log1p(count) for count in self.known.values()]
        found = cells.replace_strict(names, logarithms, default=0.0, return_dtype=pl.Float64)
        return found.fill_null(0.0).to_numpy()

    def back(self, features: Features) -> pl.Series:
        """The category whose feature is the largest; ``(other)`` for the rare ones together."""
        names: list[str | None] = [*self.kept]
        names += ["(other)"] if self.others else []
        names += [None] if self.flags_missing else []
        if not names:
            return pl.Series(self.column, [None] * len(features), dtype=pl.String)
        places = features[:, : len(names)].argmax(axis=1)
        return pl.Series(self.column, [names[place] for place in places], dtype=pl.String)

    def becomes(self) -> str:
        """What the column becomes, in words."""
        if not self.kept:
            steps = ["no category often enough for a column of its own"]
        else:
            steps = [f"{len(self.kept)} one-hot column{'s' if len(self.kept) > 1 else ''}"]
        steps += [f"other ({self.distinct - len(self.kept)} rare)"] if self.others else []
        steps += ["missing"] if self.flags_missing else []
        told = ", ".join(steps[:-1]) + " and " + steps[-1] if len(steps) > 1 else steps[0]
        return told + (", and how often each occurs" if self.frequency else "")

    def state(self) -> dict[str, Any]:
        """What was learnt, in plain JSON types."""
        return {
            "kept": list(self.kept),
            "others": self.others,
            "flags_missing": self.flags_missing,
            "known": self.known,
            "distinct": self.distinct,
            "frequency": list(self.frequency) if self.frequency else None,
        }

    @classmethod
    def restore(cls, column: str, state: dict[str, Any]) -> Self:
        """The encoder of a stored state."""
        frequency = state["frequency"] and tuple(state["frequency"])
        return cls(column, **{**state, "kept": tuple(state["kept"]), "frequency": frequency})

    def unseen(self, cells: pl.Series) -> str:
        """How many values training never saw."""
        present = cells.drop_nulls()
        whole = len(self.known) == self.distinct
        strange = present.filter(~present.is_in(list(self.known))).n_unique() if whole else 0
        treated = "treated as 'other'" if self.others else "treated as none of the known ones"
        told = []
        if strange:
            values = "value was" if strange == 1 else "values were"
            told.append(f"{strange} {values} never seen in training, {treated}")
        if not self.flags_missing and len(present) < len(cells):
            told.append(f"{len(cells) - len(present)} missing, which training never saw, {treated}")
        return "; ".join(told)
