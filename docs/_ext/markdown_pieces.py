"""Small pieces of Markdown that the generated references are made of."""

from __future__ import annotations

import re


def code(text: object) -> str:
    """Text to be typed, in a code span that no backtick inside can end."""
    words = str(text)
    return f"`` {words} ``" if "`" in words else f"`{words}`"


def prose(text: str) -> str:
    """A sentence from the code, in which nothing is taken for markup.

    Example:
        >>> prose("set a_b to <NA> or a*b*c")
        'set a\\\\_b to \\\\<NA> or a\\\\*b\\\\*c'
    """
    return re.sub(r"([\\`*_\[\]<{}$|])", r"\\\1", " ".join(text.split()))


def sentence(text: str) -> str:
    """With a capital at its beginning and a full stop at its end."""
    words = text.strip()
    return prose(words[:1].upper() + words[1:] + ("" if words.endswith((".", "?", ":", "...")) else "."))


def literal(value: object) -> str:
    """A value as it stands in an experiment file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {literal(item)}" for key, item in value.items()) + "}"
    return f"{value:g}" if isinstance(value, float) else str(value)
