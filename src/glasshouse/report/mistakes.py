"""The section on mistakes: the rows that were answered wrongly with the greatest confidence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glasshouse.report import numbers
from glasshouse.report.pictures import data_uri
from glasshouse.report.records import Records
from glasshouse.report.section import Content
from glasshouse.report.terms import things

MOST_COLUMNS = 6


def mistakes(records: Records) -> Content | None:
    """What the template of the mistakes section draws; rows that are given back are no answers."""
    record = records.json.get("evaluation")
    if record is None:
        return {"missing": records.missing("evaluation", "list of mistakes")}
    if record["task"] not in ("classification", "regression"):
        return None
    numeric = record["task"] == "regression"
    exploration = records.json.get("exploration") or {}
    rows = [_shown(each, numeric, records.path, exploration.get("origin", "")) for each in record["mistakes"]]
    columns = _telling_columns(records, record["mistakes"])
    for row, entry in zip(rows, record["mistakes"], strict=True):
        row["cells"] = [numbers.value((entry["values"] or {}).get(name)) for name in columns]
    images = exploration.get("images")
    return {
        "numeric": numeric,
        "things": things(exploration.get("kind")),
        "pictures": any(each["picture"] for each in rows),
        "pixelated": images is not None and max(images["height"], images["width"]) <= 48,
        "rows": rows,
        "columns": columns,
        "total": record.get("mistaken"),
        "judged": record["intervals"]["rows"],
        "part": record["intervals"]["part"],
        "target": record["target"],
        "sure": any(each["probability"] is not None for each in record["mistakes"]),
    }


def _shown(entry: Mapping[str, Any], numeric: bool, folder: Path, origin: str) -> dict[str, Any]:
    picture = data_uri(folder / entry["picture"]) if entry["picture"] else None
    # where all rows come from is said above; of a path, the end tells images apart
    where = entry["where"].removesuffix(f" of {origin}").rsplit("/", maxsplit=2)
    return {
        "where": "/".join(where[-2:]),
        "true": numbers.value(entry["true"]) if numeric else entry["true"],
        "predicted": numbers.value(entry["predicted"]) if numeric else entry["predicted"],
        "probability": entry["probability"],
        "true_probability": entry.get("probability_of_true"),
        "error": None if entry["error"] is None else _signed(entry["error"]),
        "picture": picture,
    }


def _signed(value: float) -> str:
    return ("+" if value > 0 else "") + numbers.number(value)


def _telling_columns(records: Records, entries: list[dict[str, Any]]) -> list[str]:
    """The columns that go best with the target, in the order of the table."""
    present = list(entries[0]["values"] or {}) if entries else []
    explored = (records.json.get("exploration") or {}).get("columns", [])
    strength = {each["name"]: (each["association"] or {"value": 0.0})["value"] for each in explored}
    best = sorted(present, key=lambda name: -(strength.get(name) or 0.0))[:MOST_COLUMNS]
    return [name for name in present if name in best]
