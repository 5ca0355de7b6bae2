"""The rule of recurrent layers over time: a cell's rule, step after step, layer after layer.

Backward it is backpropagation through time: the gradients by the states go back step by step, then every
weight takes the sum over the steps that it served. Truncated backpropagation through time is this on a piece
of the sequence, whose first states are the last ones of the piece before, cut off (``h.detach()``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
import torch.nn.functional as F

from glasshouse.core.arithmetic import named
from glasshouse.core.errors import ModelError
from glasshouse.core.expression import Expression, total, wrap
from glasshouse.core.rule import Forward, Rule, Tensors, places
from glasshouse.layers.recurrent_cell_rule import RecurrentCell
from glasshouse.layers.recurrent_checks import check_state
from glasshouse.layers.recurrent_layout import Layout, Track

Totals = dict[str, dict[str, torch.Tensor]]
"""The whole gradients by the states after each step: by the ending of layer and direction, and by output."""


@dataclass(frozen=True)
class Recurrent(Rule):
    r"""A cell over time: ``h_t = cell(x_t, h_{t-1})``, ``y_t = h_t`` of the last layer.

    Every layer above the first reads the states of the layer below (both directions side by side), which are
    saved as ``y_l0``, ``y_l1`` ... Gates and states are saved by the cell's names with PyTorch's endings, in
    the layout of x: ``i_l0[t,n,k]``, ``i_l0_reverse[t,n,k]``. ``h_l0[t,n,k]`` is the state *before* step t,
    ``h_next_l0[t,n,k]`` the one after it.

    Dropout between the layers needs its masks as an input: ``mask``, see :meth:`masks`.

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
        saved, y = dict(values), values["x"]
        last: dict[str, list[torch.Tensor]] = {name: [] for name in self._states}
        for layer in range(self.layers):
            tracks = self._tracks(layer)
            for track in tracks:
                for name, state in self._run(track, saved).items():
                    last[name].append(state)
            y = torch.cat([saved["h_next" + track.cell.suffix] for track in tracks], -1)
            if layer < self.layers - 1:
                saved[f"y_l{layer}"] = y = self._dropped(y, saved, layer)
        return Forward({"y": y, **{f"{name}_n": torch.stack(each) for name, each in last.items()}}, saved)

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """Backpropagation through time, from the last layer to the first."""
        totals, dx = self._through_time(saved, gradients)
        layout, result = self._layout(saved), {"x": dx}
        first: dict[str, list[torch.Tensor]] = {name: [] for name in self._states}
        for track in self._all_tracks():
            back = track.cell.backward(saved, totals[track.cell.suffix])
            for name, rows in first.items():
                start = track.order(layout)[0]
                rows.append(back[name + track.cell.suffix].select(layout.axis, start))
            result |= {name: back[name] for name in track.learnt(dict(saved))}
        return result | {name: torch.stack(rows) for name, rows in first.items() if name in saved}

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The last cell's equations; the states before that step are leaves, saved by name.

        ``output`` may also be a saved name, such as ``h_next_l0`` or ``i_l1_reverse``: so the arithmetic is
        followed back through layers and time, one step at a time.

        Raises:
            KeyError: Nothing that was computed has that name.
        """
        if output == "y":
            side, unit = divmod(index[-1], saved["weight_hh_l0"].shape[1])
            return self._tracks(self.layers - 1)[side].cell.expand(saved, "h_next", (*index[:-1], unit))
        if output in self.outputs:
            track, layout = self._all_tracks()[index[0]], self._layout(saved)
            at = layout.place(track.order(layout)[-1], index[1:])
            return track.cell.expand(saved, output.replace("_n", "_next"), at)
        for track in self._all_tracks():
            if output in track.named(*track.cell.kept):
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
        layout = self._layout(saved)
        if name == "x":
            ways = [
                track.cell.expand_gradient(saved, totals[track.cell.suffix], self._source(0), index)
                for track in self._tracks(0)
            ]
            if len(ways) == 1:
                return ways[0]
            return total([wrap(named(way, each)) for way, each in zip(("ahead", "back"), ways, strict=True)])
        if name in self._states:
            track = self._all_tracks()[index[0]]
            at = layout.place(track.order(layout)[0], index[1:])
            own = name + track.cell.suffix
            return track.cell.expand_gradient(saved, totals[track.cell.suffix], own, at)
        track = next(each for each in self._all_tracks() if name in each.learnt(dict(saved)))
        mine, steps = totals[track.cell.suffix], []
        for t in range(layout.steps):
            samples = [layout.place(t, each) for each in places(layout.samples)]
            shares = [track.cell.share(saved, mine, name, index, sample) for sample in samples]
            steps.append(wrap(named("step", total(shares), (t,))))
        return total(steps)

    def differentiated(self, values: Tensors) -> list[str]:
        """Input and first states that are given, and the parameters of every layer and direction."""
        given = [name for name in self.differentiable if name in values]
        return given + [name for track in self._all_tracks() for name in track.learnt(dict(values))]

    def call(self, module: Any, values: Tensors) -> dict[str, torch.Tensor]:
        """The module's answer; where it drops, it draws with the seed ``SEED``."""
        states = [values.get(name) for name in self._states]
        given = next((state for state in states if state is not None), None)
        first: Any = None
        if given is not None:
            filled = [torch.zeros_like(given) if state is None else state for state in states]
            first = filled[0] if len(filled) == 1 else tuple(filled)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.SEED)
            y, last = module(values["x"], first)
        return dict(zip(self.outputs, (y, *(last if isinstance(last, tuple) else (last,))), strict=True))

    def masks(self, x: torch.Tensor, hidden_size: int) -> torch.Tensor:
        """The masks that PyTorch draws between the layers with the seed ``SEED``.

        Args:
            x: The input.
            hidden_size: Numbers of a state.

        Returns:
            (layers - 1, ...) and then the layout of x, with the states side by side on the last axis: 1 where
            a number is kept, 0 where it is dropped.
        """
        layout = self._layout({"x": x})
        wide = hidden_size * len(self._tracks(0))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.SEED)
            time_first = x.new_ones((layout.steps, *layout.samples, wide))
            drawn = [F.dropout(time_first, self.dropout) != 0 for _ in range(self.layers - 1)]
        return torch.stack(drawn).to(x.dtype).movedim(1, 1 + layout.axis)

    def _run(self, track: Track, saved: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """One layer in one direction; saves states and gates at every step, gives the last states."""
        cell, layout = track.cell, self._layout(saved)
        x, learnt = saved[cell.source], track.learnt(saved)
        zero = x.new_zeros((*layout.samples, saved["weight_hh_l0"].shape[1]))
        state = {name: saved[name][track.row] if name in saved else zero for name in self._states}
        kept: dict[int, Tensors] = {}
        for t in track.order(layout):
            before = {name + cell.suffix: tensor for name, tensor in state.items()}
            made = cell.forward({cell.source: x.select(layout.axis, t), **before, **learnt})
            state = {name: made.outputs[f"{name}_next"] for name in state}
            kept[t] = made.saved
        saved |= _over_time(kept, track.named(*self._states, *cell.kept), layout.axis)
        return state

    def _through_time(self, saved: Tensors, gradients: Tensors) -> tuple[Totals, torch.Tensor]:
        """The gradients by the states of all layers, and the one by x."""
        totals: Totals = {}
        dy = gradients["y"]
        for layer in reversed(range(self.layers)):
            below, tracks = [], self._tracks(layer)
            for track, mine in zip(tracks, dy.chunk(len(tracks), -1), strict=True):
                totals[track.cell.suffix] = swept = self._sweep(track, saved, gradients, mine)
                below.append(track.cell.backward(saved, swept)[track.cell.source])
            dy = torch.stack(below).sum(0)
            if layer:
                dy = self._dropped(dy, saved, layer - 1)
        return totals, dy

    def _sweep(
        self, track: Track, saved: Tensors, gradients: Tensors, dy: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """Back in time: what comes from y, and what comes from the step after."""
        cell, axis = track.cell, self._layout(saved).axis
        over_time = [cell.source, *track.named(*self._states, *cell.kept)]
        arriving = {name: gradients[f"{name}_n"][track.row] for name in self._states}
        kept: dict[int, Tensors] = {}
        for t in reversed(track.order(self._layout(saved))):
            arriving["h"] = arriving["h"] + dy.select(axis, t)
            kept[t] = {f"{name}_next": tensor for name, tensor in arriving.items()}
            at = {name: saved[name].select(axis, t) for name in over_time}
            back = cell.to_states({**at, **track.learnt(dict(saved))}, kept[t])
            arriving = {name: back[name + cell.suffix] for name in arriving}
        return _over_time(kept, cell.outputs, axis)

    def _dropped(self, x: torch.Tensor, saved: Tensors, layer: int) -> torch.Tensor:
        return x * saved["mask"][layer] / (1 - self.dropout) if self.training and self.dropout else x

    @property
    def _states(self) -> tuple[str, ...]:
        return self.cell.inputs[1:]

    def _source(self, layer: int) -> str:
        return f"y_l{layer - 1}" if layer else "x"

    def _tracks(self, layer: int) -> list[Track]:
        endings = [f"_l{layer}", f"_l{layer}_reverse"][: 2 if self.bidirectional else 1]
        cells = [replace(self.cell, suffix=ending, source=self._source(layer)) for ending in endings]
        return [Track(cell, side == 1, layer * len(cells) + side) for side, cell in enumerate(cells)]

    def _all_tracks(self) -> list[Track]:
        return [track for layer in range(self.layers) for track in self._tracks(layer)]

    def _layout(self, values: Tensors) -> Layout:
        return Layout.of(values["x"], self.batch_first)

    def _check(self, values: Tensors) -> None:
        x, size = values["x"], values["weight_hh_l0"].shape[1]
        fitting = (len(self._all_tracks()), *self._layout(values).samples, size)
        for name in self._states:
            if name in values:
                check_state(name, values[name], fitting, x)
        if self.training and self.dropout and "mask" not in values:
            raise ModelError(
                f"dropout {self.dropout} in training without a mask",
                expected=f"mask of shape ({self.layers - 1}, ...), one for each layer below another",
                fix="give rule.masks(x, hidden_size), or put the module into evaluation: module.eval()",
            )


def _over_time(kept: dict[int, Tensors], names: Sequence[str], axis: int) -> dict[str, torch.Tensor]:
    """Tensors of single steps, by step, become tensors with an axis of time."""
    return {name: torch.stack([kept[t][name] for t in range(len(kept))], axis) for name in names}
