"""What to type: the lines of an experiment file that choose a concept, and of Python that build it."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from importlib import import_module
from textwrap import wrap
from typing import Any

from glasshouse.concepts.shelves import FOLDERS
from glasshouse.core.concept import Concept

WIDTH = 76
"""Longest line before a table is opened up or arguments get lines of their own."""

PLACES = {
    "activation": ("model", "activation"),
    "initializer": ("model", "initializer"),
    "loss": ("objective", "loss"),
    "optimizer": ("training", "optimizer"),
    "schedule": ("training", "schedule"),
    "regularizer": ("training", "regularizers"),
}
"""Section and key of the experiment that names a concept of that kind."""

BY_DATA = ("inputs", "outputs", "classes", "channels", "size")
"""Settings of a model that the data decide."""
OF_SEQUENCES: dict[str, Any] = {"inputs": (16,), "tokens": 50, "steps": 12}
"""Settings of a model for sequences that the data decide, with examples."""
OF_VIDEOS: dict[str, Any] = {"inputs": (8, 1, 20, 20)}
"""The same of a model for videos."""
SUPPLIED = {*BY_DATA, "parameters", "inplace", "device", "dtype", "num_parameters", "centre", "spread"}
"""Settings that the program supplies, or that change nothing that is computed."""
ELSEWHERE = {"optimizer": ("learning_rate", "weight_decay"), "loss": ("class_weights", "label_smoothing")}
"""Settings that have a key of their own in the section."""
DEFAULTS = {"class_weights": "none"}
"""How the experiment writes a default that the builder calls ``None``."""

EXAMPLES: dict[str, Any] = {
    "inputs": 4,
    "outputs": 3,
    "classes": 10,
    "channels": 1,
    "size": (28, 28),
    "in_features": 4,
    "out_features": 3,
    "num_groups": 4,
    "kernel_size": 3,
    "output_size": 1,
}
"""Numbers for settings that have no default, so that the lines run as they stand."""


def settings_of(concept: Concept) -> dict[str, Any]:
    """The settings that people may choose, with their defaults; ``None`` also where there is no default.

    Args:
        concept: Any concept.

    Example:
        >>> from glasshouse.optimizers import OPTIMIZERS
        >>> settings_of(OPTIMIZERS["momentum"])
        {'momentum': 0.9, 'form': 'sum'}
    """
    hidden = {*SUPPLIED, *ELSEWHERE.get(concept.kind, ()), *_of_sequences(concept)}
    empty = inspect.Parameter.empty
    return {
        name: None if each.default is empty else each.default
        for name, each in concept.settings().items()
        if name not in hidden
    }


def in_experiment(concept: Concept) -> str:
    """The lines of an experiment file that choose a concept, with all its settings at their defaults.

    Args:
        concept: Any concept.

    Returns:
        TOML; empty where an experiment cannot name it. A card may say by itself how it is turned on: by a
        setting that takes the value of its first own one (``facts={"setting": "model.dropout"}``) or that is
        a section, or by given values (``facts={"experiment": {"model.normalization": "batch"}}``).

    Example:
        >>> from glasshouse.schedules import SCHEDULES
        >>> print(in_experiment(SCHEDULES["exponential"]))
        [training]
        schedule = {name = "exponential", gamma = 0.95, warmup = 0.0}
    """
    if "experiment" in concept.facts:
        return _sections(concept.facts["experiment"])
    if "setting" in concept.facts:
        return _own_setting(concept, concept.facts["setting"])
    chosen = {name: _value(concept.settings()[name]) for name in settings_of(concept)}
    settings = {name: value for name, value in chosen.items() if value is not None}
    if concept.kind == "model":
        return "\n".join(["[model]", f"name = {toml(concept.name)}", *_lines(settings)])
    if concept.kind not in PLACES:
        return ""
    section, key = PLACES[concept.kind]
    if key == "regularizers":
        return _sections({f"{section}.{key}": [{"name": concept.name, **settings}]})
    beside = {
        name: DEFAULTS.get(name, _value(concept.settings()[name]))
        for name in ELSEWHERE.get(concept.kind, ())
        if name in concept.settings()
    }
    if concept.kind == "optimizer":  # what "auto" would take
        beside["learning_rate"] = concept.facts.get("learning_rate", beside["learning_rate"])
    named: dict[str, Any] = {"name": concept.name, **settings}
    line = f"{key} = {toml(named if settings else concept.name)}"
    if len(line) <= WIDTH:
        return "\n".join([f"[{section}]", line, *_lines(beside)])
    above = [f"[{section}]", *_lines(beside), ""] if beside else []
    return "\n".join([*above, f"[{section}.{key}]", *_lines(named)])


def in_python(concept: Concept) -> str:
    """The lines of Python that build a concept.

    Args:
        concept: Any concept.

    Example:
        >>> from glasshouse.activations import ACTIVATIONS
        >>> print(in_python(ACTIVATIONS["swish"]))
        import glasshouse as gh
        <BLANKLINE>
        swish = gh.activations.Swish(beta=1.0, learnable=False)
    """
    folder = FOLDERS[concept.kind]
    package = import_module(f"glasshouse.{folder}")
    hidden = SUPPLIED - set(BY_DATA)
    examples = _of_sequences(concept)
    arguments = [
        f"{name}={_python(examples.get(name, _value(each)))}"
        for name, each in concept.settings().items()
        if name not in hidden
    ]
    public = [name for name in package.__all__ if getattr(package, name) is concept.build]
    if public:
        call = f"gh.{folder}.{public[0]}"
    else:
        table = next(name for name in package.__all__ if name.isupper() and name == folder.upper())
        call = f"gh.{folder}.{table}.build"
        arguments.insert(0, f'"{concept.name}"')
    if concept.kind == "optimizer":
        arguments.insert(1 if not public else 0, "network.parameters()")
    name = concept.kind if concept.kind in ("optimizer", "schedule", "initializer", "metric") else ""
    return f"import glasshouse as gh\n\n{_call(name or concept.name, call, arguments)}"


def toml(value: Any) -> str:
    """A value as it stands in an experiment file.

    Args:
        value: Text, a number, true or false, or a list or table of those.

    Example:
        >>> toml({"name": "adam", "betas": (0.9, 0.999), "fused": True})
        '{name = "adam", betas = [0.9, 0.999], fused = true}'
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(toml, value)) + "]"
    return repr(value)


def _of_sequences(concept: Concept) -> Mapping[str, Any]:
    """What the data decide of a model for sequences or videos, with examples; nothing for all others."""
    if concept.kind != "model":
        return {}
    if concept.facts.get("gives") in ("strokes", "reconstruction"):
        return {"inputs": (16, 3), "steps": 12}
    return {"sequence": OF_SEQUENCES, "video": OF_VIDEOS}.get(concept.facts.get("takes", ""), {})


def _value(setting: inspect.Parameter) -> Any:
    """The default of a setting, or an example."""
    if setting.default is not inspect.Parameter.empty:
        return setting.default
    return EXAMPLES.get(setting.name, 8)


def _lines(settings: Mapping[str, Any]) -> Iterable[str]:
    return [f"{name} = {toml(value)}" for name, value in settings.items()]


def _own_setting(concept: Concept, dotted: str) -> str:
    """A setting that is the concept itself: its value, or its whole section."""
    # Late: a list of names need not know how experiments are trained.
    from glasshouse.experiment import Experiment

    section: Any = Experiment
    for part in dotted.split("."):
        field = section.model_fields.get(part)  # a model's own settings are no fields
        section = field.annotation if field else None
    if hasattr(section, "model_fields"):
        fields = {name: field.default for name, field in section.model_fields.items()}
        return _sections({f"{dotted}.{name}": value for name, value in fields.items() if value is not None})
    return _sections({dotted: next(iter(settings_of(concept).values()))})


def _sections(settings: Mapping[str, Any]) -> str:
    """Dotted settings, in their sections."""
    sections: dict[str, dict[str, Any]] = {}
    for dotted, value in settings.items():
        section, _, key = dotted.rpartition(".")
        sections.setdefault(section, {})[key] = value
    return "\n\n".join("\n".join([f"[{name}]", *_lines(keys)]) for name, keys in sections.items())


def _call(name: str, call: str, arguments: list[str]) -> str:
    """A call on one line, or with its arguments on lines of their own."""
    line = f"{name} = {call}({', '.join(arguments)})"
    if len(line) <= WIDTH:
        return line
    inside = ", ".join(argument.replace(" ", SPACE) for argument in arguments) + ","
    lines = wrap(inside, WIDTH, initial_indent="    ", subsequent_indent="    ", break_long_words=False)
    return "\n".join([f"{name} = {call}(", *lines, ")"]).replace(SPACE, " ")


SPACE = "\0"
"""Stands for a space at which no line may break."""


def _python(value: Any) -> str:
    """A value as Python that a formatter would leave as it is."""
    return toml(value) if isinstance(value, str) else repr(value)
