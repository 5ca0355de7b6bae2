"""The section on an ensemble: its members one by one, beside what they say together."""

from __future__ import annotations

from typing import Any

from glasshouse.report import numbers
from glasshouse.report.records import Records
from glasshouse.report.section import Content
from glasshouse.report.terms import metric_name

KINDS = {
    "seeds": "began with other weights and saw the rows in another order",
    "bagging": "began with other weights and drew its own rows, with replacement",
    "snapshots": "is the same network at another low of its learning rate",
}
"""What tells members apart, to go after "Each"."""


def ensemble(records: Records) -> Content | None:
    """What the template of the section draws; nothing for a single network."""
    record = records.json.get("ensemble")
    if record is None:
        return None
    if "together" not in record:
        return {"missing": "The members were trained, but not measured yet."}
    primary = record["primary"]
    measures = [name for name in (primary, "log_loss", "rmse") if name in record["together"]]
    single = record["single"]
    return {
        "count": len(record["members"]),
        "kind": KINDS[record["kind"]],
        "part": record["part"],
        "rows": record["rows"],
        "measures": [metric_name(name) for name in measures],
        "together": [numbers.metric(name, record["together"][name]) for name in measures],
        "members": [_member(each, measures) for each in record["members"]],
        "primary": metric_name(primary),
        "mean": numbers.metric(primary, single["mean"]),
        "lowest": numbers.metric(primary, single["lowest"]),
        "highest": numbers.metric(primary, single["highest"]),
        "own": numbers.metric(primary, record["together"][primary]),
        "disagreement": _disagreement(record["disagreement"]),
    }


def _member(row: dict[str, Any], measures: list[str]) -> dict[str, Any]:
    measured = row.get("metrics", {})
    return {
        "number": row["number"] + 1,
        "seed": row["seed"],
        "values": [numbers.metric(name, measured.get(name)) for name in measures],
        "kept": row.get("best_epoch"),
        "ended": row["error"] or row.get("ended"),
    }


def _disagreement(found: dict[str, Any]) -> str:
    if "rank_correlation" in found:
        mean = numbers.number(found["mean"], 3)
        text = f"The standard deviation of the members' answers is {mean} on average"
        ranks = found["rank_correlation"]
        if ranks is None:
            return text + "."
        return text + (
            f"; its rank correlation with the error is {ranks:+.2f}: the nearer to 1, the better does "
            "disagreement tell where the answer is wrong."
        ).replace("-", "−")
    text = f"The members disagree by {numbers.number(found['mean'], 3)} on average"
    right, wrong = found.get("where_right"), found.get("where_wrong")
    if right is None or wrong is None:
        return text + "."
    return text + (
        f": {numbers.number(right, 3)} where the ensemble is right, {numbers.number(wrong, 3)} where it is "
        "wrong (0 where all agree). The larger the second beside the first, the better does disagreement "
        "tell where to look twice."
    )
