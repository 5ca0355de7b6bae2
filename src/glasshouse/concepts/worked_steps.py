"""A worked number as plain steps, each with its letters and its numbers."""

from __future__ import annotations

from typing import Any

from glasshouse.core.concept import Concept
from glasshouse.core.expression import Chosen, Expression, shown


def worked_steps(concept: Concept) -> dict[str, Any] | None:
    """The worked number of a card.

    Args:
        concept: Any concept.

    Returns:
        ``given``, ``steps`` (of each the name, the arithmetic in letters and in numbers, the value, and for
        one of two branches what decided), and ``computed``, what the built thing itself computes; the last
        step is what was asked for. ``None`` where the card works none out.

    Example:
        >>> from glasshouse.activations import ACTIVATIONS
        >>> worked_steps(ACTIVATIONS["relu"])["steps"][-1]["value"]
        2.0
    """
    if concept.worked is None:
        return None
    worked = concept.worked()
    steps = [_step(each.name, each.inner) for each in worked.expression.steps()]
    return {
        "given": worked.given,
        "steps": [*steps, _step(worked.name, worked.expression)],
        "computed": worked.computed,
    }


def same(step: dict[str, Any], computed: float) -> bool:
    """Whether what was worked out is what the built thing computes, in all digits that are shown.

    Args:
        step: The last step.
        computed: What the built thing computes.

    Example:
        >>> same({"value": 0.1234567}, 0.1234569)
        True
    """
    return shown(step["value"]) == shown(computed)


def _step(name: str, expression: Expression) -> dict[str, Any]:
    because = expression.because if isinstance(expression, Chosen) else ""
    letters, numbers = expression.symbols(), expression.text()
    return {
        "name": name,
        "letters": letters,
        "numbers": numbers,
        "value": expression.value,
        "because": because,
    }
