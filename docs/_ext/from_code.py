"""References that are read from the code when the handbook is built, so that they cannot be out of date.

A page holds a line ``<!-- from code: WHAT -->``; Markdown made by the function for WHAT takes its place:

- ``experiment``: every setting of an experiment, from the pydantic models;
- ``catalogue KIND``: every concept of a kind, from its card;
- ``command line``: every command, from click;
- ``built-in data``: the data sets that have a name;
- ``recipes``: every recipe with its bar and what was measured;
- ``errata``: what course notes often get wrong, with the numbers that prove it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set
from pathlib import Path
from typing import Any

from catalogue_pages import builtin_data, catalogue
from command_line_page import command_line
from errata import page as errata
from experiment_page import experiment
from recipe_pages import recipes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

MARK = re.compile(r"^<!-- from code: (?P<what>[a-z-]+)(?: (?P<which>[a-z ]+))? -->$", re.M)
MAKERS: dict[str, Callable[[str], Iterator[str]]] = {
    "experiment": experiment,
    "catalogue": catalogue,
    "command-line": command_line,
    "built-in-data": builtin_data,
    "recipes": recipes,
    "errata": errata,
}
PAGES = ("reference/**/*.md", "recipes.md", "errata.md")
"""Where marks may stand."""


WRITTEN: dict[str, str] = {}
"""What the code says, by mark."""


def ask(app: Sphinx) -> None:
    """Ask the code before autodoc looks at it, because autodoc replaces the defaults of what it has seen."""
    for page in sorted(page for pattern in PAGES for page in Path(app.srcdir).glob(pattern)):
        for mark in MARK.finditer(page.read_text(encoding="utf-8")):
            WRITTEN[mark[0]] = "\n".join(MAKERS[mark["what"]](mark["which"] or ""))


def fill(app: Sphinx, page: str, source: list[str]) -> None:
    """Put what the code says where a page asks for it."""
    source[0] = MARK.sub(lambda mark: WRITTEN[mark[0]], source[0])


def always_read(
    app: Sphinx, environment: BuildEnvironment, added: Set[str], changed: Set[str], removed: Set[str]
) -> list[str]:
    """Pages that depend on the code are read anew in every build."""
    return [
        page
        for page in environment.found_docs
        if page.startswith("reference/") or page in ("recipes", "errata")
    ]


def setup(app: Sphinx) -> dict[str, Any]:
    """Listen to Sphinx as it begins, and as it reads pages."""
    app.connect("builder-inited", ask)
    app.connect("source-read", fill)
    app.connect("env-get-outdated", always_read)
    return {"version": "1", "parallel_read_safe": True}
