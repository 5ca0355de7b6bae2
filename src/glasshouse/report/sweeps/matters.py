"""The section on which settings matter: how much of the scores' variance each explains, and how."""

from __future__ import annotations

from typing import Any

import numpy as np

from glasshouse.plot import setting_slice
from glasshouse.plot.style import without_outliers
from glasshouse.report import numbers
from glasshouse.report.section import Content, drawn
from glasshouse.report.sweeps.findings import Findings, plural, short_key
from glasshouse.search.dimension import Choice, Dimension, hashable
from glasshouse.search.importance import levels_of
from glasshouse.search.live_table import shown
from glasshouse.search.trial import Trial


def matters(findings: Findings) -> Content:
    """What the template draws."""
    importance = findings.summary["importance"]
    compared = [each for each in findings.trials.values() if each.state == "finished" and each.scores]
    if not compared:
        return {"missing": "No trial was trained to its end."}
    rows = [
        {"name": short_key(key), "key": key, "share": share, "words": numbers.percent(share, 0)}
        for key, share in sorted(importance.items(), key=lambda pair: -(pair[1] or 0.0))
    ]
    order = sorted(findings.space, key=lambda each: -(importance.get(each.key) or 0.0))
    figures = [_slice(findings, each, _sample(findings, each)) for each in order]
    return {
        "rows": rows,
        "compared": len(compared),
        "halved": any(each.state == "dropped" for each in findings.trials.values()),
        "figures": [each for each in figures if each],
    }


def _sample(findings: Findings, dimension: Dimension) -> list[Trial]:
    """The trials that show how a setting works: those trained to their end."""
    return [
        each
        for each in findings.trials.values()
        if each.scores and each.state == "finished" and dimension.key in each.settings
    ]


def _slice(findings: Findings, dimension: Dimension, trials: list[Trial]) -> dict[str, Any] | None:
    if not trials:
        return None
    scores = [each.mean for each in trials]
    given = [each.settings[dimension.key] for each in trials]
    levels = levels_of(dimension, given)
    words: list[str] = []
    log = False
    if isinstance(dimension, Choice):
        known = [hashable(value) for value in dimension.values]
        values = [float(known.index(hashable(value))) for value in given]
        words = [shown(value) for value in dimension.values]
    else:
        values, log = [float(value) for value in given], dimension.scale == "log"
    means = []
    for level in np.unique(levels):
        chosen = [place for place, each in enumerate(levels) if each == level]
        inside = [values[place] for place in chosen]
        means.append((min(inside), max(inside), float(np.mean([scores[place] for place in chosen]))))
    name = short_key(dimension.key)
    figure = setting_slice(
        values, scores, means, name, findings.measure, words, log, findings.sweep.measure.larger
    )
    caption = f"Each dot is a trial; a bar is the mean of a {'value' if words else 'band of values'}."
    low, high = without_outliers(scores, findings.sweep.measure.larger)
    outside = sum(not low <= score <= high for score in scores)
    if outside:
        side = "below" if findings.sweep.measure.larger else "above"
        caption += (
            f" {plural(outside, 'hopeless trial')} {'lies' if outside == 1 else 'lie'} {side} the picture."
        )
    return drawn(figure, name[:1].upper() + name[1:], caption)
