"""The section on preparation: what each column became before the network saw it."""

from __future__ import annotations

from glasshouse.report.pictures import data_uri
from glasshouse.report.records import Records
from glasshouse.report.section import Content
from glasshouse.report.terms import KINDS

MOST_INPUTS = 25
ROWS_ARE = {"sounds": "sounds", "videos": "videos"}
BOTH = {
    "segmentation": "Below each, the class of every pixel, which moves with it.",
    "detection": "Below each, its objects, whose boxes move with it: upright around what was turned.",
    "image_to_image": "Below each, the picture that is to come out, which moves with it.",
}
"""What stands below the inputs, where targets are moved with them."""


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
        "images": record.get("kind") == "images",
        "augment": _changes(records),
        "rows_are": ROWS_ARE.get(record.get("kind", ""), "images"),
        **_shown(records),
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
    masked = settings.get("time_mask") or settings.get("frequency_mask")
    return [
        (name.replace("_", " "), "on" if value is True else f"{value:g}")
        for name, value in settings.items()
        if value and (name != "masks" or masked)
    ]


def _shown(records: Records) -> Content:
    """Rows as they are and as they are changed, with what is to be learnt of them, where that is known."""
    looked = records.json.get("augmentation")
    if looked is None:
        return {"changed": []}
    exact = looked["task"] in ("segmentation", "detection")
    rows = [
        {
            "row": each["row"],
            "sides": [
                [data_uri(records.path / path, exact and side == "targets") for path in each[side]]
                for side in ("inputs", "targets")
                if side in each
            ],
        }
        for each in looked["rows"]
    ]
    return {
        "changed": rows,
        "changed_both": BOTH.get(looked["task"], ""),
        "pixelated": looked["kind"] == "images",
    }
