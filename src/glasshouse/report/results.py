"""The section on results: metrics with intervals, beside baselines and the other parts, and where it errs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from glasshouse.plot import calibration, confusion_map, histogram, precision_recall, residuals, roc
from glasshouse.report import numbers
from glasshouse.report.records import Records
from glasshouse.report.section import Content, drawn
from glasshouse.report.terms import METRICS, metric_name

MOST_CELLS = 20
"""Classes up to which the confusion matrix is a table with numbers."""
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
        "figures": [each for each in _figures(record) if each],
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
                "about": METRICS.get(name, ""),
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


def _difference(record: Evaluation) -> dict[str, Any] | None:
    found = record.get("difference")
    if not found or found["value"] is None:
        return None
    places = {"accuracy": 1, "r2": 3}[found["metric"]]
    unit, scale = ("points", 100) if found["metric"] == "accuracy" else ("", 1)

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


def _figures(record: Evaluation) -> list[dict[str, Any] | None]:
    if record["task"] == "regression":
        return _number_figures(record)
    figures: list[dict[str, Any] | None] = []
    found = record["confusion"]
    if found and found["matrix"] and len(found["matrix"]) > MOST_CELLS:
        caption = "Rows are true classes, columns the answers, as shares of the true class. A good network is one diagonal."
        figures.append(drawn(confusion_map(found["matrix"], record["classes"]), "Confusion", caption))
    if record["calibration"]:
        caption = (
            "A network that is 80 % sure should be right in 80 of 100 such cases. Below the dashed line it is too "
            f"sure of itself. Expected calibration error: {numbers.percent(record['calibration']['ece'])}."
        )
        figures.append(drawn(calibration(record["calibration"]), "Calibration", caption))
    curves = record["curves"]
    if curves:
        figures += _curve_figures(
            curves, record["classes"][1], record["metrics"][record["intervals"]["part"]]
        )
    return figures


def _curve_figures(
    curves: Mapping[str, Any], name: str, metrics: Mapping[str, float | None]
) -> Sequence[dict[str, Any] | None]:
    area, average = numbers.decimal(metrics.get("roc_auc")), numbers.decimal(metrics.get("average_precision"))
    first = (
        f"Each point is one threshold for answering “{name}”: how many of that class it finds, and at the cost of "
        f"how many false alarms. Area {area}; guessing has 0.5."
    )
    second = (
        f"The same thresholds: of the rows called “{name}”, how many are right. Average precision {average}. It "
        "tells more than the ROC curve where the class is rare."
    )
    return [
        drawn(roc(curves["roc"]), "ROC curve", first),
        drawn(
            precision_recall(curves["precision_recall"], curves.get("share")), "Precision and recall", second
        ),
    ]


def _number_figures(record: Evaluation) -> list[dict[str, Any] | None]:
    found = record["residuals"]
    if not found:
        return []
    shown = len(found["points"])
    first = f"{shown:,} rows of the {record['intervals']['part']} part; on the dashed line the prediction is exact."
    second = "By how much predictions miss; the central 99 % of the rows."
    if found.get("bias") is not None:
        second += f" On the whole they are off by {numbers.number(found['bias'], 3)}."
    return [
        drawn(residuals(found["points"], record["target"]), "Predicted against true", first),
        drawn(
            histogram(found["histogram"]["edges"], found["histogram"]["counts"], "predicted minus true"),
            "Residuals",
            second,
        ),
    ]
