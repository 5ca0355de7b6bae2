"""The section on the inside of the network: what probes saw in every layer while it trained."""

from __future__ import annotations

from glasshouse.plot import probe_heatmap
from glasshouse.report.records import Records
from glasshouse.report.section import Content, drawn
from glasshouse.report.terms import STATISTICS


def inside(records: Records) -> Content:
    """What the template of the inside section draws."""
    probes = records.probes
    if probes.is_empty():
        if (records.experiment or {}).get("watch", {}).get("probes") is False:
            return {"missing": "The probes were switched off: watch.probes = false."}
        return {"missing": records.missing("probes", "look at the layers")}
    figures = [
        drawn(probe_heatmap(probes, name), title, caption)
        for name, (title, caption) in STATISTICS.items()
        if probes[name].abs().max()  # one that is 0 throughout has nothing to show
    ]
    return {
        "figures": [each for each in figures if each],
        "looks": probes["step"].n_unique(),
        "layers": probes["layer"].n_unique(),
        "steps": int(probes["step"].max() or 0),  # type: ignore[arg-type]  # steps are whole numbers; polars cannot tell
    }
