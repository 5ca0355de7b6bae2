"""Transformer encoder and decoder: one reads, the other writes, and all of it is attention."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn

from glasshouse.core.checks import whole_number
from glasshouse.core.concept import Concept
from glasshouse.layers import LayerNorm, PositionalEncoding
from glasshouse.layers.packing import lengths_of, mask_of
from glasshouse.models.language_model import refuse_no_tokens
from glasshouse.models.search import BEGIN, greedy
from glasshouse.models.transformer import token_table, transformer_blocks
from glasshouse.models.transformer_block import TransformerBlock, no_look_ahead

State = tuple[torch.Tensor, ...]


class TransformerSeq2Seq(nn.Module):
    """Blocks that read, and blocks that write and look at what was read.

    Args:
        source_embedding, target_embedding: Vectors of the tokens.
        encoder, decoder: The blocks; those of the decoder look across.
        outputs: Tokens that can be written, V.
        steps: Most tokens that are written.
        dropout: Chance that a number of the embedded steps is silent in a training step.

    Shapes: source (N, S), padded with 0 behind, to the greedy output (N, steps).

    Example:
        >>> tables = nn.Embedding(7, 8), nn.Embedding(9, 8)
        >>> blocks = [TransformerBlock(8, 2, 16)], [TransformerBlock(8, 2, 16, crossed=True)]
        >>> TransformerSeq2Seq(*tables, *blocks, outputs=9, steps=5)(torch.tensor([[3, 4, 0]])).shape
        torch.Size([1, 5])
    """

    def __init__(
        self,
        source_embedding: nn.Embedding,
        target_embedding: nn.Embedding,
        encoder: Sequence[TransformerBlock],
        decoder: Sequence[TransformerBlock],
        outputs: int,
        steps: int,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        width = source_embedding.embedding_dim
        self.source_embedding = source_embedding
        self.target_embedding = target_embedding
        self.position = PositionalEncoding(width)
        self.dropout = nn.Dropout(dropout)
        self.encoder = nn.ModuleList(encoder)
        self.encoder_norm = LayerNorm(width)
        self.decoder = nn.ModuleList(decoder)
        self.decoder_norm = LayerNorm(width)
        self.output = nn.Linear(width, outputs)
        self.steps = steps
        self.scale = math.sqrt(width)

    def forward(self, source: torch.Tensor) -> torch.Tensor:
        """The greedy output."""
        return greedy(self, source, self.steps)[0]

    def begin(self, source: torch.Tensor) -> State:
        """Read: the reader's states, where they are no padding, and the tokens written so far: none."""
        mask = mask_of(lengths_of(source), source.shape[1])
        x = self.dropout(self.position(self.source_embedding(source) * self.scale))
        for block in self.encoder:
            x = block(x, mask.unsqueeze(1))
        return self.encoder_norm(x), mask, source.new_zeros(source.shape[0], 0)

    def advance(self, tokens: torch.Tensor, state: State) -> tuple[torch.Tensor, State, torch.Tensor]:
        """Write a step: logits (N, V) behind the tokens (N,), the state, and where it looked (N, S).

        Where it looked is the mean over the heads of the last block.
        """
        memory, mask, written = state
        written = torch.cat([written, tokens.unsqueeze(1)], dim=1)
        steps, weights = self.write(memory, mask, written)
        logits: torch.Tensor = self.output(steps[:, -1])
        return logits, (memory, mask, written), weights[:, :, -1].mean(dim=1)

    def forced(self, source: torch.Tensor, targets: torch.Tensor, own: float = 0.0) -> torch.Tensor:
        """Logits (N, T, V) of every step, fed with the true tokens before it, all steps at once.

        Args:
            source: (N, S).
            targets: What is to come out (N, T).
            own: Chance that a token of the truth is replaced by what the network says in its place.
        """
        memory, mask, _ = self.begin(source)
        before = torch.cat([source.new_full((len(source), 1), BEGIN), targets[:, :-1]], dim=1)
        if own > 0:
            with torch.no_grad():
                said = self.output(self.write(memory, mask, before)[0]).argmax(dim=2)
            swapped = torch.rand(before.shape, device=before.device)[:, 1:] < own
            later = torch.where(swapped & (before[:, 1:] != 0), said[:, :-1], before[:, 1:])
            before = torch.cat([before[:, :1], later], dim=1)
        logits: torch.Tensor = self.output(self.write(memory, mask, before)[0])
        return logits

    def write(
        self, memory: torch.Tensor, mask: torch.Tensor, before: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The steps behind the last block (N, T, E), and where its heads looked (N, H, T, S)."""
        ahead = no_look_ahead(before.shape[1], before.device)
        x = self.dropout(self.position(self.target_embedding(before) * self.scale))
        seen = x
        for block in self.decoder:
            seen = x
            x = block(x, ahead, memory, mask.unsqueeze(1))
        with torch.no_grad():
            weights = self._looked(seen, ahead, memory, mask)
        steps: torch.Tensor = self.decoder_norm(x)
        return steps, weights

    def _looked(
        self, x: torch.Tensor, ahead: torch.Tensor, memory: torch.Tensor, mask: torch.Tensor
    ) -> torch.Tensor:
        block = self.decoder[-1]
        assert isinstance(block, TransformerBlock)
        assert block.across is not None
        assert block.norm2 is not None
        own = block.norm1(x)
        x = x + block.attention(own, own, ahead)
        return block.across.weights(block.norm2(x), memory, mask.unsqueeze(1))

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return f"steps={self.steps}"


def transformer_seq2seq(
    inputs: int | Sequence[int],
    outputs: int,
    tokens: int = 0,
    steps: int = 12,
    width: int = 128,
    heads: int = 4,
    layers: int = 2,
    dropout: float = 0.1,
) -> TransformerSeq2Seq:
    r"""A transformer with encoder and decoder.

    .. math:: m = \operatorname{encoder}(x),\quad
        p(y_t \mid y_{<t}, x) = \operatorname{softmax}(W \operatorname{decoder}(y_{<t}, m)_t + b)

    Args:
        inputs: Shape of a source text, ``(steps,)``.
        outputs: Tokens that can be written.
        tokens: Tokens that can be read; the data decide it.
        steps: Most tokens that are written; the data decide it.
        width: Numbers per step inside, from 1.
        heads: Heads of each attention, from 1; they divide the width.
        layers: Blocks that read, and blocks that write, from 1.
        dropout: From 0 to below 1.

    Shapes: (N, S) int64 to the greedy output (N, steps) int64; ``forced`` gives logits.

    Raises:
        ModelError: The data are no tokens.
        SettingError: A setting lies outside its range, or the heads do not divide the width.

    Source:
        Vaswani et al. 2017, Attention is all you need, arXiv 1706.03762.

    Example:
        >>> network = transformer_seq2seq((4,), 9, tokens=7, steps=5, width=8, heads=2)
        >>> network.forced(torch.tensor([[3, 4, 0, 0]]), torch.tensor([[5, 6, 3]])).shape
        torch.Size([1, 3, 9])
    """
    refuse_no_tokens("transformer_seq2seq", tokens, inputs)
    whole_number("steps", steps, at_least=1)
    encoder = transformer_blocks(width, heads, layers, None, dropout)
    decoder = transformer_blocks(width, heads, layers, None, dropout, crossed=True)
    tables = [token_table(count, width) for count in (tokens, outputs)]
    return TransformerSeq2Seq(tables[0], tables[1], encoder, decoder, outputs, steps, dropout)


CONCEPT = Concept(
    name="transformer_seq2seq",
    kind="model",
    summary="Translates by attention alone: blocks that read, and blocks that write and look across.",
    build=transformer_seq2seq,
    aliases=("transformer_encoder_decoder",),
    equation=r"p(y_t \mid y_{<t}, x) = \operatorname{softmax}(W \operatorname{decoder}(y_{<t}, "
    r"\operatorname{encoder}(x))_t + b)",
    symbols={"x": "the source", "y": "what is written", "p": "probabilities of the next token"},
    when="Translation with many pairs: all steps of training are computed at once.",
    pitfalls=(
        "On few thousand pairs a recurrent network with attention is as good.",
        "Large rates break it: begin with 0.001 or less.",
    ),
    source="Vaswani et al. 2017, Attention is all you need, arXiv 1706.03762.",
    facts={
        "takes": "sequence",
        "gives": "translation",
        "year": 2017,
        "defaults": {"training.clip_norm": 1.0, "training.learning_rate": 0.001},
    },
)
