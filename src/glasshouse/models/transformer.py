"""Transformer encoder: every step looks at every other one, and their mean gives the answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import torch
from torch import nn

from glasshouse.core.checks import number, one_of, whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import ModelError, SettingError
from glasshouse.layers import LayerNorm, PositionalEncoding
from glasshouse.layers.packing import lengths_of, mask_of, pooled
from glasshouse.models.transformer_block import TransformerBlock

POOLINGS = ("mean", "max", "last")


class Transformer(nn.Module):
    """Blocks of attention between an embedding and a linear output.

    Args:
        embedding: Vectors of the tokens, or a linear layer where steps are vectors already.
        blocks: The blocks.
        output: From the pooled steps to the outputs.
        pooling: ``"mean"``, ``"max"`` or ``"last"``.
        dropout: Chance that a number of the embedded steps is silent in a training step.

    Shapes: tokens (N, T), padded with 0 behind, or numbers (N, T, F), to (N, K).

    Example:
        >>> network = Transformer(nn.Embedding(9, 8), [TransformerBlock(8, 2, 16)], nn.Linear(8, 3))
        >>> network(torch.tensor([[2, 3, 0]])).shape
        torch.Size([1, 3])
    """

    embedding: nn.Embedding | nn.Linear

    def __init__(
        self,
        embedding: nn.Embedding | nn.Linear,
        blocks: Sequence[TransformerBlock],
        output: nn.Linear,
        pooling: str = "mean",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        width = output.in_features
        self.embedding = embedding
        self.position = PositionalEncoding(width)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(blocks)
        self.norm = LayerNorm(width)
        self.output = output
        self.pooling = pooling
        self.scale = math.sqrt(width) if isinstance(embedding, nn.Embedding) else 1.0

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Sequences to outputs."""
        lengths = None if inputs.is_floating_point() else lengths_of(inputs)
        mask = None if lengths is None else mask_of(lengths, inputs.shape[1]).unsqueeze(1)
        x = self.dropout(self.position(self.embedding(inputs) * self.scale))
        for block in self.blocks:
            x = block(x, mask)
        outputs: torch.Tensor = self.output(self.summary(self.norm(x), lengths))
        return outputs

    def summary(self, states: torch.Tensor, lengths: torch.Tensor | None) -> torch.Tensor:
        """One vector (N, E) for each sequence."""
        if lengths is not None:
            return pooled(states, lengths, self.pooling)
        if self.pooling == "last":
            return states[:, -1]
        return states.mean(dim=1) if self.pooling == "mean" else states.amax(dim=1)

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return f"pooling={self.pooling}"


def transformer(
    inputs: int | Sequence[int],
    outputs: int,
    tokens: int = 0,
    width: int = 64,
    heads: int = 4,
    layers: int = 2,
    hidden: int | None = None,
    pooling: Literal["mean", "max", "last"] = "mean",
    dropout: float = 0.1,
) -> Transformer:
    r"""A transformer encoder with a linear layer on the mean of its steps.

    .. math:: x_t = \sqrt{E}\, e_{w_t} + p_t,\quad
        h = \operatorname{block}_L(\dots \operatorname{block}_1(x)),\quad
        y = W \operatorname{mean}_t(\operatorname{norm}(h_t)) + b

    Args:
        inputs: Shape of a sequence: ``(steps,)`` of tokens, or ``(steps, features)``.
        outputs: Number of classes (their logits), or of predicted numbers.
        tokens: How many numbers a token can have; 0 where steps are vectors. The data decide it.
        width: Numbers per step inside, E, from 1.
        heads: Heads of each attention, from 1; they divide the width.
        layers: Blocks on top of each other, from 1.
        hidden: Units of the network for each step; ``None``: twice the width.
        pooling: ``"mean"``, ``"max"`` or ``"last"`` over the steps.
        dropout: Chance that a number is silent in a training step, from 0 to below 1.

    Shapes: (N, steps) int64 or (N, steps, features) to (N, outputs).

    Raises:
        ModelError: The data are no sequences.
        SettingError: A setting lies outside its range, or the heads do not divide the width.

    Source:
        Vaswani et al. 2017, Attention is all you need, arXiv 1706.03762.

    Example:
        >>> network = transformer((7,), 3, tokens=20, width=8, heads=2)
        >>> network(torch.tensor([[4, 2, 9, 0, 0, 0, 0]])).shape
        torch.Size([1, 3])
    """
    shape = (inputs,) if isinstance(inputs, int) else tuple(inputs)
    one_of("pooling", pooling, POOLINGS)
    table: nn.Embedding | nn.Linear
    blocks = transformer_blocks(width, heads, layers, hidden, dropout)
    if tokens:
        table = token_table(tokens, width)
    elif len(shape) == 2:
        table = nn.Linear(shape[1], width)
    else:
        raise ModelError(
            f"model 'transformer' on rows of shape {shape}",
            expected="sequences: tokens of texts, or windows of a series",
            fix="for texts set data.prepare.text = 'tokens', for a series data.window; for tables use mlp",
        )
    output = nn.Linear(width, whole_number("outputs", outputs, at_least=1))
    return Transformer(table, blocks, output, pooling, dropout)


def token_table(tokens: int, width: int) -> nn.Embedding:
    """Vectors of tokens, small enough that with the root of the width they are as large as the waves.

    Args:
        tokens: How many there are.
        width: Numbers of a vector, E; they are drawn with a spread of one by the root of E.
    """
    table = nn.Embedding(tokens, width, padding_idx=0)
    with torch.no_grad():
        table.weight.mul_(1 / math.sqrt(width))
    return table


def transformer_blocks(
    width: int, heads: int, layers: int, hidden: int | None, dropout: float, crossed: bool = False
) -> list[TransformerBlock]:
    """Blocks of one form.

    Args:
        width: Numbers per step.
        heads: Heads of each attention.
        layers: How many blocks.
        hidden: Units of the network for each step; ``None``: twice the width.
        dropout: From 0 to below 1.
        crossed: Whether they look at an encoder's states as well.

    Raises:
        SettingError: A setting lies outside its range, or the heads do not divide the width.
    """
    whole_number("width", width, at_least=1)
    whole_number("heads", heads, at_least=1)
    whole_number("layers", layers, at_least=1)
    number("dropout", dropout, at_least=0, below=1)
    if width % heads:
        raise SettingError(
            f"width = {width} with heads = {heads}",
            expected="a width that the heads divide",
            fix=f"set model.width to {heads * max(1, round(width / heads))}",
        )
    wide = 2 * width if hidden is None else whole_number("hidden", hidden, at_least=1)
    return [TransformerBlock(width, heads, wide, dropout, crossed) for _ in range(layers)]


CONCEPT = Concept(
    name="transformer",
    kind="model",
    summary="Every step of a sequence looks at every other one; their mean gives the answer.",
    build=transformer,
    aliases=("transformer_encoder", "transformer_classifier"),
    equation=r"h = \operatorname{block}_L(\dots \operatorname{block}_1(\sqrt{E}\, e_{w} + p)),\; "
    r"y = W \operatorname{mean}_t(\operatorname{norm}(h_t)) + b",
    symbols={
        "e_w": "vector of the token w",
        "p": "waves that say where a step stands",
        "E": "numbers per step",
        "h": "steps behind the last block",
        "y": "the outputs",
    },
    when="Texts and series in which far steps belong together, with thousands of rows or more.",
    pitfalls=(
        "Its cost grows with the square of the length.",
        "On few rows a recurrent network or counts of words are as good and quicker.",
        "Large rates break it: begin with 0.001 or less.",
    ),
    source="Vaswani et al. 2017, Attention is all you need, arXiv 1706.03762.",
    facts={
        "takes": "sequence",
        "year": 2017,
        "defaults": {"training.clip_norm": 1.0, "training.learning_rate": 0.001},
    },
)
