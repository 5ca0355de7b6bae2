"""Sequence to sequence: one recurrent network reads, another one writes and looks back at what was read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import nn

from glasshouse.core.checks import number, one_of, whole_number
from glasshouse.core.concept import Concept
from glasshouse.layers import AdditiveAttention, MultiplicativeAttention
from glasshouse.layers.packing import lengths_of, mask_of, pooled, run_recurrent
from glasshouse.models.language_model import refuse_no_tokens
from glasshouse.models.recurrent import recurrent_layer
from glasshouse.models.search import BEGIN, greedy

ATTENTIONS = ("additive", "multiplicative", "none")
State = tuple[torch.Tensor, ...]


class Seq2Seq(nn.Module):
    r"""A bidirectional GRU reads; a GRU writes, and at each step attends to the reader's states.

    With additive attention (Bahdanau) the state before the step asks, and the context goes into the step;
    with multiplicative attention (Luong) the state after the step asks, and the context goes into the output;
    without attention all that was read must fit into the first state.

    Args:
        source_embedding, target_embedding: Vectors of the tokens.
        encoder: A bidirectional GRU with ``batch_first``.
        decoder: A GRU cell.
        attention: ``"additive"``, ``"multiplicative"`` or ``"none"``.
        outputs: Tokens that can be written, V.
        steps: Most tokens that are written.
        dropout: Chance that a number of an embedding, or in front of the output, is silent in a step.

    Shapes: source (N, S), padded with 0 behind, to the greedy output (N, steps).

    Example:
        >>> reader = nn.GRU(3, 4, batch_first=True, bidirectional=True)
        >>> network = Seq2Seq(nn.Embedding(7, 3), nn.Embedding(9, 3), reader, "additive", outputs=9, steps=5)
        >>> network(torch.tensor([[3, 4, 0]])).shape
        torch.Size([1, 5])
    """

    def __init__(
        self,
        source_embedding: nn.Embedding,
        target_embedding: nn.Embedding,
        encoder: nn.RNNBase,
        attention: str,
        outputs: int,
        steps: int,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        units, read = encoder.hidden_size, 2 * encoder.hidden_size
        width = target_embedding.embedding_dim
        self.source_embedding = source_embedding
        self.target_embedding = target_embedding
        self.encoder = encoder
        self.bridge = nn.Linear(read, units)
        self.kind = attention
        self.steps = steps
        self.dropout = nn.Dropout(dropout)
        self.attention: nn.Module | None = None
        takes, gives = width, units
        if attention == "additive":
            self.attention = AdditiveAttention(units, read, units)
            takes, gives = width + read, units + read
        elif attention == "multiplicative":
            self.attention = MultiplicativeAttention(units, read)
            gives = units + read
        self.decoder = nn.GRUCell(takes, units)
        self.combine = nn.Linear(gives, units)
        self.output = nn.Linear(units, outputs)

    def forward(self, source: torch.Tensor) -> torch.Tensor:
        """The greedy output."""
        return greedy(self, source, self.steps)[0]

    def begin(self, source: torch.Tensor) -> State:
        """Read: the state to write from, the reader's states, and where they are no padding."""
        lengths = lengths_of(source)
        read = run_recurrent(self.encoder, self.dropout(self.source_embedding(source)), lengths)
        last = pooled(read, lengths, "last", both=True)
        return torch.tanh(self.bridge(last)), read, mask_of(lengths, source.shape[1])

    def advance(self, tokens: torch.Tensor, state: State) -> tuple[torch.Tensor, State, torch.Tensor | None]:
        """Write a step: logits (N, V) behind the tokens (N,), the state, and where it looked (N, S)."""
        h, read, mask = state
        x = self.dropout(self.target_embedding(tokens))
        weights = None
        if self.kind == "additive":
            context, weights = self._look(h, read, mask)
            h = self.decoder(torch.cat([x, context], dim=1), h)
            told = torch.cat([h, context], dim=1)
        elif self.kind == "multiplicative":
            h = self.decoder(x, h)
            context, weights = self._look(h, read, mask)
            told = torch.cat([h, context], dim=1)
        else:
            h = told = self.decoder(x, h)
        logits: torch.Tensor = self.output(self.dropout(torch.tanh(self.combine(told))))
        return logits, (h, read, mask), weights

    def forced(self, source: torch.Tensor, targets: torch.Tensor, own: float = 0.0) -> torch.Tensor:
        """Logits (N, T, V) of every step, fed with the true token before it (teacher forcing).

        Args:
            source: (N, S).
            targets: What is to come out (N, T).
            own: Chance that a step is fed with the network's own last token instead of the true one.
        """
        state = self.begin(source)
        tokens = source.new_full((len(source),), BEGIN)
        found = []
        for step in range(targets.shape[1]):
            logits, state, _ = self.advance(tokens, state)
            found.append(logits)
            tokens = targets[:, step]
            if own > 0 and float(torch.rand(())) < own:
                tokens = logits.detach().argmax(dim=1)
        return torch.stack(found, dim=1)

    def _look(
        self, h: torch.Tensor, read: torch.Tensor, mask: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        assert self.attention is not None
        context, weights = self.attention(h.unsqueeze(1), read, read, mask.unsqueeze(1))
        return context.squeeze(1), weights.squeeze(1)

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return f"attention={self.kind}, steps={self.steps}"


def seq2seq(
    inputs: int | Sequence[int],
    outputs: int,
    tokens: int = 0,
    steps: int = 12,
    attention: Literal["additive", "multiplicative", "none"] = "additive",
    units: int = 128,
    embedding: int = 64,
    dropout: float = 0.2,
) -> Seq2Seq:
    r"""A recurrent encoder and decoder with attention between them.

    .. math:: h_1 \dots h_S = \operatorname{biGRU}(x),\quad c_t = \sum_s \alpha_{ts} h_s,\quad
        \alpha_t = \operatorname{softmax}_s \operatorname{score}(s, h_s)

    Args:
        inputs: Shape of a source text, ``(steps,)``.
        outputs: Tokens that can be written.
        tokens: Tokens that can be read; the data decide it.
        steps: Most tokens that are written; the data decide it.
        attention: ``"additive"`` (Bahdanau), ``"multiplicative"`` (Luong) or ``"none"``.
        units: Numbers of a state, from 1.
        embedding: Numbers of a token's vector, from 1.
        dropout: From 0 to below 1.

    Shapes: (N, S) int64 to the greedy output (N, steps) int64; ``forced`` gives logits.

    Raises:
        ModelError: The data are no tokens.
        SettingError: A setting lies outside its range.

    Source:
        Sutskever, Vinyals and Le 2014, arXiv 1409.3215; Bahdanau, Cho and Bengio 2015, arXiv 1409.0473;
        Luong, Pham and Manning 2015, arXiv 1508.04025.

    Example:
        >>> network = seq2seq((4,), 9, tokens=7, steps=5, units=6)
        >>> network.forced(torch.tensor([[3, 4, 0, 0]]), torch.tensor([[5, 6, 3]])).shape
        torch.Size([1, 3, 9])
    """
    refuse_no_tokens("seq2seq", tokens, inputs)
    one_of("attention", attention, ATTENTIONS)
    number("dropout", dropout, at_least=0, below=1)
    whole_number("steps", steps, at_least=1)
    whole_number("units", units, at_least=1)
    width = whole_number("embedding", embedding, at_least=1)
    source, target = (nn.Embedding(count, width, padding_idx=0) for count in (tokens, outputs))
    encoder = recurrent_layer("gru", width, units, 1, bidirectional=True)
    return Seq2Seq(source, target, encoder, attention, outputs, steps, dropout)


CONCEPT = Concept(
    name="seq2seq",
    kind="model",
    summary="Reads a sequence and writes another one, looking back at what it read by attention.",
    build=seq2seq,
    aliases=("sequence_to_sequence", "encoder_decoder"),
    equation=r"c_t = \sum_s \alpha_{ts} h_s,\; "
    r"\alpha_t = \operatorname{softmax}_s \operatorname{score}(s_t, h_s)",
    symbols={
        "h_s": "states of the reader",
        "s_t": "state of the writer: before the step (Bahdanau) or after it (Luong)",
        r"\alpha": "how much each step of the source is looked at",
        "c_t": "the context",
    },
    when="Translation, transliteration, any output of its own length.",
    pitfalls=(
        "Trained on the true last token (teacher forcing), it has never seen its own mistakes: "
        "objective.teacher_forcing below 1 shows it some.",
        "Greedy search cannot take a word back; a beam can.",
        "Without attention long sentences do not fit into one state.",
    ),
    source="Sutskever, Vinyals and Le 2014; Bahdanau, Cho and Bengio 2015; Luong, Pham and Manning 2015.",
    facts={
        "takes": "sequence",
        "gives": "translation",
        "year": 2014,
        "defaults": {"training.clip_norm": 1.0, "training.learning_rate": 0.002},
    },
)
