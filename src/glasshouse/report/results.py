"""The section on results: metrics with intervals, beside baselines and the other parts, and where it errs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glasshouse.report import numbers
from glasshouse.report.records import Records
from glasshouse.report.result_figures import MOST_CELLS, result_figures
from glasshouse.report.section import Content
from glasshouse.report.terms import IN_PREPARED_UNITS, METRICS, explored_things, metric_name

MOST_CLASSES = 30

Evaluation = Mapping[str, Any]


def results(records: Records) -> Content:
    """What the template of the results section draws."""
    record = records.json.get("evaluation")
    if record is None:
        return {"missing": records.missing("evaluation", "measurement of the network")}
    part = record["intervals"]["part"]
    classes = _per_class(record)
    confused = _confusion(record)
    return {
        "part": part,
        "rows": record["intervals"]["rows"],
        "things": "pairs" if record["task"] == "verification" else explored_things(records),
        "level": f"{record['intervals']['level']:.0%}".replace("%", " %"),
        "method": record["intervals"]["method"],
        "verdict": record["verdict"],
        "metrics": _metrics(record),
        "others": [name for name in ("validation", "train") if name in record["metrics"] and name != part],
        "baselines": record["baselines"],
        "difference": _difference(record),
        "confusion": confused,
        "stacked": confused is None or len(confused["rows"]) > 12,
        "pairs": (record["confusion"] or {}).get("pairs", [])[:10],
        "classes": classes[:MOST_CLASSES],
        "more_classes": classes[MOST_CLASSES:],
        "mistaken": record.get("mistaken"),
        "figures": [each for each in result_figures(record) if each],
    }


def _metrics(record: Evaluation) -> list[dict[str, Any]]:
    """One row per metric: the network, its interval, the baselines, the other parts."""
    part, spans = record["intervals"]["part"], record["intervals"]["metrics"]
    rows = []
    for name, value in record["metrics"][part].items():
        span = spans.get(name)
        rows.append(
            {
                "name": metric_name(name),
                "about": _about(name, record),
                "value": numbers.metric(name, value),
                "span": f"{numbers.metric(name, span[0])} to {numbers.metric(name, span[1])}"
                if span
                else None,
                "baselines": [
                    numbers.metric(name, each["metrics"].get(name)) for each in record["baselines"]
                ],
                "others": [
                    numbers.metric(name, record["metrics"][other].get(name))
                    for other in ("validation", "train")
                    if other in record["metrics"] and other != part
                ],
                "primary": name == record["primary"],
            }
        )
    return rows


def _about(name: str, record: Evaluation) -> str:
    """What a metric says; of which class, where that is not all of them alike."""
    about, classes = METRICS.get(name, ""), record["classes"]
    if record["task"] == "reconstruction":
        return IN_PREPARED_UNITS.get(name, about)
    if name in ("precision", "recall", "f1", "specificity"):
        return about + (f"; of “{classes[1]}”" if len(classes) == 2 else "; mean over the classes")
    if name in ("roc_auc", "average_precision") and len(classes) > 2:
        return about + "; mean over one class against the rest"
    return about


def _difference(record: Evaluation) -> dict[str, Any] | None:
    found = record.get("difference")
    if not found or found["value"] is None:
        return None
    places = {"accuracy": 1, "picture_iou": 1, "picture_overlap": 1, "psnr": 2}.get(found["metric"], 3)
    shares = found["metric"] in ("accuracy", "picture_iou", "picture_overlap")
    unit, scale = ("points", 100) if shares else ("dB" if found["metric"] == "psnr" else "", 1)

    def signed(value: float | None) -> str:
        return numbers.DASH if value is None else f"{value * scale:+.{places}f}".replace("-", "−")

    return {
        "baseline": found["baseline"],
        "value": f"{signed(found['value'])} {unit}".strip(),
        "span": f"{signed(found['low'])} to {signed(found['high'])}",
        "decided": found["decided"],
        "better": found["value"] > 0,
        "method": found["method"],
    }


def _confusion(record: Evaluation) -> dict[str, Any] | None:
    """The matrix as a table of cells with a strength each."""
    found = record["confusion"]
    if found is None or found["matrix"] is None or len(found["matrix"]) > MOST_CELLS:
        return None
    rows = []
    for place, counts in enumerate(found["matrix"]):
        total = sum(counts) or 1
        cells = [
            {
                "count": each,
                "right": place == column,
                # roots, so that the few mistakes of a good network can be seen at all
                "strength": round((each / total) ** (1 if place == column else 0.6), 3),
            }
            for column, each in enumerate(counts)
        ]
        rows.append({"name": record["classes"][place], "cells": cells, "total": sum(counts)})
    tilted = max(map(len, record["classes"])) > 3
    return {
        "classes": record["classes"],
        "rows": rows,
        "part": found["part"],
        "tilted": tilted,
        "few": len(rows) <= 4,
    }


def _per_class(record: Evaluation) -> list[dict[str, Any]]:
    """Classes in order; of very many, the worst first."""
    classes = list(record["per_class"] or [])
    if len(classes) > MOST_CLASSES:
        classes.sort(key=lambda each: 2.0 if each["f1"] is None else each["f1"])
    return classes
