"""Rules of losses that compare rows with each other: one formula of the distances between embeddings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch

from glasshouse.core.arithmetic import Quantity, leaf, named, sqrt
from glasshouse.core.errors import DataError, ModelError
from glasshouse.core.expression import Expression, Number, total, wrap
from glasshouse.core.rule import Forward, Rule, Tensors

Distances = Sequence[Quantity]
"""One distance for each pair that a comparison is made of: tensors, or expressions of one comparison."""


@dataclass(frozen=True)
class ComparedRows(Rule):
    """``L = sum f(d, t) / M`` over M comparisons of the rows of one batch.

    A row that stands in several comparisons gets the gradients of all of them: the encoder is one and the
    same for every row.

    Args:
        value: ``f(d, t, ...)`` of the distances of one comparison and the last number of its target.
        slopes: ``df/dd`` for every distance, with the same arguments.
        pairs: Which places of a target are compared: ``(0, 1)`` is the row at its first with that at its
            second place.
        settings: What the formulas take besides.
    """

    inputs: ClassVar[tuple[str, ...]] = ("outputs", "targets")
    outputs: ClassVar[tuple[str, ...]] = ("loss",)
    differentiable: ClassVar[tuple[str, ...]] = ("outputs",)
    value: Callable[..., Quantity]
    slopes: Callable[..., Sequence[Quantity]]
    pairs: tuple[tuple[int, int], ...]
    settings: Mapping[str, Any] = field(default_factory=dict)

    def forward(self, values: Tensors) -> Forward:
        """The mean over the comparisons."""
        e, t = values["outputs"], values["targets"]
        each = self.value(self._distances(e, t), t[:, 2].to(e.dtype), **self.settings)
        return Forward({"loss": (each.sum() / len(t)).to(e.dtype)}, dict(values))

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """``de_i = dL f'(d) (e_i - e_j) / d`` and ``de_j = -de_i`` for every pair, added up by row."""
        e, t = saved["outputs"], saved["targets"]
        distances = self._distances(e, t)
        slopes = self.slopes(distances, t[:, 2].to(e.dtype), **self.settings)
        result = torch.zeros_like(e)
        for (one, other), distance, slope in zip(self.pairs, distances, slopes, strict=True):
            factor = torch.where(distance > 0, slope / distance, 0.0)  # equal rows have no direction
            pull = (gradients["loss"] * factor / len(t)).to(e.dtype)[:, None] * (
                e[t[:, one]] - e[t[:, other]]
            )
            result.index_add_(0, t[:, one], pull)
            result.index_add_(0, t[:, other], -pull)
        return {"outputs": result}

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The formula of every comparison, added up, over their number."""
        t = saved["targets"]
        terms = [
            wrap(self.value(self._written(saved, place), float(t[place, 2]), **self.settings))
            for place in range(len(t))
        ]
        return total(terms) if len(t) == 1 else total(terms) / len(t)

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """The pulls of all comparisons in which that row stands, over the number of comparisons."""
        e, t = saved["outputs"], saved["targets"]
        row, k = index
        pulls: list[Expression] = []
        for place in range(len(t)):
            distances = self._written(saved, place)
            slopes = self.slopes(distances, float(t[place, 2]), **self.settings)
            for (one, other), distance, slope in zip(self.pairs, distances, slopes, strict=True):
                i, j = int(t[place, one]), int(t[place, other])
                if row not in (i, j) or i == j or distance.value == 0:
                    continue
                mine, its = (i, j) if row == i else (j, i)
                apart = leaf("e", e, (mine, k)) - leaf("e", e, (its, k))
                pulls.append(wrap(slope * apart / distance))
        if not pulls:
            return Number(0.0, "not compared")
        return wrap(leaf("dloss", gradients["loss"]) * total(pulls) / len(t))

    def _distances(self, e: torch.Tensor, t: torch.Tensor) -> list[torch.Tensor]:
        return [distance(e, t, pair) for pair in self.pairs]

    def _written(self, saved: Tensors, place: int) -> list[Any]:
        e, t = saved["outputs"], saved["targets"]
        written: list[Any] = []
        for pair in self.pairs:
            i, j = (int(t[place, each]) for each in pair)
            squares = [(leaf("e", e, (i, k)) - leaf("e", e, (j, k))) ** 2 for k in range(e.shape[1])]
            written.append(named("d", sqrt(total(squares)), (i, j)))
        return written


def compared_rows(
    value: Callable[..., Quantity],
    slopes: Callable[..., Sequence[Quantity]],
    pairs: tuple[tuple[int, int], ...],
    *settings: str,
) -> Callable[[Any], tuple[ComparedRows, dict[str, torch.Tensor]]]:
    """Make the reader of losses that compare the rows of a batch.

    Args:
        value: ``f(d, t, ...)`` of the distances of one comparison.
        slopes: ``df/dd`` for every distance, with the same arguments.
        pairs: Which places of a target are compared.
        settings: Attributes of the loss that the formulas take by name.

    Returns:
        A function from a loss to its rule and its (no) parameters.
    """

    def rule_of(module: Any) -> tuple[ComparedRows, dict[str, torch.Tensor]]:
        return ComparedRows(value, slopes, pairs, {name: getattr(module, name) for name in settings}), {}

    return rule_of


def distance(outputs: torch.Tensor, targets: torch.Tensor, pair: tuple[int, int]) -> torch.Tensor:
    """Euclidean distances (M,) of the rows that stand at two places of the targets.

    Where two rows are equal PyTorch takes the slope of the distance as 0.

    Args:
        outputs: Embeddings (N, K).
        targets: Numbers of rows, int64 (M, 3).
        pair: The two places.

    Example:
        >>> distance(torch.tensor([[0.0, 0.0], [3.0, 4.0]]), torch.tensor([[0, 1, 1]]), (0, 1))
        tensor([5.])
    """
    one, other = pair
    apart: torch.Tensor = torch.linalg.vector_norm(
        outputs[targets[:, one]] - outputs[targets[:, other]], dim=1
    )
    return apart


def refuse_no_comparisons(outputs: torch.Tensor, targets: torch.Tensor, rows: int, what: str) -> None:
    """Refuse targets that do not say which rows are compared.

    Args:
        outputs: Embeddings.
        targets: What should be numbers of rows.
        rows: How many of the three numbers of a target are rows.
        what: What the three numbers are, for the message.

    Raises:
        ModelError: The shapes are others.
        DataError: A number is no row of the batch.
    """
    if outputs.dim() != 2 or targets.dim() != 2 or targets.shape[1] != 3 or targets.is_floating_point():
        raise ModelError(
            f"outputs of shape {tuple(outputs.shape)} and targets of shape {tuple(targets.shape)}, "
            f"{targets.dtype}",
            expected=f"embeddings (N, K) and whole numbers (M, 3): {what}",
            fix="draw them with the objective 'verification', or number the rows of the batch from 0",
        )
    outside = (targets[:, :rows] < 0) | (targets[:, :rows] >= len(outputs))
    if bool(outside.any()):
        raise DataError(
            f"a comparison with row {int(targets[:, :rows][outside][0])} of {len(outputs)} rows",
            expected=f"rows of the batch, from 0 to {len(outputs) - 1}",
            fix="number the rows of the batch, not those of the data",
        )
