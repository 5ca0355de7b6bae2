"""Ramp: a straight line between two flat ends."""

from __future__ import annotations

from torch import nn

from glasshouse.activations.hard_tanh import RULE
from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward


def ramp() -> nn.Hardtanh:
    r"""X between 0 and 1, and the nearer of the two outside.

    .. math:: f(x) = \min(\max(x, 0), 1)

    Shapes: any shape in, the same shape out.

    Source:
        Fausett 1994, Fundamentals of neural networks; Zurada 1992, Introduction to artificial neural systems.

    Example:
        >>> import torch
        >>> ramp()(torch.tensor([-1.0, 0.3, 4.0])).tolist()
        [0.0, 0.30000001192092896, 1.0]
    """
    return nn.Hardtanh(0.0, 1.0)


CONCEPT = Concept(
    name="ramp",
    kind="activation",
    summary="A straight line from 0 to 1, flat before and after.",
    build=ramp,
    aliases=("saturating_linear",),
    equation=r"f(x) = \min(\max(x, 0), 1)",
    derivative=r"f'(x) = 1 \text{ for } 0 < x < 1,\; 0 \text{ else}",
    symbols={"x": "weighted sum of the unit"},
    when="As a step that still learns between its ends, and to teach saturation.",
    pitfalls=("Outside of 0 to 1 nothing is learnt: its slope is exactly 0 there.",),
    conventions=("At both corners the slope is 0, as in PyTorch's hard tanh.",),
    source="Zurada 1992, Introduction to artificial neural systems.",
    facts={"initializer": "glorot_uniform"},
    rule=RULE,
    worked=worked_forward(ramp, RULE, inputs={"x": [0.3]}, at=(0,)),
)
