"""What an epoch's end is measured by, for all members of a population at once."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from glasshouse.data.parts import Part
from glasshouse.losses.contract import Meaning
from glasshouse.models.outputs import ELEMENTS
from glasshouse.training.population.forward import Pass
from glasshouse.training.population.heads import Head
from glasshouse.training.population.stack import Stack
from glasshouse.training.population.structure import Structure

FEW_CLASSES = 32


def quick_metrics(meaning: Meaning | None, y: torch.Tensor, t: torch.Tensor) -> list[float | None]:
    """For each member what :func:`glasshouse.training.quick.quick_metric` gives.

    Args:
        meaning: What the outputs are: logits, a logit or values.
        y: Outputs (members, rows, features).
        t: Targets (members, rows, ...).

    Example:
        >>> quick_metrics("logit", torch.tensor([[[1.0], [-1.0]]]), torch.tensor([[1, 1]]))
        [0.5]
    """
    members, rows = y.shape[:2]
    if meaning == "logit":
        right = (y.reshape(members, -1) > 0) == (t.reshape(members, -1) > 0.5)
        return [each / rows for each in right.sum(1).tolist()]
    if meaning == "logits":
        return [each / rows for each in (winners(y) == t).sum(1).tolist()]
    wanted = t.double()
    residual = (y.double() - wanted).square_().sum((1, 2))
    spread = (wanted - wanted.mean(1, keepdim=True)).square_().sum((1, 2))
    explained = (1 - residual / spread).tolist()
    return [one if all_ > 0 else None for one, all_ in zip(explained, spread.tolist(), strict=True)]


def winners(y: torch.Tensor) -> torch.Tensor:
    """``y.argmax(2)`` by few kernels over all rows at once, where there are few classes.

    Args:
        y: Outputs (members, rows, classes).

    Example:
        >>> winners(torch.tensor([[[1.0, 3.0, 3.0], [2.0, 0.0, 1.0]]])).tolist()
        [[1, 0]]
    """
    classes = y.shape[2]
    if classes > FEW_CLASSES or not math.isfinite(float(y.sum())):
        return y.argmax(2)
    columns = y.permute(2, 0, 1).contiguous()
    largest, winner = columns[0], torch.zeros(y.shape[:2], dtype=torch.int64)
    for number in range(1, classes):
        winner.masked_fill_(columns[number] > largest, number)
        largest = torch.maximum(largest, columns[number])
    return winner


class Judges:
    """The validation parts of all members, and the way to judge by them.

    Args:
        stack: The parameters.
        structures: What each member has of its own.
        parts: Of every member, of one shape.
        head: The losses.
    """

    def __init__(
        self, stack: Stack, structures: Sequence[Structure], parts: Sequence[Part], head: Head
    ) -> None:
        self._head = head
        members, rows = len(parts), len(parts[0])
        self._inputs = together([each.inputs.flatten(1) for each in parts])
        self.targets = together([each.targets for each in parts])
        widest = max(max(layer.inputs, layer.outputs) for layer in stack.layers)
        most = max(1, ELEMENTS // (members * widest))
        self._sizes = [min(most, rows - first) for first in range(0, rows, most)]
        self._passes = {size: Pass(stack, structures, size, head, None) for size in set(self._sizes)}
        self._outputs = torch.zeros(members, rows, stack.layers[-1].outputs)

    def losses(self) -> tuple[list[float], torch.Tensor]:
        """The loss of every member, and the outputs, float32."""
        place = 0
        for size in self._sizes:
            rows = slice(place, place + size)
            self._outputs[:, rows].copy_(self._passes[size].outputs(self._inputs[:, rows]))
            place += size
        return self._head(self._outputs, self.targets, None)[0].tolist(), self._outputs


def together(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    """Tensors with a leading axis; in memory once where they all are the same one."""
    first = tensors[0]
    if all(each.data_ptr() == first.data_ptr() for each in tensors):
        return first.unsqueeze(0).expand(len(tensors), *first.shape)
    return torch.stack(list(tensors))
