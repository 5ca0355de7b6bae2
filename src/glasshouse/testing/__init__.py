"""The conformance kit: what every concept of Glasshouse must fulfil, for ours and for yours."""

from __future__ import annotations

from glasshouse.testing.cards import check_card
from glasshouse.testing.case import Case, ConformanceError, close
from glasshouse.testing.clippings import check_clipping
from glasshouse.testing.penalties import check_penalty
from glasshouse.testing.rules import (
    check_backward,
    check_expressions,
    check_forward,
    check_gradient_expressions,
    check_numerically,
    check_rule,
)
from glasshouse.testing.updates import check_update

__all__ = [
    "Case",
    "ConformanceError",
    "check_backward",
    "check_card",
    "check_clipping",
    "check_expressions",
    "check_forward",
    "check_gradient_expressions",
    "check_numerically",
    "check_penalty",
    "check_rule",
    "check_update",
    "close",
]
