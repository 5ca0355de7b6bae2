"""SELU: the scaled ELU of self-normalising networks."""

from __future__ import annotations

from torch import nn

from glasshouse.core.concept import Concept

CONCEPT = Concept(
    name="selu",
    kind="activation",
    summary="An ELU scaled so that activations drift to mean 0 and variance 1.",
    build=nn.SELU,
    aliases=(),
    equation=r"f(x) = \lambda x \text{ for } x > 0,\; \lambda \alpha (e^x - 1) \text{ for } x \le 0",
    derivative=r"f'(x) = \lambda \text{ for } x > 0,\; f(x) + \lambda \alpha \text{ for } x \le 0",
    when="In deep dense networks without normalisation layers.",
    pitfalls=("It needs LeCun normal weights; ordinary dropout breaks its scaling.",),
    source="Klambauer, Unterthiner, Mayr and Hochreiter 2017, Self-normalizing neural networks.",
    facts={"initializer": "lecun_normal"},
)
