"""What course notes often get wrong, what is right, and the proof: the source of the page ``errata``.

The texts are in ``texts/``, one file for each topic; the module of the same name computes what they state.
"""

from __future__ import annotations

from collections.abc import Iterator

from errata import (
    activations,
    autoencoders,
    backpropagation,
    convolution,
    data,
    deep_networks,
    initialization,
    lenet_alexnet,
    losses,
    optimizers,
    recurrent,
    regularization,
)
from errata.page import topic
from errata.reading import read

TOPICS = tuple(
    read(proofs)
    for proofs in (
        backpropagation,
        activations,
        losses,
        optimizers,
        initialization,
        regularization,
        convolution,
        lenet_alexnet,
        deep_networks,
        recurrent,
        autoencoders,
        data,
    )
)


def page(_which: str) -> Iterator[str]:
    """All entries, by topic."""
    for subject in TOPICS:
        yield from topic(subject)
