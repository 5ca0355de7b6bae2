"""The section on captions: pictures with what was written about them, beside what is right."""

from __future__ import annotations

from glasshouse.report.pictures import data_uri
from glasshouse.report.records import Records
from glasshouse.report.section import Content

MOST_SHARPLY = 48
"""Pixels a side up to which pictures are shown with their pixels as squares."""


def captions(records: Records) -> Content | None:
    """What the template of the section draws; it is left out of runs that write no captions."""
    record = records.json.get("evaluation")
    if record is None or record.get("task") != "captioning":
        return None
    images = (records.json.get("exploration") or {}).get("images")
    return {
        "part": record["intervals"]["part"],
        "pixelated": images is None or max(images["height"], images["width"]) <= MOST_SHARPLY,
        "pictures": images is not None,
        "examples": [
            {**each, "picture": data_uri(records.path / each["picture"]) if each["picture"] else None}
            for each in record["captions"]
        ],
    }
