"""Swish: a number times its own sigmoid."""

from __future__ import annotations

from torch import nn

from glasshouse.core.concept import Concept

CONCEPT = Concept(
    name="swish",
    kind="activation",
    summary="A smooth rectifier that dips below zero for small negative numbers.",
    build=nn.SiLU,
    aliases=("silu",),
    equation=r"f(x) = x\,\sigma(x)",
    derivative=r"f'(x) = \sigma(x) + x\,\sigma(x)(1 - \sigma(x))",
    when="As a smooth alternative to ReLU in deep networks.",
    pitfalls=("It is not monotonic: it has a minimum near x = -1.278.",),
    source="Elfwing, Uchibe and Doya 2018 (SiLU); Ramachandran, Zoph and Le 2017.",
    facts={"initializer": "he_normal"},
)
