"""The top of the report: what was run, how good it is and against what, and how far the run came."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from glasshouse.report import numbers
from glasshouse.report.records import Records
from glasshouse.report.section import UNEXPECTED, Content
from glasshouse.report.terms import STATES, explored_things, metric_name

LOWER = frozenset({"nats", "rmse"})
"""Primary metrics of which less is better."""

IN_NO_RANGE = ("return", "log_likelihood", "bound", "psnr")
"""Metrics that have neither a lowest nor a highest value."""


def header(records: Records) -> Content:
    """What the template of the top draws."""
    record = records.json.get("evaluation")
    status = records.status
    return {
        "title": (records.experiment or {}).get("name") or re.sub(r"-\d{8}-\d{6}(-\d+)?$", "", records.name),
        "run": records.name,
        "state": status["state"],
        "state_words": STATES.get(status["state"], str(status["state"])),
        "stage": status["stage"],
        "message": status.get("message") or "",
        "resume": f"glasshouse resume {records.path}" if status["state"] in ("failed", "interrupted") else "",
        "time": _time(status.get("time")),
        "verdict": numbers.percents(str(record.get("verdict", ""))) if record else "",
        "result": _attempt(lambda: _result(record)) if record else None,
        "facts": [*_attempt(lambda: _data_facts(records), []), *_attempt(lambda: _run_facts(records), [])],
    }


def _time(stamp: str | None) -> dict[str, str] | None:
    if not stamp:
        return None
    try:
        moment = datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return {"machine": stamp, "people": stamp}
    return {"machine": stamp, "people": f"{moment.day} {moment:%B %Y, %H:%M}"}


def _result(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """The primary metric of the network and of all baselines on one scale."""
    name, part = record["primary"], record["intervals"]["part"]
    value, span = record["metrics"][part].get(name), record["intervals"]["metrics"].get(name)
    if value is None:
        return None
    others = [(each["name"], each["metrics"].get(name), each["about"]) for each in record["baselines"]]
    if name in ("log_likelihood", "bound"):  # baselines that only give rows back have none
        others = [each for each in others if each[1] is not None]
    known = [each for _, each, _ in others if each is not None]
    low, high = _ends(value, [value, *(span or []), *known], name)

    def place(number: float) -> float:
        return round(100 * (min(max(number, low), high) - low) / (high - low), 2)

    rows = [{"name": "this network", "value": value, "span": span, "about": "", "network": True}]
    rows += [
        {"name": each, "value": number, "span": None, "about": about, "network": False}
        for each, number, about in sorted(others, key=lambda other: _rank(name, other[1]))
    ]
    for row in rows:
        row["beyond"] = row["value"] is not None and row["value"] < low - 0.02 * (high - low)
        row["place"] = None if row["value"] is None else place(row["value"])
        row["left"] = place(row["span"][0]) if row["span"] else None
        row["width"] = round(place(row["span"][1]) - place(row["span"][0]), 2) if row["span"] else None
        row["words"] = _words(name, row["value"])
    return {
        "metric": metric_name(name),
        "value": _words(name, value),
        "span": f"{_words(name, span[0])} to {_words(name, span[1])}" if span else "",
        "part": part,
        "rows": rows,
        "low": _words(name, low, 0),
        "high": _words(name, high, 0),
    }


def _ends(value: float, values: list[float], name: str) -> tuple[float, float]:
    """Ends of the scale: round, and up to the best that can be. R² has no lowest value: what lies below the
    scale is drawn as an arrow, lest one hopeless baseline press all others together.
    """
    low = min(values)
    if name in LOWER:
        return 0.0, max(values)
    if name == "bleu":
        return 0.0, min(100.0, 10.0 * math.ceil(max(values) / 10) or 10.0)
    if name in IN_NO_RANGE:
        high = max(values)
        room = 0.05 * (high - low) or 1.0
        return (0.0 if 0 <= low < 0.5 * high else low - room), high + room
    if name == "r2":
        return (0.0 if value > 0 else -1.0), 1.0
    for end in (0.9, 0.8, 0.7, 0.6, 0.5, 0.25):
        if low >= end + 0.02:
            return end, 1.0
    return 0.0, 1.0


def _rank(name: str, value: float | None) -> float:
    """Where a baseline stands in the list: the best first."""
    return (1.0 if name in LOWER else -1.0) * (value or 0.0)


def _words(name: str, value: float | None, digits: int = 1) -> str:
    if name in IN_NO_RANGE:
        return numbers.number(value, 4)
    if name == "r2" or name in LOWER:
        return numbers.number(value) if name == "rmse" else numbers.decimal(value, 3 if digits else 1)
    if name == "bleu":
        return numbers.decimal(value, digits)
    return numbers.percent(value, digits)


def _data_facts(records: Records) -> list[tuple[str, str]]:
    """What the run was given."""
    explored, data = records.json.get("exploration"), records.json.get("data")
    if explored is None:
        return [("data", f"{data['rows']:,} rows from {data['origin']}")] if data else []
    if explored["kind"] == "world":
        limit = explored["world"]["limit"]
        told = [("world", explored["origin"]), ("seen", f"{len(explored['world']['seen'])} numbers")]
        told.append(("actions", ", ".join(explored["world"]["actions"]["names"])))
        return told if limit is None else [*told, ("an episode", f"at most {limit:,} steps")]
    things = explored_things(records)
    facts = [("data", f"{explored['rows']:,} {things} from {explored['origin']}")]
    target = explored["target"]
    if target:
        kind = f"{len(target['classes'])} classes" if target.get("classes") else "a number"
        if target["task"] == "image_to_image":
            kind = f"{target['height']} × {target['width']} pixels"
        # What rows are given back without is no target: it is only looked at afterwards.
        role = "beside them" if explored.get("task") == "reconstruction" else "target"
        facts.append((role, f"{target['name']}, {kind}"))
    return facts


def _run_facts(records: Records) -> list[tuple[str, str]]:
    """What it made of it."""
    facts = []
    network = records.json.get("network")
    if network:
        name = network["model"].get("name") or network["model"].get("class")
        facts.append(("network", f"{name}, {numbers.brief(network['parameters'])} parameters"))
    if not records.timings.is_empty():
        epochs = records.history.height
        seconds = numbers.seconds(float(records.timings["seconds"].sum()))
        facts.append(("training", f"{epochs} epoch{'' if epochs == 1 else 's'} in {seconds}"))
    if records.experiment:
        facts.append(("seed", str(records.experiment["seed"])))
    return facts


def _attempt(build: Callable[[], Any], otherwise: Any = None) -> Any:
    """A part of the top; where its record has an unexpected form, its own section says so."""
    try:
        return build()
    except UNEXPECTED:
        return otherwise
