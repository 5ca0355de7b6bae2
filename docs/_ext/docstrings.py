"""Docstrings as readers want them.

Shapes such as ``(N, *input_shape)`` are typed text, whose star begins no emphasis; examples do not show the
temporary folders that they are tested in; and signatures of data classes can be read.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

SHAPE = re.compile(r"(?<!`)\((?:[\w ]+, )*\*\w+\)")


FIXTURE = re.compile(r',?\s*\w+=getfixture\("tmp_path"\)')


def polish(app: Sphinx, what: str, name: str, value: object, options: object, lines: list[str]) -> None:
    """Set shapes apart, and put a user's folder where a test's stands."""
    for place, line in enumerate(lines):
        shown = FIXTURE.sub("", SHAPE.sub(r"``\g<0>``", line))
        lines[place] = shown.replace('getfixture("tmp_path")', '"runs"')


def parsable(
    app: Sphinx,
    what: str,
    name: str,
    value: object,
    options: object,
    signature: str | None,
    returns: str | None,
) -> tuple[str, str | None] | None:
    """Write three dots for defaults that Python shows as ``<factory>``, and nothing for "any arguments"."""
    if signature in ("(*args, **kwargs)", "(*args: Any, **kwargs: Any)"):
        return "", returns
    if signature is None or "<factory>" not in signature:
        return None
    return signature.replace("<factory>", "..."), returns


def dashes(app: Sphinx, doctree: nodes.document) -> None:
    """Give descriptions of arguments a dash where Sphinx writes two hyphens."""
    for text in list(doctree.findall(nodes.Text)):
        if text == " -- ":
            text.parent.replace(text, nodes.Text(" – "))


def setup(app: Sphinx) -> dict[str, Any]:
    """Listen to autodoc, before napoleon does."""
    app.connect("autodoc-process-signature", parsable)
    app.connect("doctree-read", dashes)
    app.connect("autodoc-process-docstring", polish, priority=100)
    return {"version": "1", "parallel_read_safe": True}
