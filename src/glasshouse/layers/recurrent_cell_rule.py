"""The rule that the simple recurrent cell, the LSTM cell and the GRU cells share.

They differ in one thing: which gates there are, and how gates and states make the next state. Each cell
writes that once, as equations that work on tensors and on readable arithmetic alike.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Self

import torch

from glasshouse.core.arithmetic import Quantity, named
from glasshouse.core.expression import Expression, Named, Number, total, wrap
from glasshouse.core.rule import Forward, Rule, Tensors, gradient_name, places
from glasshouse.layers.affine import affine, rows
from glasshouse.layers.recurrent_checks import check_input, check_state

Quantities = Mapping[str, Quantity]
"""Tensors, or the arithmetic of one element, by name."""
Say = Callable[[str, Quantity], Quantity]
"""Gives an intermediate result its name."""


class Slopes(NamedTuple):
    """Gradients right behind the gates.

    Attributes:
        from_x: By what reaches each gate from the input.
        from_h: By what reaches each gate from the state.
        states: By each state, on the ways that don't lead through a weight.
    """

    from_x: dict[str, Quantity]
    from_h: dict[str, Quantity]
    states: dict[str, Quantity]


@dataclass(frozen=True)
class RecurrentCell(Rule):
    r"""One step: gate ``k`` takes ``W_k x + b_k`` from the input and ``U_k h + b'_k`` from the state.

    The weights of the gates lie below each other in the order of ``gates``, as PyTorch has them: weight_ih
    (G H, I), weight_hh (G H, H), bias_ih and bias_hh (G H). All axes of x before the last count samples, so
    that a cell serves one sample, a batch, or a batch over time. A state that isn't given is zero.

    Args:
        suffix: What follows the names of states, gates and parameters: ``"_l0"`` for the first layer of a
            network over time, nothing for a cell alone.
        source: The name of the input.
    """

    inputs: ClassVar[tuple[str, ...]] = ("x", "h")
    outputs: ClassVar[tuple[str, ...]] = ("h_next",)
    parameters: ClassVar[tuple[str, ...]] = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    differentiable: ClassVar[tuple[str, ...]] = ("x", "h")
    gates: ClassVar[tuple[str, ...]] = ()
    kept: ClassVar[tuple[str, ...]] = ()
    suffix: str = ""
    source: str = "x"

    @abstractmethod
    def step(self, x: Quantities, h: Quantities, states: Quantities, say: Say) -> dict[str, Quantity]:
        """The equations of the cell: everything in ``kept``, by name.

        Args:
            x: What reaches each gate from the input.
            h: What reaches each gate from the state.
            states: The states before the step.
            say: Gives an intermediate result its name.
        """

    @abstractmethod
    def slopes(self, v: Quantities, say: Say) -> Slopes:
        """The equations backward.

        Args:
            v: States, everything in ``kept``, and the gradients of the outputs (``dh_next``).
            say: Gives an intermediate result its name.
        """

    def forward(self, values: Tensors) -> Forward:
        """The next states; the gates are saved by name."""
        v = self.own(values)
        x = self.split(affine(v["x"], v["weight_ih"], v.get("bias_ih")))
        states = {name: v[name] for name in self.inputs[1:]}
        made = self.step(x, self.from_state(v), states, _plain)
        saved = {name + self.suffix: made[name] for name in self.kept}
        return Forward({name: made[name] for name in self.outputs}, {**values, **saved})

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """Through the gates, then through the weights to the input and the states."""
        v, slopes = self._behind_gates(saved, gradients)
        from_x = torch.cat([slopes.from_x[gate] for gate in self.gates], -1)
        from_h = torch.cat([slopes.from_h[gate] for gate in self.gates], -1)
        result = {self.source: from_x @ v["weight_ih"], **self._to_states(v, slopes)}
        fed = [rows(slopes.from_h[gate]).mT @ rows(self.fed(v, gate)) for gate in self.gates]
        parameters = {
            "weight_ih": rows(from_x).mT @ rows(v["x"]),
            "weight_hh": torch.cat(fed),
            "bias_ih": rows(from_x).sum(0),
            "bias_hh": rows(from_h).sum(0),
        }
        result |= {name + self.suffix: gradient for name, gradient in parameters.items() if name in v}
        return {name: gradient for name, gradient in result.items() if name in saved}

    def to_states(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """The part of :meth:`backward` that a step back in time needs: the gradients by the states.

        Args:
            saved: What :meth:`forward` saved.
            gradients: The gradient by each output.
        """
        return self._to_states(*self._behind_gates(saved, gradients))

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The equations with the numbers of that place, every gate a named step.

        ``output`` may also be a saved gate, to see that alone.
        """
        place = tuple(index)
        x = {gate: self._sum(saved, "ih", gate, place) for gate in self.gates}
        h = {gate: self._sum(saved, "hh", gate, place) for gate in self.gates}
        states = {name: self.leaf(saved, name, place) for name in self.inputs[1:]}
        made = wrap(self.step(x, h, states, self._say(place))[output])
        return made.inner if isinstance(made, Named) else made

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """For input and state the gates that they reach; for a parameter the samples that it served."""
        *sample, j = place = tuple(index)
        if name == self.source:
            return total(self._through_weights(saved, gradients, "ih", sample, j))
        state = name.removesuffix(self.suffix)
        if state in self.inputs[1:]:
            direct = self._slopes_at(saved, gradients, place).states.get(state)
            through = self._through_weights(saved, gradients, "hh", sample, j) if state == "h" else []
            return total([*([] if direct is None else [wrap(direct)]), *through])
        samples = places(saved[self.source].shape[:-1])
        return total([self.share(saved, gradients, name, place, each) for each in samples])

    def share(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int], sample: Sequence[int]
    ) -> Expression:
        """What one sample adds to the gradient by a parameter.

        Args:
            saved: What :meth:`forward` saved.
            gradients: The gradient by each output.
            name: The parameter's name, with the suffix.
            index: Which element of it.
            sample: The place of the sample: all axes of x but the last.
        """
        kind, side = name.removesuffix(self.suffix).split("_")
        size = saved["weight_hh" + self.suffix].shape[1]
        gate, unit = self.gates[index[0] // size], index[0] % size
        slopes = self._slopes_at(saved, gradients, (*sample, unit))
        slope = wrap((slopes.from_x if side == "ih" else slopes.from_h)[gate])
        if kind == "bias":
            return slope
        return wrap(slope * self._multiplied(saved, side, gate, (*sample, index[1])))

    def differentiated(self, values: Tensors) -> list[str]:
        """Input, states and parameters that are given, by their names with the suffix."""
        mine = [self.source, *(name + self.suffix for name in (*self.differentiable[1:], *self.parameters))]
        return [name for name in mine if name in values]

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """From a cell of PyTorch, or one of ours that is laid out like those."""
        return cls(), {name: each for name, each in module.named_parameters() if name in cls.parameters}

    def own(self, values: Tensors) -> dict[str, torch.Tensor]:
        """Input, states, gates and parameters by their names without the suffix; missing states are zero."""
        names = (*self.inputs[1:], *self.kept, *self.parameters)
        v = {name: values[name + self.suffix] for name in names if name + self.suffix in values}
        x, fitting = values[self.source], (*values[self.source].shape[:-1], v["weight_hh"].shape[1])
        check_input(self.source, x, v["weight_ih"].shape[1])
        for name in self.inputs[1:]:
            check_state(name, v.setdefault(name, x.new_zeros(fitting)), fitting, x)
        return {"x": x, **v}

    def from_state(self, v: Tensors) -> dict[str, torch.Tensor]:
        """What reaches each gate from the state."""
        return self.split(affine(v["h"], v["weight_hh"], v.get("bias_hh")))

    def fed(self, v: Tensors, gate: str) -> torch.Tensor:
        """What the recurrent weights of a gate are multiplied with."""
        return v["h"]

    def fed_leaf(self, saved: Tensors, gate: str, place: Sequence[int]) -> Expression:
        """One number of that."""
        return self.leaf(saved, "h", place)

    def split(self, rows: torch.Tensor) -> dict[str, torch.Tensor]:
        """The numbers of each gate, out of those of all gates side by side."""
        return dict(zip(self.gates, rows.chunk(len(self.gates), -1), strict=True))

    def leaf(self, saved: Tensors, name: str, place: Sequence[int]) -> Number:
        """One number of a state, gate or parameter; of a state that wasn't given, zero."""
        full = name + self.suffix
        return Number(float(saved[full][tuple(place)]) if full in saved else 0.0, full, tuple(place))

    def gradient_leaves(
        self, saved: Tensors, gradients: Tensors, place: Sequence[int]
    ) -> dict[str, Quantity]:
        """What :meth:`slopes` takes, as leaves."""
        v: dict[str, Quantity] = {
            name: self.leaf(saved, name, place) for name in (*self.inputs[1:], *self.kept)
        }
        for name in self.outputs:
            full = gradient_name(name)
            v[full] = Number(float(gradients[name][tuple(place)]), full + self.suffix, tuple(place))
        return v

    def gradient_tensors(self, v: Tensors, gradients: Tensors) -> dict[str, Quantity]:
        """What :meth:`slopes` takes, as tensors."""
        return {**v, **{gradient_name(name): gradients[name] for name in self.outputs}}

    def _behind_gates(self, saved: Tensors, gradients: Tensors) -> tuple[dict[str, torch.Tensor], Slopes]:
        v = self.own(saved)
        return v, self.slopes(self.gradient_tensors(v, gradients), _plain)

    def _slopes_at(self, saved: Tensors, gradients: Tensors, place: Sequence[int]) -> Slopes:
        return self.slopes(self.gradient_leaves(saved, gradients, place), self._say(tuple(place)))

    def _to_states(self, v: Tensors, slopes: Slopes) -> dict[str, torch.Tensor]:
        result = {name + self.suffix: slopes.states.get(name) for name in self.inputs[1:]}
        blocks = v["weight_hh"].chunk(len(self.gates))
        for gate, block in zip(self.gates, blocks, strict=True):
            if self.takes_state(gate):
                through, before = slopes.from_h[gate] @ block, result["h" + self.suffix]
                result["h" + self.suffix] = through if before is None else before + through
        return {name: each for name, each in result.items() if each is not None}

    def takes_state(self, gate: str) -> bool:
        """Whether the recurrent weights of the gate see the state as it is."""
        return True

    def _sum(self, saved: Tensors, side: str, gate: str, place: tuple[int, ...]) -> Expression:
        """``W x + b`` or ``U h + b'`` of one unit of a gate."""
        *sample, unit = place
        row, wide = self._row(saved, gate, unit), saved[f"weight_{side}{self.suffix}"].shape[1]
        terms: list[Expression] = [
            self.leaf(saved, f"weight_{side}", (row, j)) * self._multiplied(saved, side, gate, (*sample, j))
            for j in range(wide)
        ]
        if f"bias_{side}{self.suffix}" in saved:
            terms.append(self.leaf(saved, f"bias_{side}", (row,)))
        return total(terms)

    def _multiplied(self, saved: Tensors, side: str, gate: str, place: tuple[int, ...]) -> Expression:
        if side == "hh":
            return self.fed_leaf(saved, gate, place)
        return Number(float(saved[self.source][place]), self.source, place)

    def _through_weights(
        self, saved: Tensors, gradients: Tensors, side: str, sample: Sequence[int], j: int
    ) -> list[Expression]:
        size = saved["weight_hh" + self.suffix].shape[1]
        terms: list[Expression] = []
        for unit in range(size):
            slopes = self._slopes_at(saved, gradients, (*sample, unit))
            of_side = slopes.from_x if side == "ih" else slopes.from_h
            for gate in self.gates:
                if side == "ih" or self.takes_state(gate):
                    row = self._row(saved, gate, unit)
                    terms.append(wrap(of_side[gate]) * self.leaf(saved, f"weight_{side}", (row, j)))
        return terms

    def _row(self, saved: Tensors, gate: str, unit: int) -> int:
        return self.gates.index(gate) * saved["weight_hh" + self.suffix].shape[1] + unit

    def _say(self, place: tuple[int, ...]) -> Say:
        return lambda name, quantity: named(name + self.suffix, quantity, place)


def _plain(_: str, quantity: Quantity) -> Quantity:
    return quantity
