"""Recurrent network: a simple cell over a sequence, in one or more layers, in one or both directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import nn

from glasshouse.core.checks import one_of
from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward
from glasshouse.layers.recurrent_checks import read_settings, recurrent_settings
from glasshouse.layers.recurrent_rule import Recurrent
from glasshouse.layers.rnn_cell import NONLINEARITIES, RNNCellRule


def rnn(
    input_size: int,
    hidden_size: int,
    num_layers: int = 1,
    nonlinearity: str = "tanh",
    batch_first: bool = False,
    dropout: float = 0.0,
    bidirectional: bool = False,
) -> nn.RNN:
    r"""A simple (Elman) recurrent network over time.

    .. math:: h_t = \tanh(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})

    Layers above the first read the states of the layer below. With both directions, a second cell reads the
    sequence from its end, and the states of both stand side by side.

    Shapes: x (T, N, I), (N, T, I) with ``batch_first``, or (T, I); h (L D, N, H), zero if left out, with D =
    2 if bidirectional; y like x with D H numbers in place of I; h_n like h: the state after the last step of
    each layer and direction (for the way back that is step 0).

    Args:
        input_size: Numbers per step that go in, I, at least 1.
        hidden_size: Numbers of a state, H, at least 1.
        num_layers: Layers L, at least 1.
        nonlinearity: ``"tanh"`` or ``"relu"``.
        batch_first: Whether the batch is the first axis of x and y.
        dropout: Probability of a zero between layers, from 0 to below 1.
        bidirectional: Whether the sequence is read from both ends.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Elman 1990, Finding structure in time, Cognitive Science 14; both directions: Schuster and Paliwal
        1997, Bidirectional recurrent neural networks, IEEE Transactions on Signal Processing 45.

    Example:
        >>> y, h_n = rnn(3, 5, num_layers=2, bidirectional=True)(torch.ones(7, 4, 3))
        >>> y.shape, h_n.shape
        (torch.Size([7, 4, 10]), torch.Size([4, 4, 5]))
    """
    recurrent_settings(input_size, hidden_size, num_layers, dropout)
    one_of("nonlinearity", nonlinearity, NONLINEARITIES)
    return nn.RNN(
        input_size,
        hidden_size,
        num_layers,
        nonlinearity,
        batch_first=batch_first,
        dropout=dropout,
        bidirectional=bidirectional,
    )


@dataclass(frozen=True)
class RNNRule(Recurrent):
    """The simple cell over time."""

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """From a ``torch.nn.RNN``, with or without biases."""
        settings, parameters = read_settings(module)
        return cls(RNNCellRule(nonlinearity=module.nonlinearity), **settings), parameters


CONCEPT = Concept(
    name="rnn",
    kind="layer",
    summary="Reads a sequence step by step and carries a state along.",
    build=rnn,
    aliases=("recurrent_network", "simple_rnn", "elman_network"),
    equation=r"h_t = \tanh(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh}),\; y_t = h_t",
    derivative=(
        r"\bar h_t = \frac{\partial L}{\partial y_t} + W_{hh}^\top \delta_{t+1},\; "
        r"\delta_t = (1 - h_t^2)\, \bar h_t,\; "
        r"\frac{\partial L}{\partial W_{hh}} = \sum_t \delta_t h_{t-1}^\top,\; "
        r"\frac{\partial L}{\partial W_{ih}} = \sum_t \delta_t x_t^\top"
    ),
    symbols={
        "x": "inputs (T, N, I): steps, batch, numbers per step",
        "h": "states (N, H) of each layer and direction",
        "y": "states of the last layer at every step (T, N, D H), D = 2 if bidirectional",
        "W_ih": "weights of the input (H, I)",
        "W_hh": "weights of the state (H, H), the same at every step",
        "b_ih, b_hh": "biases (H)",
    },
    when="For short sequences, and to see what recurrence does; else an LSTM or a GRU.",
    pitfalls=(
        "Backpropagation through time multiplies by W_hh once per step: gradients vanish or explode over "
        "long sequences. Clip their norm.",
        "On long sequences train on pieces and cut the state between them, h = h.detach() (truncated "
        "backpropagation through time): otherwise memory grows with every step.",
        "The first axis is time unless batch_first is set; h has no batch_first and stays (L D, N, H).",
        "The last step y[-1] of the way back has seen one step only: take h_n for whole sequences.",
        "Padded steps move the state: pack sequences of different lengths.",
    ),
    conventions=(
        "Dropout acts between layers, on what the layer below shows; not over time and not behind the "
        "last one.",
        "Both directions side by side (PyTorch, Keras); some papers add them up.",
        "Parameters of a layer and direction: H (I + H + 2), with I = D H above the first layer.",
    ),
    source=(
        "Elman 1990, Finding structure in time, Cognitive Science 14; backpropagation through time: Werbos "
        "1990, Proceedings of the IEEE 78; both directions: Schuster and Paliwal 1997."
    ),
    rule=RNNRule.of,
    worked=worked_forward(
        rnn,
        RNNRule.of,
        settings={"input_size": 1, "hidden_size": 1},
        inputs={"x": [[[0.5]], [[-1.0]]]},
        parameters={
            "weight_ih_l0": [[0.6]],
            "weight_hh_l0": [[0.9]],
            "bias_ih_l0": [0.1],
            "bias_hh_l0": [0.0],
        },
        at=(1, 0, 0),
    ),
)
