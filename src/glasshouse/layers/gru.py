"""GRU: gated recurrent units over a sequence, in one or more layers, in one or both directions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

import torch
from torch import nn

from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward
from glasshouse.layers.gru_cell_rule import GRUCellRule
from glasshouse.layers.recurrent_cell_rule import RecurrentCell
from glasshouse.layers.recurrent_checks import read_settings, recurrent_settings
from glasshouse.layers.recurrent_rule import Recurrent


def gru(
    input_size: int,
    hidden_size: int,
    num_layers: int = 1,
    bias: bool = True,
    batch_first: bool = False,
    dropout: float = 0.0,
    bidirectional: bool = False,
) -> nn.GRU:
    r"""Gated recurrent units over time, with the reset gate after the matrix product.

    .. math::
        r, z &= \sigma(W_\cdot x_t + b_{i\cdot} + U_\cdot h_{t-1} + b_{h\cdot}), \quad
        n = \tanh(W_n x_t + b_{in} + r\, (U_n h_{t-1} + b_{hn})) \\
        h_t &= (1 - z)\, n + z\, h_{t-1}

    Shapes: x (T, N, I), (N, T, I) with ``batch_first``, or (T, I); h (L D, N, H), zero if left out, with D =
    2 if bidirectional; y like x with D H numbers in place of I; h_n like h.

    Args:
        input_size: Numbers per step that go in, I, at least 1.
        hidden_size: Numbers of a state, H, at least 1.
        num_layers: Layers L, at least 1.
        bias: Whether the two biases are learnt.
        batch_first: Whether the batch is the first axis of x and y.
        dropout: Probability of a zero between layers, from 0 to below 1.
        bidirectional: Whether the sequence is read from both ends.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Cho et al. 2014, Learning phrase representations using RNN encoder-decoder, arXiv 1406.1078.

    Example:
        >>> y, h_n = gru(3, 5, batch_first=True)(torch.ones(4, 7, 3))
        >>> y.shape, h_n.shape
        (torch.Size([4, 7, 5]), torch.Size([1, 4, 5]))
    """
    recurrent_settings(input_size, hidden_size, num_layers, dropout)
    return nn.GRU(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)


@dataclass(frozen=True)
class GRURule(Recurrent):
    """The GRU cell (reset after the product) over time."""

    cell: RecurrentCell = field(default_factory=GRUCellRule)

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """From a ``torch.nn.GRU``."""
        settings, parameters = read_settings(module)
        return cls(**settings), parameters


CONCEPT = Concept(
    name="gru",
    kind="layer",
    summary="Reads a sequence step by step; a gate mixes the old state with a candidate for the new one.",
    build=gru,
    aliases=("gated_recurrent_unit",),
    equation=(
        r"r, z = \sigma(W_\cdot x_t + b_{i\cdot} + U_\cdot h_{t-1} + b_{h\cdot}),\; "
        r"n = \tanh(W_n x_t + b_{in} + r \odot (U_n h_{t-1} + b_{hn})),\; "
        r"y_t = h_t = (1 - z) \odot n + z \odot h_{t-1}"
    ),
    derivative=(
        r"\bar h_t = \frac{\partial L}{\partial y_t} + z_{t+1} \bar h_{t+1} + U^\top \delta_{t+1},\; "
        r"\frac{\partial L}{\partial U} = \sum_t \delta_t h_{t-1}^\top,\; "
        r"\frac{\partial L}{\partial W} = \sum_t \delta_t x_t^\top"
    ),
    symbols={
        "x": "inputs (T, N, I): steps, batch, numbers per step",
        "h": "states (N, H), of each layer and direction",
        "r, z, n": "reset gate, update gate and candidate (N, H)",
        "y": "states of the last layer at every step (T, N, D H), D = 2 if bidirectional",
        "W, U, b": "weights of the input (3H, I), of the state (3H, H) and two biases (3H)",
        "delta": "gradient by what the gates' functions take (N, 3H)",
    },
    when="Where an LSTM would do, with a quarter fewer parameters.",
    pitfalls=(
        "Weights of a GRU with the reset before the product (Keras with reset_after=False) are wrong here.",
        "On long sequences train on pieces and detach h between them (truncated backpropagation through "
        "time).",
        "The first axis is time unless batch_first is set; h stays (L D, N, H).",
        "Clip the norm of the gradient.",
    ),
    conventions=(
        "Reset after the product, as in PyTorch, cuDNN and Keras's default; the cell of the other kind is "
        "gru_cell with reset = before.",
        "h_t = (1 - z) n + z h: z near 1 keeps the state. Some papers swap z and 1 - z.",
        "Gates lie in the order r, z, n (PyTorch); Keras has z, r, h.",
        "Dropout acts between layers, not over time and not behind the last one.",
        "Parameters of a layer and direction: 3 H (I + H + 2), with I = D H above the first layer.",
    ),
    source="Cho et al. 2014, Learning phrase representations using RNN encoder-decoder, arXiv 1406.1078.",
    rule=GRURule.of,
    worked=worked_forward(
        gru,
        GRURule.of,
        settings={"input_size": 1, "hidden_size": 1},
        inputs={"x": [[[1.0]], [[-1.0]]]},
        parameters={
            "weight_ih_l0": [[0.5], [-0.3], [0.8]],
            "weight_hh_l0": [[0.2], [0.7], [0.4]],
            "bias_ih_l0": [0.0, 0.1, 0.0],
            "bias_hh_l0": [0.0, 0.0, 0.3],
        },
        at=(1, 0, 0),
    ),
)
