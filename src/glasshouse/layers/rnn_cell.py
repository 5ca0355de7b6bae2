"""Simple recurrent cell: the new state is a squashed sum of the input and the state before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import nn

from glasshouse.core.arithmetic import Quantity, choose, maximum, tanh
from glasshouse.core.checks import one_of, whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward
from glasshouse.layers.recurrent_cell_rule import Quantities, RecurrentCell, Say, Slopes

NONLINEARITIES = ("tanh", "relu")


def rnn_cell(input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh") -> nn.RNNCell:
    r"""One step of a simple (Elman) recurrent network.

    .. math:: h' = \tanh(W_{ih} x + b_{ih} + W_{hh} h + b_{hh})

    Shapes: x (N, I) or (I), h (N, H) or (H), zero if left out; W_ih (H, I), W_hh (H, H), b_ih and b_hh (H);
    h' like h.

    Args:
        input_size: Numbers per step that go in, I, at least 1.
        hidden_size: Numbers of the state, H, at least 1.
        bias: Whether the two biases are learnt.
        nonlinearity: ``"tanh"`` or ``"relu"``.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Elman 1990, Finding structure in time, Cognitive Science 14.

    Example:
        >>> rnn_cell(3, 5)(torch.ones(2, 3)).shape
        torch.Size([2, 5])
    """
    whole_number("input_size", input_size, at_least=1)
    whole_number("hidden_size", hidden_size, at_least=1)
    one_of("nonlinearity", nonlinearity, NONLINEARITIES)
    return nn.RNNCell(input_size, hidden_size, bias, nonlinearity)


@dataclass(frozen=True)
class RNNCellRule(RecurrentCell):
    """``a = W_ih x + b_ih + W_hh h + b_hh``, ``h' = tanh(a)`` or ``max(a, 0)``.

    Args:
        suffix: What follows the names, see :class:`RecurrentCell`.
        source: The name of the input.
        nonlinearity: ``"tanh"`` or ``"relu"``; the slope of relu at 0 is 0.
    """

    gates: ClassVar[tuple[str, ...]] = ("a",)
    kept: ClassVar[tuple[str, ...]] = ("a", "h_next")
    nonlinearity: str = "tanh"

    def step(self, x: Quantities, h: Quantities, states: Quantities, say: Say) -> dict[str, Quantity]:
        """The sum, then the nonlinearity."""
        a = say("a", x["a"] + h["a"])
        return {"a": a, "h_next": tanh(a) if self.nonlinearity == "tanh" else maximum(a, 0.0)}

    def slopes(self, v: Quantities, say: Say) -> Slopes:
        """``da = dh' (1 - h'^2)`` for tanh; ``dh'`` where ``a > 0`` for relu."""
        slope = 1 - v["h_next"] ** 2 if self.nonlinearity == "tanh" else choose(v["a"] > 0, 1.0, 0.0)
        da = v["dh_next"] * slope
        if isinstance(da, torch.Tensor):
            da = da.to(v["dh_next"].dtype)  # a choice between constants comes in the finest type
        da = say("da", da)
        return Slopes({"a": da}, {"a": da}, {})

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """From a ``torch.nn.RNNCell``."""
        return cls(nonlinearity=module.nonlinearity), super().of(module)[1]


CONCEPT = Concept(
    name="rnn_cell",
    kind="layer",
    summary="One step of a simple recurrent network: input and state are added up with weights and squashed.",
    build=rnn_cell,
    aliases=("elman_cell", "simple_rnn_cell"),
    equation=r"h_t = \tanh(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})",
    derivative=(
        r"\delta_t = \left(1 - h_t^2\right) \frac{\partial L}{\partial h_t},\; "
        r"\frac{\partial L}{\partial h_{t-1}} = W_{hh}^\top \delta_t,\; "
        r"\frac{\partial L}{\partial W_{hh}} = \delta_t h_{t-1}^\top,\; "
        r"\frac{\partial L}{\partial W_{ih}} = \delta_t x_t^\top"
    ),
    symbols={
        "x": "input of the step (N, I)",
        "h": "state (N, H); zero before the first step",
        "W_ih": "weights of the input (H, I)",
        "W_hh": "weights of the state (H, H)",
        "b_ih, b_hh": "biases (H); only their sum matters",
    },
    when="To see how recurrence works, and for short memories; else an LSTM or a GRU.",
    pitfalls=(
        "Every step back multiplies the gradient by W_hh and a slope of at most 1: over many steps it "
        "vanishes, or explodes with large weights. Clip the norm of the gradient.",
        "With relu the state is not bounded and may grow without end.",
    ),
    conventions=(
        "PyTorch (and cuDNN) learn two biases of which only the sum matters; Keras learns one.",
        "Parameters: H (I + H + 2) in PyTorch, H (I + H + 1) with one bias.",
        "This is Elman's network, whose state feeds back; in Jordan's the output does.",
        "The slope of relu at 0 is 0.",
    ),
    source="Elman 1990, Finding structure in time, Cognitive Science 14.",
    rule=RNNCellRule.of,
    worked=worked_forward(
        rnn_cell,
        RNNCellRule.of,
        settings={"input_size": 1, "hidden_size": 1},
        inputs={"x": [[0.5]], "h": [[-0.2]]},
        parameters={"weight_ih": [[0.6]], "weight_hh": [[0.9]], "bias_ih": [0.1], "bias_hh": [0.0]},
        output="h_next",
        at=(0, 0),
    ),
)
