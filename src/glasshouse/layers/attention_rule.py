"""The rule that all attention shares: scores, softmax over the keys, weighted sum of the values.

Kinds of attention differ in one thing: how a query and a key make a score.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch

from glasshouse.core.arithmetic import exp, leaf, named
from glasshouse.core.errors import ModelError
from glasshouse.core.expression import Expression, Named, Number, total, wrap
from glasshouse.core.rule import Forward, Rule, Tensors, gradient_name, places

Place = tuple[int, ...]
Slope = Callable[[Place], Expression]
"""The gradient by one score, as a named step."""


@dataclass(frozen=True)
class Attention(Rule):
    r"""``y_t = sum over s of weights_ts v_s`` with ``weights_t = softmax of scores_t``.

    Shapes: q (..., T, E), k (..., S, E'), v (..., S, V), mask broadcastable to (..., T, S), y (..., T, V),
    weights and scores (..., T, S). The leading axes (batch, heads) are the same for all three.

    A boolean mask is true where a query may look at a key; numbers are added to the scores. ``scores`` is
    saved with the mask in it, -inf where a key is left out. Dropout of weights takes its mask as an input,
    ``dropout_mask`` (..., T, S), 1 where a weight is kept.

    Args:
        causal: Whether query t sees the keys 0 to t only.
        empty: What the weights of a query are that may look at no key: zeros, or not-a-number as a plain
            softmax has it.
        dropout: Probability of a zero among the weights, in training.
        result: What y is called in the arithmetic.
    """

    inputs: ClassVar[tuple[str, ...]] = ("q", "k", "v", "mask")
    outputs: ClassVar[tuple[str, ...]] = ("y", "weights")
    differentiable: ClassVar[tuple[str, ...]] = ("q", "k", "v")
    causal: bool = False
    empty: Literal["zero", "nan"] = "zero"
    dropout: float = 0.0
    result: str = "y"

    @abstractmethod
    def scores(self, values: Tensors) -> torch.Tensor:
        """The scores (..., T, S), without the mask."""

    @abstractmethod
    def scores_backward(self, saved: Tensors, ds: torch.Tensor) -> dict[str, torch.Tensor]:
        """From the gradient by the scores to those by q, k and the parameters."""

    @abstractmethod
    def expand_score(self, saved: Tensors, place: Place) -> Expression:
        """The arithmetic of one score, without the mask."""

    @abstractmethod
    def expand_score_gradient(self, saved: Tensors, ds: Slope, name: str, place: Place) -> Expression:
        """The arithmetic of one number of the gradient by q, k or a parameter."""

    def forward(self, values: Tensors) -> Forward:
        """Scores, mask, softmax, weighted sum."""
        check_shapes(values)
        scores = self.scores(values)
        if self.causal:
            ahead = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)
            scores = scores.masked_fill(ahead, -torch.inf)
        if "mask" in values:
            mask = values["mask"]
            scores = scores.masked_fill(~mask, -torch.inf) if mask.dtype == torch.bool else scores + mask
        weights = self._softmax(scores)
        saved = {**values, "scores": scores, "weights": weights}
        shown = self._dropped(weights, saved)
        made = {"y": shown @ values["v"], "weights": shown}
        return Forward({name: made[name] for name in self.outputs}, saved)

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """Through the sum to values and weights, through the softmax to the scores, and on."""
        ds, dv = self.slopes(saved, gradients)
        return {**self.scores_backward(saved, ds), "v": dv}

    def slopes(self, saved: Tensors, gradients: Tensors) -> tuple[torch.Tensor, torch.Tensor]:
        """The gradients by scores and values.

        Args:
            saved: What :meth:`forward` saved.
            gradients: The gradient by y, and by the weights where anything uses them.
        """
        dy, weights = gradients["y"], saved["weights"]
        dw = dy @ saved["v"].mT
        if "weights" in gradients:
            dw = dw + gradients["weights"]
        dw = self._dropped(dw, saved)
        ds = weights * (dw - (weights * dw).sum(-1, keepdim=True))
        return ds, self._dropped(weights, saved).mT @ dy

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """Scores and weights as named steps; ``output`` may also be ``"scores"``.

        Keys that are masked do not appear.
        """
        *row, last = place = tuple(index)
        if output == "scores":
            return self._score(saved, place)
        weights = self.expand_weights(saved, tuple(row))
        if output == "weights":
            if last not in weights:
                return Number(float(saved["weights"][place]))
            return self._with_dropout(saved, weights[last].inner, place)
        return self.expand_sum(saved, weights, place)

    def expand_sum(self, saved: Tensors, weights: Mapping[int, Named], place: Place) -> Expression:
        """The values at one place of y, each times its weight.

        Args:
            saved: What :meth:`forward` saved.
            weights: The weights of that query, from :meth:`expand_weights`.
            place: The place in y.
        """
        *lead, t, e = place
        return total(
            [
                wrap(self._with_dropout(saved, weight, (*lead, t, s)) * leaf("v", saved["v"], (*lead, s, e)))
                for s, weight in weights.items()
            ]
        )

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """For values the queries that looked at them; else by way of the scores, whose gradients are "
        "steps.
        """
        place = tuple(index)
        if name == "v":
            *lead, s, e = place
            dy, weights = gradients["y"], saved["weights"]
            terms = []
            for t in range(weights.shape[-2]):
                weight = self._with_dropout(saved, leaf("weights", weights, (*lead, t, s)), (*lead, t, s))
                terms.append(wrap(weight * leaf(gradient_name(self.result), dy, (*lead, t, e))))
            return total(terms)
        rows: dict[Place, dict[int, Expression]] = {}

        def ds(at: Place) -> Expression:
            row = at[:-1]
            if row not in rows:
                rows[row] = self._slopes_of_row(saved, gradients, row)
            return rows[row][at[-1]]

        return self.expand_score_gradient(saved, ds, name, place)

    def pairs(self, saved: Tensors) -> list[Place]:
        """Every pair of query and key: the places of the scores."""
        return places(saved["scores"].shape)

    def _softmax(self, scores: torch.Tensor) -> torch.Tensor:
        if not scores.shape[-1]:
            return scores
        largest = scores.amax(-1, keepdim=True)
        e = torch.exp(scores - largest.masked_fill(largest == -torch.inf, 0.0))
        sums = e.sum(-1, keepdim=True)
        return e / (sums.masked_fill(sums == 0, 1.0) if self.empty == "zero" else sums)

    def _dropped(self, weights: torch.Tensor, saved: Tensors) -> torch.Tensor:
        return weights * saved["dropout_mask"] / (1 - self.dropout) if "dropout_mask" in saved else weights

    def _with_dropout(self, saved: Tensors, weight: Expression, place: Place) -> Expression:
        if "dropout_mask" not in saved:
            return weight
        return wrap(weight * leaf("dropout_mask", saved["dropout_mask"], place) / (1 - wrap(self.dropout)))

    def _score(self, saved: Tensors, place: Place) -> Expression:
        if saved["scores"][place] == -torch.inf:
            return Number(-torch.inf)
        score, mask = self.expand_score(saved, place), saved.get("mask")
        if mask is None or mask.dtype == torch.bool:
            return score
        own = place[len(place) - mask.dim() :]
        broadcast = [0 if size == 1 else at for at, size in zip(own, mask.shape, strict=True)]
        return wrap(score + leaf("mask", mask, broadcast))

    def expand_weights(self, saved: Tensors, row: Place) -> dict[int, Named]:
        """The weights of one query as named steps, by key; those of masked keys are left out.

        Args:
            saved: What :meth:`forward` saved.
            row: The place of the query.
        """
        seen = [s for s, score in enumerate(saved["scores"][row].tolist()) if score != -torch.inf]
        scores = {s: named("scores", self._score(saved, (*row, s)), (*row, s)) for s in seen}
        largest = max((score.value for score in scores.values()), default=0.0)
        # Where e^score itself would overflow (or all vanish), the largest is taken off, as in the forward
        # pass.
        shift = Number(largest, "max") if abs(largest) > 700 else None
        powers = {s: exp(score if shift is None else score - shift) for s, score in scores.items()}
        sums = total(list(powers.values()))
        return {s: Named("weights", power / sums, (*row, s)) for s, power in powers.items()}

    def _slopes_of_row(self, saved: Tensors, gradients: Tensors, row: Place) -> dict[int, Expression]:
        """The gradients by the scores of one query, by key."""
        keys = range(saved["scores"].shape[-1])
        dw = {s: self._weight_slope(saved, gradients, (*row, s)) for s in keys}
        weight = {s: leaf("weights", saved["weights"], (*row, s)) for s in keys}
        mean = named("mean", total([weight[s] * dw[s] for s in keys]), row)
        return {s: wrap(named("ds", weight[s] * (dw[s] - mean), (*row, s))) for s in keys}

    def _weight_slope(self, saved: Tensors, gradients: Tensors, place: Place) -> Expression:
        *lead, t, s = place
        dy, v = gradients["y"], saved["v"]
        terms: list[Expression] = [
            leaf(gradient_name(self.result), dy, (*lead, t, e)) * leaf("v", v, (*lead, s, e))
            for e in range(v.shape[-1])
        ]
        if "weights" in gradients:
            terms.append(leaf("dweights", gradients["weights"], place))
        return wrap(named("dw", self._with_dropout(saved, total(terms), place), place))


def check_shapes(values: Tensors) -> None:
    """Refuse queries, keys and values that do not belong together.

    Args:
        values: ``q``, ``k`` and ``v``, and perhaps ``mask``.

    Raises:
        ModelError: Their leading axes differ, there isn't one value for each key, or the mask does not fit.
    """
    q, k, v = values["q"], values["k"], values["v"]
    if min(q.dim(), k.dim(), v.dim()) < 2 or not (
        q.shape[:-2] == k.shape[:-2] == v.shape[:-2] and k.shape[-2] == v.shape[-2]
    ):
        raise ModelError(
            f"q {tuple(q.shape)}, k {tuple(k.shape)}, v {tuple(v.shape)}",
            expected=(
                "q (..., T, E), k (..., S, E) and v (..., S, V) with the same leading axes and one value per "
                "key"
            ),
            fix="put the batch (and the heads) first, and give as many values as keys",
        )
    fitting = (*q.shape[:-1], k.shape[-2])
    mask = values.get("mask")
    if mask is not None and (
        mask.dim() > len(fitting)
        or any(n not in (1, m) for n, m in zip(mask.shape[::-1], fitting[::-1], strict=False))
    ):
        raise ModelError(
            f"mask of shape {tuple(mask.shape)}",
            expected=f"a shape that broadcasts to {fitting}: queries by keys",
            fix="for a mask of keys alone (N, S) write mask[:, None, :]",
        )


def masked_softmax(scores: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Softmax over the last axis; a row without any key gets zeros, and passes no gradient.

    Args:
        scores: (..., T, S).
        mask: True where a key takes part, or numbers that are added; broadcastable to the scores.

    Returns:
        Weights (..., T, S).

    Example:
        >>> masked_softmax(torch.zeros(2, 2), torch.tensor([[True, True], [False, False]])).tolist()
        [[0.5, 0.5], [0.0, 0.0]]
    """
    if mask is None:
        return scores.softmax(-1)
    seen = mask if mask.dtype == torch.bool else mask > -torch.inf
    seen = seen.broadcast_to(scores.shape)
    any_seen = seen.any(-1, keepdim=True)
    scores = scores if mask.dtype == torch.bool else scores + mask.masked_fill(mask == -torch.inf, 0.0)
    # A row of -inf alone would give not-a-number, in the gradient too: such rows are set to zero first.
    return scores.masked_fill(~seen & any_seen, -torch.inf).softmax(-1) * any_seen
