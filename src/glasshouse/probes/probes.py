"""Looking at every layer while it trains, at some of the steps, without changing anything."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np
import torch
from torch import nn

from glasshouse.models.head import in_head
from glasshouse.probes.scalars import Activations, Lengths, lengths_of, look_at

NOTHING = [math.nan] * 3
COLUMNS = (
    "activation_mean",
    "activation_spread",
    "activation_zeros",
    "gradient_norm",
    "weight_norm",
    "relative_update",
)

Noted = tuple[int, Mapping[str, Activations], Sequence[float], Sequence[float], Sequence[float]]
"""A step, what was taken from the outputs of its layers, and lengths of gradients, weights and moves. The
arithmetic waits for a moment in which there is much of it: between two steps it is slower than it looks."""


class Probes:
    r"""Statistics of activations, gradients and updates, per layer, at every ``every``-th step.

    For a layer with outputs h, weights w (bias included), their gradient g and the change of the step
    :math:`\Delta w`:

    .. math:: \bar h,\; \sqrt{\overline{h^2} - \bar h^2},\; \overline{[h = 0]},\;
        \lVert g \rVert,\; \lVert w \rVert,\; \lVert \Delta w \rVert / \lVert w \rVert

    A look only reads: it draws no random numbers and changes no tensor, so training with probes ends with
    the same weights, bit for bit, as training without.

    Used around one optimizer step::

        with probes.look(step):      # attaches itself when it is this step's turn
            forward, backward
            probes.before_update()   # gradients are complete, weights still old
            optimizer.step()
                                     # leaving the block notes the new weights

    Args:
        network: The network under training.
        every: Steps from one look to the next, from 1; 0 never looks.
        within: Layers that are looked at, by name, each with all that is inside it; the empty name stands for
            the whole network.

    Attributes:
        looking: Whether this step is one that is looked at.
        parameters: Those whose lengths are measured, layer by layer.

    Example:
        >>> network = nn.Sequential(nn.Linear(1, 1, bias=False), nn.ReLU())
        >>> _ = nn.init.constant_(network[0].weight, 2.0)
        >>> optimizer, probes = torch.optim.SGD(network.parameters(), lr=0.5), Probes(network, every=1)
        >>> with probes.look(0):
        ...     network(torch.tensor([[3.0]])).sum().backward()
        ...     probes.before_update()
        ...     optimizer.step()
        >>> linear, relu = probes.rows
        >>> linear["activation_mean"], linear["gradient_norm"], linear["weight_norm"]
        (6.0, 3.0, 0.5)
        >>> relu["activation_zeros"]
        0.0
    """

    def __init__(self, network: nn.Module, every: int, within: Sequence[str] = ("",)) -> None:
        self.every = every
        self._rows: list[dict[str, Any]] = []
        self._noted: list[Noted] = []
        self.looking = False
        self._hooks = True
        self._step = 0
        self._handles: list[torch.utils.hooks.RemovableHandle] = []
        self._seen: dict[str, Activations] = {}
        self._lengths: Lengths | None = None
        self._measured = False
        self._quiet = np.errstate()
        leaves = [each for each in network.named_modules() if not any(each[1].children())]
        self._places = {name or type(leaf).__name__: place for place, (name, leaf) in enumerate(leaves)}
        self._layers = {name or type(leaf).__name__: leaf for name, leaf in leaves if in_head(name, within)}
        self._weights = {
            name: [each for each in module.parameters(recurse=False) if each.requires_grad]
            for name, module in self._layers.items()
        }
        self.parameters = [each for weights in self._weights.values() for each in weights]

    def due(self, step: int) -> bool:
        """Whether step number ``step`` (from 0) is one to look at."""
        return self.every > 0 and step % self.every == 0

    def look(self, step: int, *, hooks: bool = True) -> Self:
        """Prepare for step number ``step`` (from 0); to be entered with ``with``.

        Args:
            step: The step.
            hooks: Whether the layers are called as modules. Who computes their outputs otherwise passes them
                to :meth:`saw`.
        """
        self._step = step
        self.looking = self.due(step)
        self._hooks = hooks
        return self

    def saw(self, name: str, output: torch.Tensor) -> None:
        """Take note of the outputs of a layer in this look; of several batches the first counts.

        Args:
            name: As in ``network.named_modules()``, or the class's name where the network is one layer.
            output: What came out.
        """
        if name not in self._seen:
            self._seen[name] = look_at(output.detach() if output.requires_grad else output)

    def __enter__(self) -> Self:
        self._seen = {}
        if self.looking:
            self._quiet = np.errstate(all="ignore")  # what overflows is seen in the rows
            self._quiet.__enter__()
        if self.looking and self._hooks:
            for name, module in self._layers.items():
                self._handles.append(module.register_forward_hook(self._listener(name)))
        return self

    def before_update(self) -> None:
        """Note gradients and old weights; call it right before the optimizer's step."""
        if self.looking:
            self._stop_listening()  # the forward passes of this step are over
            if self._lengths is None or not self._lengths.lasting():
                self._lengths = lengths_of(self.parameters)
            with torch.no_grad():
                self._lengths.before()
            self._measured = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop_listening()
        if self.looking and kind is None and self._measured and self._lengths is not None:
            self._note(self._lengths)
        if self.looking:
            self._quiet.__exit__(kind, error, trace)
        self.looking = self._measured = False
        self._seen = {}

    def _stop_listening(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def _listener(self, name: str) -> Any:
        def listen(_module: nn.Module, _inputs: Any, output: Any) -> None:
            output = output[0] if isinstance(output, tuple) else output
            if isinstance(output, torch.Tensor) and output.is_floating_point():
                self.saw(name, output)

        return listen

    def _note(self, lengths: Lengths) -> None:
        """Take down what was seen in this look."""
        self.note(self._step, self._seen, *lengths.measured())

    def note(
        self,
        step: int,
        seen: Mapping[str, Activations],
        gradient: Sequence[float],
        weight: Sequence[float],
        move: Sequence[float],
    ) -> None:
        """Take down what somebody saw at a step; it becomes rows when somebody asks for them.

        Args:
            step: Its number, from 0.
            seen: What was taken from the outputs of every layer, by name.
            gradient: For each of :attr:`parameters` the length of its gradient.
            weight: Its own length after the update.
            move: That of its move.
        """
        self._noted.append((step, seen, gradient, weight, move))

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What was seen so far, a mapping per look and layer; a number that does not exist is ``None``."""
        for noted in self._noted:
            self._rows.extend(self._rows_of(*noted))
        self._noted = []
        return self._rows

    def taken(self) -> list[dict[str, Any]]:
        """The rows, which are forgotten."""
        rows, self._rows = self.rows, []
        return rows

    def _rows_of(
        self,
        step: int,
        seen: Mapping[str, Activations],
        gradient: Sequence[float],
        weight: Sequence[float],
        move: Sequence[float],
    ) -> Iterator[dict[str, Any]]:
        activations = {name: found.statistics() for name, found in seen.items()}
        place = 0
        for name, own in self._weights.items():
            mine = slice(place, place + len(own))
            place += len(own)
            if name not in activations and not own:
                continue
            values = [*activations.get(name, NOTHING)]
            if own:
                size = math.hypot(*weight[mine])
                moved = math.hypot(*move[mine]) / size if size else math.nan
                values += [math.hypot(*gradient[mine]), size, moved]
            else:
                values += NOTHING
            row: dict[str, Any] = {"step": step, "position": self._places[name], "layer": name}
            for key, value in zip(COLUMNS, values, strict=True):
                row[key] = value if math.isfinite(value) else None
            yield row


def interval(every: int | str, planned_steps: int) -> int:
    """Steps from one look to the next: as asked, or for about 200 looks at least 200 steps apart.

    Args:
        every: A number of steps, 0 for no looks, or ``"auto"``.
        planned_steps: Optimizer steps that training is to take.

    Example:
        >>> interval("auto", 100_000), interval("auto", 400), interval(7, 400)
        (500, 200, 7)
    """
    return every if isinstance(every, int) else max(200, planned_steps // 200)
