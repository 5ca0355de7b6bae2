"""Finding what a name means, and what a misspelt name probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from glasshouse.core.errors import UnknownNameError


def normalise(name: str) -> str:
    """Fold the spellings that people mix up: ``Leaky-ReLU``, ``leaky relu`` and ``leaky_relu`` are one name.

    Example:
        >>> normalise("Fashion-MNIST")
        'fashion_mnist'
    """
    return name.strip().lower().replace("-", "_").replace(" ", "_")


def suggestions(name: str, known: Iterable[str], most: int = 3) -> list[str]:
    """The known names that look most like ``name``, best first.

    Example:
        >>> suggestions("adma", ["adam", "sgd", "adamw"])
        ['adam', 'adamw']
    """
    folded = {normalise(candidate): candidate for candidate in known}
    close = difflib.get_close_matches(normalise(name), folded, n=most, cutoff=0.6)
    return [folded[candidate] for candidate in close]


def unknown_name(
    name: str, known: Iterable[str], kind: str, aliases: Mapping[str, str] | None = None
) -> UnknownNameError:
    """The error for a name that nothing has, with "did you mean" where something is near.

    Args:
        name: What was asked for.
        known: What exists, in the order in which it is to be shown.
        kind: What sort of thing was looked for, as a noun: ``"optimizer"``, ``"column"``.
        aliases: Other names, with the name that each stands for.

    Example:
        >>> print(unknown_name("adma", ["adam", "sgd"], "optimizer"))
        there is no optimizer named 'adma'
          expected: one of adam, sgd
          fix: did you mean 'adam'?
    """
    names = list(known)
    aliases = aliases or {}
    close = suggestions(name, [*names, *aliases])
    near = list(dict.fromkeys(aliases.get(each, each) for each in close))
    shown = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    fix = f"did you mean {' or '.join(repr(each) for each in near)}?" if near else "choose one of those names"
    return UnknownNameError(f"there is no {kind} named {name!r}", expected=f"one of {shown}", fix=fix)
