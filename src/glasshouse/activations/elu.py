"""ELU: a rectifier that goes smoothly to a negative floor."""

from __future__ import annotations

from torch import nn

from glasshouse.core.concept import Concept

CONCEPT = Concept(
    name="elu",
    kind="activation",
    summary="Identity for positive numbers, an exponential that levels off at -alpha for negative ones.",
    build=nn.ELU,
    aliases=(),
    equation=r"f(x) = x \text{ for } x > 0,\; \alpha (e^x - 1) \text{ for } x \le 0",
    derivative=r"f'(x) = 1 \text{ for } x > 0,\; f(x) + \alpha \text{ for } x \le 0",
    when="Where mean activations near zero help and dead units hurt.",
    pitfalls=("The exponential costs more than a comparison.",),
    source="Clevert, Unterthiner and Hochreiter 2016, Exponential linear units.",
    facts={"initializer": "he_normal"},
)
