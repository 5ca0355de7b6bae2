"""LSTM: a memory with gates over a sequence, in one or more layers, in one or both directions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import torch
from torch import nn

from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward
from glasshouse.layers.lstm_cell import LSTMCellRule
from glasshouse.layers.recurrent_cell_rule import RecurrentCell
from glasshouse.layers.recurrent_checks import read_settings, recurrent_settings
from glasshouse.layers.recurrent_rule import Recurrent


def lstm(
    input_size: int,
    hidden_size: int,
    num_layers: int = 1,
    bias: bool = True,
    batch_first: bool = False,
    dropout: float = 0.0,
    bidirectional: bool = False,
) -> nn.LSTM:
    r"""A long short-term memory over time.

    .. math::
        i, f, o = \sigma(W_\cdot x_t + U_\cdot h_{t-1} + b_\cdot), \quad
        g = \tanh(W_g x_t + U_g h_{t-1} + b_g), \quad
        c_t = f\, c_{t-1} + i\, g, \quad h_t = o \tanh(c_t)

    Shapes: x (T, N, I), (N, T, I) with ``batch_first``, or (T, I); h and c (L D, N, H), zero if left out,
    with D = 2 if bidirectional; y like x with D H numbers in place of I; h_n and c_n like h. The module takes
    ``(x, (h, c))`` and gives ``(y, (h_n, c_n))``.

    Args:
        input_size: Numbers per step that go in, I, at least 1.
        hidden_size: Numbers of a state, H, at least 1.
        num_layers: Layers L, at least 1.
        bias: Whether the two biases are learnt; ``set_forget_bias(module, 1.0)`` opens the forget gates.
        batch_first: Whether the batch is the first axis of x and y.
        dropout: Probability of a zero between layers, from 0 to below 1.
        bidirectional: Whether the sequence is read from both ends.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Hochreiter and Schmidhuber 1997, Long short-term memory, Neural Computation 9; Gers, Schmidhuber and
        Cummins 2000, Learning to forget, Neural Computation 12.

    Example:
        >>> y, (h_n, c_n) = lstm(3, 5)(torch.ones(7, 4, 3))
        >>> y.shape, h_n.shape, c_n.shape
        (torch.Size([7, 4, 5]), torch.Size([1, 4, 5]), torch.Size([1, 4, 5]))
    """
    recurrent_settings(input_size, hidden_size, num_layers, dropout)
    return nn.LSTM(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)


@dataclass(frozen=True)
class LSTMRule(Recurrent):
    """The LSTM cell over time."""

    inputs: ClassVar[tuple[str, ...]] = ("x", "h", "c", "mask")
    outputs: ClassVar[tuple[str, ...]] = ("y", "h_n", "c_n")
    differentiable: ClassVar[tuple[str, ...]] = ("x", "h", "c")
    cell: RecurrentCell = field(default_factory=LSTMCellRule)

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """From a ``torch.nn.LSTM`` without projections."""
        settings, parameters = read_settings(module)
        return cls(**settings), parameters


CONCEPT = Concept(
    name="lstm",
    kind="layer",
    summary="Reads a sequence step by step and keeps a memory that gates write, clear and show.",
    build=lstm,
    aliases=("long_short_term_memory",),
    equation=(
        r"i, f, o = \sigma(W_\cdot x_t + U_\cdot h_{t-1} + b_\cdot),\; g = \tanh(W_g x_t + U_g h_{t-1} + "
        r"b_g),\; c_t = f \odot c_{t-1} + i \odot g,\; y_t = h_t = o \odot \tanh(c_t)"
    ),
    derivative=(
        r"\bar c_t = \bar h_t\, o\, (1 - \tanh^2 c_t) + f_{t+1} \bar c_{t+1},\; "
        r"\bar h_t = \frac{\partial L}{\partial y_t} + U^\top \delta_{t+1},\; "
        r"\frac{\partial L}{\partial U} = \sum_t \delta_t h_{t-1}^\top,\; "
        r"\frac{\partial L}{\partial W} = \sum_t \delta_t x_t^\top"
    ),
    symbols={
        "x": "inputs (T, N, I): steps, batch, numbers per step",
        "h": "states that are shown (N, H), of each layer and direction",
        "c": "memories (N, H), of each layer and direction",
        "i, f, g, o": "input gate, forget gate, candidate and output gate (N, H)",
        "y": "states of the last layer at every step (T, N, D H), D = 2 if bidirectional",
        "W, U, b": "weights of the input (4H, I), of the state (4H, H) and biases (4H)",
        "delta": "gradient by what the gates' functions take (N, 4H)",
    },
    when="On sequences whose early parts matter late, when there is no need for attention.",
    pitfalls=(
        "The gradient by the memory shrinks by the forget gate at every step only: with f near 0.5 it is "
        "gone after ten steps. Start with set_forget_bias(module, 1.0).",
        "Gradients can still explode through U: clip their norm.",
        "On long sequences train on pieces and detach h and c between them (truncated backpropagation "
        "through time).",
        "The first axis is time unless batch_first is set; h and c stay (L D, N, H).",
        "For a whole sequence read from both ends take h_n: y[-1] holds the way back after one step.",
    ),
    conventions=(
        "Gates lie in the order i, f, g, o (PyTorch, cuDNN); Keras has i, f, c, o.",
        "Dropout acts between layers, not over time and not behind the last one.",
        "Parameters of a layer and direction: 4 H (I + H + 2), with I = D H above the first layer; Keras "
        "has one bias, 4 H (I + H + 1).",
    ),
    source=(
        "Hochreiter and Schmidhuber 1997, Long short-term memory, Neural Computation 9; Gers, "
        "Schmidhuber and Cummins 2000, Learning to forget, Neural Computation 12."
    ),
    rule=LSTMRule.of,
    worked=worked_forward(
        lstm,
        LSTMRule.of,
        settings={"input_size": 1, "hidden_size": 1},
        inputs={"x": [[[1.0]], [[-1.0]]]},
        parameters={
            "weight_ih_l0": [[0.5], [0.3], [0.8], [-0.4]],
            "weight_hh_l0": [[0.1], [-0.2], [0.4], [0.6]],
            "bias_ih_l0": [0.0, 1.0, 0.1, 0.2],
            "bias_hh_l0": [0.0, 0.0, 0.0, 0.0],
        },
        at=(1, 0, 0),
    ),
)
