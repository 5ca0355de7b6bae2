"""Every setting of an experiment: its key, what it may be, its default, and what it does."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from markdown_pieces import code, literal, prose, sentence
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from glasshouse.experiment import Experiment

PLAIN = {int: "whole number", float: "number", str: "text", bool: "true or false", type(None): ""}


def experiment(_which: str) -> Iterator[str]:
    """The page's body."""
    yield "## At the top"
    yield ""
    yield from _settings(Experiment, "")
    yield from _sections(Experiment, "")


def _sections(model: type[BaseModel], above: str) -> Iterator[str]:
    """The sections inside a model, each with its settings and then its own sections."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if not _is_section(inner):
            continue
        dotted = f"{above}.{name}" if above else name
        yield f"({label(dotted)})="
        yield f"{'##' if not above else '###'} `[{dotted}]`"
        yield ""
        yield prose((inner.__doc__ or "").strip().split("\n\n")[0])
        yield ""
        yield from _settings(inner, dotted)
        yield from _sections(inner, dotted)


def _settings(model: type[BaseModel], above: str) -> Iterator[str]:
    """The plain keys of one section."""
    for name, field in model.model_fields.items():
        if _is_section(field.annotation):
            continue
        dotted = f"{above}.{name}" if above else name
        kind, default = _kind(field), _default(field)
        yield f":::{{confval}} {dotted}"
        yield f":type: {kind}"
        yield f":default: {default}"
        yield ":no-contents-entry:"
        yield ""
        yield sentence(field.description or "")
        yield ":::"
        yield ""


def label(dotted: str) -> str:
    """The target of a section."""
    return "settings-" + dotted.replace(".", "-")


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined and field.default_factory is None:
        return "none: it must be given"
    value = field.get_default(call_default_factory=True)
    return "not set" if value is None else code(literal(value))


def _kind(field: FieldInfo) -> str:
    """What a setting may be, in words."""
    parts = list(dict.fromkeys(each for each in _words(field.annotation, field.metadata) if each))
    return ", or ".join(parts)


def _words(annotation: Any, limits: list[Any]) -> Iterator[str]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _words(arguments[0], [*limits, *_limits(arguments[1:])])
    elif origin in (Union, types.UnionType):
        for each in arguments:
            yield from _words(each, limits)
    elif origin is Literal:
        yield " ".join(code(literal(each)) for each in arguments)
    elif origin is tuple and arguments[-1] is Ellipsis:
        yield "list of texts"
    elif origin is tuple:
        yield f"list of {len(arguments)} whole numbers"
    elif origin is list:
        yield "list"
    elif origin is dict:
        yield "table"
    else:
        yield PLAIN[annotation] + (_range(limits) if annotation in (int, float) else "")


def _limits(metadata: Any) -> list[Any]:
    """Limits stand beside a type, or inside the field that stands beside it."""
    return [each for part in metadata for each in getattr(part, "metadata", [part])]


def _range(limits: list[Any]) -> str:
    words = []
    for each in limits:
        if isinstance(each, Ge):
            words.append(f"from {each.ge:g}")
        elif isinstance(each, Gt):
            words.append(f"above {each.gt:g}")
        elif isinstance(each, Le):
            words.append(f"up to {each.le:g}")
        elif isinstance(each, Lt):
            words.append(f"below {each.lt:g}")
    return " " + " and ".join(words) if words else ""
