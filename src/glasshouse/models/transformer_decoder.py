"""Transformer decoder: a language model in which each step looks at itself and at all before it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn

from glasshouse.core.checks import whole_number
from glasshouse.core.concept import Concept
from glasshouse.layers import LayerNorm, PositionalEncoding
from glasshouse.layers.packing import lengths_of
from glasshouse.models.language_model import refuse_no_tokens
from glasshouse.models.transformer import token_table, transformer_blocks
from glasshouse.models.transformer_block import TransformerBlock, no_look_ahead


class TransformerDecoder(nn.Module):
    """Blocks of causal attention between an embedding and logits of the next token.

    Args:
        embedding: Vectors of the tokens.
        blocks: The blocks.
        output: From a step to the logits.
        context: Steps that it was trained on.
        dropout: Chance that a number of the embedded steps is silent in a training step.

    Shapes: tokens (N, T), padded with 0 behind, to the logits (N, V) of the token behind the last one.

    Example:
        >>> blocks = [TransformerBlock(8, 2, 16)]
        >>> network = TransformerDecoder(nn.Embedding(9, 8), blocks, nn.Linear(8, 9), context=5)
        >>> network(torch.tensor([[2, 3, 0]])).shape
        torch.Size([1, 9])
    """

    def __init__(
        self,
        embedding: nn.Embedding,
        blocks: Sequence[TransformerBlock],
        output: nn.Linear,
        context: int,
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
        self.context = context
        self.scale = math.sqrt(width)

    def steps(self, tokens: torch.Tensor) -> torch.Tensor:
        """The steps behind the last block, (N, T, E)."""
        mask = no_look_ahead(tokens.shape[1], tokens.device)
        x = self.dropout(self.position(self.embedding(tokens) * self.scale))
        for block in self.blocks:
            x = block(x, mask)
        steps: torch.Tensor = self.norm(x)
        return steps

    def read(self, tokens: torch.Tensor, state: None = None) -> tuple[torch.Tensor, None]:
        """Logits (N, T, V) behind every token. Nothing is carried on: each piece is read by itself."""
        return self.output(self.steps(tokens)), None

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Logits of the token that comes behind each text."""
        steps = self.steps(tokens)
        place = (lengths_of(tokens) - 1).reshape(-1, 1, 1).expand(-1, 1, steps.shape[2])
        logits: torch.Tensor = self.output(steps.gather(1, place).squeeze(1))
        return logits

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return f"context={self.context}"


def transformer_decoder(
    inputs: int | Sequence[int],
    outputs: int,
    tokens: int = 0,
    width: int = 128,
    heads: int = 4,
    layers: int = 3,
    hidden: int | None = None,
    dropout: float = 0.1,
) -> TransformerDecoder:
    r"""A transformer that says which token comes next.

    .. math:: p(w_{t+1} \mid w_1 \dots w_t) = \operatorname{softmax}(W\, \operatorname{norm}(h_t) + b),\quad
        h = \operatorname{block}_L(\dots \operatorname{block}_1(\sqrt{E}\, e_w + p))

    Args:
        inputs: Shape of a piece of text, ``(steps,)``.
        outputs: Number of tokens, V.
        tokens: The same number; the data decide it.
        width: Numbers per step inside, E, from 1.
        heads: Heads of each attention, from 1; they divide the width.
        layers: Blocks on top of each other, from 1.
        hidden: Units of the network for each step; ``None``: twice the width.
        dropout: Chance that a number is silent in a training step, from 0 to below 1.

    Shapes: (N, steps) int64 to (N, outputs); ``read`` gives (N, steps, outputs).

    Raises:
        ModelError: The data are no tokens.
        SettingError: A setting lies outside its range, or the heads do not divide the width.

    Source:
        Vaswani et al. 2017, arXiv 1706.03762; Radford et al. 2018, Improving language understanding by
        generative pre-training.

    Example:
        >>> network = transformer_decoder((5,), 9, tokens=9, width=8, heads=2, layers=1)
        >>> network.read(torch.tensor([[2, 3]]))[0].shape
        torch.Size([1, 2, 9])
    """
    shape = (inputs,) if isinstance(inputs, int) else tuple(inputs)
    refuse_no_tokens("transformer_decoder", tokens, inputs)
    blocks = transformer_blocks(width, heads, layers, hidden, dropout)
    output = nn.Linear(width, whole_number("outputs", outputs, at_least=1))
    return TransformerDecoder(token_table(tokens, width), blocks, output, shape[0], dropout)


CONCEPT = Concept(
    name="transformer_decoder",
    kind="model",
    summary="A language model of attention: each step looks at itself and at all steps before it.",
    build=transformer_decoder,
    aliases=("gpt", "causal_transformer"),
    equation=r"p(w_{t+1} \mid w_1 \dots w_t) = \operatorname{softmax}(W\, \operatorname{norm}(h_t) + b)",
    symbols={"w_t": "the token at step t", "h_t": "the step behind the last block", "p": "probabilities"},
    when="Long texts and enough time: it overtakes recurrent networks when both are large.",
    pitfalls=(
        "It sees nothing beyond its window, in training as in writing: data.window is its memory.",
        "On one core a recurrent network learns more in the same minutes.",
    ),
    source="Vaswani et al. 2017, arXiv 1706.03762; Radford et al. 2018.",
    facts={
        "takes": "sequence",
        "gives": "language",
        "year": 2018,
        "defaults": {"training.clip_norm": 1.0, "training.learning_rate": 0.001},
    },
)
