"""Orthogonal: a matrix whose rows or columns are orthonormal."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.concept import Concept
from glasshouse.initializers.contract import Initializer


def orthogonal() -> Initializer:
    """A matrix whose rows or columns are orthonormal.

    Returns:
        A function that fills a weight tensor of at least two axes in place.

    Source:
        Saxe, McClelland and Ganguli 2014, The dynamics of learning in deep linear networks.
    """

    def fill(tensor: torch.Tensor, generator: torch.Generator | None = None) -> None:
        nn.init.orthogonal_(tensor, generator=generator)

    return fill


CONCEPT = Concept(
    name="orthogonal",
    kind="initializer",
    summary="A matrix whose rows or columns are orthonormal.",
    build=orthogonal,
    aliases=(),
    equation=r"W^\top W = I",
    when="Deep linear stacks and the recurrent weights of RNNs.",
    pitfalls=("Its size is fixed by the shape: multiply by a gain for ReLU.",),
    source="Saxe, McClelland and Ganguli 2014, The dynamics of learning in deep linear networks.",
)
