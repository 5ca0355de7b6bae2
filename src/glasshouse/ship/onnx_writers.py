"""Networks that write word by word, as two ONNX files: one reads, the other writes a step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from glasshouse.models.captioner import Captioner
from glasshouse.models.search import BEGIN
from glasshouse.models.seq2seq import Seq2Seq
from glasshouse.models.transformer_seq2seq import TransformerSeq2Seq
from glasshouse.ship.onnx_export import Tensors
from glasshouse.ship.onnx_graph import Graph
from glasshouse.ship.schema import DECODER, ENCODER, Port

WRITERS = (Seq2Seq, TransformerSeq2Seq, Captioner)
"""Networks with ``begin`` and ``advance``."""
NEXT = "next_"
"""In front of the name of an output that is the input of that name at the following step."""
READS = "Reads what is to be written about, once, and gives the first state."
WRITES = (
    "Writes one step: the logits of the next token, and the state for the step behind it. An output "
    f"`{NEXT}NAME` is the input `NAME` of the following step; the other inputs stay as `{ENCODER}` gave them."
)
TOKEN = Port(
    name="token", shape=("batch",), dtype="int64", meaning=f"the token before; {BEGIN} at the beginning"
)
CHECKED_AT = (0, 1, 4)
"""Steps of writing at which the two are compared."""


class Reading(nn.Module):
    """``begin`` of a network that writes, as a module.

    Args:
        network: One of :data:`WRITERS`.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, source: torch.Tensor) -> Tensors:
        """What is to be written about, (N, ...), to the state."""
        begin: Any = self.network
        state: Tensors = begin.begin(source)
        if isinstance(self.network, Seq2Seq):
            h, read, mask = state
            # Behind a text's end nothing was read; without packing, something was made of it all the same.
            return h, read * mask.unsqueeze(2), mask
        return state


class Writing(nn.Module):
    """``advance`` of a network that writes, as a module: only what changes of the state comes out.

    Args:
        network: One of :data:`WRITERS`.
        changing: Places in the state that a step changes.
    """

    def __init__(self, network: nn.Module, changing: Sequence[int]) -> None:
        super().__init__()
        self.network = network
        self.changing = tuple(changing)

    def forward(self, token: torch.Tensor, *state: torch.Tensor) -> Tensors:
        """The tokens before (N,) and the state to logits (N, V), the changed state, and where it looked."""
        advance: Any = self.network
        logits, after, weights = advance.advance(token, state)
        looked = () if weights is None else (weights,)
        return (logits, *(after[place] for place in self.changing), *looked)


def writer_graphs(network: nn.Module, rows: torch.Tensor) -> list[Graph]:
    """The two graphs of a network that writes.

    Args:
        network: One of :data:`WRITERS`, on the CPU in evaluation mode.
        rows: Prepared rows, at least one: tokens (N, S), or what else is written about.

    Example:
        >>> from glasshouse.models import seq2seq
        >>> network = seq2seq((4,), 9, tokens=7, steps=5, units=6).eval()
        >>> [each.file for each in writer_graphs(network, torch.tensor([[3, 4, 5, 0]]))]
        ['encoder.onnx', 'decoder.onnx']
    """
    tokens = not isinstance(network, Captioner)
    axes: tuple[int | str, ...] = ("batch", "source") if tokens else ("batch", *rows.shape[1:])
    sense = "numbers of tokens, padded with 0 behind" if tokens else "prepared rows"
    source = Port(name="source", shape=axes, dtype="int64" if tokens else "float32", meaning=sense)
    state = _state(network)
    changing = [place for place, each in enumerate(state) if each.name in ("state", "cell", "written")]
    sources = _sources(rows, tokens)
    reading, writing = Reading(network), Writing(network, changing)
    return [
        Graph(ENCODER, READS, reading, (source,), state, [(each,) for each in sources]),
        Graph(
            DECODER,
            WRITES,
            writing,
            (TOKEN, *state),
            _written(network, state, changing),
            _steps(network, sources),
        ),
    ]


def _state(network: nn.Module) -> tuple[Port, ...]:
    """The state of a writer, part by part, in its own order."""
    if isinstance(network, Seq2Seq):
        units = network.encoder.hidden_size
        return (
            Port(name="state", shape=("batch", units), dtype="float32", meaning="what the writer carries"),
            _memory(2 * units),
            _mask(),
        )
    if isinstance(network, TransformerSeq2Seq):
        written = "the tokens that went in so far; none at the beginning"
        return (
            _memory(network.source_embedding.embedding_dim),
            _mask(),
            Port(name="written", shape=("batch", "written"), dtype="int64", meaning=written),
        )
    assert isinstance(network, Captioner), f"no writer: {type(network).__name__}"
    layer = network.recurrent
    carried = ("batch", layer.num_layers, layer.hidden_size)
    parts = [Port(name="state", shape=carried, dtype="float32", meaning="what the writer carries")]
    if layer.mode == "LSTM":
        parts.append(Port(name="cell", shape=carried, dtype="float32", meaning="the cells of the LSTM"))
    if network.always:
        code = layer.input_size - network.embedding.embedding_dim
        parts.insert(0, Port(name="code", shape=("batch", code), dtype="float32", meaning="what was seen"))
    return tuple(parts)


def _memory(width: int) -> Port:
    sense = "what was read, step by step"
    return Port(name="memory", shape=("batch", "source", width), dtype="float32", meaning=sense)


def _mask() -> Port:
    return Port(name="mask", shape=("batch", "source"), dtype="bool", meaning="where it is no padding")


def _written(network: nn.Module, state: Sequence[Port], changing: Sequence[int]) -> tuple[Port, ...]:
    """What comes out of a step."""
    assert isinstance(network, WRITERS)
    tokens = network.output.out_features
    sense = "one for each token that can be written; their softmax gives the probabilities"
    outputs = [Port(name="logits", shape=("batch", tokens), dtype="float32", meaning=sense)]
    for place in changing:
        port = state[place]
        shape = tuple(f"{each} + 1" if each == "written" else each for each in port.shape)
        outputs.append(port.model_copy(update={"name": NEXT + port.name, "shape": shape}))
    if isinstance(network, TransformerSeq2Seq) or (isinstance(network, Seq2Seq) and network.kind != "none"):
        looked = "how much each step of the source was looked at; sums to 1"
        outputs.append(Port(name="attention", shape=("batch", "source"), dtype="float32", meaning=looked))
    return tuple(outputs)


def _sources(rows: torch.Tensor, tokens: bool) -> list[torch.Tensor]:
    """Rows to check with: of several numbers, and, where they are tokens, of several lengths."""
    many = rows[torch.arange(64) % len(rows)]
    if not tokens:
        return [many[:2], many[:1], many[:7]]
    # Two steps at least: an axis that is 1 long when a graph is exported would stay so.
    whole = many if many.shape[1] > 1 else many.repeat(1, 2)
    half = whole[:, : max(2, whole.shape[1] // 2)]
    return [whole[:2], half[:1], torch.cat([whole, half], dim=1)[:7]]


def _steps(network: nn.Module, sources: Sequence[torch.Tensor]) -> list[Tensors]:
    """Tokens and states at the first steps of writing; those that are exported with come first."""
    writer: Any = network
    cases: list[tuple[int, Tensors]] = []
    with torch.no_grad():
        for source in sources:
            state = writer.begin(source)
            token = torch.full((len(source),), BEGIN)
            for step in range(CHECKED_AT[-1] + 1):
                if step in CHECKED_AT:
                    cases.append((step, (token, *state)))
                logits, state, _ = writer.advance(token, state)
                token = logits.argmax(dim=1)
    first = next(place for place, (step, _) in enumerate(cases) if step == CHECKED_AT[-1])
    return [cases[first][1], *(case for place, (_, case) in enumerate(cases) if place != first)]
