"""The section on time: gradients on their way back through the steps, and gates on the way."""

from __future__ import annotations

from glasshouse.plot.over_time import gates, gradient_over_time
from glasshouse.report import numbers
from glasshouse.report.records import Records
from glasshouse.report.section import Content, drawn


def over_time(records: Records) -> Content | None:
    """What the template of the section on time draws; it is left out of runs without a recurrent layer."""
    record = records.json.get("over_time")
    if record is None:
        return None
    lines = {name: record[key] for key, name in (("after", "after training"), ("before", "before"))}
    lines = {name: values for name, values in lines.items() if values}
    figures = []
    if lines:
        caption = (
            "How strongly the loss pulls at the input of each step. Where the line falls towards the left, "
            "early steps hardly count, and what stands there cannot be learnt."
        )
        figures.append(drawn(gradient_over_time(lines), "Gradient over time", caption))
    opened = record.get("gates")
    if opened:
        caption = (
            f"The gates of the first layer ({opened['cell'].upper()}) while it reads one row, the mean over "
            "its units: 0 is shut, 1 is open."
        )
        figures.append(drawn(gates(opened["gates"], opened["steps"]), "Gates over time", caption))
    after = record["after"] or []
    share = None
    if len(after) > 1 and after[-1] > 0:
        share = numbers.number(after[0] / after[-1], 2)
    return {"figures": [each for each in figures if each], "share": share, "steps": len(after)}
