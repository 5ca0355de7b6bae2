"""The section on what a language model wrote, epoch after epoch."""

from __future__ import annotations

from glasshouse.report import numbers
from glasshouse.report.records import Records
from glasshouse.report.section import Content


def writing(records: Records) -> Content | None:
    """What the template of the writing section draws; it is left out of runs without a language."""
    if (records.json.get("evaluation") or {}).get("task") != "language" and records.samples.is_empty():
        return None
    if records.samples.is_empty():
        return {"missing": records.missing("samples", "text that was written")}
    rows = [
        {**each, "loss": numbers.number(each["loss"], 3)} for each in records.samples.iter_rows(named=True)
    ]
    return {"rows": rows, "temperature": rows[0]["temperature"]}
