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
        0.0
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


def worked_rows(worked: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """The same for people: what each line is about, and its texts, one below the other.

    Args:
        worked: What :func:`worked_steps` gave.

    Example:
        >>> from glasshouse.activations import ACTIVATIONS
        >>> for name, lines in worked_rows(worked_steps(ACTIVATIONS["hard_tanh"])):
        ...     print(name, lines)
        given ['x = [2.5]']
        y[0] ['= 1, because 2.5 > −1 and 2.5 ≥ 1']
        computed ['1, the same']
    """
    rows: list[tuple[str, list[str]]] = [("given", [worked["given"]])]
    for step in worked["steps"]:
        value = shown(step["value"])
        lines = list(dict.fromkeys([step["letters"], step["numbers"], value]))
        if step["because"]:
            lines[-1] += f", because {step['because']}"
        rows.append((step["name"], [f"= {line}" for line in lines]))
    result, computed = shown(worked["steps"][-1]["value"]), shown(worked["computed"])
    return [*rows, ("computed", [f"{computed}, the same" if computed == result else computed])]


def _step(name: str, expression: Expression) -> dict[str, Any]:
    because: list[str] = []
    branch = expression
    while isinstance(branch, Chosen):  # a branch may fork again
        because.append(branch.because)
        branch = branch.inner
    letters, numbers = expression.symbols(), expression.text()
    return {
        "name": name,
        "letters": letters,
        "numbers": numbers,
        "value": expression.value,
        "because": " and ".join(because),
    }
