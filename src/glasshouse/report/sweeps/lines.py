"""The section with the search drawn: every trial as a line through its settings to its score."""

from __future__ import annotations

import numpy as np

from glasshouse.plot import Axis, parallel_coordinates
from glasshouse.plot.style import short, without_outliers
from glasshouse.report.section import Content, drawn
from glasshouse.report.sweeps.findings import Findings, plural, short_key
from glasshouse.search.dimension import Choice, Dimension
from glasshouse.search.live_table import shown

MOST_AXES = 8
"""Settings that fit beside each other; the most important ones are drawn."""
TICKS = 3
"""Places with a number on the axis of a range."""


def lines(findings: Findings) -> Content:
    """What the template draws."""
    known = [each for each in findings.trials.values() if each.scores]
    if not known:
        return {"missing": "No trial has a score."}
    importance = findings.summary["importance"]
    keys = sorted(findings.space, key=lambda each: -(importance.get(each.key) or 0.0))[:MOST_AXES]
    dimensions = [each for each in findings.space if each in keys]
    scores = np.array([each.mean for each in known])
    larger = findings.sweep.measure.larger
    low, high = without_outliers(scores.tolist(), larger)
    span = (high - low) or 1.0
    worth = findings.sweep.measure.order([each.mean for each in known])
    ranks = np.empty(len(known))
    ranks[worth] = np.linspace(1, 0, len(known)) if len(known) > 1 else 1.0
    best = findings.ranking[0].number if findings.ranking else None
    places = []
    for each in known:
        row = [d.share(each.settings[d.key]) if d.key in each.settings else None for d in dimensions]
        places.append([*row, min(1.0, max(0.0, (each.mean - low) / span))])
    ticks = [(share, findings.score(low + share * span)) for share in ((0, 0.5, 1) if high > low else (0,))]
    if low > scores.min():
        ticks[0] = (0, f"≤ {ticks[0][1]}")
    if high < scores.max():
        ticks[-1] = (1, f"≥ {ticks[-1][1]}")
    figure = parallel_coordinates(
        [*(_axis(each) for each in dimensions), Axis(findings.measure, ticks)],
        places,
        ranks.tolist(),
        next((place for place, each in enumerate(known) if each.number == best), None),
    )
    left = len(findings.space.dimensions) - len(dimensions)
    caption = (
        "Each line is a trial, from its settings on the left to its score on the right. The better a trial, "
        "the stronger its line; the best one is drawn apart."
    )
    if any(each.state == "dropped" for each in known):
        caption += " Trials that were given up early are shown with the score that they had then."
    if any(each.only_with for each in dimensions):
        caption += " A line below an axis belongs to a trial in which that setting does not count."
    if left:
        caption += f" {plural(left, 'less important setting')} {'is' if left == 1 else 'are'} not drawn."
    return {"figure": drawn(figure, "All trials", caption)}


def _axis(dimension: Dimension) -> Axis:
    name = short_key(dimension.key)
    if isinstance(dimension, Choice):
        last = max(1, len(dimension.values) - 1)
        return Axis(name, [(place / last, shown(value)) for place, value in enumerate(dimension.values)])
    ticks = []
    for place in range(TICKS):
        share = place / (TICKS - 1)
        if dimension.scale == "log":
            value = dimension.low * (dimension.high / dimension.low) ** share
        else:
            value = dimension.low + share * (dimension.high - dimension.low)
        ticks.append((share, short(float(f"{value:.2g}"))))
    return Axis(name, ticks, "log scale" if dimension.scale == "log" else "")
