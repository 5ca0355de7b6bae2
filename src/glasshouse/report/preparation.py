"""The section on preparation: what each column became before the network saw it."""

from __future__ import annotations

from glasshouse.report.records import Records
from glasshouse.report.section import Content
from glasshouse.report.terms import KINDS, THINGS, explored_things

MOST_INPUTS = 25


def preparation(records: Records) -> Content:
    """What the template of the preparation section draws."""
    record = records.json.get("preparation")
    if record is None:
        return {"missing": records.missing("preparation", "description of how the data were prepared")}
    inputs = [{**each, "kind": KINDS.get(each["kind"], each["kind"])} for each in record["inputs"]]
    network = records.json.get("network")
    return {
        "inputs": inputs[:MOST_INPUTS],
        "more": inputs[MOST_INPUTS:],
        "columns": len(inputs),
        "learnt": _learnt([each["kind"] for each in record["inputs"]]),
        "series": bool((records.json.get("exploration") or {}).get("series")),
        "features": sum(each["features"] for each in inputs),
        "shape": network["input_shape"] if network else None,
        "clip": explored_things(records)[:-1] if explored_things(records) in THINGS else None,
        "augment": _changes(records),
    }


def _learnt(kinds: list[str]) -> str:
    """What preparing takes from the training rows."""
    parts = {
        "means and spreads": {"number", "date", "image", "sound", "video"},
        "categories": {"category", "boolean"},
        "words": {"text"},
    }
    return ", ".join(name for name, of in parts.items() if of & set(kinds)) or "what each input became"


def _changes(records: Records) -> list[tuple[str, str]]:
    """The random changes to training images that are switched on."""
    settings = (records.experiment or {}).get("data", {}).get("augment", {})
    return [
        (name.replace("_", " "), "on" if value is True else f"{value:g}")
        for name, value in settings.items()
        if value
    ]
