"""A penalty's in-place gradient against autograd through the penalty."""

from __future__ import annotations

from typing import Any

import torch

from glasshouse.core.concept import Concept
from glasshouse.testing.case import close

SHAPES = ((3, 4), (2, 1, 3, 3), (5,))


def check_penalty(concept: Concept, **settings: Any) -> None:
    """What a penalty adds to a gradient in training is the slope of what it adds to the loss.

    Also: nothing is added to what was not there (padding of zeros adds neither penalty nor gradient), and the
    penalty of several tensors is the sum of theirs, so that they may lie in one flat buffer.

    Args:
        concept: A regularizer that is built as a penalty.
        settings: The settings with which it is built.

    Raises:
        ConformanceError: Gradient or sum differ.

    Example:
        >>> from glasshouse.regularizers import REGULARIZERS
        >>> check_penalty(REGULARIZERS["l1"], strength=0.3)
    """
    where = f"{concept.kind} {concept.name} ({settings})"
    penalty = concept.build(**settings)
    generator = torch.Generator().manual_seed(0)
    tensors = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in SHAPES]
    tensors[0][0, 0] = 0.0
    for w in tensors:
        before = torch.randn(w.shape, generator=generator, dtype=torch.float64)
        added = before.clone()
        penalty.add_gradient(w.clone(), added)
        leaf = w.clone().requires_grad_()
        (right,) = torch.autograd.grad(penalty(leaf), leaf)
        close(f"{where}: gradient added in place", added - before, right)
    flat = torch.cat([*(w.flatten() for w in tensors), torch.zeros(7, dtype=torch.float64)])
    apart = torch.stack([penalty(w) for w in tensors]).sum()
    close(f"{where}: several tensors in one buffer, padded with zeros", penalty(flat), apart)
    added = torch.zeros_like(flat)
    penalty.add_gradient(flat, added)
    close(f"{where}: gradient of the padding", added[-7:], torch.zeros(7, dtype=torch.float64))
