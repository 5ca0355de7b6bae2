"""Worked numbers of metrics: a tiny confusion matrix, four scores and three predicted numbers, by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from glasshouse.core.expression import Expression, Number
from glasshouse.core.worked import Worked
from glasshouse.metrics.prediction import Prediction

Metric = Callable[[Any, Prediction], float]

TRUE = np.array([1, 1, 1, 1, 1, 0, 0, 0, 0, 0])
SAID = np.array([1, 1, 1, 0, 0, 1, 0, 0, 0, 0])
"""3 true positives, 2 false negatives, 1 false positive, 4 true negatives."""

CHANCES = (0.8, 0.6, 0.4, 0.1)
POSITIVE = (True, False, True, False)
"""Four rows by falling probability of class 1; the first and the third are of class 1."""

NUMBERS = (1.0, 2.0, 4.0)
ANSWERED = (1.5, 2.0, 3.0)


class Counts(NamedTuple):
    """The four counts of two classes: true positives, false negatives, false positives, true negatives."""

    tp: Expression
    fn: Expression
    fp: Expression
    tn: Expression


def worked_counts(metric: Metric, formula: Callable[[Counts], Expression]) -> Callable[[], Worked]:
    """A metric of two classes out of the four counts.

    Args:
        metric: What is worked out.
        formula: Its arithmetic from the counts.
    """

    def work() -> Worked:
        counts = Counts(Number(3, "TP"), Number(2, "FN"), Number(1, "FP"), Number(4, "TN"))
        computed = metric(TRUE, Prediction(labels=SAID))
        return Worked("TP = 3, FN = 2, FP = 1, TN = 4", _name(metric), formula(counts), float(computed))

    return work


def worked_chances(metric: Metric, formula: Callable[[list[Expression]], Expression]) -> Callable[[], Worked]:
    """A metric of two classes out of the probabilities of four rows.

    Args:
        metric: What is worked out.
        formula: Its arithmetic from the four probabilities of class 1; rows 0 and 2 are of that class.
    """

    def work() -> Worked:
        shares = np.array([[1 - p, p] for p in CHANCES])
        target = np.array(POSITIVE, dtype=np.int64)
        answers = Prediction(labels=shares.argmax(axis=1), probabilities=shares, scores=shares)
        leaves: list[Expression] = [Number(p, "p", (n,)) for n, p in enumerate(CHANCES)]
        given = f"p = {list(CHANCES)}, y = {target.tolist()}"
        return Worked(given, _name(metric), formula(leaves), float(metric(target, answers)))

    return work


def worked_numbers(
    metric: Metric, formula: Callable[[list[Expression], list[Expression]], Expression]
) -> Callable[[], Worked]:
    """A metric of predicted numbers out of three rows.

    Args:
        metric: What is worked out.
        formula: Its arithmetic from the true numbers y and the predicted ones.
    """

    def work() -> Worked:
        true: list[Expression] = [Number(y, "y", (n,)) for n, y in enumerate(NUMBERS)]
        said: list[Expression] = [Number(y, "ŷ", (n,)) for n, y in enumerate(ANSWERED)]
        computed = metric(np.array(NUMBERS), Prediction(values=np.array(ANSWERED)))
        given = f"y = {list(NUMBERS)}, ŷ = {list(ANSWERED)}"
        return Worked(given, _name(metric), formula(true, said), float(computed))

    return work


def _name(metric: Metric) -> str:
    return str(getattr(metric, "__name__", "value"))
