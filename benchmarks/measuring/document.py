"""Where results are written down: a Markdown file with one section per measurement."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HEADING = (
    "# Benchmarks\n\nWritten by the scripts in `benchmarks/`; see the README there for how to read them.\n"
)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are numbers."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rule, *rows])


def write_section(path: Path, name: str, text: str) -> None:
    """Replace what stands between the markers of a section; everything else in the file stays.

    Args:
        path: The file; made when missing.
        name: Of the measurement, in the markers.
        text: Markdown that begins with a second-level heading.

    Raises:
        ValueError: One of the two markers is missing, so nobody knows where the section ends.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    known = path.read_text(encoding="utf-8") if path.exists() else HEADING
    section = f"{begin}\n{text.strip()}\n{end}"
    if (begin in known) != (end in known):
        raise ValueError(f"{path} has only one of the markers {begin!r} and {end!r}: restore or remove it")
    if begin in known:
        before, rest = known.split(begin, 1)
        after = rest.split(end, 1)[1]
    else:
        before, after = known.rstrip() + "\n\n", "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(before + section + after, encoding="utf-8")


def publish(name: str, text: str, results: dict[str, Any], write: Path | None, to: Path | None) -> None:
    """Print the text, and write it and the numbers where they are wanted.

    Args:
        name: Of the measurement.
        text: Its section.
        results: Every number of it, in plain JSON types.
        write: The Markdown file, or ``None``.
        to: The JSON file, or ``None``.
    """
    print(text)
    if write is not None:
        write_section(write, name, text)
    if to is not None:
        to.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
