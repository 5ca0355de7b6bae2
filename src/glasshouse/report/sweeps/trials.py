"""The section on the best trials: their scores, their settings, and which differences are noise."""

from __future__ import annotations

from typing import Any

from glasshouse.report import numbers
from glasshouse.report.section import Content
from glasshouse.report.sweeps.findings import Findings, plural, short_key

SHOWN = 15
"""Trials in the table."""


def trials(findings: Findings) -> Content:
    """What the template draws."""
    standing = findings.standing
    if standing is None:
        errors = [each.error for each in findings.trials.values() if each.error]
        return {
            "missing": f"No trial was trained to its end. The first error: {errors[0] if errors else 'none'}."
        }
    within = set(standing.within)
    rows = [
        {
            "number": each.number,
            "within": each.number in within,
            "score": findings.score(each.mean),
            "spread": findings.difference(each.spread if each.cells.size > 1 else None),
            "loss": numbers.number(_mean(each.losses), 3),
            "parameters": numbers.brief(each.parameters),
            "settings": [value for _, value in findings.settings_of(each)],
        }
        for each in findings.ranking[:SHOWN]
    ]
    return {
        "measure": findings.measure,
        "keys": [short_key(key) for key in findings.space.keys],
        "rows": rows,
        "more": max(0, len(findings.ranking) - SHOWN),
        "noise": _noise(findings),
        "simplest": _simplest(findings),
        "failed": _failed(findings),
    }


def _mean(cells: list[list[float]]) -> float | None:
    flat = [value for row in cells for value in row]
    return sum(flat) / len(flat) if flat else None


def _noise(findings: Findings) -> str:
    """Whether the best is ahead by more than chance."""
    standing = findings.standing
    if standing is None or standing.second is None:
        return "There is no second trial to compare the best with."
    if standing.low is None or standing.high is None:
        return "One network per trial was trained, so how much of a score is chance cannot be told."
    ahead = findings.difference(standing.difference)
    pair = f"Trial {standing.best} is ahead of trial {standing.second} by {ahead}"
    span = (
        f"{findings.difference(standing.low).removesuffix(' points')} to {findings.difference(standing.high)}"
    )
    cells = findings.ranking[0].cells.size
    how = f"paired over {plural(cells, 'network')}, 95 % interval {span}"
    if standing.decided:
        return f"{pair} ({how}): more than the noise."
    return f"{pair} ({how}). That is less than the noise: another draw of the folds could turn it round."


def _simplest(findings: Findings) -> str:
    standing = findings.standing
    if standing is None or len(standing.within) < 2:
        return ""
    found = findings.trials[standing.simplest]
    told = f"{plural(len(standing.within), 'trial')} lie within one standard error of the best"
    if standing.simplest == standing.best:
        return f"{told}; none of them has a smaller network."
    size = numbers.brief(found.parameters)
    return f"{told}. The smallest network among them is that of trial {found.number}, with {size} parameters."


def _failed(findings: Findings) -> list[dict[str, Any]]:
    failed = [each for each in findings.trials.values() if each.state == "failed"]
    counted: dict[str, list[int]] = {}
    for each in failed:
        counted.setdefault(each.error, []).append(each.number)
    return [
        {"error": error, "trials": ", ".join(map(str, found[:12])) + (" ..." if len(found) > 12 else "")}
        for error, found in list(counted.items())[:8]
    ]
