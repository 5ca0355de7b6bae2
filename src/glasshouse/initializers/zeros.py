"""Zeros: all zeros: every unit of a layer stays equal to the others."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.concept import Concept
from glasshouse.initializers.contract import Initializer


def zeros() -> Initializer:
    """All zeros: every unit of a layer stays equal to the others.

    Returns:
        A function that fills a weight tensor of at least two axes in place.

    Source:
        Definition.
    """

    def fill(tensor: torch.Tensor, generator: torch.Generator | None = None) -> None:  # noqa: ARG001
        nn.init.zeros_(tensor)

    return fill


CONCEPT = Concept(
    name="zeros",
    kind="initializer",
    summary="All zeros: every unit of a layer stays equal to the others.",
    build=zeros,
    aliases=("zero",),
    equation=r"w = 0",
    when="Biases, and the weights of a single-layer perceptron.",
    pitfalls=("In a hidden layer the units never become different.",),
    source="Definition.",
)
