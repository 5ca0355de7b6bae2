"""The rows of a sweep: divided into folds once, and prepared for each from its own training part alone."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from glasshouse.core.errors import SettingError
from glasshouse.data import assemble, fit_preparation
from glasshouse.data.parts import Prepared, Split
from glasshouse.data.preparation import Preparation
from glasshouse.data.raw import Raw
from glasshouse.data.settings import DataSettings
from glasshouse.data.splits.folds import Fold, Rows, fold_rows

KEPT = 24
"""Preparations that stay in memory: enough for the folds of a few ways to prepare."""


class Ground:
    """The rows that trials are trained and judged on. The test part is not among them.

    Args:
        raw: All rows.
        split: The experiment's own split: its training and validation rows are what is searched on.
        folds: How many; 1 takes the experiment's own split.
        seed: Decides who is in which fold.
        overlap: By time: rows before each border that look beyond it, and are left out.

    Attributes:
        rows: Row numbers that are searched on.
        folds: Their folds.

    Raises:
        DataError: There are more folds than rows of a class, groups or times.
    """

    def __init__(self, raw: Raw, split: Split, folds: int, seed: int, overlap: int = 0) -> None:
        self.raw, self.method, self.seed, self.overlap = raw, split.method, seed, overlap
        self.rows: Rows = np.sort(np.concatenate([split.train, split.validation]))
        if folds == 1:
            self.folds = [Fold(split.train, split.validation)]
        else:
            self.folds = fold_rows(raw, self.rows, folds, split.method, seed, overlap)
        self._prepared: OrderedDict[str, tuple[Preparation, Prepared]] = OrderedDict()
        self._named: tuple[DataSettings | None, bool, str] = None, False, ""

    @property
    def held_share(self) -> float:
        """Held-out rows of a fold per row that is learnt from, the mean over the folds."""
        return float(np.mean([len(fold.held) / len(fold.train) for fold in self.folds]))

    @property
    def largest(self) -> int:
        """The fold that learns from the most rows: by time the last one."""
        return max(range(len(self.folds)), key=lambda fold: len(self.folds[fold].train))

    def prepared(self, fold: int, data: DataSettings, steps: bool = False) -> Prepared:
        """The tensors of a fold: its training part, and the held-out rows as the part that watches.

        Args:
            fold: From 0.
            data: ``prepare`` and ``task`` count.
            steps: Whether windows of a series stay steps, as networks for sequences take them.

        Raises:
            DataError: A prepared value is NaN or infinite, or the targets of a fold are all equal.
        """
        return self.pair(fold, data, steps)[1]

    def pair(self, fold: int, data: DataSettings, steps: bool = False) -> tuple[Preparation, Prepared]:
        """What was fitted on a fold's training part, and the tensors of the fold."""
        if self._named[0] is not data or self._named[1] != steps:
            self._named = data, steps, f"{data.task} {steps} {data.prepare.model_dump_json()}"
        key = f"{fold} {self._named[2]}"
        if key not in self._prepared:
            train, held = self.folds[fold]
            split = Split(train, held, held[:0], f"fold {fold + 1} of {len(self.folds)}")
            preparation = fit_preparation(self.raw, train, data, steps)
            self._prepared[key] = preparation, assemble(self.raw, split, preparation, data.task)
            if len(self._prepared) > max(KEPT, 2 * len(self.folds)):
                self._prepared.popitem(last=False)
        self._prepared.move_to_end(key)
        return self._prepared[key]

    def without(self, outer: Fold, folds: int) -> Ground:
        """The same rows without those that an outer fold holds out, in folds of their own."""
        if folds == 1:
            raise SettingError(
                "outer_folds with folds = 1",
                expected="two folds inside each outer fold, or more",
                fix="set folds = 5, or leave outer_folds out",
            )
        split = Split(outer.train, outer.held[:0], outer.held[:0], self.method)
        return Ground(self.raw, split, folds, self.seed, self.overlap)

    def holding(self, outer: Fold) -> Ground:
        """The same rows with an outer fold as the only one."""
        split = Split(outer.train, outer.held, outer.held[:0], self.method)
        return Ground(self.raw, split, 1, self.seed, self.overlap)
