"""Sigmoid: the logistic function."""

from __future__ import annotations

from torch import nn

from glasshouse.core.concept import Concept

CONCEPT = Concept(
    name="sigmoid",
    kind="activation",
    summary="Squashes any number into the open interval from 0 to 1.",
    build=nn.Sigmoid,
    aliases=("logistic",),
    equation=r"f(x) = \frac{1}{1 + e^{-x}}",
    derivative=r"f'(x) = f(x)(1 - f(x)) \le \tfrac14",
    when="For gates and for probabilities of yes-or-no outputs.",
    pitfalls=(
        "Its derivative is at most 1/4, so gradients vanish through many such layers.",
        "It is never zero-centred: all weights of a unit tend to move the same way.",
    ),
    source="Verhulst 1845; as a unit Rumelhart, Hinton and Williams 1986.",
    facts={"initializer": "glorot_uniform"},
)
