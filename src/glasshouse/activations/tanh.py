"""Tanh: the hyperbolic tangent."""

from __future__ import annotations

from torch import nn

from glasshouse.core.concept import Concept

CONCEPT = Concept(
    name="tanh",
    kind="activation",
    summary="Squashes any number into the open interval from -1 to 1.",
    build=nn.Tanh,
    aliases=("hyperbolic_tangent",),
    equation=r"f(x) = \frac{e^x - e^{-x}}{e^x + e^{-x}}",
    derivative=r"f'(x) = 1 - f(x)^2",
    when="In recurrent cells and small networks; better centred than the sigmoid.",
    pitfalls=("It saturates beyond |x| = 3: the gradient there is below 0.01.",),
    source="LeCun, Bottou, Orr and Müller 1998, Efficient backprop.",
    facts={"initializer": "glorot_uniform"},
)
