"""A split that keeps together what belongs together: all rows of one patient, one session, one document."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import DataError
from glasshouse.data.splits.shares import TEST, TRAIN, VALIDATION, Assigned, Shares

_STEPS = 40_000  # groups to place in all tries together: half a second at the most


def grouped_parts(
    groups: NDArray[np.generic],
    labels: NDArray[np.int64] | None,
    shares: Shares,
    generator: np.random.Generator,
    origin: str,
) -> Assigned:
    """Divide whole groups so that the parts come near to the wanted shares.

    Groups go, roughly from the largest to the smallest, to the part that lacks most rows. Of several such
    tries, the one is kept that leaves the fewest classes untrained, then the one nearest to the wanted shares
    of rows and of classes.

    Args:
        groups: The group of each row, shape (rows,).
        labels: Class index of each row, or ``None`` where there are no classes.
        shares: Wanted shares.
        generator: The source of chance.
        origin: Where the rows come from, for messages.

    Raises:
        DataError: There are fewer groups than parts.
    """
    names = groups.astype(str) if groups.dtype == object else groups
    _, group_of, sizes = np.unique(names, return_inverse=True, return_counts=True)
    if len(sizes) < shares.parts:
        raise DataError(
            f"{origin}: the group column has {len(sizes)} different value{'s' if len(sizes) > 1 else ''}",
            expected=f"at least {shares.parts}, so that {shares.names} can have one each",
            fix="name another group column, or leave data.group out",
        )
    validation, test = shares.row_counts(len(groups))
    wanted = np.array([len(groups) - validation - test, validation, test])
    # rows of each class in each group; one "class" where there are none
    classes = np.zeros(len(groups), dtype=np.int64) if labels is None else labels
    table = np.zeros((len(sizes), int(classes.max()) + 1))
    np.add.at(table, (group_of, classes), 1)
    tries = max(1, min(32, _STEPS // len(sizes)))
    candidates = [_place(sizes, wanted, generator) for _ in range(tries)]
    placed = min(candidates, key=lambda candidate: _badness(candidate, table, wanted))
    parts = placed[group_of]
    return parts, _notes(parts, wanted)


def _place(
    sizes: NDArray[np.int64], wanted: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[np.int8]:
    """One try: the part of each group."""
    placed = np.empty(len(sizes), dtype=np.int8)
    lacking = wanted.tolist()
    empty = {part for part in (TRAIN, VALIDATION, TEST) if wanted[part] > 0}
    order = np.argsort(-sizes * generator.uniform(0.5, 1.5, len(sizes)), kind="stable")
    for position, group in enumerate(order.tolist()):
        forced = empty if len(order) - position <= len(empty) else (TRAIN, VALIDATION, TEST)
        part = max(forced, key=lambda each: lacking[each])
        placed[group] = part
        lacking[part] -= int(sizes[group])
        empty.discard(part)
    return placed


def _badness(
    placed: NDArray[np.int8], table: NDArray[np.float64], wanted: NDArray[np.int64]
) -> tuple[int, float]:
    """How many classes are not trained on, and how far rows and classes are from the wanted shares."""
    got = np.stack([table[placed == part].sum(axis=0) for part in (TRAIN, VALIDATION, TEST)])
    total = table.sum(axis=0)
    untrained = int(((got[TRAIN] == 0) & (total > 0)).sum())
    ideal = np.outer(wanted / wanted.sum(), total)
    return untrained, float(np.abs(got.sum(axis=1) - wanted).sum() + np.abs(got - ideal).sum())


def _notes(parts: NDArray[np.int8], wanted: NDArray[np.int64]) -> tuple[str, ...]:
    got = np.bincount(parts, minlength=3)
    if np.abs(got - wanted).max() <= 0.05 * len(parts):
        return ()
    return (
        f"whole groups make {got[0]:,} training, {got[1]:,} validation and {got[2]:,} test rows; "
        f"{wanted[0]:,}, {wanted[1]:,} and {wanted[2]:,} were asked for",
    )
