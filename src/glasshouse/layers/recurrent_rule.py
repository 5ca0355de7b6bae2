"""The rule of recurrent layers over time: a cell's rule, step after step, layer after layer.

Backward it is backpropagation through time: the gradients by the states go back step by step, then every
weight takes the sum over the steps that it served. Truncated backpropagation through time is this on a piece
of the sequence, whose first states are the last ones of the piece before, cut off (``h.detach()``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple

import torch
import torch.nn.functional as F

from glasshouse.core.arithmetic import named
from glasshouse.core.errors import ModelError
from glasshouse.core.expression import Expression, total, wrap
from glasshouse.core.rule import Forward, Rule, Tensors, places
from glasshouse.layers.recurrent_cell_rule import RecurrentCell


class Track(NamedTuple):
    """One layer in one direction.

    Attributes:
        cell: Its cell, with the names of this layer and direction.
        layer: Which layer, from 0.
        backward_in_time: Whether it reads the sequence from its end.
        place: Its row in ``h`` and ``h_n``.
    """

    cell: RecurrentCell
    layer: int
    backward_in_time: bool
    place: int


@dataclass(frozen=True)
class Recurrent(Rule):
    r"""A cell over time: ``h_t = cell(x_t, h_{t-1})``, ``y_t = h_t`` of the last layer.

    Every layer above the first reads the states of the layer below (both directions side by side), which are
    saved as ``y_l0``, ``y_l1`` ... Gates and states are saved by the cell's names with PyTorch's endings, in
    the layout of x: ``i_l0[t,n,k]``, ``i_l0_reverse``; ``h_l0[t,n,k]`` is the state *before* step t and
    ``h_next_l0[t,n,k]`` the one after it.

    Dropout between the layers needs its masks as an input: ``mask`` (layers - 1, like the states side by side).

    Args:
        cell: The rule of one step.
        layers: How many layers are stacked.
        bidirectional: Whether a second cell reads the sequence from its end.
        batch_first: Whether x is (N, T, I) instead of (T, N, I).
        dropout: Probability of a zero between layers.
        training: Whether anything is dropped.
    """

    inputs: ClassVar[tuple[str, ...]] = ("x", "h", "mask")
    outputs: ClassVar[tuple[str, ...]] = ("y", "h_n")
    differentiable: ClassVar[tuple[str, ...]] = ("x", "h")
    SEED: ClassVar[int] = 0
    cell: RecurrentCell
    layers: int = 1
    bidirectional: bool = False
    batch_first: bool = False
    dropout: float = 0.0
    training: bool = False

    def forward(self, values: Tensors) -> Forward:
        """Layer after layer, direction after direction, step after step."""
        self._check(values)
        saved = dict(values)
        last: dict[str, list[torch.Tensor]] = {name: [] for name in self._states()}
        y = values["x"]
        for layer in range(self.layers):
            sides = []
            for track in self._tracks(layer):
                ended = self._run(track, saved)
                for name, state in ended.items():
                    last[name].append(state)
                sides.append(saved["h_next" + track.cell.suffix])
            y = torch.cat(sides, -1)
            if layer < self.layers - 1:
                saved[f"y_l{layer}"] = y = self._dropped(y, saved, layer)
        return Forward({"y": y, **{f"{name}_n": torch.stack(each) for name, each in last.items()}}, saved)

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """Backpropagation through time, from the last layer to the first."""
        totals, dy = self._through_time(saved, gradients)
        result = {"x": dy}
        first: dict[str, list[torch.Tensor]] = {name: [] for name in self._states()}
        for track in self._all_tracks():
            back = track.cell.backward(saved, totals[track.cell.suffix])
            for name, rows in first.items():
                rows.append(
                    back[name + track.cell.suffix].select(self._axis(saved), self._start(track, saved))
                )
            result |= {name: each for name, each in back.items() if name in self._learnt(track, saved)}
        result |= {name: torch.stack(rows) for name, rows in first.items() if name in saved}
        return result

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The last cell's equations; the states before that step are leaves, saved by name.

        ``output`` may also be a saved name, such as ``h_next_l0`` or ``i_l1_reverse``: so the arithmetic is
        followed back through layers and time, one step at a time.
        """
        if output == "y":
            size = self._size(saved)
            track = self._tracks(self.layers - 1)[index[-1] // size]
            return track.cell.expand(saved, "h_next", (*index[:-1], index[-1] % size))
        state = output.removesuffix("_n")
        if output in self.outputs:
            track = self._all_tracks()[index[0]]
            at = self._at(saved, self._end(track, saved), index[1:])
            return track.cell.expand(saved, f"{state}_next", at)
        for track in self._all_tracks():
            if output in (name + track.cell.suffix for name in track.cell.kept):
                return track.cell.expand(saved, output.removesuffix(track.cell.suffix), index)
        raise KeyError(output)

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """For a weight the sum over the steps, each of them named ``step``.

        The gradients by the states after each step, which carry everything that comes later, are leaves:
        ``dh_next_l0[t,n,k]``.
        """
        totals, _ = self._through_time(saved, gradients)
        if name == "x":
            shares = [
                t.cell.expand_gradient(saved, totals[t.cell.suffix], "x", index) for t in self._tracks(0)
            ]
            if len(shares) == 1:
                return shares[0]
            return total(
                [wrap(named(way, each)) for way, each in zip(("ahead", "back"), shares, strict=True)]
            )
        if name in self._states():
            track = self._all_tracks()[index[0]]
            at = self._at(saved, self._start(track, saved), index[1:])
            return track.cell.expand_gradient(saved, totals[track.cell.suffix], name + track.cell.suffix, at)
        track = next(each for each in self._all_tracks() if name in self._learnt(each, saved))
        steps = []
        for t in range(self._steps(saved)):
            samples = [self._at(saved, t, each) for each in places(self._sample_shape(saved))]
            shares = [
                track.cell.share(saved, totals[track.cell.suffix], name, index, each) for each in samples
            ]
            steps.append(wrap(named("step", total(shares), (t,))))
        return total(steps)

    def differentiated(self, values: Tensors) -> list[str]:
        """Input and first states that are given, and the parameters of every layer and direction."""
        given = [name for name in self.differentiable if name in values]
        return given + [name for track in self._all_tracks() for name in self._learnt(track, values)]

    def call(self, module: Any, values: Tensors) -> dict[str, torch.Tensor]:
        """The module's answer; where it drops, it draws with the seed ``SEED``."""
        states = [values.get(name) for name in self._states()]
        given = next((state for state in states if state is not None), None)
        first: Any = None
        if given is not None:
            filled = [torch.zeros_like(given) if state is None else state for state in states]
            first = filled[0] if len(filled) == 1 else tuple(filled)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.SEED)
            y, last = module(values["x"], first)
        return dict(zip(self.outputs, (y, *(last if isinstance(last, tuple) else (last,))), strict=True))

    def masks(self, x: torch.Tensor, size: int) -> torch.Tensor:
        """The masks that PyTorch draws between the layers with the seed ``SEED``.

        Args:
            x: The input.
            size: The hidden size.

        Returns:
            (layers - 1, ...): 1 where a number is kept, 0 where it is dropped, in the layout of x.
        """
        wide = size * (2 if self.bidirectional else 1)
        turned = x.transpose(0, 1) if self._axis({"x": x}) == 1 else x
        shape = (*turned.shape[:-1], wide)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.SEED)
            drawn = [F.dropout(x.new_ones(shape), self.dropout) != 0 for _ in range(self.layers - 1)]
        masks = torch.stack(drawn).to(x.dtype)
        return masks.transpose(1, 2) if turned is not x else masks

    def _run(self, track: Track, saved: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """One layer in one direction; saves states and gates at every step, gives the last states."""
        cell, axis = track.cell, self._axis(saved)
        x, learnt = saved[cell.source], {name: saved[name] for name in self._learnt(track, saved)}
        size = self._size(saved)
        state = {
            name: saved[name][track.place]
            if name in saved
            else x.new_zeros((*self._sample_shape(saved), size))
            for name in self._states()
        }
        kept: dict[int, dict[str, torch.Tensor]] = {}
        for t in self._order(track, saved):
            before = {name + cell.suffix: tensor for name, tensor in state.items()}
            made = cell.forward({cell.source: x.select(axis, t), **before, **learnt})
            state = {name: made.outputs[f"{name}_next"] for name in state}
            kept[t] = made.saved
        for name in (*self._states(), *cell.kept):
            full = name + cell.suffix
            saved[full] = torch.stack([kept[t][full] for t in range(len(kept))], axis)
        return state

    def _through_time(
        self, saved: Tensors, gradients: Tensors
    ) -> tuple[dict[str, dict[str, torch.Tensor]], torch.Tensor]:
        """The whole gradient by the states after each step, by ending and output; and the one by x."""
        totals: dict[str, dict[str, torch.Tensor]] = {}
        dy, size = gradients["y"], self._size(saved)
        for layer in reversed(range(self.layers)):
            below = []
            for side, track in enumerate(self._tracks(layer)):
                mine = self._sweep(track, saved, gradients, dy[..., side * size : (side + 1) * size])
                totals[track.cell.suffix] = mine
                below.append(track.cell.backward(saved, mine)[track.cell.source])
            dy = below[0] if len(below) == 1 else below[0] + below[1]
            if layer:
                dy = self._dropped(dy, saved, layer - 1)
        return totals, dy

    def _sweep(
        self, track: Track, saved: Tensors, gradients: Tensors, dy: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """Back in time: what comes from y, and what comes from the step after."""
        cell, axis = track.cell, self._axis(saved)
        over_time = [cell.source, *(name + cell.suffix for name in (*self._states(), *cell.kept))]
        learnt = {name: saved[name] for name in self._learnt(track, saved)}
        arriving = {name: gradients[f"{name}_n"][track.place] for name in self._states()}
        kept: dict[int, dict[str, torch.Tensor]] = {}
        for t in reversed(list(self._order(track, saved))):
            arriving["h"] = arriving["h"] + dy.select(axis, t)
            kept[t] = {f"{name}_next": tensor for name, tensor in arriving.items()}
            at = {name: saved[name].select(axis, t) for name in over_time}
            back = cell.to_states({**at, **learnt}, kept[t])
            arriving = {name: back[name + cell.suffix] for name in arriving}
        return {name: torch.stack([kept[t][name] for t in range(len(kept))], axis) for name in cell.outputs}

    def _dropped(self, x: torch.Tensor, saved: Tensors, layer: int) -> torch.Tensor:
        if not self.training or not self.dropout:
            return x
        return x * saved["mask"][layer] / (1 - self.dropout)

    def _tracks(self, layer: int) -> list[Track]:
        source, both = f"y_l{layer - 1}" if layer else "x", 2 if self.bidirectional else 1
        endings = (f"_l{layer}", f"_l{layer}_reverse")[:both]
        return [
            Track(replace(self.cell, suffix=ending, source=source), layer, side == 1, layer * both + side)
            for side, ending in enumerate(endings)
        ]

    def _all_tracks(self) -> list[Track]:
        return [track for layer in range(self.layers) for track in self._tracks(layer)]

    def _states(self) -> tuple[str, ...]:
        return self.cell.inputs[1:]

    def _learnt(self, track: Track, values: Tensors) -> list[str]:
        names = (name + track.cell.suffix for name in track.cell.parameters)
        return [name for name in names if name in values]

    def _axis(self, saved: Tensors) -> int:
        """The axis of time."""
        return 1 if self.batch_first and saved["x"].dim() == 3 else 0

    def _steps(self, saved: Tensors) -> int:
        return saved["x"].shape[self._axis(saved)]

    def _size(self, saved: Tensors) -> int:
        return saved["weight_hh_l0"].shape[1]

    def _sample_shape(self, saved: Tensors) -> tuple[int, ...]:
        shape, axis = saved["x"].shape[:-1], self._axis(saved)
        return (*shape[:axis], *shape[axis + 1 :])

    def _order(self, track: Track, saved: Tensors) -> Iterator[int]:
        steps = range(self._steps(saved))
        return reversed(steps) if track.backward_in_time else iter(steps)

    def _start(self, track: Track, saved: Tensors) -> int:
        return self._steps(saved) - 1 if track.backward_in_time else 0

    def _end(self, track: Track, saved: Tensors) -> int:
        return 0 if track.backward_in_time else self._steps(saved) - 1

    def _at(self, saved: Tensors, t: int, rest: Sequence[int]) -> tuple[int, ...]:
        """The place in the layout of x, out of a step and the other axes."""
        axis = self._axis(saved)
        return (*rest[:axis], t, *rest[axis:])

    def _check(self, values: Tensors) -> None:
        x, size = values["x"], self._size(values)
        if x.dim() not in (2, 3) or not self._steps(values):
            raise ModelError(
                f"x of shape {tuple(x.shape)}",
                expected="(T, N, I), (N, T, I) with batch_first, or (T, I), with T at least 1",
                fix="give at least one step",
            )
        fitting = (len(self._all_tracks()), *self._sample_shape(values), size)
        for name in self._states():
            if name in values and tuple(values[name].shape) != fitting:
                raise ModelError(
                    f"{name} of shape {tuple(values[name].shape)} beside x of shape {tuple(x.shape)}",
                    expected=f"{name} of shape {fitting}: layers times directions, batch, hidden size",
                    fix=f"start with torch.zeros{fitting}, or leave {name} out",
                )
        if self.training and self.dropout and self.layers > 1 and "mask" not in values:
            raise ModelError(
                f"dropout {self.dropout} in training without a mask",
                expected=f"mask of shape ({self.layers - 1}, ...) like the states side by side",
                fix="give rule.masks(x, hidden_size), or put the module into evaluation: module.eval()",
            )
