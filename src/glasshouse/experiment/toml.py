"""Experiments as TOML: read with overrides, written plainly, or written with a comment above every key."""

from __future__ import annotations

import textwrap
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import BaseModel

from glasshouse.core.errors import SettingError, StorageError, UsageError
from glasshouse.core.files import cannot_read, write_atomic
from glasshouse.experiment.experiment import SHORTHANDS, Experiment

WIDTH = 96


def read_experiment(path: Path, overrides: Iterable[str] = ()) -> Experiment:
    """Read an experiment file.

    A data source, or a file of weights, with a relative path is looked for beside the file first, then in the
    current folder.

    Args:
        path: The TOML file.
        overrides: Changes such as ``"training.epochs=5"``.

    Raises:
        StorageError: The file is missing or is no TOML; the line is named.
        SettingError: A key is unknown or a value is not allowed; the dotted key is named.
    """
    values = read_toml(path)
    for override in overrides:
        apply_override(values, override)
    data = values.get("data")
    if isinstance(data, dict):
        for key in ("source", "test"):
            beside = path.parent / str(data.get(key, ""))
            if isinstance(data.get(key), str) and beside.exists() and not Path(data[key]).is_absolute():
                data[key] = str(beside)
    model = values.get("model")
    if isinstance(model, dict) and isinstance(model.get("weights"), str):
        beside = path.parent / model["weights"]
        if beside.exists():
            model["weights"] = str(beside)
    return Experiment.read(values)


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        StorageError: The file is missing or is no TOML; the line is named.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))  # some editors put a mark in front
    except FileNotFoundError as error:
        raise StorageError(f"{path} does not exist", fix="`glasshouse new` writes one") from error
    except OSError as error:
        raise cannot_read(path, error) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StorageError(
            f"{path} is not valid TOML: {error}",
            expected='lines such as epochs = 20 or name = "mlp" below [sections]',
            fix="mend that line; text needs quotes",
        ) from error


def apply_override(values: dict[str, Any], override: str) -> None:
    """Change one value of a nested document in place, as ``--set`` does.

    The value is read as TOML where it is TOML, and as text where it is not.

    Raises:
        UsageError: There is no ``=``, or no key before it.
        SettingError: The key goes through something that is no section.

    Example:
        >>> document = {"training": {"epochs": 3}}
        >>> apply_override(document, "training.epochs=5")
        >>> apply_override(document, "training.optimizer=sgd")
        >>> document
        {'training': {'epochs': 5, 'optimizer': 'sgd'}}
    """
    dotted, equals, text = override.partition("=")
    keys = [key.strip() for key in dotted.split(".")]
    if not equals or not all(keys):
        raise UsageError(
            f"--set {override!r}",
            expected="KEY=VALUE",
            fix="write it like --set training.epochs=5, no spaces",
        )
    try:
        value: Any = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    place = values
    for depth, key in enumerate(keys[:-1]):
        inner = place.setdefault(key, {})
        if isinstance(inner, str) and key in SHORTHANDS and depth == 0:
            inner = place[key] = {SHORTHANDS[key]: inner}
        if not isinstance(inner, dict):
            raise SettingError(
                f"--set {override!r}: {'.'.join(keys[: depth + 1])} is {inner!r}",
                expected="a section with keys",
                fix=f"set {'.'.join(keys[: depth + 1])} itself",
            )
        place = inner
    place[keys[-1]] = value


def write_experiment(path: Path, experiment: Experiment) -> None:
    """Write an experiment as plain TOML: every value as it is, keys without a value left out."""
    write_atomic(path, tomli_w.dumps(experiment.model_dump(mode="json", exclude_none=True)))


def commented(experiment: Experiment, first_lines: Iterable[str] = ()) -> str:
    """An experiment as TOML with a comment above every key that says what it is and what it may be.

    Args:
        experiment: The values to write.
        first_lines: Sentences for the top of the file.
    """
    lines = [f"# {line}" for sentence in first_lines for line in textwrap.wrap(sentence, WIDTH)]
    lines += _section(experiment, "")
    return "\n".join(lines) + "\n"


def _section(settings: BaseModel, dotted: str) -> list[str]:
    """The lines of one section: its plain keys first, then the sections inside it."""
    lines: list[str] = []
    inner: list[tuple[str, BaseModel]] = []
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if isinstance(value, BaseModel):
            inner.append((name, value))
            continue
        lines += [f"# {line}" for line in textwrap.wrap(field.description or "", WIDTH)]
        lines += [f"# {name} =" if value is None else assignment(name, value), ""]
    for name, value in (settings.model_extra or {}).items():
        lines += [assignment(name, value), ""]
    for name, section in inner:
        path = f"{dotted}.{name}" if dotted else name
        about = (type(section).__doc__ or "").strip().split("\n")[0]
        lines += ["", f"# {about}", f"[{path}]", *_section(section, path)]
    return lines


def assignment(name: str, value: Any) -> str:
    """One line of TOML; tables and lists stay on it.

    Args:
        name: The key; one with a dot in it is quoted.
        value: Plain types.

    Example:
        >>> assignment("model.hidden", {"values": [[8], [16, 8]]})
        '"model.hidden" = {values = [[8], [16, 8]]}'
    """
    return f"{_key(name)} = {_literal(value)}"


def _literal(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {_literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_literal(item) for item in value) + "]"
    return tomli_w.dumps({"value": value}).removeprefix("value = ").strip()


def _key(name: str) -> str:
    return tomli_w.dumps({name: 0}).removesuffix(" = 0\n")
