"""The section on the winner: what it reached when it was trained once more, and how honest its score was."""

from __future__ import annotations

from statistics import fmean, stdev
from typing import Any

from glasshouse.report import numbers
from glasshouse.report.numbers import metric
from glasshouse.report.section import Content
from glasshouse.report.sweeps.findings import Findings, short_key
from glasshouse.report.terms import METRICS, metric_name
from glasshouse.search.live_table import shown


def winner(findings: Findings) -> Content:
    """What the template draws."""
    run = findings.sweep.run
    content: dict[str, Any] = {"nested": _nested(findings), "run": None}
    if run is None and content["nested"] is None:
        return {"missing": "The best settings were not trained once more, as was asked for (refit = false)."}
    if run is not None and run.record("evaluation") is not None:
        parts = list(run.metrics)
        names = list(run.metrics[parts[0]])
        content["run"] = {
            "path": str(run.path.relative_to(findings.sweep.path)),
            "report": str(run.report.relative_to(findings.sweep.path)) if run.report else "",
            "bundle": run.bundle is not None,
            "parts": parts,
            "rows": [
                {
                    "name": metric_name(name),
                    "about": METRICS.get(name, ""),
                    "values": [metric(name, run.metrics[part].get(name)) for part in parts],
                }
                for name in names
            ],
        }
    return content


def _nested(findings: Findings) -> dict[str, Any] | None:
    """The search judged on rows that it had not seen, outer fold by outer fold."""
    found = findings.sweep.nested
    if not found:
        return None
    means = [each["mean"] for each in found]
    best = findings.ranking[0].mean if findings.ranking else None
    sign = 1 if findings.sweep.measure.larger else -1
    return {
        "mean": findings.score(fmean(means)),
        "spread": findings.difference(stdev(means)) if len(means) > 1 else numbers.DASH,
        "count": len(means),
        "flattered": "" if best is None else findings.difference(sign * (best - fmean(means))),
        "inner": findings.score(best),
        "keys": [short_key(key) for key in findings.space.keys],
        "rows": [
            {
                "outer": each["outer"],
                "score": findings.score(each["mean"]),
                "settings": [shown(each["settings"].get(key)) for key in findings.space.keys],
            }
            for each in found
        ],
    }
