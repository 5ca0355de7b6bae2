"""What a look takes from tensors: a few scalars of each, at the lowest price.

PyTorch's kernels pay for large tensors and for those on another device. For small ones on the CPU nearly all
of the time is the way to the kernel, and NumPy, which shares their memory, has a shorter one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

SAMPLE = 32_768
"""Most activations per layer that one look counts; a layer with more is sampled by its first rows."""
SMALL = 8_192
"""Numbers up to which a tensor is small. Longer dot products would also wake NumPy's own threads."""
IN_NUMPY = (torch.float32, torch.float64)


@dataclass(frozen=True)
class Activations:
    """What is taken from a layer's outputs at once; the rest of the arithmetic waits for plain numbers.

    Args:
        rows: How many outputs were looked at.
        scalars: One of the outputs, and of all outputs minus that one the sum, the sum of squares; last, how
            many outputs are not zero.
    """

    rows: int
    scalars: list[Any]

    def statistics(self) -> list[float]:
        """Mean, spread and share of zeros."""
        if not self.rows:
            return [math.nan] * 3
        shift, total, squares, filled = fetched(self.scalars)
        mean = total / self.rows
        # NaN stays NaN; what rounding makes negative is zero.
        variance = squares / self.rows - mean * mean
        spread = math.sqrt(variance) if variance > 0 else 0.0 * variance
        return [shift + mean, spread, 1 - filled / self.rows]


def look_at(output: torch.Tensor) -> Activations:
    """Sums over at most ``SAMPLE`` of a layer's outputs, as few operations as will do.

    Sums and dot products cost a tenth of ``var_mean`` on a CPU; the spread by E[h^2] - E[h]^2 loses digits
    where the mean is far larger than the spread, so outputs are first shifted by one of them.

    Args:
        output: Without gradients. It may lie in a buffer that is used again, so nothing of it is kept.

    Example:
        >>> [round(each, 4) for each in look_at(torch.tensor([0.0, 1.0, 2.0, 3.0])).statistics()]
        [1.5, 1.118, 0.25]
    """
    count = output.numel()
    if is_small(output):
        numbers = output.numpy().reshape(-1)
        if not count:
            return Activations(0, [])
        shift = numbers[0]
        shifted = numbers - shift
        scalars = [shift, np.add.reduce(shifted), shifted.dot(shifted), np.count_nonzero(numbers)]
        return Activations(count, scalars)
    if count > SAMPLE and output.dim() > 0 and len(output) > 1:
        output = output[: max(1, SAMPLE * len(output) // count)]
    flat = output.float().reshape(-1)
    if not count:
        return Activations(0, [])
    centred = flat - flat[0]
    sums = [flat[0].clone(), centred.sum(), torch.dot(centred, centred), torch.count_nonzero(flat).float()]
    return Activations(flat.numel(), sums)


class Lengths(Protocol):
    """Lengths of gradients and weights, and how far an update moved the weights."""

    def measured(self) -> tuple[list[float], list[float], list[float]]:
        """After the update, for each parameter: length of its gradient, of itself, and of its move."""
        ...


def lengths_of(parameters: list[nn.Parameter]) -> Lengths:
    """Take the lengths of the gradients and remember the weights; to be called right before the update.

    Args:
        parameters: They must be updated in place.
    """
    if all(is_small(each.data) for each in parameters):
        return SmallLengths(parameters)
    return LargeLengths(parameters)


class SmallLengths:
    """Lengths by NumPy."""

    def __init__(self, parameters: list[nn.Parameter]) -> None:
        self._gradients = [
            math.nan if each.grad is None else length(each.grad.numpy()) for each in parameters
        ]
        self._weights = [each.data.numpy() for each in parameters]  # the same memory
        self._before = [each.copy() for each in self._weights]

    def measured(self) -> tuple[list[float], list[float], list[float]]:
        """Lengths of gradients, weights and moves."""
        sizes = [length(each) for each in self._weights]
        moves = [length(new - old) for new, old in zip(self._weights, self._before, strict=True)]
        return self._gradients, sizes, moves


class LargeLengths:
    """Lengths by PyTorch, all tensors in one call, and one transfer to the host."""

    def __init__(self, parameters: list[nn.Parameter]) -> None:
        gradients = [each.data if each.grad is None else each.grad for each in parameters]
        norms = torch._foreach_norm(gradients)
        self._gradients = [
            norm.new_full((), math.nan) if each.grad is None else norm
            for each, norm in zip(parameters, norms, strict=True)
        ]
        self._weights = [each.data for each in parameters]
        self._before = [each.clone() for each in self._weights]

    def measured(self) -> tuple[list[float], list[float], list[float]]:
        """Lengths of gradients, weights and moves."""
        torch._foreach_sub_(self._before, self._weights)
        sizes, moves = torch._foreach_norm(self._weights), torch._foreach_norm(self._before)
        numbers, count = fetched([*self._gradients, *sizes, *moves]), len(self._weights)
        return numbers[:count], numbers[count : 2 * count], numbers[2 * count :]


def is_small(tensor: torch.Tensor) -> bool:
    """Whether NumPy is the cheaper one to ask."""
    return tensor.numel() <= SMALL and tensor.dtype in IN_NUMPY and tensor.device.type == "cpu"


def length(numbers: NDArray[Any]) -> float:
    """Euclidean length of all numbers together.

    Example:
        >>> length(np.array([[3.0], [4.0]]))
        5.0
    """
    flat = numbers.reshape(-1)
    return math.sqrt(flat.dot(flat))


def fetched(scalars: list[Any]) -> list[float]:
    """Plain numbers: one by one where that costs nothing, in one transfer from another device."""
    if all(not isinstance(each, torch.Tensor) or each.device.type == "cpu" for each in scalars):
        return [float(each) for each in scalars]
    together: list[float] = torch.stack([each.float() for each in scalars]).tolist()
    return together
