"""The rule of multi-head attention: three projections, attention in every head, one projection more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
import torch.nn.functional as F

from glasshouse.core.arithmetic import leaf, named
from glasshouse.core.errors import ModelError
from glasshouse.core.expression import Expression, total, wrap
from glasshouse.core.rule import Forward, Rule, Tensors, places
from glasshouse.layers.affine import affine, rows
from glasshouse.layers.multihead_layout import HeadLayout, added_mask
from glasshouse.layers.scaled_dot_product_attention import DotProductRule

SIDES = {"q": "query", "k": "key", "v": "value"}
"""The projections, in the order of their rows, and what they are made of."""


@dataclass(frozen=True)
class MultiheadAttentionRule(Rule):
    """``y = W_o [heads] + b_o``, every head attention on its own rows of the projections.

    Saved by name, with the batch first and the heads apart: the projections ``q``, ``k`` and ``v`` (N, H, T
    or S, D), ``scores`` and ``weights`` (N, H, T, S), and ``context`` (N, T, E), the heads side by side.

    Dropout takes its mask as an input: ``dropout_mask`` (N, H, T, S), see :meth:`drawn_mask`. The masks are
    PyTorch's: true (or a number that is added, -inf) where a query may not look.

    Args:
        heads: How many.
        batch_first: Whether the batch comes before the sequence.
        average: Whether the weights that come out are the mean over the heads, (N, T, S), or those of each,
            (N, H, T, S).
        dropout: Probability of a zero among the weights.
        training: Whether anything is dropped.
    """

    inputs: ClassVar[tuple[str, ...]] = (*SIDES.values(), "key_padding_mask", "attn_mask", "dropout_mask")
    outputs: ClassVar[tuple[str, ...]] = ("y", "weights")
    parameters: ClassVar[tuple[str, ...]] = (
        "in_proj_weight",
        "q_proj_weight",
        "k_proj_weight",
        "v_proj_weight",
        "in_proj_bias",
        "out_proj.weight",
        "out_proj.bias",
    )
    differentiable: ClassVar[tuple[str, ...]] = tuple(SIDES.values())
    SEED: ClassVar[int] = 0
    heads: int
    batch_first: bool = False
    average: bool = True
    dropout: float = 0.0
    training: bool = False

    def forward(self, values: Tensors) -> Forward:
        """Projections, attention in every head, output projection."""
        if self.training and self.dropout and "dropout_mask" not in values:
            raise ModelError(
                f"dropout {self.dropout} in training without a dropout_mask",
                expected="a dropout_mask (N, H, T, S)",
                fix="give rule.drawn_mask(query, key), or put the module into evaluation: module.eval()",
            )
        saved, layout = dict(values), self._layout(values)
        for side, name in SIDES.items():
            weight, bias = self._projection(values, side)
            saved[side] = layout.apart(affine(layout.inward(values[name]), weight, bias))
        masks = (values.get("key_padding_mask"), values.get("attn_mask"))
        mask = added_mask(*masks, self.heads, values["query"])
        if mask is not None:
            saved["mask"] = mask
        made = self._core.forward(self._inside(saved))
        saved |= {name: made.saved[name] for name in ("scores", "weights")}
        saved["context"] = layout.together(made.outputs["y"])
        y = affine(saved["context"], values["out_proj.weight"], values.get("out_proj.bias"))
        weights = made.outputs["weights"]
        weights = weights.mean(1) if self.average else weights
        weights = weights.squeeze(0) if layout.alone else weights
        return Forward({"y": layout.outward(y), "weights": weights}, saved)

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """Through the output, the heads, the projections."""
        layout = self._layout(saved)
        dy = layout.inward(gradients["y"])
        inside = self._core.backward(self._inside(saved), self._head_gradients(saved, gradients))
        result: dict[str, torch.Tensor] = {
            "out_proj.weight": rows(dy).mT @ rows(saved["context"]),
            "out_proj.bias": rows(dy).sum(0),
        }
        weights, biases = {}, []
        for side, name in SIDES.items():
            d = layout.together(inside[side])
            weight, _ = self._projection(saved, side)
            result[name] = layout.outward(d @ weight)
            weights[f"{side}_proj_weight"] = rows(d).mT @ rows(layout.inward(saved[name]))
            biases.append(rows(d).sum(0))
        result |= {"in_proj_bias": torch.cat(biases), **weights}
        if "in_proj_weight" in saved:
            result["in_proj_weight"] = torch.cat(list(weights.values()))
        return {name: result[name] for name in self.differentiated(saved)}

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """What the heads found, their weights and scores as named steps; the projections are leaves.

        ``output`` may also be a saved name (``q``, ``k``, ``v``, ``scores``, ``context``): so the arithmetic
        is followed back to the inputs. Single weights of a head are ``head_weights``.
        """
        place = tuple(index)
        if output == "y":
            return self._expand_output(saved, self._layout(saved).place_inside(place))
        if output == "weights":
            full = (0, *place) if self._layout(saved).alone else place
            if not self.average:
                return self.expand(saved, "head_weights", full)
            n, t, s = full
            each = [(n, head, t, s) for head in range(self.heads)]
            steps = [wrap(named("weights", self.expand(saved, "head_weights", at), at)) for at in each]
            return total(steps) / self.heads
        if output in SIDES:
            return self._expand_projection(saved, output, place)
        if output == "context":
            n, t, j = place
            head, d = divmod(j, saved["v"].shape[-1])
            return self._core.expand(self._inside(saved), "y", (n, head, t, d))
        return self._core.expand(self._inside(saved), output.removeprefix("head_"), place)

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """For a weight the samples and steps that it served, for an input the rows that it reached.

        The gradients by the projections are leaves, ``dq[n,h,t,d]``; with ``name`` one of ``q``, ``k`` and
        ``v`` they are written out themselves.
        """
        if name in ("q", "k", "v"):
            core, heads = self._inside(saved), self._head_gradients(saved, gradients)
            return self._core.expand_gradient(core, heads, name, index)
        if name.startswith("out_proj"):
            return self._expand_output_gradient(saved, gradients, name, tuple(index))
        inside = self._core.backward(self._inside(saved), self._head_gradients(saved, gradients))
        if name in self.differentiable:
            side = next(side for side, source in SIDES.items() if source == name)
            n, t, j = self._layout(saved).place_inside(tuple(index))
            weight = self._projection(saved, side)[0]
            return total(
                [
                    self._row_leaf(inside, side, n, t, row) * self._weight_leaf(saved, side, row, j)
                    for row in range(weight.shape[0])
                ]
            )
        return self._expand_weight_gradient(saved, inside, name, tuple(index))

    def call(self, module: Any, values: Tensors) -> dict[str, torch.Tensor]:
        """The module's answer with weights; where it drops, it draws with the seed ``SEED``."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.SEED)
            y, weights = module(
                *(values[name] for name in SIDES.values()),
                key_padding_mask=values.get("key_padding_mask"),
                attn_mask=values.get("attn_mask"),
                average_attn_weights=self.average,
            )
        return {"y": y, "weights": weights}

    def drawn_mask(self, query: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
        """The mask of weights that PyTorch draws with the seed ``SEED``: 1 where a weight is kept.

        Args:
            query: The queries.
            key: The keys.
        """
        layout = self._layout({"query": query})
        (n, t, _), s = layout.inward(query).shape, layout.inward(key).shape[1]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.SEED)
            drawn = F.dropout(query.new_ones(n * self.heads, t, s), self.dropout) != 0
        return drawn.reshape(n, self.heads, t, s).to(query.dtype)

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """From a ``torch.nn.MultiheadAttention``; with added key and value biases there is no rule.

        Raises:
            ModelError: It has ``add_bias_kv`` or ``add_zero_attn``.
        """
        if module.bias_k is not None or module.add_zero_attn:
            raise ModelError(
                "a MultiheadAttention with add_bias_kv or add_zero_attn",
                expected="keys and values as they are given",
                fix="build it without these two settings",
            )
        rule = cls(module.num_heads, module.batch_first, True, module.dropout, module.training)
        return rule, dict(module.named_parameters())

    @property
    def _core(self) -> DotProductRule:
        return DotProductRule(empty="nan", dropout=self.dropout, result="context")

    def _inside(self, saved: Tensors) -> dict[str, torch.Tensor]:
        """What the attention in the heads takes and saves."""
        names = ["q", "k", "v", "mask", "scores", "weights"]
        names += ["dropout_mask"] if self.training and self.dropout else []
        return {name: saved[name] for name in names if name in saved}

    def _head_gradients(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """By what every head found, and by its weights."""
        layout, dweights = self._layout(saved), gradients["weights"]
        if layout.alone:
            dweights = dweights.unsqueeze(0)
        if self.average:
            dweights = dweights.unsqueeze(1).expand(saved["weights"].shape) / self.heads
        dy = layout.inward(gradients["y"])
        return {"y": layout.apart(dy @ saved["out_proj.weight"]), "weights": dweights}

    def _projection(self, values: Tensors, side: str) -> tuple[torch.Tensor, torch.Tensor | None]:
        which, bias = list(SIDES).index(side), values.get("in_proj_bias")
        own = values.get(f"{side}_proj_weight")
        weight = values["in_proj_weight"].chunk(3)[which] if own is None else own
        return weight, None if bias is None else bias.chunk(3)[which]

    def _expand_output(self, saved: Tensors, place: tuple[int, ...]) -> Expression:
        n, t, e = place
        weight, inside, wide = saved["out_proj.weight"], self._inside(saved), saved["v"].shape[-1]
        terms: list[Expression] = []
        for head in range(self.heads):
            weights = self._core.expand_weights(inside, (n, head, t))  # once for all numbers of the head
            for d in range(wide):
                found = self._core.expand_sum(inside, weights, (n, head, t, d))
                j = head * wide + d
                terms.append(
                    leaf("out_proj.weight", weight, (e, j)) * wrap(named("context", found, (n, t, j)))
                )
        if "out_proj.bias" in saved:
            terms.append(leaf("out_proj.bias", saved["out_proj.bias"], (e,)))
        return total(terms)

    def _expand_projection(self, saved: Tensors, side: str, place: tuple[int, ...]) -> Expression:
        n, head, t, d = place
        row, source = head * saved[side].shape[-1] + d, saved[SIDES[side]]
        terms: list[Expression] = [
            self._weight_leaf(saved, side, row, j)
            * leaf(SIDES[side], source, self._layout(saved).place_outside((n, t, j)))
            for j in range(source.shape[-1])
        ]
        if "in_proj_bias" in saved:
            bias = saved["in_proj_bias"]
            terms.append(leaf("in_proj_bias", bias, (list(SIDES).index(side) * len(bias) // 3 + row,)))
        return total(terms)

    def _expand_weight_gradient(
        self, saved: Tensors, inside: Tensors, name: str, place: tuple[int, ...]
    ) -> Expression:
        side, row, layout = name[0], place[0], self._layout(saved)
        if name.startswith("in_proj"):
            which, row = divmod(place[0], saved["out_proj.weight"].shape[0])
            side = list(SIDES)[which]
        source = SIDES[side]
        terms: list[Expression] = []
        for n, t in places(layout.inward(saved[source]).shape[:2]):
            slope = self._row_leaf(inside, side, n, t, row)
            if name != "in_proj_bias":
                slope = slope * leaf(source, saved[source], layout.place_outside((n, t, place[1])))
            terms.append(slope)
        return total(terms)

    def _expand_output_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, place: tuple[int, ...]
    ) -> Expression:
        context, terms = saved["context"], []
        for n, t in places(context.shape[:2]):
            dy = leaf("dy", gradients["y"], self._layout(saved).place_outside((n, t, place[0])))
            if name.endswith("bias"):
                terms.append(wrap(dy))
            else:
                terms.append(wrap(dy * leaf("context", context, (n, t, place[1]))))
        return total(terms)

    def _weight_leaf(self, saved: Tensors, side: str, row: int, j: int) -> Expression:
        own = f"{side}_proj_weight"
        if own in saved:
            return leaf(own, saved[own], (row, j))
        weight = saved["in_proj_weight"]
        return leaf("in_proj_weight", weight, (list(SIDES).index(side) * weight.shape[0] // 3 + row, j))

    def _row_leaf(self, inside: Tensors, side: str, n: int, t: int, row: int) -> Expression:
        d = inside[side]
        head, own = divmod(row, d.shape[-1])
        return leaf(f"d{side}", d, (n, head, t, own))

    def _layout(self, values: Tensors) -> HeadLayout:
        return HeadLayout(self.heads, self.batch_first, values["query"].dim() == 2)
