"""Embedding: a table from which every whole number takes its row of learnt numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import nn

from glasshouse.core.arithmetic import leaf
from glasshouse.core.checks import whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import ModelError, SettingError
from glasshouse.core.expression import Expression, total
from glasshouse.core.rule import Forward, Rule, Tensors
from glasshouse.core.worked import worked_forward


class Embedding(nn.Embedding):
    r"""``torch.nn.Embedding`` that names the index that lies outside of its table.

    .. math:: y_{t,e} = W_{x_t, e}

    It equals a linear layer without bias on one-hot vectors, without the multiplications.

    Shapes: x of whole numbers, any shape (...); weight (num_embeddings, embedding_dim); y (...,
    embedding_dim).

    Args:
        num_embeddings: Rows of the table: how many words or categories there are, at least 1.
        embedding_dim: Numbers per row, at least 1.
        padding_idx: The index that stands for "nothing here", from ``-num_embeddings`` (counted from the end)
            to ``num_embeddings - 1``: its row starts at zero and does not learn.

    Raises:
        SettingError: A setting lies outside its range.
        ModelError: In the forward pass, when x holds no whole numbers, or (on a CPU) one outside of the
            table. On an accelerator PyTorch itself stops the program there: asking first would halt the
            device at every batch.

    Source:
        Bengio, Ducharme, Vincent and Jauvin 2003, A neural probabilistic language model, JMLR 3.

    Example:
        >>> layer = Embedding(10, 4, padding_idx=0)
        >>> layer(torch.tensor([[3, 7, 0]])).shape
        torch.Size([1, 3, 4])
        >>> layer(torch.tensor([0])).tolist()
        [[0.0, 0.0, 0.0, 0.0]]
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None) -> None:
        rows = whole_number("num_embeddings", num_embeddings, at_least=1)
        columns = whole_number("embedding_dim", embedding_dim, at_least=1)
        if padding_idx is not None:
            whole_number("padding_idx", padding_idx, at_least=-rows, at_most=rows - 1)
        super().__init__(rows, columns, padding_idx)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(...) to (..., embedding_dim)."""
        if x.dtype not in (torch.int64, torch.int32):
            raise ModelError(
                f"Embedding received x of type {x.dtype}",
                expected="whole numbers of type int64 or int32: the rows of the table",
                fix="x.long() if x holds indices; a linear layer if it holds measurements",
            )
        try:
            return super().forward(x)
        except IndexError as error:
            raise self._outside(x) from error

    def _outside(self, x: torch.Tensor) -> ModelError:
        wrong = (x < 0) | (x >= self.num_embeddings)
        where = tuple(int(each) for each in wrong.nonzero()[0])
        return ModelError(
            f"index {int(x[where])} at {where} of x, in an embedding of {self.num_embeddings} rows",
            expected=f"whole numbers from 0 to {self.num_embeddings - 1}",
            fix="set num_embeddings to the largest index + 1, or give unknown words one index of their own",
        )


@dataclass(frozen=True)
class EmbeddingRule(Rule):
    """``y[t, e] = W[x[t], e]``; the gradient of a row adds up over the places that took it.

    Args:
        padding_idx: The row that does not learn.
    """

    differentiable: ClassVar[tuple[str, ...]] = ()
    parameters: ClassVar[tuple[str, ...]] = ("weight",)
    padding_idx: int | None = None

    def forward(self, values: Tensors) -> Forward:
        """Every index takes its row."""
        x, weight = values["x"], values["weight"]
        rows = weight.index_select(0, x.reshape(-1))
        return Forward({"y": rows.reshape(*x.shape, weight.shape[1])}, dict(values))

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """Scatter-add: every gradient goes to the row from which its numbers came."""
        x, weight = saved["x"].reshape(-1), saved["weight"]
        dy = gradients["y"].reshape(len(x), weight.shape[1])
        dw = torch.zeros_like(weight).index_add(0, x, dy)
        if self.padding_idx is not None:
            dw[self.padding_idx] = 0.0
        return {"weight": dw}

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The one number of the table that was taken."""
        *place, e = index
        return leaf("weight", saved["weight"], (int(saved["x"][tuple(place)]), e))

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """The gradients of the places that took this row; none for the padding."""
        row, e = index
        if row == self.padding_idx:
            return total([])
        taken = (saved["x"] == row).nonzero().tolist()
        return total([leaf("dy", gradients["y"], (*place, e)) for place in taken])

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """From a ``torch.nn.Embedding``.

        Raises:
            SettingError: It rescales rows (``max_norm``) or gradients (``scale_grad_by_freq``).
        """
        for name, without in (("max_norm", None), ("scale_grad_by_freq", False)):
            value = getattr(module, name)
            if value != without:
                raise SettingError(
                    f"an embedding with {name} = {value!r}",
                    expected=f"{name} = {without!r}: the rule looks rows up and does not change them",
                    fix=f"build the embedding without {name}; weight decay or clipping keep weights small",
                )
        return cls(module.padding_idx), {"weight": module.weight}


CONCEPT = Concept(
    name="embedding",
    kind="layer",
    summary="A table from which every whole number takes its row of learnt numbers.",
    build=Embedding,
    aliases=("word_embedding", "lookup_table"),
    equation=r"y_{t,e} = W_{x_t,\, e}",
    derivative=(
        r"\frac{\partial L}{\partial W_{v,e}} = \sum_{t:\, x_t = v} \frac{\partial L}{\partial y_{t,e}}"
    ),
    symbols={
        "x": "indices (...), whole numbers from 0 to num_embeddings - 1",
        "W": "the table (num_embeddings, embedding_dim)",
        "t": "place in x",
        "e": "number within a row",
        "v": "row of the table",
        "y": "rows (..., embedding_dim)",
    },
    when="On words, symbols and categories with many values, instead of one-hot vectors.",
    pitfalls=(
        "An index outside of the table is an error, on a GPU a crash without a line number.",
        "Words that are rare in training hardly move from their random start.",
        "Padding that has a row of its own and learns pollutes averages: set padding_idx.",
    ),
    conventions=(
        "The indices have no gradient.",
        "The row padding_idx starts at zero and keeps its numbers, as in PyTorch; Keras masks later layers "
        "instead (mask_zero).",
        "max_norm and scale_grad_by_freq of PyTorch's embedding are left out: they change weights or "
        "gradients behind the optimizer's back.",
    ),
    source="Bengio, Ducharme, Vincent and Jauvin 2003, A neural probabilistic language model, JMLR 3.",
    rule=EmbeddingRule.of,
    worked=worked_forward(
        Embedding,
        EmbeddingRule.of,
        settings={"num_embeddings": 3, "embedding_dim": 2},
        inputs={"x": [2, 0]},
        parameters={"weight": [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]},
        at=(0, 1),
    ),
)
