"""Recurrent network: reads a sequence step by step, in one or more layers, in one or both directions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import nn

from glasshouse.core.checks import number, one_of, whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import ModelError
from glasshouse.layers import GRU, LSTM, RNN, set_forget_bias
from glasshouse.layers.packing import lengths_of, mask_of, pooled, run_recurrent

CELLS = ("rnn", "lstm", "gru")
POOLINGS = ("last", "mean", "max")
WIRINGS = ("many_to_one", "many_to_many")


class Recurrent(nn.Module):
    r"""A recurrent layer between an embedding (for tokens) and a linear output.

    .. math:: h_t = f(x_t, h_{t-1}),\quad
        y = W h_T + b \;\text{(many to one)},\quad y_t = W h_t + b \;\text{(many to many)}

    Args:
        embedding: Vectors of the tokens; ``None`` where steps are vectors already.
        recurrent: Of PyTorch, with ``batch_first``.
        output: From a state to the outputs.
        pooling: ``"last"``, ``"mean"`` or ``"max"``: how one vector is made of a sequence's states.
        wiring: ``"many_to_one"`` or ``"many_to_many"``.
        dropout: Chance that a number in front of the output is silent in a training step.

    Shapes: tokens (N, T), padded with 0 behind, or numbers (N, T, F), to (N, K); with ``"many_to_many"`` to
    (N, T, K).

    Example:
        >>> network = Recurrent(None, nn.LSTM(2, 4, batch_first=True), nn.Linear(4, 3))
        >>> network(torch.zeros(5, 7, 2)).shape
        torch.Size([5, 3])
    """

    embedding: nn.Embedding | None

    def __init__(
        self,
        embedding: nn.Embedding | None,
        recurrent: nn.RNNBase,
        output: nn.Linear,
        pooling: str = "last",
        wiring: str = "many_to_one",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.recurrent = recurrent
        self.dropout = nn.Dropout(dropout) if dropout > 0 else None
        self.output = output
        self.pooling = pooling
        self.wiring = wiring

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Sequences to outputs."""
        states, lengths = self.states(inputs)
        if self.wiring == "many_to_one":
            states = self.summary(states, lengths)
        elif lengths is not None:  # unpacked, as for export, states go on behind the end
            states = states * mask_of(lengths, inputs.shape[1]).unsqueeze(2)
        if self.dropout is not None:
            states = self.dropout(states)
        outputs: torch.Tensor = self.output(states)
        return outputs

    def states(self, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        """The states at every step (N, T, D H), and the lengths (N,) where there is padding to mind."""
        if self.embedding is None:
            return self.recurrent(inputs)[0], None
        lengths = lengths_of(inputs)
        return run_recurrent(self.recurrent, self.embedding(inputs), lengths), lengths

    def summary(self, states: torch.Tensor, lengths: torch.Tensor | None) -> torch.Tensor:
        """One vector (N, D H) for each sequence."""
        if lengths is not None:
            return pooled(states, lengths, self.pooling, self.recurrent.bidirectional)
        if self.pooling == "mean":
            return states.mean(dim=1)
        if self.pooling == "max":
            return states.amax(dim=1)
        if not self.recurrent.bidirectional:
            return states[:, -1]
        half = self.recurrent.hidden_size
        return torch.cat([states[:, -1, :half], states[:, 0, half:]], dim=1)

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return f"{self.wiring}, pooling={self.pooling}"


def recurrent(
    inputs: int | Sequence[int],
    outputs: int,
    tokens: int = 0,
    cell: Literal["rnn", "lstm", "gru"] = "lstm",
    units: int = 64,
    layers: int = 1,
    bidirectional: bool = True,
    embedding: int = 64,
    pooling: Literal["last", "mean", "max"] = "last",
    wiring: Literal["many_to_one", "many_to_many"] = "many_to_one",
    dropout: float = 0.2,
) -> Recurrent:
    r"""A network that carries a state along a sequence, with simple, LSTM or GRU cells.

    .. math:: h_t = f(x_t, h_{t-1}),\quad y = W h_T + b

    Sequences of different lengths are packed: padding is neither computed nor looked at. The forget gates of
    an LSTM begin with a bias of 1.

    Args:
        inputs: Shape of a sequence: ``(steps,)`` of tokens, or ``(steps, features)``.
        outputs: Number of classes (their logits), or of predicted numbers.
        tokens: How many numbers a token can have; 0 where steps are vectors. The data decide it.
        cell: ``"rnn"``, ``"lstm"`` or ``"gru"``.
        units: Numbers of a state, in each layer and direction, from 1.
        layers: Layers on top of each other, from 1.
        bidirectional: Whether sequences are read from both ends.
        embedding: Numbers of a token's vector, from 1.
        pooling: ``"last"`` (of both ways the last), ``"mean"`` or ``"max"`` over the steps.
        wiring: ``"many_to_one"``, or ``"many_to_many"`` for an output at every step.
        dropout: Chance that a number between two layers, or in front of the output, is silent in a training
            step, from 0 to below 1.

    Shapes: (N, steps) int64 or (N, steps, features) to (N, outputs), or to (N, steps, outputs).

    Raises:
        ModelError: The data are no sequences.
        SettingError: A setting lies outside its range.

    Source:
        Elman 1990, Finding structure in time; Hochreiter and Schmidhuber 1997, Long short-term memory; Cho et
        al. 2014, arXiv 1406.1078; Schuster and Paliwal 1997, Bidirectional recurrent neural networks.

    Example:
        >>> network = recurrent((7,), 3, tokens=20, cell="gru")
        >>> network(torch.tensor([[4, 2, 9, 0, 0, 0, 0]])).shape
        torch.Size([1, 3])
    """
    shape = (inputs,) if isinstance(inputs, int) else tuple(inputs)
    one_of("cell", cell, CELLS)
    one_of("pooling", pooling, POOLINGS)
    one_of("wiring", wiring, WIRINGS)
    whole_number("layers", layers, at_least=1)
    number("dropout", dropout, at_least=0, below=1)
    table = None
    width = shape[-1]
    if tokens:
        width = whole_number("embedding", embedding, at_least=1)
        table = nn.Embedding(tokens, width, padding_idx=0)
    elif len(shape) != 2:
        raise ModelError(
            f"model 'recurrent' on rows of shape {shape}",
            expected="sequences: tokens of texts, or windows of a series",
            fix="for texts set data.prepare.text = 'tokens', for a series data.window; for tables use mlp",
        )
    layer = recurrent_layer(cell, width, units, layers, bidirectional, dropout)
    output = nn.Linear(units * (2 if bidirectional else 1), whole_number("outputs", outputs, at_least=1))
    return Recurrent(table, layer, output, pooling, wiring, dropout)


def recurrent_layer(
    cell: str, inputs: int, units: int, layers: int, bidirectional: bool = False, dropout: float = 0.0
) -> nn.RNNBase:
    """A recurrent layer of PyTorch by the name of its cell; the forget gates of an LSTM begin open.

    Args:
        cell: ``"rnn"``, ``"lstm"`` or ``"gru"``.
        inputs: Numbers per step.
        units: Numbers of a state.
        layers: Layers on top of each other.
        bidirectional: Whether sequences are read from both ends.
        dropout: Between the layers, where there are several.
    """
    settings: dict[str, Any] = {
        "num_layers": layers,
        "batch_first": True,
        "dropout": dropout if layers > 1 else 0.0,
        "bidirectional": bidirectional,
    }
    if cell == "rnn":
        return RNN(inputs, units, **settings)
    if cell == "gru":
        return GRU(inputs, units, **settings)
    layer = LSTM(inputs, units, **settings)
    set_forget_bias(layer, 1.0)
    return layer


CONCEPT = Concept(
    name="recurrent",
    kind="model",
    summary="Reads a sequence step by step with simple, LSTM or GRU cells and answers at its end.",
    build=recurrent,
    aliases=("recurrent_classifier", "lstm_classifier", "rnn_classifier"),
    equation=r"h_t = f(x_t, h_{t-1}),\; y = W h_T + b",
    symbols={
        "x_t": "the step's input: a token's vector, or numbers",
        "h_t": "the state after the step",
        "f": "the cell: simple, LSTM or GRU",
        "y": "the outputs",
    },
    when="Texts, names, windows of a series: wherever order matters and sequences are short to middling.",
    pitfalls=(
        "The simple cell forgets within some ten steps: its gradient vanishes. Take lstm or gru.",
        "Gradients explode now and then: training.clip_norm = 1 is set for it.",
        "A single direction has to carry the beginning to the end; bidirectional or pooling = 'max' helps.",
    ),
    source="Elman 1990; Hochreiter and Schmidhuber 1997; Cho et al. 2014; Schuster and Paliwal 1997.",
    facts={
        "takes": "sequence",
        "year": 1997,
        "defaults": {"training.clip_norm": 1.0, "training.learning_rate": 0.003},
    },
)
