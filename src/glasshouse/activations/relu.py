"""ReLU: the rectified linear unit."""

from __future__ import annotations

from torch import nn

from glasshouse.core.concept import Concept

CONCEPT = Concept(
    name="relu",
    kind="activation",
    summary="Keeps positive numbers and sets the others to zero.",
    build=nn.ReLU,
    aliases=("rectifier", "rectified_linear_unit"),
    equation=r"f(x) = \max(0, x)",
    derivative=r"f'(x) = 1 \text{ for } x > 0,\; 0 \text{ for } x \le 0",
    when="The first choice between the layers of a network.",
    pitfalls=(
        "A unit whose input is negative for every sample gets no gradient and stays dead.",
        "It has no derivative at 0; PyTorch takes 0 there.",
    ),
    source="Nair and Hinton 2010, Rectified linear units improve restricted Boltzmann machines.",
    facts={"initializer": "he_normal"},
)
