"""The section on tags: what was said at every step, beside what is right."""

from __future__ import annotations

from glasshouse.report.records import Records
from glasshouse.report.section import Content


def tags(records: Records) -> Content | None:
    """What the template of the section draws; it is left out of runs that tag nothing."""
    record = records.json.get("evaluation")
    if record is None or record.get("task") != "tagging":
        return None
    return {"examples": record["tagging"]["examples"], "part": record["intervals"]["part"]}
