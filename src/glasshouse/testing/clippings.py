"""Clipping in place, as in training, against the same clipping as a function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from glasshouse.core.concept import Concept
from glasshouse.testing.case import ConformanceError, close

LIMITS = (1e-3, 0.5, 2.0, 1e3)
"""Far below the gradients that are tried, among them, and far beyond."""
SHAPES = ((3, 4), (4,), (2, 2, 2))


def check_clipping(concept: Concept, *, limits: Sequence[float] = LIMITS) -> None:
    """What clipping does to the gradients of many parameters is what it does to one gradient as a function.

    A clipping that goes by parameter is compared parameter by parameter, any other one with all gradients as
    one. Parameters without a gradient must be passed over.

    Args:
        concept: What is tried; it is built with a ``limit``.
        limits: Limits that are tried.

    Raises:
        ConformanceError: A gradient differs, or one appeared.

    Example:
        >>> from glasshouse.clipping import CLIPPING
        >>> check_clipping(CLIPPING["clip_by_norm"])
    """
    for limit in limits:
        where = f"{concept.kind} {concept.name} (limit={limit:g})"
        clipping = concept.build(limit=limit)
        generator = torch.Generator().manual_seed(0)
        parameters = [_parameter(shape, generator) for shape in SHAPES]
        without = torch.nn.Parameter(torch.ones(2, dtype=torch.float64))
        expected = _as_a_function(clipping, parameters)
        clipping.clip_([*parameters, without])
        for each, right in zip(parameters, expected, strict=True):
            assert isinstance(each.grad, torch.Tensor)
            close(f"{where}: gradient of shape {tuple(each.shape)}", each.grad, right)
        if without.grad is not None:
            raise ConformanceError(f"{where}: a parameter without a gradient has one now")


def _parameter(shape: Sequence[int], generator: torch.Generator) -> torch.nn.Parameter:
    made = torch.nn.Parameter(torch.randn(*shape, generator=generator, dtype=torch.float64))
    made.grad = torch.randn(*shape, generator=generator, dtype=torch.float64)
    return made


def _as_a_function(clipping: Any, parameters: Sequence[torch.nn.Parameter]) -> list[torch.Tensor]:
    gradients = [each.grad.clone() for each in parameters if each.grad is not None]
    if clipping.by_parameter:
        pairs = zip(gradients, parameters, strict=True)
        return [clipping(gradient, parameter.detach()) for gradient, parameter in pairs]
    whole = clipping(torch.cat([gradient.flatten() for gradient in gradients]))
    parts = whole.split([gradient.numel() for gradient in gradients])
    return [part.reshape(gradient.shape) for part, gradient in zip(parts, gradients, strict=True)]
