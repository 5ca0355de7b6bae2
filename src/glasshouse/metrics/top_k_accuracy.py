"""Top-k accuracy: how often the true class is among the k likeliest."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import top_k_accuracy_score

from glasshouse.core.checks import whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.expression import Number
from glasshouse.core.worked import Worked
from glasshouse.metrics import answers
from glasshouse.metrics.answers import Answers


def top_k_accuracy(target: ArrayLike, prediction: Answers, k: int = 5) -> float:
    r"""Share of the rows whose class is among the k with the highest scores.

    .. math:: \frac1N \sum_n [\operatorname{rank}(s_{n y_n}) \le k]

    Args:
        target: True class indices, whole numbers, shape (N,).
        prediction: Its ``scores``, or these alone, shape (N, classes).
        k: How many classes may be named, from 1.

    Returns:
        A share from 0 to 1; always 1 with k classes or fewer.

    Raises:
        DataError: There are no rows, not equally many targets and answers, or answers of another kind.
        SettingError: ``k`` is no whole number from 1.

    Source:
        sklearn.metrics.top_k_accuracy_score.

    Example:
        >>> scores = [[0.1, 0.3, 0.6], [0.5, 0.3, 0.2]]
        >>> top_k_accuracy([1, 2], scores, k=2)
        0.5
    """
    true, scores = answers.per_class("top-k accuracy", "scores", target, prediction)
    whole_number("k", k, at_least=1)
    if k >= scores.shape[1]:
        return 1.0
    if scores.shape[1] == 2:
        return float(np.mean(scores.argmax(axis=1) == true))
    return float(top_k_accuracy_score(true, scores, k=k, labels=np.arange(scores.shape[1])))


def build(k: int = 5) -> Callable[[ArrayLike, Answers], float]:
    """The metric for one k."""
    return partial(top_k_accuracy, k=whole_number("k", k, at_least=1))


def _worked() -> Worked:
    """Ranks 2, 3 and 1 of three classes: two rows are right within two."""
    scores = [[0.1, 0.3, 0.6], [0.5, 0.3, 0.2], [0.2, 0.7, 0.1]]
    share = Number(2, "rows with rank at most 2") / Number(3, "N")
    computed = top_k_accuracy([1, 2, 1], scores, k=2)
    return Worked(f"s = {scores}, y = [1, 2, 1], k = 2", "top_k_accuracy", share, computed)


CONCEPT = Concept(
    name="top_k_accuracy",
    kind="metric",
    summary="Share of the rows whose class is among the k with the highest scores.",
    build=build,
    aliases=("top5_accuracy",),
    equation=r"\frac1N \sum_n [\operatorname{rank}(s_{n y_n}) \le k]",
    symbols={
        "s": "scores, one per class",
        "rank": "place of the class by falling score, from 1",
        "k": "how many classes may be named, from 1",
        "N": "number of rows",
    },
    when="Many classes of which some mean nearly the same, as in ImageNet.",
    pitfalls=("With few classes it is high for any network.",),
    conventions=(
        "Of equal scores, the class with the higher index comes first, as in scikit-learn; for two "
        "classes the lower one.",
    ),
    source="sklearn.metrics.top_k_accuracy_score.",
    facts={"task": "classification", "needs": "scores", "better": "higher", "default": False},
    worked=_worked,
)
