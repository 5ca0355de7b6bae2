"""GELU: the Gaussian error linear unit."""

from __future__ import annotations

from torch import nn

from glasshouse.core.concept import Concept

CONCEPT = Concept(
    name="gelu",
    kind="activation",
    summary="Weighs a number by the chance that a standard normal variable lies below it.",
    build=nn.GELU,
    aliases=(),
    equation=r"f(x) = x\,\Phi(x)",
    derivative=r"f'(x) = \Phi(x) + x\,\varphi(x)",
    when="In transformers and networks like them.",
    pitfalls=("The tanh approximation differs from the exact form in the fourth decimal.",),
    source="Hendrycks and Gimpel 2016, Gaussian error linear units.",
    facts={"initializer": "he_normal"},
)
