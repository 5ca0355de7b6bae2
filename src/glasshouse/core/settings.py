"""Settings that people write by hand: strict, documented, and with errors that name the key and the fix."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike, fspath
from typing import Annotated, Any, Self, TypeGuard, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from glasshouse.core.errors import SettingError
from glasshouse.core.names import suggestions

Count = Annotated[int, Field(ge=1)]
"""A whole number from 1."""
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
"""A finite number above 0."""
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
"""A finite number from 0."""
Place = Annotated[str, BeforeValidator(lambda value: fspath(value) if isinstance(value, PathLike) else value)]
"""A file or folder, as text or as a path."""


class Settings(BaseModel):
    """Base of one section of an experiment file.

    Unknown keys are refused, values are checked also when they are assigned later, and every field's
    description is what ``glasshouse new`` writes as the comment above it.
    """

    model_config = ConfigDict(extra="forbid", validate_assignment=True, frozen=True)

    @classmethod
    def read(cls, values: Mapping[str, Any], where: str = "") -> Self:
        """Make settings out of plain values.

        Args:
            values: The section as a mapping.
            where: The section's dotted name, for messages: ``"training"``.

        Raises:
            SettingError: A key is unknown or a value is not allowed. The message names the dotted key.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise explain(error, cls, where) from error

    def __setattr__(self, name: str, value: Any) -> None:
        raise SettingError(
            f"{name} = {value!r} on settings that are already made",
            expected="settings stay as they were when they were checked",
            fix=f"make a changed copy: .replace({name}=...)",
        )

    def replace(self, **changes: Any) -> Self:
        """A checked copy with some values changed."""
        return type(self).read({**self.model_dump(), **changes})


def explain(error: ValidationError, settings: type[BaseModel], where: str = "") -> SettingError:
    """The first fault of a validation error, told as received, expected, fix."""
    # A misspelt key also leaves the right one missing: tell of the misspelling.
    fault = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    path = [str(part) for part in fault["loc"]]
    section, field, key = _locate(settings, path)
    dotted = ".".join([part for part in [where] if part] + key)
    received = fault.get("input")
    if fault["type"] == "extra_forbidden":
        # A key at the top that belongs into a section is a commoner slip than a key that is not wanted.
        near = suggestions(key[-1], section.model_fields, most=1) or _elsewhere(settings, key[-1])
        parent = ".".join(dotted.split(".")[:-1])
        return SettingError(
            f"there is no setting {dotted!r}",
            expected=f"one of {', '.join(section.model_fields)}" + (f" in [{parent}]" if parent else ""),
            fix=f"did you mean {near[0]!r}?" if near else "remove it",
        )
    if fault["type"] == "missing" and isinstance(fault["loc"][-1], str):
        inner = field.annotation if field is not None else None
        needed = (
            [key for key, each in inner.model_fields.items() if each.is_required()]
            if _is_section(inner)
            else []
        )
        return SettingError(
            f"the setting {dotted!r} is missing",
            expected=_wanted(field),
            fix=f"add {dotted}" + (f", a section with {' and '.join(needed)}" if needed else ""),
        )
    cause = fault.get("ctx", {}).get("error")
    if isinstance(cause, SettingError):
        return cause
    told = str(fault["msg"]).removeprefix("Value error, ")
    expected = told if fault["type"] == "value_error" else _wanted(field) or told
    if field is not None and _is_section(field.annotation):
        expected = (
            f"a section [{dotted}] with keys such as {', '.join(list(field.annotation.model_fields)[:3])}"
        )
    allowed = _words(field)
    near = suggestions(received, allowed, most=1) if isinstance(received, str) else []
    return SettingError(
        f"{dotted} = {received!r}",
        expected=expected,
        fix=f"did you mean {near[0]!r}?" if near else f"change {dotted}; `glasshouse new` explains every key",
    )


def _locate(
    settings: type[BaseModel], path: list[str]
) -> tuple[type[BaseModel], FieldInfo | None, list[str]]:
    """Follow a fault's location to the section and field that it lies in.

    The location also holds names of union members ("literal['auto']", "int"), which are no keys.
    """
    section, field, key = settings, None, []
    for part in path:
        if part in section.model_fields:
            field = section.model_fields[part]
            key.append(part)
            inner = [each for each in (field.annotation, *get_args(field.annotation)) if _is_section(each)]
            section = inner[0] if inner else section
        elif field is None or _is_section(field.annotation):
            key.append(part)  # a key that the section does not have
        elif get_origin(field.annotation) is dict and key[-1] in section.model_fields:
            key.append(part)  # a key of a free table, such as data.columns.age
    return section, field, key or path


def _elsewhere(settings: type[BaseModel], key: str, above: str = "") -> list[str]:
    """Dotted names of the settings called ``key`` in the sections below, nearest to the top first.

    Of several sections the largest comes first: it is the one that people mean more often.
    """
    found: list[str] = []
    sections = {name: each.annotation for name, each in settings.model_fields.items()}
    known = {name: each for name, each in sections.items() if _is_section(each)}
    for name, section in sorted(known.items(), key=lambda each: -len(each[1].model_fields)):
        dotted = f"{above}{name}."
        found += [f"{dotted}{key}"] if key in section.model_fields else []
        found += _elsewhere(section, key, dotted)
    return sorted(found, key=lambda each: each.count("."))


def _is_section(annotation: Any) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _words(field: FieldInfo | None) -> list[str]:
    """The words that a field allows, when it allows only some."""
    found: list[str] = []

    def collect(annotation: Any) -> None:
        for argument in get_args(annotation):
            if isinstance(argument, str):
                found.append(argument)
            else:
                collect(argument)

    if field is not None:
        collect(field.annotation)
    return found


def _wanted(field: FieldInfo | None) -> str:
    """What a field takes, in words: its description without what follows the first full stop."""
    if field is None or not field.description:
        return ""
    return field.description.split(". ")[0].rstrip(".")
