"""Softplus: the smooth rectifier."""

from __future__ import annotations

from torch import nn

from glasshouse.core.concept import Concept

CONCEPT = Concept(
    name="softplus",
    kind="activation",
    summary="A smooth curve above ReLU whose derivative is the sigmoid.",
    build=nn.Softplus,
    aliases=(),
    equation=r"f(x) = \ln(1 + e^x)",
    derivative=r"f'(x) = \sigma(x)",
    when="Where an output must be positive (a standard deviation, say).",
    pitfalls=("It is never exactly zero, so it gives no sparse activations.",),
    source="Dugas, Bengio, Bélisle, Nadeau and Garcia 2001.",
    facts={"initializer": "he_normal"},
)
