"""The section on strokes: drawings of people, or of pendulums, and those of the network."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from glasshouse.report.records import Records
from glasshouse.report.section import Content

Paths = Sequence[Sequence[Sequence[float]]]
"""The lines of a drawing: places (right, up)."""


def strokes(records: Records) -> Content | None:
    """What the template of the section draws; it is left out of runs that draw nothing."""
    record = records.json.get("evaluation")
    if record is None or record.get("task") != "strokes":
        return None
    found = record["strokes"]
    return {
        "part": record["intervals"]["part"],
        "true": [drawing(each) for each in found["true"]],
        "drawn": [
            {"bias": f"{each['bias']:g}", "drawings": [drawing(paths) for paths in each["paths"]]}
            for each in found["drawn"]
        ],
    }


def drawing(paths: Paths) -> Markup:
    """The lines of a drawing as SVG, in a box of its own size.

    Args:
        paths: Places of the pen from lift to lift, right and up.

    Example:
        >>> svg = drawing([[[0.0, 0.0], [2.0, 1.0]], [[3.0, 0.0], [3.0, 1.0]]])
        >>> svg.count("M"), 'viewBox="-0.15 -1.15 3.30 1.30"' in svg
        (2, True)
    """
    places = [place for line in paths for place in line]
    left, right = min(x for x, _ in places), max(x for x, _ in places)
    low, high = min(y for _, y in places), max(y for _, y in places)
    edge = 0.05 * (right - left) or 0.5
    box = f"{left - edge:.2f} {-high - edge:.2f} {right - left + 2 * edge:.2f} {high - low + 2 * edge:.2f}"
    # Up is down on a screen.
    lines = " ".join("M" + "L".join(f"{x:.3f} {-y:.3f}" for x, y in line) for line in paths)
    return Markup(  # noqa: S704 - made of numbers alone
        f'<svg viewBox="{box}" role="img" aria-label="a drawing"><path d="{lines}"/></svg>'
    )
