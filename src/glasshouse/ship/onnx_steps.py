"""Networks that go on with a sequence, as an ONNX file that takes some steps and carries a state along."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from glasshouse.models.handwriting import POINT, Handwriting
from glasshouse.models.language_model import LanguageModel
from glasshouse.models.mixture_density import PER_COMPONENT, mixture_of
from glasshouse.models.transformer_decoder import TransformerDecoder
from glasshouse.ship.onnx_export import Tensors
from glasshouse.ship.onnx_graph import Graph
from glasshouse.ship.onnx_writers import NEXT
from glasshouse.ship.schema import STEP, Port

SEQUENTIAL = (LanguageModel, Handwriting, TransformerDecoder)
"""Networks with ``read``."""
CARRIES = (
    "Takes one step of a sequence and gives what comes behind it. "
    f"An output `{NEXT}NAME` is the input `NAME` of the following step; it begins with zeros."
)
LOOKS = (
    "Takes the steps of a sequence so far and gives what comes behind each. Nothing is carried: to write on, "
    "give the last {context} tokens again, with the new one behind them."
)
MIXTURE = (
    ("weights", (), "weights of the Gaussians; they sum to 1"),
    ("means", (2,), "how far to the right and up, in prepared units"),
    ("spreads", (2,), "standard deviations, in prepared units"),
    ("correlations", (), "from above -1 to below 1"),
)


class Reading(nn.Module):
    """``read`` of a network as a module whose state has the rows first, as everything else.

    Args:
        network: One of :data:`SEQUENTIAL`.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, steps: torch.Tensor, *state: torch.Tensor) -> Tensors:
        """Steps (N, T) or (N, T, F), and the state, to what comes behind each, and the state."""
        reader: Any = self.network
        given = [each.transpose(0, 1).contiguous() for each in state]
        raw, after = reader.read(steps, (tuple(given) if len(given) > 1 else given[0]) if given else None)
        parts = () if after is None else after if isinstance(after, tuple) else (after,)
        carried = tuple(each.transpose(0, 1) for each in parts)
        if not isinstance(self.network, Handwriting):
            return (raw, *carried)
        mixture = mixture_of(raw)
        return (
            mixture.log_weights.exp(),
            mixture.means,
            mixture.log_spreads.exp(),
            mixture.correlations,
            torch.sigmoid(mixture.lifts),
            *carried,
        )


def step_graph(network: nn.Module, rows: torch.Tensor) -> Graph:
    """The graph of a network that goes on with a sequence.

    Args:
        network: One of :data:`SEQUENTIAL`, on the CPU in evaluation mode.
        rows: Prepared rows, at least one.

    Example:
        >>> from glasshouse.models import language_model
        >>> network = language_model((5,), 9, tokens=9, units=4).eval()
        >>> graph = step_graph(network, torch.tensor([[2, 3, 4, 5, 6]]))
        >>> [each.name for each in graph.inputs], [each.name for each in graph.outputs]
        (['tokens', 'state', 'cell'], ['logits', 'next_state', 'next_cell'])
    """
    steps, state = _steps(network, rows), _state(network)
    after = tuple(each.model_copy(update={"name": NEXT + each.name}) for each in state)
    attention = isinstance(network, TransformerDecoder)
    meaning = LOOKS.format(context=network.context) if attention else CARRIES
    outputs = (*_outputs(network), *after)
    return Graph(STEP, meaning, Reading(network), (steps, *state), outputs, _cases(network, rows))


def _steps(network: nn.Module, rows: torch.Tensor) -> Port:
    axes = _axes(network)
    if not rows.is_floating_point():
        return Port(name="tokens", shape=axes, dtype="int64", meaning="numbers of tokens")
    if isinstance(network, Handwriting):
        sense = "to the right, up, and whether the pen is lifted then; prepared, all zeros at the beginning"
        return Port(name="points", shape=(*axes, POINT), dtype="float32", meaning=sense)
    return Port(name="frames", shape=(*axes, rows.shape[2]), dtype="float32", meaning="which notes sound")


def _axes(network: nn.Module) -> tuple[int | str, ...]:
    """Of rows and steps. What carries a state takes one: exporters may write down every step by itself."""
    return ("batch", "steps" if isinstance(network, TransformerDecoder) else 1)


def _state(network: nn.Module) -> tuple[Port, ...]:
    if isinstance(network, TransformerDecoder):
        return ()
    assert isinstance(network, LanguageModel | Handwriting)
    layer = network.recurrent
    shape = ("batch", layer.num_layers, layer.hidden_size)
    names = (("state", "what is carried along"), ("cell", "the cells of the LSTM"))
    return tuple(
        Port(name=name, shape=shape, dtype="float32", meaning=sense)
        for name, sense in names[: 2 if layer.mode == "LSTM" else 1]
    )


def _outputs(network: nn.Module) -> tuple[Port, ...]:
    assert isinstance(network, SEQUENTIAL)
    numbers = network.output.out_features
    axes = _axes(network)
    if not isinstance(network, Handwriting):
        frames = isinstance(network, LanguageModel) and isinstance(network.embedding, nn.Linear)
        sense = (
            "one for each note; their sigmoid is its chance to sound in the next frame"
            if frames
            else "one for each token; their softmax gives the probabilities of the next one"
        )
        return (Port(name="logits", shape=(*axes, numbers), dtype="float32", meaning=sense),)
    components = numbers // PER_COMPONENT
    parts = [
        Port(name=name, shape=(*axes, components, *more), dtype="float32", meaning=sense)
        for name, more, sense in MIXTURE
    ]
    sense = "the chance that the pen is lifted after the step"
    return (*parts, Port(name="lift", shape=axes, dtype="float32", meaning=sense))


def _cases(network: nn.Module, rows: torch.Tensor) -> list[Tensors]:
    """Steps and states: several batch sizes; several lengths, or several steps of the way."""
    many = rows[torch.arange(8) % len(rows)]
    many = many if many.shape[1] > 2 else many.repeat(1, 3, *[1] * (many.dim() - 2))
    if isinstance(network, TransformerDecoder):
        half = max(2, many.shape[1] // 2)
        return [(many[:2, :half],), (many[:1, :1],), (many[:7],)]
    state: Tensors = tuple(torch.zeros(8, *each.shape[1:]) for each in _state(network))  # type: ignore[arg-type]  # all whole
    cases, outputs = [], len(_outputs(network))
    with torch.no_grad():
        for step, size in enumerate((2, 1, 7)):
            given = (many[:, step : step + 1], *state)
            cases.append(tuple(each[:size] for each in given))
            state = Reading(network)(*given)[outputs:]
    return cases
