"""Identity: the activation of an output layer that predicts a number."""

from __future__ import annotations

from torch import nn

from glasshouse.core.concept import Concept

CONCEPT = Concept(
    name="identity",
    kind="activation",
    summary="Passes its input on unchanged.",
    build=nn.Identity,
    aliases=("linear", "none"),
    equation=r"f(x) = x",
    derivative=r"f'(x) = 1",
    when="On the output of a regression network.",
    pitfalls=("A stack of linear layers with it is one linear layer: it adds no depth.",),
    source="Definition.",
    facts={"initializer": "glorot_uniform"},
)
