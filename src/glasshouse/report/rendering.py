"""What fills templates: the environment, and the words and numbers that it knows how to write."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from glasshouse.report import numbers


@cache
def environment() -> Environment:
    """The environment of all templates."""
    made = Environment(
        loader=PackageLoader("glasshouse.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {
        name: getattr(numbers, name)
        for name in ("count", "brief", "percent", "decimal", "number", "seconds", "value")
    }
    made.filters |= {**filters, "settings": mark_settings}
    return made


def mark_settings(text: str) -> Markup:
    """Set what is to be typed apart from the words around it.

    Example:
        >>> str(mark_settings("weigh them: --set objective.class_weights=balanced"))
        'weigh them: <code>--set objective.class_weights=balanced</code>'
    """
    return Markup(re.sub(r"(--set (?:&#39;.*?&#39;\S*|\S+))", r"<code>\1</code>", str(escape(text))))  # noqa: S704
