"""GRU cell: one gate mixes the old state with a candidate, another decides what the candidate sees of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import nn

from glasshouse.core.arithmetic import Quantity, named, sigmoid, tanh
from glasshouse.core.checks import one_of, whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.expression import Expression, total, wrap
from glasshouse.core.rule import Tensors
from glasshouse.core.worked import worked_forward
from glasshouse.layers.recurrent_cell_rule import Quantities, RecurrentCell, Say, Slopes, affine
from glasshouse.layers.recurrent_checks import check_input, check_state

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
            it (Cho et al., Keras with ``reset_after=False``).

    Returns:
        A ``torch.nn.GRUCell``, or for ``"before"`` a cell of ours with the same parameters.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Cho et al. 2014, Learning phrase representations using RNN encoder-decoder, arXiv 1406.1078.

    Example:
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


class ResetBeforeGRUCell(nn.Module):
    """The GRU of the first paper: the reset gate acts on the state before the matrix product.

    Its parameters have the names, shapes and order (r, z, n) of ``torch.nn.GRUCell``, so that a state_dict of
    one loads into the other.

    Shapes: x (N, I) or (I), h (N, H) or (H), zero if left out; h' like h.

    Args:
        input_size: Numbers per step that go in, I, at least 1.
        hidden_size: Numbers of the state, H, at least 1.
        bias: Whether the two biases are learnt.

    Raises:
        ModelError: x or h does not fit.

    Source:
        Cho et al. 2014, arXiv 1406.1078.

    Example:
        >>> cell = ResetBeforeGRUCell(3, 5)
        >>> result = cell.load_state_dict(nn.GRUCell(3, 5).state_dict())
        >>> cell(torch.ones(2, 3)).shape
        torch.Size([2, 5])
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True) -> None:
        super().__init__()
        self.input_size = whole_number("input_size", input_size, at_least=1)
        self.hidden_size = whole_number("hidden_size", hidden_size, at_least=1)
        self.weight_ih = nn.Parameter(torch.empty(3 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(3 * hidden_size, hidden_size))
        self.bias_ih = nn.Parameter(torch.empty(3 * hidden_size)) if bias else None
        self.bias_hh = nn.Parameter(torch.empty(3 * hidden_size)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Uniform between -1 and 1 over the root of the hidden size, as in PyTorch's cells."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(self, x: torch.Tensor, h: torch.Tensor | None = None) -> torch.Tensor:
        """The next state."""
        check_input("x", x, self.input_size)
        fitting = (*x.shape[:-1], self.hidden_size)
        h = x.new_zeros(fitting) if h is None else h
        check_state("h", h, fitting, x)
        size = self.hidden_size
        x_r, x_z, x_n = affine(x, self.weight_ih, self.bias_ih).chunk(3, -1)
        gates, candidate = slice(2 * size), slice(2 * size, None)
        bias = self.bias_hh
        h_r, h_z = affine(h, self.weight_hh[gates], None if bias is None else bias[gates]).chunk(2, -1)
        r, z = torch.sigmoid(x_r + h_r), torch.sigmoid(x_z + h_z)
        h_n = affine(r * h, self.weight_hh[candidate], None if bias is None else bias[candidate])
        n = torch.tanh(x_n + h_n)
        return (1 - z) * n + z * h

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return f"{self.input_size}, {self.hidden_size}, bias={self.bias_ih is not None}"


@dataclass(frozen=True)
class GRUCellRule(RecurrentCell):
    """Reset after the product: ``m = W_hn h + b_hn``, ``n = tanh(W_in x + b_in + r m)``."""

    gates: ClassVar[tuple[str, ...]] = ("r", "z", "n")
    kept: ClassVar[tuple[str, ...]] = ("r", "z", "m", "n", "h_next")

    def step(self, x: Quantities, h: Quantities, states: Quantities, say: Say) -> dict[str, Quantity]:
        """Reset, update, candidate, mixture."""
        r = say("r", sigmoid(x["r"] + h["r"]))
        z = say("z", sigmoid(x["z"] + h["z"]))
        m = say("m", h["n"])
        n = say("n", tanh(x["n"] + r * m))
        return {"r": r, "z": z, "m": m, "n": n, "h_next": (1 - z) * n + z * states["h"]}

    def slopes(self, v: Quantities, say: Say) -> Slopes:
        """The state is reached directly (z), and through every gate."""
        r, z, n, h, dh = v["r"], v["z"], v["n"], v["h"], v["dh_next"]
        da_n = say("da_n", self.candidate_slope(v))
        da_z = say("da_z", dh * (h - n) * z * (1 - z))
        da_r = say("da_r", da_n * v["m"] * r * (1 - r))
        dm = say("dm", da_n * r)
        return Slopes({"r": da_r, "z": da_z, "n": da_n}, {"r": da_r, "z": da_z, "n": dm}, {"h": dh * z})

    def candidate_slope(self, v: Quantities) -> Quantity:
        """The gradient by what the candidate's tanh takes."""
        return v["dh_next"] * (1 - v["z"]) * (1 - v["n"] ** 2)

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """From a ``torch.nn.GRUCell`` or a :class:`ResetBeforeGRUCell`; the cell says which rule it is."""
        before = isinstance(module, ResetBeforeGRUCell)
        kind: Any = ResetBeforeGRUCellRule if before else GRUCellRule
        return kind(), {name: each for name, each in module.named_parameters() if name in cls.parameters}


@dataclass(frozen=True)
class ResetBeforeGRUCellRule(GRUCellRule):
    """Reset before the product: ``n = tanh(W_in x + b_in + W_hn (r h) + b_hn)``."""

    kept: ClassVar[tuple[str, ...]] = ("r", "z", "n", "h_next")

    def step(self, x: Quantities, h: Quantities, states: Quantities, say: Say) -> dict[str, Quantity]:
        """Reset, update, candidate, mixture; the reset already acted on what ``h["n"]`` sums up."""
        r = say("r", sigmoid(x["r"] + h["r"]))
        z = say("z", sigmoid(x["z"] + h["z"]))
        n = say("n", tanh(x["n"] + h["n"]))
        return {"r": r, "z": z, "n": n, "h_next": (1 - z) * n + z * states["h"]}

    def slopes(self, v: Quantities, say: Say) -> Slopes:
        """As after the product, but all candidates reach each ``r h`` (``drh``) through the weights."""
        r, z, n, h, dh, drh = v["r"], v["z"], v["n"], v["h"], v["dh_next"], v["drh"]
        through = {
            "r": say("da_r", drh * h * r * (1 - r)),
            "z": say("da_z", dh * (h - n) * z * (1 - z)),
            "n": say("da_n", self.candidate_slope(v)),
        }
        return Slopes(through, through, {"h": dh * z + drh * r})

    def takes_state(self, gate: str) -> bool:
        """The candidate sees ``r h``; what comes back from there is among the states' direct slopes."""
        return gate != "n"

    def from_state(self, v: Tensors) -> dict[str, torch.Tensor]:
        """For the candidate the weights are multiplied with ``r h``."""
        gates = super().from_state(v)
        x_r = self.split(affine(v["x"], v["weight_ih"], v.get("bias_ih")))["r"]
        reset = torch.sigmoid(x_r + gates["r"]) * v["h"]
        gates["n"] = self.split(affine(reset, v["weight_hh"], v.get("bias_hh")))["n"]
        return gates

    def fed(self, v: Tensors, gate: str) -> torch.Tensor:
        """``r h`` for the candidate."""
        return v["r"] * v["h"] if gate == "n" else v["h"]

    def fed_leaf(self, saved: Tensors, gate: str, place: Sequence[int]) -> Expression:
        """``r h`` for the candidate, with r as a named step."""
        state = self.leaf(saved, "h", place)
        if gate != "n":
            return state
        at = tuple(place)
        r = sigmoid(self._sum(saved, "ih", "r", at) + self._sum(saved, "hh", "r", at))
        return wrap(named("r" + self.suffix, r, at) * state)

    def gradient_tensors(self, v: Tensors, gradients: Tensors) -> dict[str, Quantity]:
        """Also ``drh``, the gradient by the reset state."""
        given = super().gradient_tensors(v, gradients)
        weight = v["weight_hh"].chunk(3)[2]
        return {**given, "drh": self.candidate_slope(given) @ weight}

    def gradient_leaves(
        self, saved: Tensors, gradients: Tensors, place: Sequence[int]
    ) -> dict[str, Quantity]:
        """Also ``drh``, written out over the candidates that it reaches."""
        *sample, j = place
        weight = saved["weight_hh" + self.suffix]
        reached = [
            self.candidate_slope(
                super(ResetBeforeGRUCellRule, self).gradient_leaves(saved, gradients, (*sample, k))
            )
            * self.leaf(saved, "weight_hh", (self._row(saved, "n", k), j))
            for k in range(weight.shape[1])
        ]
        drh = named("drh" + self.suffix, total(reached), tuple(place))
        return {**super().gradient_leaves(saved, gradients, place), "drh": drh}


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
        "Reset after the product r (U_n h + b_hn): PyTorch, cuDNN and Keras's default "
        "(reset_after=True). Reset "
        "before it, U_n (r h): the third version of Cho et al. 2014 on arXiv and Keras with "
        "reset_after=False.",
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
