"""The section on translations: what was said beside what is right, and where the network looked."""

from __future__ import annotations

from glasshouse.plot.attention import attention
from glasshouse.report.records import Records
from glasshouse.report.section import Content, drawn


def translations(records: Records) -> Content | None:
    """What the template of the translation section draws; it is left out of runs that translate nothing."""
    record = records.json.get("evaluation")
    if record is None or record.get("task") != "translation":
        return None
    found = record["translation"]
    caption = (
        "A row is a word that was written, from above; the darker a cell, the more the network looked at "
        "that word of the source when it wrote it."
    )
    figures = [
        drawn(attention(each["weights"], each["source"], each["said"]), " ".join(each["source"]), caption)
        for each in found["maps"]
    ]
    return {
        "examples": found["examples"],
        "figures": [each for each in figures if each],
        "part": record["intervals"]["part"],
    }
