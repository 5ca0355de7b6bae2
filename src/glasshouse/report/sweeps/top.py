"""The top of a sweep's report: the best score, how sure it is, and who comes next."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from glasshouse.report import numbers
from glasshouse.report.sweeps.findings import Findings, plural

SHOWN = 6
"""Trials beside each other at the top."""


def top(findings: Findings) -> dict[str, Any]:
    """What the template of the top draws."""
    best = findings.ranking[0] if findings.ranking else None
    return {
        "title": re.sub(r"-\d{8}-\d{6}(-\d+)?$", "", findings.sweep.path.name).replace("-sweep", ""),
        "folder": findings.sweep.path.name,
        "verdict": _verdict(findings),
        "warning": _warning(findings),
        "result": None if best is None else _result(findings),
        "facts": _facts(findings),
        "time": f"{datetime.now().astimezone():%-d %B %Y, %H:%M}",
    }


def _warning(findings: Findings) -> str:
    """In short what the first section says at length."""
    standing = findings.standing
    if standing is None or not findings.summary["warning"]:
        return ""
    if standing.low is None or len(standing.within) < 2:
        text = str(findings.summary["warning"])
        return text[:1].upper() + text[1:] + "."
    return (
        f"Trial {standing.best} is named best, but these rows cannot tell it from trial {standing.second}: "
        f"{plural(len(standing.within), 'trial')} lie within one standard error."
    )


def _verdict(findings: Findings) -> str:
    if not findings.ranking:
        return "No trial could be trained to its end."
    best, settings = findings.ranking[0], findings.settings
    cells = f"{plural(best.cells.shape[0], 'fold')} and {plural(settings.seeds, 'seed')}"
    words = ", ".join(f"{key} {value}" for key, value in findings.settings_of(best) if value != numbers.DASH)
    score = findings.score(best.mean)
    said = f"Trial {best.number} is best: a mean {findings.measure} of {score} over {cells}, with {words}."
    run = findings.sweep.run
    if run is not None and "test" in run.metrics and findings.sweep.measure.name in run.metrics["test"]:
        value = run.metrics["test"][findings.sweep.measure.name]
        reached = findings.score(value)
        said += f" Trained once more, it reaches {reached} on the test part, which the search had not seen."
    return said


def _result(findings: Findings) -> dict[str, Any]:
    """The best trials on one scale, each with its standard error."""
    standing, first = findings.standing, findings.ranking[:SHOWN]
    error = None if standing is None else standing.error
    low = min(each.mean - (error or 0) for each in first)
    high = max(each.mean + (error or 0) for each in first)
    margin = 0.08 * ((high - low) or abs(high) or 1.0)
    low, high = low - margin, high + margin
    if findings.sweep.measure.name == "accuracy":
        high = min(1.0, high)

    def place(value: float) -> float:
        return round(100 * (min(max(value, low), high) - low) / (high - low), 2)

    rows = [
        {
            "name": f"trial {each.number}",
            "best": each is first[0],
            "place": place(each.mean),
            "left": place(each.mean - error) if error else None,
            "width": round(place(each.mean + error) - place(each.mean - error), 2) if error else None,
            "words": findings.score(each.mean),
        }
        for each in first
    ]
    return {
        "measure": findings.measure,
        "value": findings.score(first[0].mean),
        "error": f"± {findings.difference(error)}" if error is not None else "",
        "rows": rows,
        "low": findings.score(low),
        "high": findings.score(high),
    }


def _division(about: Mapping[str, Any], folds: str, seeds: str) -> list[tuple[str, str]]:
    """What was searched on, and how it was divided."""
    if not about["rows"]:  # a world
        return [("world", str(about["origin"])), ("seeds", seeds)]
    return [
        ("data", f"{about['rows']:,} rows of {about['origin']}, {about['held_out']:,} held out for the end"),
        ("folds and seeds", f"{folds}, {about['division']}; {seeds}"),
    ]


def _facts(findings: Findings) -> list[tuple[str, str]]:
    about, settings = findings.sweep.about, findings.settings
    states = findings.summary["trials"]
    told = [f"{states[state]} {state}" for state in ("finished", "dropped", "failed") if states[state]]
    workers = {each.worker for each in findings.trials.values()}
    folds = plural(settings.folds, "fold")
    facts = [
        ("trials", ", ".join(told)),
        ("networks", f"{len(findings.trials) * settings.folds * settings.seeds:,}"),
        ("strategy", settings.strategy),
        *_division(about, folds, plural(settings.seeds, "seed")),
        ("time", f"{numbers.seconds(findings.summary['seconds'])} of training"),
    ]
    if len(workers) > 1:
        facts.append(("processes", str(len(workers))))
    return facts
