"""What a sweep amounts to, in plain types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glasshouse.search.importance import importance
from glasshouse.search.measure import Measure
from glasshouse.search.space import Space
from glasshouse.search.standing import standing_of, warning_of
from glasshouse.search.trial import Trial


def summary_of(
    trials: Mapping[int, Trial], space: Space, measure: Measure, held_share: float
) -> dict[str, Any]:
    """The best trial, how sure that is, how much each setting matters, and what happened to the others.

    Args:
        trials: All that are done.
        space: What was searched.
        measure: What trials are compared by.
        held_share: Held-out rows of a fold per row that is learnt from.

    Example:
        >>> from glasshouse.search.space import read_space
        >>> trials = {0: Trial(0, {"model.dropout": 0.1}, "finished", [[0.9, 0.7]])}
        >>> summary = summary_of(trials, read_space({"model.dropout": [0.1, 0.2]}), Measure("accuracy"), 0.25)
        >>> summary["best"]["settings"], summary["trials"]["finished"]
        ({'model.dropout': 0.1}, 1)
    """
    standing = standing_of(trials, measure, held_share)
    best = None if standing is None else trials[standing.best]
    states = [each.state for each in trials.values()]
    return {
        "measure": measure.name,
        "best": None
        if best is None
        else {
            "trial": best.number,
            "settings": dict(best.settings),
            "mean": best.mean,
            "spread": best.spread,
            "scores": best.scores,
        },
        "standing": None if standing is None else standing.to_dict(),
        "warning": "" if standing is None else warning_of(standing, measure),
        "importance": importance(trials, space),
        "trials": {state: states.count(state) for state in ("finished", "dropped", "failed")},
        "seconds": sum(each.seconds for each in trials.values()),
    }
