"""Captioner: looks at a picture, or at a row of numbers, and writes a sequence of words about it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import nn

from glasshouse.core.checks import number, one_of, whole_number, whole_numbers
from glasshouse.core.concept import Concept
from glasshouse.core.errors import ModelError
from glasshouse.models.mlp import mlp
from glasshouse.models.recurrent import recurrent_layer
from glasshouse.models.search import BEGIN, greedy

CELLS = ("lstm", "gru")
SHOWN = ("always", "once")
State = tuple[torch.Tensor, ...]


class Captioner(nn.Module):
    r"""An encoder makes a code, and a recurrent network writes from it, word by word.

    .. math:: c = \operatorname{encode}(x),\quad h_t = f([e_{w_{t-1}}, c], h_{t-1}),\quad
        p(w_t \mid w_1 \dots w_{t-1}, x) = \operatorname{softmax}(W h_t + b)

    Shown it at every step, the network can look up what it has to say next. Shown it once, the code is the
    first thing that it reads, :math:`h_0 = f(c, 0)`, and the state has to carry all of it along.

    Args:
        encoder: From inputs (N, ...) to codes; where they are read once, as wide as a word's vector.
        embedding: Vectors of the words.
        recurrent: An LSTM or GRU of PyTorch with ``batch_first``, in one direction, over words (with codes).
        output: From a state to the logits of the words.
        steps: Most words that are written.
        dropout: Chance that a number of a word's vector, or in front of the output, is silent in a step.

    Shapes: (N, ...) to the greedy output (N, steps) int64; ``forced`` gives logits (N, T, V).

    Example:
        >>> layer = nn.GRU(3, 4, batch_first=True)
        >>> network = Captioner(nn.Linear(2, 3), nn.Embedding(9, 3), layer, nn.Linear(4, 9), steps=5)
        >>> network(torch.zeros(1, 2)).shape
        torch.Size([1, 5])
    """

    def __init__(
        self,
        encoder: nn.Module,
        embedding: nn.Embedding,
        recurrent: nn.RNNBase,
        output: nn.Linear,
        steps: int,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.embedding = embedding
        self.recurrent = recurrent
        self.output = output
        self.steps = steps
        self.dropout = nn.Dropout(dropout)
        self.always = recurrent.input_size > embedding.embedding_dim

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """The greedy output."""
        return greedy(self, inputs, self.steps)[0]

    def begin(self, inputs: torch.Tensor) -> State:
        """Look: what to write from, with the rows of the batch first: the code if it stays, and the state."""
        code = self.encoder(inputs)
        if not self.always:
            return self._kept(self.recurrent(code.unsqueeze(1))[1])
        zero = code.new_zeros(code.shape[0], self.recurrent.num_layers, self.recurrent.hidden_size)
        return (code, zero, zero) if self.recurrent.mode == "LSTM" else (code, zero)

    def advance(self, tokens: torch.Tensor, state: State) -> tuple[torch.Tensor, State, None]:
        """Write a step: logits (N, V) behind the tokens (N,), and the state."""
        words = self.dropout(self.embedding(tokens)).unsqueeze(1)
        kept: State = ()
        if self.always:
            kept, state = state[:1], state[1:]
            words = torch.cat([words, kept[0].unsqueeze(1)], dim=2)
        given = [each.transpose(0, 1).contiguous() for each in state]
        states, carried = self.recurrent(words, tuple(given) if len(given) > 1 else given[0])
        logits: torch.Tensor = self.output(self.dropout(states[:, 0]))
        return logits, (*kept, *self._kept(carried)), None

    def forced(self, inputs: torch.Tensor, targets: torch.Tensor, own: float = 0.0) -> torch.Tensor:
        """Logits (N, T, V) of every step, fed with the true word before it (teacher forcing).

        Args:
            inputs: (N, ...).
            targets: What is to come out (N, T).
            own: Chance that a step is fed with the network's own last word instead of the true one.
        """
        if own > 0:
            return self._partly_forced(inputs, targets, own)
        tokens = torch.cat([torch.full_like(targets[:, :1], BEGIN), targets[:, :-1]], dim=1)
        code, words = self.encoder(inputs).unsqueeze(1), self.dropout(self.embedding(tokens))
        if self.always:
            states, _ = self.recurrent(torch.cat([words, code.expand(-1, words.shape[1], -1)], dim=2))
        else:
            states = self.recurrent(torch.cat([code, words], dim=1))[0][:, 1:]
        logits: torch.Tensor = self.output(self.dropout(states))
        return logits

    def _partly_forced(self, inputs: torch.Tensor, targets: torch.Tensor, own: float) -> torch.Tensor:
        state: State = self.begin(inputs)
        tokens = torch.full_like(targets[:, 0], BEGIN)
        found = []
        for step in range(targets.shape[1]):
            logits, state, _ = self.advance(tokens, state)
            found.append(logits)
            tokens = targets[:, step]
            if float(torch.rand(())) < own:
                tokens = logits.detach().argmax(dim=1)
        return torch.stack(found, dim=1)

    @staticmethod
    def _kept(state: Any) -> State:
        """A recurrent layer's state with the rows first, so that a search can choose among them."""
        parts = state if isinstance(state, tuple) else (state,)
        return tuple(each.transpose(0, 1) for each in parts)


def captioner(
    inputs: int | Sequence[int],
    outputs: int,
    steps: int = 12,
    shown: Literal["always", "once"] = "always",
    cell: Literal["lstm", "gru"] = "lstm",
    units: int = 128,
    embedding: int = 64,
    widths: Sequence[int] = (16, 32, 64),
    hidden: Sequence[int] = (128,),
    dropout: float = 0.1,
) -> Captioner:
    r"""A network that writes about what it sees: one to many.

    .. math:: c = \operatorname{encode}(x),\quad h_t = f([e_{w_{t-1}}, c], h_{t-1}),\quad
        p(w_t) = \operatorname{softmax}(W h_t + b)

    Args:
        inputs: Features of a row, or the shape of a picture: channels, height, width.
        outputs: Words that can be written.
        steps: Most words that are written; the data decide it.
        shown: ``"always"``: the code is read with every word, or ``"once"``, before the first one.
        cell: ``"lstm"`` or ``"gru"``.
        units: Numbers of a state, from 1.
        embedding: Numbers of a word's vector and of the code, from 1.
        widths: For pictures: feature maps of each stage of convolution and pooling, from the picture on.
        hidden: Units of the layers in front of the code, behind the convolutions of a picture.
        dropout: From 0 to below 1.

    Shapes: (N, *inputs) to the greedy output (N, steps) int64; ``forced`` gives logits.

    Raises:
        ModelError: The inputs are neither rows nor pictures, or pictures are too small for so many stages.
        SettingError: A setting lies outside its range.

    Source:
        Vinyals, Toshev, Bengio and Erhan 2015, Show and tell: a neural image caption generator, arXiv
        1411.4555 (shown once); Mao et al. 2015, Deep captioning with multimodal recurrent neural networks,
        arXiv 1412.6632 (shown always).

    Example:
        >>> network = captioner((3, 16, 16), 9, units=6, widths=(4, 8))
        >>> network.forced(torch.zeros(1, 3, 16, 16), torch.tensor([[5, 6, 3]])).shape
        torch.Size([1, 3, 9])
    """
    shape = (inputs,) if isinstance(inputs, int) else tuple(inputs)
    one_of("cell", cell, CELLS)
    one_of("shown", shown, SHOWN)
    number("dropout", dropout, at_least=0, below=1)
    for name, value in (("steps", steps), ("units", units), ("embedding", embedding)):
        whole_number(name, value, at_least=1)
    encoder: nn.Module
    if len(shape) == 1:
        encoder = mlp(shape[0], embedding, hidden=hidden)
    elif len(shape) == 3:
        stages = whole_numbers("widths", widths, at_least=1)
        encoder = picture_encoder(shape, stages, [*whole_numbers("hidden", hidden, at_least=1), embedding])
    else:
        raise ModelError(
            f"model 'captioner' on rows of shape {shape}",
            expected="pictures, or rows of numbers",
            fix="to write about a sequence take model.name = 'seq2seq'",
        )
    table = nn.Embedding(outputs, embedding, padding_idx=0)
    layer = recurrent_layer(cell, (2 if shown == "always" else 1) * embedding, units, 1)
    return Captioner(encoder, table, layer, nn.Linear(units, outputs), steps, dropout)


def picture_encoder(shape: Sequence[int], widths: Sequence[int], dense: Sequence[int]) -> nn.Sequential:
    """Stages of convolution, batch norm, ReLU and pooling, then linear layers on all that is left.

    No mean over the places is taken: a caption says where things are.

    Args:
        shape: Channels, height and width of a picture.
        widths: Feature maps of each stage.
        dense: Units of the linear layers; the last ones are the code.

    Raises:
        ModelError: The pictures are too small for so many stages.

    Example:
        >>> picture_encoder((1, 8, 8), (4, 4), [6, 5])(torch.zeros(2, 1, 8, 8)).shape
        torch.Size([2, 5])
    """
    before, height, width = shape
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for stage, after in enumerate(widths, start=1):
        layers[f"conv{stage}"] = nn.Conv2d(before, after, kernel_size=3, padding=1, bias=False)
        layers[f"norm{stage}"] = nn.BatchNorm2d(after)
        layers[f"activation{stage}"] = nn.ReLU()
        layers[f"pool{stage}"] = nn.MaxPool2d(2)
        before, height, width = after, height // 2, width // 2
    if not height or not width:
        raise ModelError(
            f"{len(widths)} stages for pictures of {shape[1]} x {shape[2]} pixels",
            expected=f"pictures of at least {2 ** len(widths)} pixels a side",
            fix="give fewer model.widths, or set data.size larger",
        )
    layers["flatten"] = nn.Flatten()
    width = before * height * width
    for depth, after in enumerate(dense[:-1], start=1):
        layers[f"linear{depth}"], layers[f"bend{depth}"] = nn.Linear(width, after), nn.ReLU()
        width = after
    layers["code"] = nn.Linear(width, dense[-1])
    return nn.Sequential(layers)


CONCEPT = Concept(
    name="captioner",
    kind="model",
    summary="Looks at a picture or a row and writes a sequence of words about it: one to many.",
    build=captioner,
    aliases=("show_and_tell", "image_captioner"),
    equation=r"c = \operatorname{encode}(x),\; h_t = f([e_{w_{t-1}}, c], h_{t-1}),\; "
    r"p(w_t) = \operatorname{softmax}(W h_t + b)",
    symbols={
        "x": "a picture, or a row of numbers",
        r"\operatorname{encode}": "convolutions for pictures, linear layers for rows",
        "e_w": "a word's vector",
        "c": "the code, read at every step or, with shown = 'once', before the first word",
        "h_t": "the state",
    },
    when="Captions of pictures, sentences about rows: any sequence that one thing is to be turned into.",
    pitfalls=(
        "Shown the picture once, it learns far slower: all that is to be said must fit into the state.",
        "A fluent caption may be about another picture: hold it against the commonest one and the nearest.",
        "Mirrored pictures need other words: augmentation that flips makes left and right wrong.",
    ),
    source="Vinyals, Toshev, Bengio and Erhan 2015, Show and tell, arXiv 1411.4555; Mao et al. 2015, arXiv "
    "1412.6632.",
    facts={
        "takes": "vector",
        "gives": "captioning",
        "year": 2015,
        "defaults": {"training.clip_norm": 1.0, "training.learning_rate": 0.002},
    },
)
