"""GRU cell: one gate mixes the old state with a candidate, another decides what the candidate sees of it."""

from __future__ import annotations

from torch import nn

from glasshouse.core.checks import one_of, whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward
from glasshouse.layers.gru_cell_rule import GRUCellRule
from glasshouse.layers.reset_before_gru_cell import ResetBeforeGRUCell

RESETS = ("after", "before")


def gru_cell(
    input_size: int, hidden_size: int, bias: bool = True, reset: str = "after"
) -> nn.GRUCell | ResetBeforeGRUCell:
    r"""One step of a gated recurrent unit.

    .. math::
        r &= \sigma(W_{ir} x + b_{ir} + W_{hr} h + b_{hr}), \quad
        z = \sigma(W_{iz} x + b_{iz} + W_{hz} h + b_{hz}) \\
        n &= \tanh(W_{in} x + b_{in} + r\, (W_{hn} h + b_{hn})) \quad \text{(reset after the product)} \\
        n &= \tanh(W_{in} x + b_{in} + W_{hn} (r\, h) + b_{hn}) \quad \text{(reset before it)} \\
        h' &= (1 - z)\, n + z\, h

    Shapes: x (N, I) or (I), h (N, H) or (H), zero if left out; weight_ih (3H, I), weight_hh (3H, H), bias_ih
    and bias_hh (3H), the gates below each other in the order r, z, n; h' like h.

    Args:
        input_size: Numbers per step that go in, I, at least 1.
        hidden_size: Numbers of the state, H, at least 1.
        bias: Whether the two biases are learnt.
        reset: ``"after"`` the matrix product (PyTorch, cuDNN, Keras unless told otherwise), or ``"before"``
            it (Keras with ``reset_after=False``).

    Returns:
        A ``torch.nn.GRUCell``, or for ``"before"`` a cell of ours with the same parameters.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Cho et al. 2014, Learning phrase representations using RNN encoder-decoder, arXiv 1406.1078.

    Example:
        >>> import torch
        >>> gru_cell(3, 5)(torch.ones(2, 3)).shape
        torch.Size([2, 5])
        >>> gru_cell(3, 5, reset="before")
        ResetBeforeGRUCell(3, 5, bias=True)
    """
    whole_number("input_size", input_size, at_least=1)
    whole_number("hidden_size", hidden_size, at_least=1)
    if one_of("reset", reset, RESETS) == "before":
        return ResetBeforeGRUCell(input_size, hidden_size, bias)
    return nn.GRUCell(input_size, hidden_size, bias)


CONCEPT = Concept(
    name="gru_cell",
    kind="layer",
    summary=(
        "One step of a gated recurrent unit: a gate mixes the old state with a candidate for the new one."
    ),
    build=gru_cell,
    aliases=("gated_recurrent_unit_cell",),
    equation=(
        r"r, z = \sigma(W_\cdot x_t + b_{i\cdot} + U_\cdot h_{t-1} + b_{h\cdot}),\; "
        r"n = \tanh(W_n x_t + b_{in} + r \odot (U_n h_{t-1} + b_{hn})),\; "
        r"h_t = (1 - z) \odot n + z \odot h_{t-1}"
    ),
    derivative=(
        r"\bar h = \frac{\partial L}{\partial h_t},\; \delta_n = \bar h (1 - z)(1 - n^2),\; "
        r"\delta_z = \bar h (h_{t-1} - n) z (1 - z),\; "
        r"\delta_r = \delta_n (U_n h_{t-1} + b_{hn})\, r (1 - r),\; "
        r"\frac{\partial L}{\partial h_{t-1}} = \bar h z + U_r^\top \delta_r + U_z^\top \delta_z + "
        r"U_n^\top (r \delta_n)"
    ),
    symbols={
        "x": "input of the step (N, I)",
        "h": "state (N, H), between -1 and 1 if it starts there",
        "r": "reset gate, 0 to 1: what the candidate sees of the state",
        "z": "update gate, 0 to 1: what of the old state stays",
        "n": "candidate, -1 to 1",
        "m": "what the state sends to the candidate: U_n h + b_hn",
        "W": "weights of the input, weight_ih (3H, I)",
        "U": "weights of the state, weight_hh (3H, H)",
        "b": "biases bias_ih and bias_hh (3H each)",
    },
    when="Where an LSTM would do, with a quarter fewer parameters.",
    pitfalls=(
        "The two places of the reset gate are different functions: weights of the one are wrong in the "
        "other.",
        "Texts differ in what z means: with z and 1 - z swapped, the gate's weights change their sign.",
        "The candidate's two biases are not interchangeable with the reset after the product: b_hn is "
        "inside it.",
    ),
    conventions=(
        "Reset after the product, r (U_n h + b_hn): the first version of Cho et al. 2014 on arXiv, PyTorch, "
        "cuDNN and Keras's default (reset_after=True). Reset before it, U_n (r h): the paper's third version "
        "and Keras with reset_after=False.",
        "h' = (1 - z) n + z h here and in PyTorch and Keras; some papers, among them Chung et al. 2014, "
        "write (1 - z) h + z n.",
        "Gates lie in the order r, z, n in PyTorch; z, r, h in Keras.",
        "PyTorch has two biases: 3 (I H + H^2 + 2 H) parameters; one bias makes 3 (I H + H^2 + H).",
    ),
    source="Cho et al. 2014, Learning phrase representations using RNN encoder-decoder, arXiv 1406.1078.",
    rule=GRUCellRule.of,
    worked=worked_forward(
        gru_cell,
        GRUCellRule.of,
        settings={"input_size": 1, "hidden_size": 1},
        inputs={"x": [[1.0]], "h": [[0.5]]},
        parameters={
            "weight_ih": [[0.5], [-0.3], [0.8]],
            "weight_hh": [[0.2], [0.7], [0.4]],
            "bias_ih": [0.0, 0.1, 0.0],
            "bias_hh": [0.0, 0.0, 0.3],
        },
        output="h_next",
        at=(0, 0),
    ),
)
