"""Folds: rows divided so that each is held out once, by class, by group, by time or at random."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import DataError
from glasshouse.core.seeds import numpy_stream
from glasshouse.data.raw import Raw
from glasshouse.data.splits.allotment import strata

Rows = NDArray[np.int64]


class Fold(NamedTuple):
    """One fold.

    Args:
        train: Row numbers to learn from, ascending.
        held: Row numbers to judge by, ascending; none of them is in ``train``.
    """

    train: Rows
    held: Rows


def fold_rows(raw: Raw, rows: Rows, folds: int, method: str, seed: int, overlap: int = 0) -> list[Fold]:
    """Divide rows into folds.

    Every row is held out exactly once; by time, the earliest rows are only learnt from, and each fold learns
    from what came before it. Where whole classes are held out, as for verification, a fold has classes that
    are not learnt from.

    Args:
        raw: All rows, with classes, groups or times where the method needs them.
        rows: Row numbers to divide; the others stay out of it.
        folds: How many, from 2.
        method: How the experiment's own split was made: ``"stratified"``, ``"given test, grouped"`` ...
        seed: Equal seeds give equal folds.
        overlap: By time: rows before each border that are left out, because they look beyond it.

    Raises:
        DataError: There are more folds than rows of a class, groups or times.

    Example:
        >>> from glasshouse.data import load
        >>> from glasshouse.data.settings import DataSettings
        >>> iris = load(DataSettings(source="iris"))
        >>> folds = fold_rows(iris, np.arange(150), 5, "stratified", seed=0)
        >>> [np.bincount(iris.target.values[each.held]).tolist() for each in folds][:2]
        [[10, 10, 10], [10, 10, 10]]
    """
    generator = numpy_stream(seed, "folds")
    rows = np.sort(rows)
    if "time" in method and raw.time is not None:
        made = _by_time(raw.time[rows], rows, folds, raw.origin)
        return [_apart(fold, raw.time, overlap, raw.origin) for fold in made] if overlap else made
    if "classes" in method and raw.target is not None:
        fold_of = _grouped(raw.target.values[rows], folds, generator, raw.origin, "classes")
        return [Fold(rows[fold_of != fold], rows[fold_of == fold]) for fold in range(folds)]
    if "grouped" in method and raw.group is not None:
        fold_of = _grouped(raw.group[rows], folds, generator, raw.origin)
    elif "stratified" in method and raw.target is not None:
        fold_of = _stratified(raw, rows, folds, generator)
    else:
        _refuse_more(folds, len(rows), f"{len(rows)} rows", raw.origin, "give more rows")
        fold_of = np.empty(len(rows), dtype=np.int64)
        fold_of[generator.permutation(len(rows))] = np.arange(len(rows)) % folds
    return [Fold(rows[fold_of != fold], rows[fold_of == fold]) for fold in range(folds)]


def _stratified(raw: Raw, rows: Rows, folds: int, generator: np.random.Generator) -> Rows:
    """Each class dealt out like cards, the next class where the last one stopped: folds of equal size."""
    assert raw.target is not None
    labels, classes = raw.target.values[rows], raw.target.classes
    counts = np.bincount(labels, minlength=len(classes))
    present = np.flatnonzero(counts)
    smallest = int(present[counts[present].argmin()])
    _refuse_more(
        folds,
        int(counts[smallest]),
        f"{counts[smallest]} rows of the class {classes[smallest]!r}",
        raw.origin,
        f"remove or merge {classes[smallest]!r}, or divide at random: --set data.split.method=random",
    )
    fold_of = np.empty(len(rows), dtype=np.int64)
    dealt = np.concatenate([each for each in strata(labels, generator) if len(each)])
    fold_of[dealt] = np.arange(len(rows)) % folds
    return fold_of


def _grouped(
    groups: NDArray[np.generic],
    folds: int,
    generator: np.random.Generator,
    origin: str,
    noun: str = "groups",
) -> Rows:
    """Whole groups, or classes, the largest first, each to the fold that has the fewest rows."""
    names = groups.astype(str) if groups.dtype == object else groups
    _, group_of, sizes = np.unique(names, return_inverse=True, return_counts=True)
    remedy = "name another data.group" if noun == "groups" else "give more classes"
    _refuse_more(folds, len(sizes), f"{len(sizes)} {noun}", origin, remedy)
    shuffled = generator.permutation(len(sizes))
    placed = np.empty(len(sizes), dtype=np.int64)
    filled = np.zeros(folds, dtype=np.int64)
    for group in shuffled[np.argsort(-sizes[shuffled], kind="stable")]:
        placed[group] = int(filled.argmin())
        filled[placed[group]] += sizes[group]
    return placed[group_of].astype(np.int64)


def _by_time(time: NDArray[np.int64], rows: Rows, folds: int, origin: str) -> list[Fold]:
    """One stretch of time more than folds; rows of the same moment stay together."""
    moments, moment_of, counts = np.unique(time, return_inverse=True, return_counts=True)
    _refuse_more(
        folds + 1, len(moments), f"{len(moments)} different times", origin, "name another data.time", folds
    )
    until = np.cumsum(counts)
    stretch = np.empty(len(moments), dtype=np.int64)
    start = 0
    for place in range(folds + 1):
        wanted = round((place + 1) * len(rows) / (folds + 1))
        last = len(moments) - (folds - place)  # one moment at least for each stretch that follows
        end = min(max(int(np.searchsorted(until, wanted)) + 1, start + 1), last)
        stretch[start:end] = place
        start = end
    of = stretch[moment_of]
    return [Fold(rows[of < place], rows[of == place]) for place in range(1, folds + 1)]


def _apart(fold: Fold, time: NDArray[np.int64], overlap: int, origin: str) -> Fold:
    """A fold by time without the rows that look beyond the border behind which rows are held out."""
    moments = np.unique(time)
    border = int(np.searchsorted(moments, time[fold.held].min()))
    train = fold.train[np.searchsorted(moments, time[fold.train]) < border - overlap]
    if not len(train):
        raise DataError(
            f"{origin}: folds by time whose first learns from {len(fold.train)} windows, of which {overlap} "
            "before the border look beyond it",
            expected="windows that are shorter than a fold",
            fix="set folds to fewer, or data.window and data.horizon to fewer steps, or give a longer series",
        )
    return Fold(train, fold.held)


def _refuse_more(
    wanted: int, most: int, what: str, origin: str, remedy: str, folds: int | None = None
) -> None:
    """Refuse more folds than there are things to put into them."""
    if wanted <= most:
        return
    folds, spare = (wanted, 0) if folds is None else (folds, 1)
    fewer = f"set folds to {most - spare}, or " if most - spare >= 2 else ""
    raise DataError(
        f"{origin}: {folds} folds with {what} to divide",
        expected=f"at least {folds + spare}, so that every fold has one",
        fix=fewer + remedy,
    )
