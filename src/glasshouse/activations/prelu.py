"""PReLU: a leaky rectifier that learns its slope."""

from __future__ import annotations

from torch import nn

from glasshouse.core.concept import Concept

CONCEPT = Concept(
    name="prelu",
    kind="activation",
    summary="A leaky ReLU whose negative slope is learnt.",
    build=nn.PReLU,
    aliases=("parametric_relu",),
    equation=r"f(x) = \max(0, x) + a \min(0, x),\; a \text{ learnt}",
    derivative=r"f'(x) = 1 \text{ for } x > 0,\; a \text{ else};\; \partial f / \partial a = \min(0, x)",
    when="Where the right slope is unknown and there are data enough to learn it.",
    pitfalls=("Weight decay pulls the slope to zero, which turns it back into a ReLU.",),
    source="He, Zhang, Ren and Sun 2015, Delving deep into rectifiers.",
    facts={"initializer": "he_normal"},
)
