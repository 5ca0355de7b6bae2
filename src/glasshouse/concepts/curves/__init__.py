"""Curves: what can honestly be drawn of a concept, by its kind."""

from __future__ import annotations

from collections.abc import Callable

from glasshouse.concepts.curves.activation import activation_curve, clipping_curve
from glasshouse.concepts.curves.curve import Curve, Line
from glasshouse.concepts.curves.initializer import initializer_curve
from glasshouse.concepts.curves.loss import loss_curve
from glasshouse.concepts.curves.optimizer import optimizer_curve
from glasshouse.concepts.curves.penalty import penalty_curve
from glasshouse.concepts.curves.schedule import schedule_curve
from glasshouse.core.concept import Concept

MAKERS: dict[str, Callable[[Concept], Curve | None]] = {
    "activation": activation_curve,
    "loss": loss_curve,
    "optimizer": optimizer_curve,
    "schedule": schedule_curve,
    "initializer": initializer_curve,
    "regularizer": penalty_curve,
    "clipping": clipping_curve,
}


def curve_of(concept: Concept) -> Curve | None:
    """The curve of a concept; ``None`` where there is none to draw.

    Args:
        concept: Any concept.

    Example:
        >>> from glasshouse.activations import ACTIVATIONS
        >>> curve = curve_of(ACTIVATIONS["relu"])
        >>> [line.name for line in curve.lines], curve.lines[0].y[-1]
        (['f(x)', 'f′(x)'], 4.0)
    """
    maker = MAKERS.get(concept.kind)
    return maker(concept) if maker else None


__all__ = ["Curve", "Line", "curve_of"]
