"""The section on a world: what is seen of it, what can be done, and what chance earns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glasshouse.report import numbers
from glasshouse.report.records import Records
from glasshouse.report.section import Content
from glasshouse.report.sparkline import bars


def world(records: Records) -> Content:
    """What the template of the world section draws."""
    record = records.json.get("exploration")
    if record is None:
        return {"missing": records.missing("exploration", "look at the world")}
    told = record["world"]
    return {
        "name": told["name"],
        "rows": record["rows"],
        "episodes": record["random"]["episodes"],
        "facts": facts(record),
        "states": record["states"],
        "visited": sum(each["high"] > 0 for each in record["numbers"]),
        "numbers": [
            {
                "name": each["name"],
                "picture": bars(each["histogram"]["counts"]),
                "words": f"{numbers.number(each['low'], 3)} to {numbers.number(each['high'], 3)}",
                "mean": numbers.number(each["mean"], 3),
            }
            for each in record["numbers"][:MOST_NUMBERS]
        ],
        "more": max(0, len(record["numbers"]) - MOST_NUMBERS),
        "actions": _actions(told["actions"]),
    }


MOST_NUMBERS = 16


def _actions(actions: Mapping[str, Any]) -> list[dict[str, str]]:
    if not actions["low"]:
        return [{"name": name, "ends": ""} for name in actions["names"]]
    ends = zip(actions["low"], actions["high"], strict=True)
    words = [f"{numbers.number(low)} and {numbers.number(high)}" for low, high in ends]
    return [{"name": name, "ends": each} for name, each in zip(actions["names"], words, strict=True)]


def facts(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The world in a few pairs."""
    told, chance = record["world"], record["random"]
    limit = told["limit"]
    pairs = [
        ("seen at each step", f"{len(told['seen'])} numbers"),
        ("time runs out after", "never" if limit is None else f"{limit:,} steps"),
        ("random actions get", f"{numbers.number(chance['return'], 3)} on average"),
        ("and last", f"{numbers.number(chance['length'], 3)} steps on average"),
    ]
    if told["solved"] is not None:
        pairs.append(("counts as solved from", f"{numbers.number(told['solved'])} on average"))
    return pairs
