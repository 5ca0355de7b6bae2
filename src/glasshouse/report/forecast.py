"""The section on forecasts: what was said and what came, and how far ahead it can be trusted."""

from __future__ import annotations

from glasshouse.plot.forecast import error_ahead, forecast
from glasshouse.report import numbers
from glasshouse.report.records import Records
from glasshouse.report.section import Content, drawn


def forecasts(records: Records) -> Content | None:
    """What the template of the forecast section draws; it is left out of runs that forecast nothing."""
    record = records.json.get("evaluation")
    if record is None or record.get("task") != "forecast":
        return None
    found, unusual = record["forecast"], record["forecast"]["unusual"]
    part = record["intervals"]["part"]
    caption = f"The end of the {part} part: what came, and what had been said one step before."
    over_time = forecast(found["rows"], found["came"], found["said"], record["target"])
    ahead = error_ahead(found["ahead"])
    further = "How the error grows with the steps ahead, beside methods that need no network."
    figures = [
        drawn(over_time, "Forecast and truth", caption),
        drawn(ahead, "Error by steps ahead", further),
    ]
    return {
        "figures": [each for each in figures if each],
        "part": part,
        "threshold": numbers.number(unusual["threshold"]),
        "share": numbers.percent(unusual["share"]),
        "count": unusual["count"],
        "rows": unusual["rows"],
        "worst": [
            {
                "row": each["row"],
                **{key: numbers.number(each[key]) for key in ("came", "said", "error")},
            }
            for each in unusual["worst"]
        ],
    }
