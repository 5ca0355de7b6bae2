"""Looking at every layer while it trains, at some of the steps, without changing anything."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import torch
from torch import nn

SAMPLE = 32_768
"""Most activations per layer that one look counts; a layer with more is sampled by its first rows."""

COLUMNS = (
    "activation_mean",
    "activation_spread",
    "activation_zeros",
    "gradient_norm",
    "weight_norm",
    "relative_update",
)


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

    Attributes:
        rows: What was seen so far, a mapping per look and layer; a number that does not exist is ``None``.
        looking: Whether this step is one that is looked at.

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

    def __init__(self, network: nn.Module, every: int) -> None:
        self.every = every
        self.rows: list[dict[str, Any]] = []
        self.looking = False
        self._hooks = True
        self._step = 0
        self._handles: list[torch.utils.hooks.RemovableHandle] = []
        self._seen: dict[str, Activations] = {}
        self._gradients: list[torch.Tensor] = []
        self._before: list[torch.Tensor] = []
        self._layers = {
            name or type(module).__name__: module
            for name, module in network.named_modules()
            if not any(module.children())
        }
        self._weights = {
            name: [each for each in module.parameters(recurse=False) if each.requires_grad]
            for name, module in self._layers.items()
        }
        self._parameters = [each for weights in self._weights.values() for each in weights]

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
            self._seen[name] = look_at(output.detach())

    def __enter__(self) -> Self:
        self._seen = {}
        if self.looking and self._hooks:
            for name, module in self._layers.items():
                self._handles.append(module.register_forward_hook(self._listener(name)))
        return self

    def before_update(self) -> None:
        """Note gradients and old weights; call it right before the optimizer's step."""
        if self.looking:
            self._stop_listening()  # the forward passes of this step are over
            gradients = [each if each.grad is None else each.grad for each in self._parameters]
            norms = torch._foreach_norm(gradients) if gradients else []
            self._gradients = [
                norm.new_full((), math.nan) if each.grad is None else norm
                for each, norm in zip(self._parameters, norms, strict=True)
            ]
            self._before = [each.detach().clone() for each in self._parameters]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop_listening()
        if self.looking and kind is None and len(self._gradients) == len(self._parameters):
            self._note()
        self.looking = False
        self._seen, self._gradients, self._before = {}, [], []

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

    def _note(self) -> None:
        """Turn the tensors of this look into rows, with one transfer to the host."""
        with torch.no_grad():
            after = [each.detach() for each in self._parameters]
            weights = torch._foreach_norm(after) if after else []
            moves = torch._foreach_norm(torch._foreach_sub(after, self._before)) if after else []
        flat = [each for found in self._seen.values() for each in found.tensors]
        everything = [*flat, *self._gradients, *weights, *moves]
        numbers = torch.stack(everything).tolist() if everything else []
        activations = {}
        for number, (name, found) in enumerate(self._seen.items()):
            activations[name] = found.statistics(*numbers[4 * number : 4 * number + 4])
        start, count = len(flat), len(self._parameters)
        gradient, weight, move = (numbers[start + k * count : start + (k + 1) * count] for k in range(3))
        place = 0
        for position, (name, own) in enumerate(self._weights.items()):
            mine = slice(place, place + len(own))
            place += len(own)
            if name not in activations and not own:
                continue
            size = math.hypot(*weight[mine])
            norms = (
                (math.hypot(*gradient[mine]), size, math.hypot(*move[mine]) / size if size else math.nan)
                if own
                else (math.nan,) * 3
            )
            values = [*activations.get(name, [math.nan] * 3), *norms]
            row = {
                key: value if math.isfinite(value) else None
                for key, value in zip(COLUMNS, values, strict=True)
            }
            self.rows.append({"step": self._step, "position": position, "layer": name, **row})


@dataclass(frozen=True)
class Activations:
    """What is taken from a layer's outputs at once; the rest of the arithmetic waits for plain numbers.

    Args:
        rows: How many outputs were looked at.
        tensors: Scalars: one of the outputs, and of all outputs minus that one the sum, the sum of squares;
            last, how many outputs are not zero.
    """

    rows: int
    tensors: list[torch.Tensor]

    def statistics(self, shift: float, total: float, squares: float, filled: float) -> list[float]:
        """Mean, spread and share of zeros, from the scalars as numbers."""
        if not self.rows:
            return [math.nan] * 3
        mean = total / self.rows
        # NaN stays NaN; what rounding makes negative is zero.
        variance = squares / self.rows - mean * mean
        spread = math.sqrt(variance) if variance > 0 else 0.0 * variance
        return [shift + mean, spread, 1 - filled / self.rows]


def look_at(output: torch.Tensor) -> Activations:
    """Sums over at most ``SAMPLE`` of a layer's outputs, as few operations as will do.

    Sums and dot products cost a tenth of ``var_mean`` on a CPU; the spread by E[h^2] - E[h]^2 loses digits
    where the mean is far larger than the spread, so outputs are first shifted by one of them.
    """
    if output.numel() > SAMPLE and output.dim() > 0 and len(output) > 1:
        output = output[: max(1, SAMPLE * len(output) // output.numel())]
    flat = output.float().reshape(-1)
    if not len(flat):
        return Activations(0, [flat.new_zeros(())] * 4)
    shift = flat[0].clone()  # outputs may lie in a buffer that the next batch fills
    centred = flat - shift
    sums = [centred.sum(), torch.dot(centred, centred), torch.count_nonzero(flat).float()]
    return Activations(len(flat), [shift, *sums])


def interval(every: int | str, planned_steps: int) -> int:
    """Steps from one look to the next: as asked, or for about 200 looks at least 50 steps apart.

    Args:
        every: A number of steps, 0 for no looks, or ``"auto"``.
        planned_steps: Optimizer steps that training is to take.

    Example:
        >>> interval("auto", 100_000), interval("auto", 400), interval(7, 400)
        (500, 50, 7)
    """
    return every if isinstance(every, int) else max(50, planned_steps // 200)
