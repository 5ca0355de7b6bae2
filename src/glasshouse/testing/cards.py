"""What a card must say, and that its worked number is right."""

from __future__ import annotations

import math

from glasshouse.core.concept import Concept
from glasshouse.testing.case import ConformanceError


def check_card(concept: Concept, *, worked: bool = True) -> None:
    """The card is complete, its settings can be left out, and its worked number is what is computed.

    Args:
        concept: Whose card.
        worked: Whether a worked number is demanded.

    Raises:
        ConformanceError: Something is missing or wrong.

    Example:
        >>> from glasshouse.activations import ACTIVATIONS
        >>> check_card(ACTIVATIONS["swish"])
    """
    who = f"{concept.kind} {concept.name}"
    for part in ("summary", "equation", "when", "pitfalls", "source", "symbols"):
        if not getattr(concept, part):
            raise ConformanceError(f"{who}: the card says nothing under {part!r}")
    for sentence in (concept.summary, concept.when, *concept.pitfalls, *concept.conventions):
        if not sentence.endswith((".", "?", "!")):
            raise ConformanceError(f"{who}: {sentence!r} is no sentence")
    if concept.name != concept.name.lower() or " " in concept.name:
        raise ConformanceError(f"{who}: the name is not in snake case")
    if concept.worked is None:
        if worked:
            raise ConformanceError(f"{who}: the card has no worked number")
        return
    shown = concept.worked()
    value = shown.expression.value
    if not math.isclose(value, shown.computed, rel_tol=1e-6, abs_tol=1e-9):
        raise ConformanceError(
            f"{who}: {shown.name} = {shown.expression.text()} = {value!r}, but what is built computes "
            f"{shown.computed!r}"
        )
