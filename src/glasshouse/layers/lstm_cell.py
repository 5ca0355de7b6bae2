"""LSTM cell: three gates decide what a memory keeps, takes in and shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import torch
from torch import nn

from glasshouse.core.arithmetic import Quantity, sigmoid, tanh
from glasshouse.core.checks import number, whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import SettingError
from glasshouse.core.rule import Tensors
from glasshouse.core.worked import worked_forward
from glasshouse.layers.recurrent_cell_rule import Quantities, RecurrentCell, Say, Slopes

WithForgetGate = TypeVar("WithForgetGate", nn.LSTMCell, nn.LSTM)


def lstm_cell(
    input_size: int, hidden_size: int, bias: bool = True, forget_bias: float | None = None
) -> nn.LSTMCell:
    r"""One step of a long short-term memory.

    .. math::
        i &= \sigma(W_{ii} x + b_{ii} + W_{hi} h + b_{hi}), \quad
        f = \sigma(W_{if} x + b_{if} + W_{hf} h + b_{hf}) \\
        g &= \tanh(W_{ig} x + b_{ig} + W_{hg} h + b_{hg}), \quad
        o = \sigma(W_{io} x + b_{io} + W_{ho} h + b_{ho}) \\
        c' &= f\, c + i\, g, \quad h' = o \tanh(c')

    Shapes: x (N, I) or (I), h and c (N, H) or (H), zero if left out; weight_ih (4H, I), weight_hh (4H, H),
    bias_ih and bias_hh (4H), the gates below each other in the order i, f, g, o; h' and c' like h.

    Args:
        input_size: Numbers per step that go in, I, at least 1.
        hidden_size: Numbers of each state, H, at least 1.
        bias: Whether the two biases are learnt.
        forget_bias: What the forget gate's two biases add up to at the start; ``None`` leaves PyTorch's
            uniform numbers around 0. With 1 the gate begins at 0.73 instead of 0.5, so that after ten steps
            4 % of the memory are left instead of 0.1 %.

    Raises:
        SettingError: A setting lies outside its range, or ``forget_bias`` is set without a bias.

    Source:
        Hochreiter and Schmidhuber 1997, Long short-term memory, Neural Computation 9 (no forget gate); Gers,
        Schmidhuber and Cummins 2000, Learning to forget, Neural Computation 12.

    Example:
        >>> h, c = lstm_cell(3, 5, forget_bias=1.0)(torch.ones(2, 3))
        >>> h.shape, c.shape
        (torch.Size([2, 5]), torch.Size([2, 5]))
    """
    whole_number("input_size", input_size, at_least=1)
    whole_number("hidden_size", hidden_size, at_least=1)
    cell = nn.LSTMCell(input_size, hidden_size, bias)
    return cell if forget_bias is None else set_forget_bias(cell, forget_bias)


def set_forget_bias(module: WithForgetGate, forget_bias: float = 1.0) -> WithForgetGate:
    """Set the forget gate's bias of an LSTM, of every layer and direction, in place.

    PyTorch's LSTM has two biases that are added up: the first becomes ``forget_bias``, the second 0. (To set
    both is a frequent slip: then their sum is twice as large.)

    Args:
        module: A ``torch.nn.LSTMCell`` or ``torch.nn.LSTM``.
        forget_bias: What the two biases add up to, any finite number.

    Returns:
        The module.

    Raises:
        SettingError: The module has no bias, or the number is not finite.

    Example:
        >>> cell = set_forget_bias(nn.LSTMCell(1, 2))
        >>> (cell.bias_ih + cell.bias_hh)[2:4].tolist()
        [1.0, 1.0]
    """
    number("forget_bias", forget_bias)
    if not module.bias:
        raise SettingError(
            f"forget_bias = {forget_bias} with bias = False",
            expected="a cell with biases",
            fix="set bias = True, or leave forget_bias out",
        )
    size = module.hidden_size
    with torch.no_grad():
        for name, tensor in module.named_parameters():
            if name.startswith("bias_"):
                tensor[size : 2 * size] = forget_bias if name.startswith("bias_ih") else 0.0
    return module


@dataclass(frozen=True)
class LSTMCellRule(RecurrentCell):
    """Gates i, f, g and o; ``c' = f c + i g`` and ``h' = o tanh(c')``."""

    inputs: ClassVar[tuple[str, ...]] = ("x", "h", "c")
    outputs: ClassVar[tuple[str, ...]] = ("h_next", "c_next")
    differentiable: ClassVar[tuple[str, ...]] = ("x", "h", "c")
    gates: ClassVar[tuple[str, ...]] = ("i", "f", "g", "o")
    kept: ClassVar[tuple[str, ...]] = ("i", "f", "g", "o", "c_next", "h_next")

    def step(self, x: Quantities, h: Quantities, states: Quantities, say: Say) -> dict[str, Quantity]:
        """The six equations."""
        i = say("i", sigmoid(x["i"] + h["i"]))
        f = say("f", sigmoid(x["f"] + h["f"]))
        g = say("g", tanh(x["g"] + h["g"]))
        o = say("o", sigmoid(x["o"] + h["o"]))
        c_next = say("c_next", f * states["c"] + i * g)
        return {"i": i, "f": f, "g": g, "o": o, "c_next": c_next, "h_next": o * tanh(c_next)}

    def slopes(self, v: Quantities, say: Say) -> Slopes:
        """The memory is reached directly and through h'; every gate then has its own slope."""
        i, f, g, o, c, dh = v["i"], v["f"], v["g"], v["o"], v["c"], v["dh_next"]
        shown = tanh(v["c_next"])
        dc = say("dc_whole", v["dc_next"] + dh * o * (1 - shown**2))
        through = {
            "i": say("da_i", dc * g * i * (1 - i)),
            "f": say("da_f", dc * c * f * (1 - f)),
            "g": say("da_g", dc * i * (1 - g**2)),
            "o": say("da_o", dh * shown * o * (1 - o)),
        }
        return Slopes(through, through, {"c": dc * f})

    def call(self, module: Any, values: Tensors) -> dict[str, torch.Tensor]:
        """The module takes its states as a pair; one that isn't given is zero."""
        if "h" not in values and "c" not in values:
            h_next, c_next = module(values["x"])
        else:
            zero = torch.zeros_like(values["h" if "h" in values else "c"])
            h_next, c_next = module(values["x"], (values.get("h", zero), values.get("c", zero)))
        return {"h_next": h_next, "c_next": c_next}


CONCEPT = Concept(
    name="lstm_cell",
    kind="layer",
    summary="One step of a memory with three gates: what is kept, what is taken in and what is shown.",
    build=lstm_cell,
    aliases=("long_short_term_memory_cell",),
    equation=(
        r"i, f, o = \sigma(W_\cdot x_t + U_\cdot h_{t-1} + b_\cdot),\; g = \tanh(W_g x_t + U_g h_{t-1} + "
        r"b_g),\; c_t = f \odot c_{t-1} + i \odot g,\; h_t = o \odot \tanh(c_t)"
    ),
    derivative=(
        r"\bar c = \frac{\partial L}{\partial c_t} + \frac{\partial L}{\partial h_t}\, o\, (1 - \tanh^2 "
        r"c_t),\; \delta_i = \bar c\, g\, i (1 - i),\; \delta_f = \bar c\, c_{t-1} f (1 - f),\; "
        r"\delta_g = \bar c\, i (1 - g^2),\; "
        r"\delta_o = \frac{\partial L}{\partial h_t} \tanh(c_t)\, o (1 - o),\; "
        r"\frac{\partial L}{\partial c_{t-1}} = \bar c\, f"
    ),
    symbols={
        "x": "input of the step (N, I)",
        "h": "state that is shown (N, H), between -1 and 1",
        "c": "memory (N, H), not bounded",
        "i": "input gate, 0 to 1: what is taken in",
        "f": "forget gate, 0 to 1: what is kept",
        "g": "candidate, -1 to 1",
        "o": "output gate, 0 to 1: what is shown",
        "W": "weights of the input, weight_ih (4H, I)",
        "U": "weights of the state, weight_hh (4H, H)",
        "b": "bias of each gate: bias_ih + bias_hh (4H each)",
    },
    when="On sequences whose early parts matter late.",
    pitfalls=(
        "With a forget gate near 0.5 the memory halves at every step: start with forget_bias = 1 where "
        "memory must last.",
        "PyTorch adds two biases: setting both to 1 makes the forget bias 2.",
        "It returns a pair (h', c'); c' is carried to the next step, h' is what later layers see.",
        "Weights from another library have their gates in another order.",
    ),
    conventions=(
        "Gates lie in the order i, f, g, o in PyTorch and cuDNN; i, f, c, o in Keras (its c is the "
        "candidate g).",
        "PyTorch has two biases: 4 (I H + H^2 + 2 H) parameters; Keras one: 4 (I H + H^2 + H).",
        "Keras starts the forget bias at 1 (unit_forget_bias); PyTorch draws it around 0.",
        "The forget gate came in 2000: the cell of 1997 has f = 1. Peepholes (gates that see c) are not in "
        "PyTorch's cell nor here.",
    ),
    source=(
        "Hochreiter and Schmidhuber 1997, Long short-term memory, Neural Computation 9; Gers, "
        "Schmidhuber and Cummins 2000, Learning to forget, Neural Computation 12."
    ),
    rule=LSTMCellRule.of,
    worked=worked_forward(
        lstm_cell,
        LSTMCellRule.of,
        settings={"input_size": 1, "hidden_size": 1},
        inputs={"x": [[1.0]], "h": [[0.5]], "c": [[0.2]]},
        parameters={
            "weight_ih": [[0.5], [0.3], [0.8], [-0.4]],
            "weight_hh": [[0.1], [-0.2], [0.4], [0.6]],
            "bias_ih": [0.0, 1.0, 0.1, 0.2],
            "bias_hh": [0.0, 0.0, 0.0, 0.0],
        },
        output="h_next",
        at=(0, 0),
    ),
)
