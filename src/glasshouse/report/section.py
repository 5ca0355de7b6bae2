"""What every section of the report is: a key, a title, and what its template draws - or why it is empty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from matplotlib.figure import Figure

from glasshouse.plot import to_svg
from glasshouse.report.records import Records

Content = Mapping[str, Any]
"""What a template takes. With the key ``missing``, a sentence stands in the section's place."""


@dataclass(frozen=True)
class Section:
    """One section, ready for its template.

    Args:
        key: Its name in the address line and of its template.
        title: Its heading.
        content: What its template draws.
    """

    key: str
    title: str
    content: Content


UNEXPECTED = (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError)
"""What reading a record of another form than expected raises."""


Build = Callable[[Records], Content | None]
"""Makes a section's content of the records; ``None`` where such a run has no such section."""


def build_section(key: str, title: str, build: Build, records: Records) -> Section | None:
    """Build a section. Records of another form than expected leave a remark in its place, not a crash:
    a report must come out also of a run that went wrong.
    """
    content: Content | None
    try:
        content = build(records)
    except UNEXPECTED as error:
        what = f"{type(error).__name__}: {error}"
        content = {"missing": f"What was recorded for this section has an unexpected form ({what})."}
    return None if content is None else Section(key, title, content)


def drawn(figure: Figure | None, title: str, caption: str, description: str = "") -> dict[str, Any] | None:
    """A figure for the templates: its SVG, title and caption; ``None`` stays ``None``."""
    if figure is None:
        return None
    # matplotlib escapes what it writes, to_svg the rest
    return {"svg": Markup(to_svg(figure, title, description or caption)), "title": title, "caption": caption}  # noqa: S704
