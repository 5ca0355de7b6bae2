"""The section on how the best trials learnt, and how the search went on."""

from __future__ import annotations

from typing import Any

from glasshouse.plot import Band, band_curves, search_progress
from glasshouse.report.section import Content, drawn
from glasshouse.report.sweeps.findings import Findings
from glasshouse.search.trial import Trial

BANDS = 3
"""Trials with a band of their own."""
OTHERS = 100
"""Thin lines behind them, at most."""


def curves(findings: Findings) -> Content:
    """What the template draws."""
    best = findings.ranking[:BANDS]
    if not best:
        return {"missing": "No trial was trained to its end."}
    measured = findings.sweep.measure.column
    others = [each for each in findings.trials.values() if each not in best and each.curves][:OTHERS]
    figures = []
    halved = any(each.state == "dropped" for each in findings.trials.values())
    caption = (
        "Mean over folds and seeds of the best trials; the band is one standard deviation of their networks. "
        f"Thin lines are the means of other trials{', as far as they went' * halved}."
    )
    for name in dict.fromkeys((measured, "loss")):
        words = findings.measure if name == measured else "loss"
        figures.append(_banded(f"validation_{name}", words, best, others, f"Held-out {words}", caption))
    caption = (
        "The same on the rows that are learnt. Far below the held-out loss, a network has learnt its rows by "
        "heart."
    )
    figures.append(_banded("train_loss", "loss", best, [], "Training loss", caption))
    ordered = sorted(findings.trials.values(), key=lambda each: (each.time, each.number))
    scores = [each.mean if each.scores else None for each in ordered]
    progress = search_progress(scores, findings.measure, findings.sweep.measure.larger)
    figures.append(
        drawn(progress, "The search", "The score of every trial in the order in which they were done.")
    )
    return {"figures": [each for each in figures if each]}


def _banded(
    key: str, measure: str, best: list[Trial], others: list[Trial], title: str, caption: str
) -> dict[str, Any] | None:
    bands = [
        Band(f"trial {each.number}", each.curves[key]["mean"], each.curves[key]["spread"])
        for each in best
        if key in each.curves
    ]
    if not bands:
        return None
    thin = [each.curves[key]["mean"] for each in others if key in each.curves]
    return drawn(band_curves(bands, measure, thin), title, caption)
