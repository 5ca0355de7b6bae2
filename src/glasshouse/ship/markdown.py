"""Words, numbers and tables of a card, safe to show wherever Markdown is shown."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~$])")


def words(text: object) -> str:
    r"""Text from the data, so that nothing in it works as Markdown or HTML.

    Example:
        >>> print(words("<b>a|b</b>"))
        \<b\>a\|b\</b\>
    """
    return _SPECIAL.sub(r"\\\1", " ".join(str(text).split()))


def code(text: object) -> str:
    """A name from the data as code; backticks in it are fenced by longer ones.

    Example:
        >>> code("age"), code("a`b")
        ('`age`', '`` a`b ``')
    """
    line = " ".join(str(text).split())
    if "|" in line:  # inside a table a bar would end the cell, even in code
        return words(line)
    if "`" not in line:
        return f"`{line}`" if line else "(empty)"
    fence = "`" * (1 + max(len(run) for run in re.findall("`+", line)))
    return f"{fence} {line} {fence}"


def shown(value: float | None) -> str:
    """A number as a person would write it.

    Example:
        >>> [shown(each) for each in (0.85312, 48123.4, 12.345, 0.00012, 3, None)]
        ['0.853', '48,123', '12.3', '1.2e-04', '3', '–']
    """
    if value is None or not math.isfinite(value):
        return "–"
    size = abs(value)
    if float(value).is_integer() and size < 1000:
        return str(int(value))
    if size >= 1000:
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:.1f}"
    return f"{value:.3f}" if size >= 0.01 else f"{value:.1e}"


def listed(names: Sequence[object], most: int = 12) -> str:
    """Names as code in a row; of many only the first.

    Example:
        >>> listed(["a", "b", "c"], most=2)
        '`a`, `b` and 1 more'
    """
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(code(each) for each in names[:most]) + more


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table; the cells must be safe already."""
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(each) + " |" for each in lines]
