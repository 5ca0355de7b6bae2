"""The figures of the results: calibration and curves for classes, residuals for numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glasshouse.plot import calibration, confusion_map, histogram, precision_recall, residuals, roc
from glasshouse.report import numbers
from glasshouse.report.section import drawn

MOST_CELLS = 20
"""Classes up to which the confusion matrix is a table with numbers, and no figure."""

Evaluation = Mapping[str, Any]
Drawn = dict[str, Any] | None


def result_figures(record: Evaluation) -> list[Drawn]:
    """Figures that ``evaluation.json`` has the numbers for; ``None`` in the place of others."""
    if record["task"] == "regression":
        return _of_numbers(record)
    figures = [_confusion(record), _calibration(record)]
    if record["curves"]:
        name = record["classes"][1]
        metrics = record["metrics"][record["intervals"]["part"]]
        figures += [_roc(record["curves"], name, metrics), _precision_recall(record["curves"], name, metrics)]
    return figures


def _confusion(record: Evaluation) -> Drawn:
    found = record["confusion"]
    if not found or not found["matrix"] or len(found["matrix"]) <= MOST_CELLS:
        return None
    caption = (
        "Rows are true classes, columns the answers, as shares of the true class. A good network is one "
        "diagonal."
    )
    return drawn(confusion_map(found["matrix"], record["classes"]), "Confusion", caption)


def _calibration(record: Evaluation) -> Drawn:
    found = record["calibration"]
    if not found:
        return None
    caption = (
        "A network that is 80 % sure should be right in 80 of 100 such cases. Below the dashed line it is "
        "too sure of itself. Larger dots stand for more rows. Expected calibration error: "
        f"{numbers.percent(found['ece'])}."
    )
    return drawn(calibration(found), "Calibration", caption)


def _roc(curves: Mapping[str, Any], name: str, metrics: Mapping[str, float | None]) -> Drawn:
    caption = (
        f"Each point is one threshold for answering “{name}”: how many of that class it finds, and at the "
        f"cost of how many false alarms. Area {numbers.decimal(metrics.get('roc_auc'))}; guessing has 0.5."
    )
    return drawn(roc(curves["roc"]), "ROC curve", caption)


def _precision_recall(curves: Mapping[str, Any], name: str, metrics: Mapping[str, float | None]) -> Drawn:
    caption = (
        f"The same thresholds: of the rows called “{name}”, how many are right. Average precision "
        f"{numbers.decimal(metrics.get('average_precision'))}. It tells more than the ROC curve where the "
        "class is rare."
    )
    figure = precision_recall(curves["precision_recall"], curves.get("share"))
    return drawn(figure, "Precision and recall", caption)


def _of_numbers(record: Evaluation) -> list[Drawn]:
    found = record["residuals"]
    if not found:
        return []
    shown, part = len(found["points"]), record["intervals"]["part"]
    first = f"{shown:,} rows of the {part} part; on the dashed line the prediction is exact."
    second = "By how much predictions miss; the central 99 % of the rows."
    if found.get("bias") is not None:
        second += f" On the whole they are off by {numbers.number(found['bias'], 3)}."
    counted = found["histogram"]
    return [
        drawn(residuals(found["points"], record["target"]), "Predicted against true", first),
        drawn(histogram(counted["edges"], counted["counts"], "predicted minus true"), "Residuals", second),
    ]
