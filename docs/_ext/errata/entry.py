"""What an entry of the errata is: a common statement, the right one, and a proof with computed numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

PLACE = re.compile(r"\[\[(?P<name>\w+)(?::(?P<form>[^\]]+))?\]\]")
"""A place for a computed number: ``[[loss:.3f]]``."""

POWER = re.compile(r"-?[\d.]+e[+-]\d+")
NO_BREAK = "\N{NO-BREAK SPACE}"
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

Verdict = Literal["wrong", "half true", "convention", "misprint"]


@dataclass(frozen=True)
class Proof:
    """What a computation shows.

    Args:
        numbers: Values for the places in the entry's text.
        truths: What must hold for the entry to be right, in words, each with whether it does.
    """

    numbers: Mapping[str, Any] = field(default_factory=dict)
    truths: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Erratum:
    """One statement that course notes often make, and what is right.

    Args:
        key: Its name, for links.
        title: What it is about, in a few words.
        said: The statement, in our words.
        fact: What is so.
        proof: A derivation, or numbers; ``[[name:format]]`` is a place for one of those that ``shows`` gives.
        shows: Computes the numbers and what must hold. Without it, the entry rests on its source.
        source: Where it can be read.
        verdict: ``"wrong"``; ``"half true"``: right under a condition that is left out; ``"convention"``: the
            field does not agree; ``"misprint"``: a sign, a bracket or a digit was lost in copying.
    """

    key: str
    title: str
    said: str
    fact: str
    proof: str = ""
    shows: Callable[[], Proof] | None = None
    source: str = ""
    verdict: Verdict = "wrong"

    def written(self, text: str, numbers: Mapping[str, Any]) -> str:
        """The text with the numbers in their places."""

        def number(place: re.Match[str]) -> str:
            return printed(format(numbers[place["name"]], place["form"] or ""))

        return PLACE.sub(number, text)

    def places(self) -> set[str]:
        """The names of the numbers that the texts ask for."""
        return {
            place["name"] for text in (self.said, self.fact, self.proof) for place in PLACE.finditer(text)
        }


def printed(number: str) -> str:
    """A formatted number as books print it.

    Example:
        >>> printed("-2.5"), printed("1e-07"), printed("1e+04")
        ('−2.5', '10⁻⁷', '10⁴')
    """
    base, _, power = number.partition("e") if POWER.fullmatch(number) else (number, "", "")
    if power:
        raised = "10" + str(int(power)).translate(RAISED)
        base = (
            base.removesuffix("1") + raised if base in ("1", "-1") else f"{base}{NO_BREAK}·{NO_BREAK}{raised}"
        )
    return base.replace("-", "−", 1) if base.startswith("-") else base


@dataclass(frozen=True)
class Topic:
    """The entries about one part of the course."""

    title: str
    entries: tuple[Erratum, ...]
