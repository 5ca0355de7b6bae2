"""Recurrent language model: after each token of a text, which one comes next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import nn

from glasshouse.core.checks import number, one_of, whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import ModelError
from glasshouse.layers.packing import lengths_of
from glasshouse.models.recurrent import CELLS, recurrent_layer

State = Any
"""What a recurrent layer carries along: h, or h and c of an LSTM."""

SELDOM = -3.0
"""Bias of the outputs for frames to begin with: of many notes few sound, each with a chance of 0.05."""


class LanguageModel(nn.Module):
    r"""An embedding, a recurrent layer and logits of the next token at every step.

    .. math:: h_t = f(e_{w_t}, h_{t-1}),\quad
        p(w_{t+1} \mid w_1 \dots w_t) = \operatorname{softmax}(W h_t + b)

    Args:
        embedding: Vectors of the tokens; of frames a linear layer.
        recurrent: Of PyTorch, with ``batch_first``, in one direction.
        output: From a state to the logits.
        dropout: Chance that a number in front of the output is silent in a training step.

    Shapes: tokens (N, T), padded with 0 behind, to the logits (N, V) of the token behind the last one.

    Example:
        >>> layer = nn.GRU(3, 4, batch_first=True)
        >>> network = LanguageModel(nn.Embedding(9, 3), layer, nn.Linear(4, 9))
        >>> network(torch.tensor([[2, 3, 0]])).shape
        torch.Size([1, 9])
    """

    def __init__(
        self,
        embedding: nn.Embedding | nn.Linear,
        recurrent: nn.RNNBase,
        output: nn.Linear,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.recurrent = recurrent
        self.dropout = nn.Dropout(dropout)
        self.output = output

    def read(self, tokens: torch.Tensor, state: State = None) -> tuple[torch.Tensor, State]:
        """Go on reading: logits (N, T, V) behind every token, and the state to go on with.

        Args:
            tokens: (N, T), without padding in front of a token.
            state: What the call before gave; ``None`` at the beginning of a text.
        """
        states, state = self.recurrent(self.embedding(tokens), state)
        logits: torch.Tensor = self.output(self.dropout(states))
        return logits, state

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Logits of the token that comes behind each text."""
        states, _ = self.recurrent(self.embedding(tokens))
        place = (lengths_of(_marked(tokens)) - 1).reshape(-1, 1, 1).expand(-1, 1, states.shape[2])
        logits: torch.Tensor = self.output(self.dropout(states.gather(1, place).squeeze(1)))
        return logits


def language_model(
    inputs: int | Sequence[int],
    outputs: int,
    tokens: int = 0,
    cell: Literal["rnn", "lstm", "gru"] = "lstm",
    units: int = 256,
    layers: int = 1,
    embedding: int = 64,
    dropout: float = 0.1,
) -> LanguageModel:
    r"""A recurrent network that says which token comes next.

    .. math:: h_t = f(e_{w_t}, h_{t-1}),\quad
        p(w_{t+1} \mid w_1 \dots w_t) = \operatorname{softmax}(W h_t + b)

    Args:
        inputs: Shape of a piece of text, ``(steps,)``, or of frames, ``(steps, features)``.
        outputs: Number of tokens, V, or of a frame's numbers.
        tokens: Number of tokens, 0 for frames; the data decide it.
        cell: ``"rnn"``, ``"lstm"`` or ``"gru"``.
        units: Numbers of a state, from 1.
        layers: Layers on top of each other, from 1.
        embedding: Numbers of a token's vector, from 1.
        dropout: Chance that a number between two layers, or in front of the output, is silent in a training
            step, from 0 to below 1.

    Shapes: (N, steps) int64 to (N, outputs); ``read`` gives (N, steps, outputs) and a state.

    Raises:
        ModelError: The data are no tokens.
        SettingError: A setting lies outside its range.

    Source:
        Mikolov et al. 2010, Recurrent neural network based language model; Graves 2013, arXiv 1308.0850.

    Example:
        >>> network = language_model((5,), 9, tokens=9, units=4)
        >>> logits, state = network.read(torch.tensor([[2, 3]]))
        >>> more, _ = network.eval().read(torch.tensor([[4]]), state)
        >>> more.shape, network(torch.tensor([[2, 3, 4, 0, 0]])).shape
        (torch.Size([1, 1, 9]), torch.Size([1, 9]))
    """
    one_of("cell", cell, CELLS)
    shape = (inputs,) if isinstance(inputs, int) else tuple(inputs)
    if len(shape) == 1:
        refuse_no_tokens("language_model", tokens, inputs)
    whole_number("layers", layers, at_least=1)
    number("dropout", dropout, at_least=0, below=1)
    width = whole_number("embedding", embedding, at_least=1)
    layer = recurrent_layer(cell, width, units, layers, dropout=dropout)
    table = nn.Embedding(tokens, width, padding_idx=0) if tokens else nn.Linear(shape[-1], width)
    output = nn.Linear(units, outputs)
    if not tokens:
        nn.init.constant_(output.bias, SELDOM)
    return LanguageModel(table, layer, output, dropout)


def _marked(rows: torch.Tensor) -> torch.Tensor:
    """Tokens as they are; of frames (N, T, F), whether anything is in them."""
    return rows if rows.dim() == 2 else (rows != 0).any(dim=2).long()


def refuse_no_tokens(name: str, tokens: int, inputs: int | Sequence[int]) -> None:
    """Refuse data that are no text.

    Args:
        name: The model.
        tokens: How many tokens the data have.
        inputs: Shape of their rows.

    Raises:
        ModelError: None.
    """
    if not tokens:
        raise ModelError(
            f"model {name!r} on rows of shape {inputs} without tokens",
            expected="a plain text, learnt as a language",
            fix="give a .txt file, with data.task = 'language'",
        )


CONCEPT = Concept(
    name="language_model",
    kind="model",
    summary="Reads a text and says at every step which character comes next; it can write on.",
    build=language_model,
    aliases=("recurrent_language_model", "char_rnn"),
    equation=r"h_t = f(e_{w_t}, h_{t-1}),\; "
    r"p(w_{t+1} \mid w_1 \dots w_t) = \operatorname{softmax}(W h_t + b)",
    symbols={
        "w_t": "the token at step t",
        "e_w": "its vector",
        "h_t": "the state, carried on from piece to piece",
        "p": "probabilities of the next token",
    },
    when="To learn how a text is written, to write on in its manner, and to measure surprise.",
    pitfalls=(
        "Gradients stop at the edge of a piece (truncated backpropagation through time): what lies further "
        "back is used, but not learnt.",
        "A low loss on the training part alone is a text learnt by heart: look at the held-out end.",
        "At temperature 1 it makes the mistakes it is unsure about; 0.7 reads better and varies less.",
    ),
    source="Mikolov et al. 2010, Recurrent neural network based language model; Graves 2013, arXiv "
    "1308.0850.",
    facts={
        "takes": "sequence",
        "gives": "language",
        "year": 2010,
        "defaults": {"training.clip_norm": 1.0, "training.learning_rate": 0.004},
    },
)
