"""What a look takes from tensors: a few scalars of each, at the lowest price.

PyTorch's kernels pay for large tensors and for those on another device. For small ones on the CPU nearly all
of the time is the way to the kernel, and NumPy, which shares their memory, has a shorter one.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

SAMPLE = 32_768
"""Most activations per layer that one look counts; a layer with more is sampled by its first rows."""
SMALL = 8_192
"""Numbers up to which a tensor is small. Longer dot products would also wake NumPy's own threads."""
MOST_IN_NUMPY = 65_536
"""Parameters up to which NumPy measures all of them."""
IN_NUMPY = (torch.float32, torch.float64)


class Activations(NamedTuple):
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
    if count <= SMALL and is_small(output):
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
    """Lengths of gradients and weights, and how far an update moved the weights.

    Parameters must be updated in place.
    """

    def lasting(self) -> bool:
        """Whether gradients still lie where they lay when this was made."""
        ...

    def before(self) -> None:
        """Take the lengths of the gradients and remember the weights, right before the update."""
        ...

    def measured(self) -> tuple[list[float], list[float], list[float]]:
        """After the update, for each parameter: length of its gradient, of itself, and of its move."""
        ...


def lengths_of(parameters: list[nn.Parameter]) -> Lengths:
    """The cheapest way to measure these parameters.

    Args:
        parameters: Where the optimizer finds them, with their gradients.
    """
    small = sum(each.numel() for each in parameters) <= MOST_IN_NUMPY
    flat = all(
        each.grad is not None
        and each.dtype in IN_NUMPY
        and each.device.type == "cpu"
        and each.is_contiguous()
        and each.grad.is_contiguous()
        and each.storage_offset() == each.grad.storage_offset()
        for each in parameters
    )
    return FlatLengths(parameters) if small and flat and parameters else LargeLengths(parameters)


class FlatLengths:
    """Lengths by NumPy, for parameters that lie in a few flat buffers: a few calls for all of them."""

    def __init__(self, parameters: list[nn.Parameter]) -> None:
        buffers: dict[int, list[int]] = {}
        for place, each in enumerate(parameters):
            buffers.setdefault(each.untyped_storage().data_ptr(), []).append(place)
        self._parameters = parameters
        self._known = [each.grad for each in parameters]
        self._count = len(parameters)
        self._buffers = []
        for places in buffers.values():
            places.sort(key=lambda place: parameters[place].storage_offset())
            starts = [parameters[place].storage_offset() for place in places]
            first, last = parameters[places[0]], parameters[places[-1]]
            numbers = last.storage_offset() + last.numel()
            weights = torch.as_strided(first.data, (numbers,), (1,), 0).numpy()
            assert first.grad is not None
            gradients = torch.as_strided(first.grad, (numbers,), (1,), 0).numpy()
            self._buffers.append(
                (places, np.array(starts), weights, gradients, np.empty_like(weights), np.empty(numbers))
            )
        self._gradients: list[float] = []

    def lasting(self) -> bool:
        """Whether all gradients are the same tensors as at first."""
        return all(each.grad is known for each, known in zip(self._parameters, self._known, strict=True))

    def before(self) -> None:
        """Lengths of gradients, and a copy of the weights."""
        self._gradients = [0.0] * self._count
        for places, starts, weights, gradients, old, squares in self._buffers:
            np.multiply(gradients, gradients, out=squares, dtype=np.float64)
            self._put(self._gradients, places, np.add.reduceat(squares, starts))
            np.copyto(old, weights)

    def measured(self) -> tuple[list[float], list[float], list[float]]:
        """Lengths of gradients, weights and moves."""
        sizes, moves = [0.0] * self._count, [0.0] * self._count
        for places, starts, weights, _, old, squares in self._buffers:
            np.multiply(weights, weights, out=squares, dtype=np.float64)
            self._put(sizes, places, np.add.reduceat(squares, starts))
            np.subtract(weights, old, out=old)
            np.multiply(old, old, out=squares, dtype=np.float64)
            self._put(moves, places, np.add.reduceat(squares, starts))
        return self._gradients, sizes, moves

    def _put(self, into: list[float], places: list[int], squares: NDArray[Any]) -> None:
        for place, square in zip(places, squares.tolist(), strict=True):
            into[place] = math.sqrt(square)


class LargeLengths:
    """Lengths by PyTorch, all tensors in one call, and one transfer to the host."""

    def __init__(self, parameters: list[nn.Parameter]) -> None:
        self._parameters = parameters
        self._gradients: list[torch.Tensor] = []
        self._old: list[torch.Tensor] = []

    def lasting(self) -> bool:
        """It looks where they are every time."""
        return True

    def before(self) -> None:
        """Lengths of gradients, and a copy of the weights."""
        if not self._parameters:
            return
        found = [each.data if each.grad is None else each.grad for each in self._parameters]
        norms = torch._foreach_norm(found)
        self._gradients = [
            norm.new_full((), math.nan) if each.grad is None else norm
            for each, norm in zip(self._parameters, norms, strict=True)
        ]
        self._old = [each.data.clone() for each in self._parameters]

    def measured(self) -> tuple[list[float], list[float], list[float]]:
        """Lengths of gradients, weights and moves."""
        if not self._parameters:
            return [], [], []
        weights, count = [each.data for each in self._parameters], len(self._parameters)
        torch._foreach_sub_(self._old, weights)
        sizes, moves = torch._foreach_norm(weights), torch._foreach_norm(self._old)
        numbers = fetched([*self._gradients, *sizes, *moves])
        self._gradients, self._old = [], []
        return numbers[:count], numbers[count : 2 * count], numbers[2 * count :]


def is_small(tensor: torch.Tensor) -> bool:
    """Whether NumPy is the cheaper one to ask."""
    return tensor.numel() <= SMALL and tensor.dtype in IN_NUMPY and tensor.device.type == "cpu"


def fetched(scalars: list[Any]) -> list[float]:
    """Plain numbers: one by one where that costs nothing, in one transfer from another device."""
    if all(not isinstance(each, torch.Tensor) or each.device.type == "cpu" for each in scalars):
        return [float(each) for each in scalars]
    together: list[float] = torch.stack([each.float() for each in scalars]).tolist()
    return together
