"""What a concept of the course is to the program: a card to read and something to build."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from glasshouse.core.errors import SettingError
from glasshouse.core.names import normalise, suggestions, unknown_name

if TYPE_CHECKING:  # cards are listed by commands that must start without torch
    from glasshouse.core.worked import Worked

Spec = str | Mapping[str, Any]
"""How an experiment names a concept: its name alone, or a table with ``name`` and settings."""


@dataclass(frozen=True, slots=True)
class Concept:
    """One concept: its card, and what it builds.

    Args:
        name: The name in experiment files and on the command line, in snake case.
        kind: ``"activation"``, ``"loss"``, ``"optimizer"``, ``"model"`` ...
        summary: One sentence: what it is.
        build: The function or class that makes it. Its keyword arguments are the concept's settings.
        aliases: Other names by which it is known.
        equation: LaTeX.
        derivative: LaTeX; empty where there is none to speak of.
        when: When to use it.
        pitfalls: What goes wrong with it.
        source: Authors, year and title or identifier of the first description.
        facts: Further facts that a kind of concept needs (what data a model takes, say).
        symbols: What each symbol of the equation stands for, with its range or shape.
        conventions: Where the field does not agree, which form this is and who uses which; what holds at a
            kink.
        rule: Reads the mathematics out of what was built: ``(rule, parameters) = concept.rule(module)``, or
            for an optimizer ``update = concept.rule(group)``.
        worked: Works out one small case, step by step and by what is built.
        also: Other kinds under which people look for it.
    """

    name: str
    kind: str
    summary: str
    build: Callable[..., Any]
    aliases: tuple[str, ...] = ()
    equation: str = ""
    derivative: str = ""
    when: str = ""
    pitfalls: tuple[str, ...] = ()
    source: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    symbols: Mapping[str, str] = field(default_factory=dict)
    conventions: tuple[str, ...] = ()
    rule: Callable[[Any], Any] | None = None
    worked: Callable[[], Worked] | None = None
    also: tuple[str, ...] = ()

    def settings(self) -> dict[str, inspect.Parameter]:
        """The settings that the concept takes, by name: the keyword arguments of ``build``."""
        return dict(_named(self.build))


@cache
def _named(build: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """The parameters that may be given by name. Reading a signature takes longer than building a layer."""
    parameters = inspect.signature(build).parameters.values()
    named = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return {each.name: each for each in parameters if each.kind in named}


class Catalogue(Mapping[str, Concept]):
    """All concepts of one kind, by name; aliases and spellings are understood.

    Example:
        >>> step = Concept("binary_step", "activation", "0 or 1", build=lambda: abs, aliases=("heaviside",))
        >>> shelf = Catalogue("activation", [step])
        >>> shelf.find("Heaviside").name
        'binary_step'
        >>> shelf.build("binary-step")(-2)
        2
    """

    def __init__(self, kind: str, concepts: list[Concept]) -> None:
        self.kind = kind
        self._concepts = {concept.name: concept for concept in concepts}
        self._names: dict[str, Concept] = {}
        for concept in concepts:
            for name in (concept.name, *concept.aliases):
                taken = self._names.setdefault(normalise(name), concept)
                if taken is not concept:
                    raise ValueError(f"{kind} name {name!r} stands for {taken.name} and {concept.name}")

    def __getitem__(self, name: str) -> Concept:
        return self._concepts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._concepts)

    def __len__(self) -> int:
        return len(self._concepts)

    def find(self, name: str) -> Concept:
        """The concept of that name or alias.

        Raises:
            UnknownNameError: Nothing has that name; the nearest ones are suggested.
        """
        try:
            return self._names[normalise(name)]
        except KeyError:
            aliases = {alias: concept.name for concept in self.values() for alias in concept.aliases}
            raise unknown_name(name, self, self.kind, aliases) from None

    def build(
        self, spec: Spec, /, *given: Any, fixed: Mapping[str, Any] | None = None, **defaults: Any
    ) -> Any:
        """Build what ``spec`` names.

        Args:
            spec: A name, or a table such as ``{"name": "leaky_relu", "negative_slope": 0.1}``.
            given: Positional arguments that the program supplies (the parameters of an optimizer, say).
            fixed: Settings that the program supplies and ``spec`` may not hold, because the data or another
                section decide them.
            defaults: Settings that the program supplies; those in ``spec`` win.

        Raises:
            UnknownNameError: No concept has that name.
            SettingError: The concept has no such setting, or refuses its value.
        """
        name, settings = read_spec(spec, self.kind)
        concept = self.find(name)
        known = concept.settings()
        fixed = {key: value for key, value in (fixed or {}).items() if key in known}
        open_to_all = [key for key in list(known)[len(given) :] if key not in fixed]
        for key in settings:
            if key not in open_to_all:
                near = suggestions(key, open_to_all, most=1)
                raise SettingError(
                    f"{self.kind} {concept.name!r} has no setting {key!r}",
                    expected=", ".join(open_to_all) or "no settings",
                    fix=f"did you mean {near[0]!r}?" if near else f"leave {key!r} out",
                )
        accepted = {key: value for key, value in defaults.items() if key in known}
        return concept.build(*given, **{**accepted, **settings, **fixed})


def read_spec(spec: Spec, kind: str) -> tuple[str, dict[str, Any]]:
    """Split a spec into the name and the settings.

    Example:
        >>> read_spec({"name": "sgd", "momentum": 0.9}, "optimizer")
        ('sgd', {'momentum': 0.9})
    """
    if isinstance(spec, str):
        return spec, {}
    settings = dict(spec) if isinstance(spec, Mapping) else {}
    name = settings.pop("name", None)
    if not isinstance(name, str):
        raise SettingError(
            f"{kind} = {dict(spec) if isinstance(spec, Mapping) else spec!r}",
            expected='a name, or a table with a name such as {name = "...", ...}',
            fix=f"add the name of the {kind}",
        )
    return name, settings
