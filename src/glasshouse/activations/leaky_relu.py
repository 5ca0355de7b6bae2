"""Leaky ReLU: a rectifier that lets a little through on the negative side."""

from __future__ import annotations

from torch import nn

from glasshouse.core.concept import Concept

CONCEPT = Concept(
    name="leaky_relu",
    kind="activation",
    summary="A ReLU with a small fixed slope for negative numbers.",
    build=nn.LeakyReLU,
    aliases=(),
    equation=r"f(x) = \max(0, x) + a \min(0, x)",
    derivative=r"f'(x) = 1 \text{ for } x > 0,\; a \text{ for } x \le 0",
    when="Where ReLU units die.",
    pitfalls=("Only for a of at most 1 is it the same as max(a x, x).",),
    source="Maas, Hannun and Ng 2013, Rectifier nonlinearities improve neural network acoustic models.",
    facts={"initializer": "he_normal"},
)
