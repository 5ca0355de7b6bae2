"""The section on the data: what is in it, what looks wrong, how it was divided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glasshouse.plot import correlations, histogram
from glasshouse.plot import series as over_time
from glasshouse.report import numbers
from glasshouse.report.images import describe_images
from glasshouse.report.records import Records
from glasshouse.report.section import Content, drawn
from glasshouse.report.sparkline import bars, shares
from glasshouse.report.terms import KINDS, explored_things

PREDICTED = ("classification", "regression", "forecast")
"""Tasks whose answer for a row is its target."""
ROLES = {
    "verification": "rows of one class are alike, those of two are not",
    "reconstruction": "nothing is learnt from them, they serve to look at what comes out",
}
"""What classes are for where they are not predicted."""
MOST_COLUMNS = 40
MOST_SERIES = 4
"""Variables of a series that are drawn over time."""
MOST_CLASSES = 20
_TOP = 3
_LONG_NAME = 14
"""Class names from this length on stand above their bars."""
_LONGEST_VALUE = 28
_NOTABLE = 0.005
"""Share of the most frequent value below which shares are not drawn."""


def data(records: Records) -> Content:
    """What the template of the data section draws."""
    record = records.json.get("exploration")
    if record is None:
        return {"missing": records.missing("exploration", "description of the data")}
    columns = [_column(each, record["rows"]) for each in record["columns"]]
    target = record["target"]
    task = record.get("task") or (records.json.get("evaluation") or {}).get("task")
    series = record.get("series")
    return {
        "kind": record["kind"],
        "origin": record["origin"],
        "rows": record["rows"],
        "things": explored_things(records),
        "series": series,
        "used": sum(each["used"] for each in columns),
        "parts": _parts(record["parts"], records),
        "split": record["split"],
        "notes": [_sentence(note) for note in record["notes"]],
        "findings": [{**each, "text": numbers.percents(each["text"])} for each in record["findings"]],
        "looked_for": _looked_for(record, task),
        "predicted": task in (None, *PREDICTED),
        "role": ROLES.get(task, ""),
        "target": _classes(target) if target and target["task"] == "classification" else None,
        "figures": [
            each for each in (*_series(series), _numbers(target, task), _correlations(record)) if each
        ],
        "going": any(each["association"] for each in columns),
        "columns": columns[:MOST_COLUMNS],
        "more_columns": columns[MOST_COLUMNS:],
        "images": None if record["images"] is None else describe_images(record, records.path),
    }


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _looked_for(record: Mapping[str, Any], task: str | None) -> str:
    """What the findings would have named."""
    target = record["target"] or {}
    predicted = bool(target) and task in (None, "classification", "regression") and not record.get("series")
    images = record["kind"] == "images"
    clips = record["kind"] in ("sounds", "videos")
    looked = (
        ["files that cannot be read"]
        if images
        else []
        if clips
        else [*(["columns that give the target away"] if predicted else []), "much that is missing"]
    )
    classes = target.get("task") == "classification" and task in (None, "classification")
    looked += ["classes of very different size"] if classes else []
    return ", ".join([*looked, "copies that stand in two parts", "parts too small to judge by"])


def _parts(counts: Mapping[str, int], records: Records) -> list[dict[str, Any]]:
    # Losses of a game do not tell a best epoch.
    chosen = (records.json.get("evaluation") or {}).get("generation") is None
    purposes = {
        "train": "the network learns from these",
        "validation": "these choose the best epoch" if chosen else "looked at beside the training",
        "test": "held out to the very end",
    }
    total = sum(counts.values()) or 1
    return [
        {"name": name, "count": each, "share": each / total, "purpose": purposes[name]}
        for name, each in counts.items()
        if each
    ]


def _classes(target: Mapping[str, Any]) -> dict[str, Any]:
    """The balance of the classes; of very many, the largest and the smallest."""
    classes = target["classes"]
    left_out = 0
    if len(classes) > MOST_CLASSES:
        ordered = sorted(classes, key=lambda each: -each["count"])
        half = MOST_CLASSES // 2
        left_out = len(classes) - 2 * half
        classes = ordered[:half] + ordered[-half:]
    most = max(each["share"] for each in target["classes"]) or 1.0
    return {
        "name": target["name"],
        "count": len(target["classes"]),
        "classes": [{**each, "width": each["share"] / most} for each in classes],
        "left_out": left_out,
        "long": max(len(each["name"]) for each in classes) > _LONG_NAME,
        "imbalance": target["imbalance"],
    }


def _series(series: Mapping[str, Any] | None) -> list[dict[str, Any] | None]:
    """The variables of a series over time, with where its parts and its marked windows lie."""
    if series is None:
        return []
    marked = series["marked"]
    told = "Every step of the series." if series["parts"] else "Every step; parts are drawn from all of it."
    if marked:
        told += f" Shaded: the last steps of windows that are “{marked['class']}”."
    left = len(series["variables"]) - MOST_SERIES
    told += f" {left} more variables are not drawn." if left > 0 else ""
    shaded = (marked["class"], marked["stretches"]) if marked else None
    return [
        drawn(
            over_time(each["name"], each["places"], each["values"], series["parts"], shaded),
            f"{each['name']} over time",
            told,
        )
        for each in series["variables"][:MOST_SERIES]
        if each["places"]
    ]


def _numbers(target: Mapping[str, Any] | None, task: str | None) -> dict[str, Any] | None:
    """The distribution of numbers to predict, or of those that stand beside the rows."""
    if target is None or target["task"] != "regression":
        return None
    low, median, high = (numbers.number(target["quantiles"][place]) for place in (0, 2, 4))
    figure = histogram(
        target["histogram"]["edges"],
        target["histogram"]["counts"],
        target["name"],
        [(target["quantiles"][2], "median")],
    )
    caption = (
        f"Half of the rows lie below {median}, nine tenths between {low} and {high}. Mean "
        f"{numbers.number(target['mean'])}, standard deviation {numbers.number(target['std'])}."
    )
    predicted = task in (None, *PREDICTED)
    title = "What is to be predicted" if predicted else "Set aside, nothing is learnt from it"
    return drawn(figure, f"{title}: {target['name']}", caption)


def _correlations(record: Mapping[str, Any]) -> dict[str, Any] | None:
    found = record["correlations"]
    if len(found["names"]) < 2:
        return None
    caption = (
        "Pearson’s correlation of the training rows, in tenths: green rises together, orange goes against "
        "each other. Columns that repeat each other add little."
    )
    return drawn(correlations(found), "Which numbers go together", caption)


def _column(column: Mapping[str, Any], rows: int) -> dict[str, Any]:
    """One row of the table of columns."""
    summary, top = column["summary"], column["top"]
    picture, words = None, ""
    if column["histogram"] is not None and summary is not None:
        picture = bars(column["histogram"]["counts"])
        words = f"{numbers.number(summary['min'])} to {numbers.number(summary['max'])}"
        words += f", median {numbers.number(summary['median'])}"
    elif top and top[0]["count"] == 1:
        words = "every value occurs once"
    elif top and top[0]["share"] < _NOTABLE:
        # Shares that nobody could see: examples say more.
        words = "such as " + ", ".join(f"“{_cut(each['value'])}”" for each in top[:_TOP])
    elif top:
        picture = shares([each["share"] for each in top])
        words = ", ".join(f"{_cut(each['value'])} {numbers.percent(each['share'], 0)}" for each in top[:_TOP])
        more = column["distinct"] - _TOP
        words += f" and {more:,} more" if more > 0 else ""
    return {
        "name": column["name"],
        "kind": KINDS.get(column["kind"], column["kind"]),
        "used": column["used"],
        "because": column["because"],
        "picture": picture,
        "words": words,
        "distinct": column["distinct"],
        "missing": column["missing_share"] if rows else None,
        "association": column["association"],
    }


def _cut(value: str) -> str:
    return value if len(value) <= _LONGEST_VALUE else value[: _LONGEST_VALUE - 1] + "…"
