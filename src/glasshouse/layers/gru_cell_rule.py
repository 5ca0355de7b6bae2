"""The rules of both GRU cells: reset after the matrix product, and before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch

from glasshouse.core.arithmetic import Quantity, named, sigmoid, tanh
from glasshouse.core.expression import Expression, total, wrap
from glasshouse.core.rule import Tensors
from glasshouse.layers.affine import affine
from glasshouse.layers.recurrent_cell_rule import Quantities, RecurrentCell, Say, Slopes
from glasshouse.layers.reset_before_gru_cell import ResetBeforeGRUCell


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
