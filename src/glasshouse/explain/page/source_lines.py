"""The lines of a rule: what computes a step forward, and what carries its gradient back."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from functools import cache
from typing import Any

from glasshouse.core.elementwise import Elementwise
from glasshouse.core.rule import Rule
from glasshouse.explain.operations.formula import Formula

MOST = 18
"""Lines that are shown of one function."""


def lines_of(rule: Rule) -> dict[str, str]:
    """The source of a rule, by what it does: ``forward`` and ``backward``.

    Args:
        rule: The rule.

    Example:
        >>> import torch
        >>> from glasshouse.layers import LAYERS
        >>> rule, _ = LAYERS.find("linear").rule(torch.nn.Linear(1, 1))
        >>> print(lines_of(rule)["backward"].splitlines()[0])
        x, weight, dy = saved["x"], saved["weight"], gradients["y"]
    """
    if isinstance(rule, (Elementwise, Formula)):
        slopes = {"x": rule.slope, **rule.learnt} if isinstance(rule, Elementwise) else rule.slopes
        back = [_source(slope) for slope in dict.fromkeys(slopes.values())]
        return {"forward": _source(rule.value), "backward": "\n".join(dict.fromkeys(back))}
    return {"forward": _source(type(rule).forward), "backward": _source(type(rule).backward)}


@cache
def _source(function: Callable[..., Any]) -> str:
    """The body of a function without its description; of a lambda, what it computes."""
    try:
        text = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):  # defined in a session that keeps no source
        return ""
    if getattr(function, "__name__", "") == "<lambda>":
        return _of_lambda(function, text)
    tree = ast.parse(text).body[0]
    if not isinstance(tree, ast.FunctionDef):
        return text.strip()
    body = tree.body
    if ast.get_docstring(tree) is not None:
        body = body[1:]
    if not body:
        return ""
    lines = textwrap.dedent("\n".join(text.splitlines()[body[0].lineno - 1 :])).splitlines()
    shown = lines if len(lines) <= MOST else [*lines[:MOST], f"# … {len(lines) - MOST} more lines"]
    return "\n".join(line.rstrip() for line in shown)


def _of_lambda(function: Callable[..., Any], text: str) -> str:
    """One lambda out of the lines around it: the one with the same code."""
    for start in range(len(text)):
        if not text.startswith("lambda", start):
            continue
        for end in range(len(text), start, -1):
            if text[end - 1] not in ")]\n\"'" and not text[end - 1].isalnum():
                continue
            try:
                tree = ast.parse(text[start:end].strip(), mode="eval").body
            except SyntaxError:
                continue
            if isinstance(tree, ast.Lambda):
                code = compile(ast.Expression(tree), "", "eval").co_consts[0]
                own = function.__code__
                if (code.co_code, code.co_consts, code.co_varnames, code.co_names) == (
                    own.co_code,
                    own.co_consts,
                    own.co_varnames,
                    own.co_names,
                ):
                    return ast.unparse(tree)
                break
    return " ".join(text.split())
