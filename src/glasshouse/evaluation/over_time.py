"""What happens inside a recurrent network over time: gradients on their way back, and gates on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from glasshouse.data.parts import Part, Prepared
from glasshouse.layers.packing import cut_to_longest
from glasshouse.models.outputs import evaluating
from glasshouse.objectives import Objective

ROWS = 32
"""Rows whose gradients are averaged."""
MOST_STEPS = 200
"""Last steps that are written down."""
GATES = {"LSTM": ("input", "forget", "candidate", "output"), "GRU": ("reset", "update", "candidate")}
"""What PyTorch keeps one below the other in a recurrent layer's matrices."""
OPEN = {"LSTM": ("input", "forget", "output"), "GRU": ("reset", "update")}
"""Gates proper: from 0, shut, to 1, open."""


def first_recurrent(network: nn.Module) -> nn.RNNBase | None:
    """The first recurrent layer of a network, or ``None``."""
    return next((each for each in network.modules() if isinstance(each, nn.RNNBase)), None)


def gradient_over_time(
    network: nn.Module, objective: Objective, part: Part, tokens: bool = False
) -> list[float] | None:
    r"""How strongly the loss pulls at each step's input: the mean length of its gradient, last step last.

    .. math:: g_t = \operatorname{mean}_n \lVert \partial L_n / \partial x_{n,t} \rVert

    Where it fades towards the first steps, nothing that stands there can be learnt.

    Args:
        network: With a recurrent layer; its mode and gradients stay as they are.
        objective: Whose loss counts; of a language model, the surprise at the last token alone.
        part: The rows to look at; at most 32 are.
        tokens: Whether rows are tokens, padded behind.

    Returns:
        One number per step, for rows of different lengths counted from their ends; ``None`` where the network
        has no recurrent layer that reads inputs.

    Example:
        >>> import numpy as np
        >>> from glasshouse.losses import LOSSES
        >>> from glasshouse.models import recurrent
        >>> from glasshouse.objectives import Supervised
        >>> network = recurrent((6, 2), 1, units=4, bidirectional=False)
        >>> part = Part(torch.randn(3, 6, 2), torch.zeros(3, 1), np.arange(3))
        >>> len(gradient_over_time(network, Supervised(LOSSES.build("mse")), part))
        6
    """
    layer = first_recurrent(network)
    if layer is None:
        return None
    caught: list[torch.Tensor] = []

    def catch(_module: nn.Module, given: tuple[Any, ...]) -> None:
        if isinstance(given[0], torch.Tensor) and given[0].requires_grad:
            given[0].retain_grad()
            caught.append(given[0])

    sums: list[float] = []
    counts: list[int] = []
    handle = layer.register_forward_pre_hook(catch)
    try:
        # In evaluation mode cuDNN keeps nothing for the way back, so it is left out.
        with evaluating(network), torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
            for row in range(min(ROWS, len(part))):
                caught.clear()
                loss = _loss(network, objective, part, row, tokens)
                inputs = caught[:1]
                if not inputs:
                    return None
                (gradient,) = torch.autograd.grad(loss, inputs)
                lengths = gradient[0].norm(dim=-1).tolist()[::-1]
                for place, length in enumerate(lengths):
                    if place == len(sums):
                        sums.append(0.0)
                        counts.append(0)
                    sums[place] += length
                    counts[place] += 1
    finally:
        handle.remove()
    means = [total / count for total, count in zip(sums, counts, strict=True)]
    return means[:MOST_STEPS][::-1]


def _loss(network: nn.Module, objective: Objective, part: Part, row: int, tokens: bool) -> torch.Tensor:
    device = next(network.parameters()).device
    inputs = part.inputs[row : row + 1].to(device)
    targets = part.targets[row : row + 1].to(device)
    inputs = cut_to_longest(inputs) if tokens else inputs.clone().requires_grad_()
    outputs = network(inputs)
    if objective.meaning == "next_token":
        last = targets[:, inputs.shape[1] - 1]
        return F.cross_entropy(outputs, last, ignore_index=0, reduction="sum")
    return objective.value(outputs, targets)


def gates_over_time(
    network: nn.Module, part: Part, names: Callable[[int], str] | None = None
) -> dict[str, Any] | None:
    """How far each gate of the first layer is open at every step of one row, the mean over its units.

    Args:
        network: With a recurrent layer of LSTM or GRU cells, read forwards.
        part: Its first row is looked at.
        names: What a token is called, where rows are tokens.

    Returns:
        ``{"cell", "gates": {name: [...]}, "units": [[...]], "steps": [...]}``: the units of the gate that
        keeps the memory (forget, update), at most 24; ``None`` where there are no gates.
    """
    layer = first_recurrent(network)
    if layer is None or layer.mode not in GATES:
        return None
    caught: list[torch.Tensor] = []

    def catch(_module: nn.Module, given: tuple[Any, ...]) -> None:
        if isinstance(given[0], torch.Tensor):
            caught.append(given[0].detach())

    inputs = part.inputs[:1]
    inputs = inputs if names is None else cut_to_longest(inputs)
    handle = layer.register_forward_pre_hook(catch)
    try:
        with evaluating(network), torch.no_grad():
            network(inputs.to(next(network.parameters()).device))
    finally:
        handle.remove()
    if not caught:
        return None
    found = _opened(layer, caught[0][0])
    keeping = "forget" if layer.mode == "LSTM" else "update"
    every = [str(step) if names is None else names(int(inputs[0, step])) for step in range(inputs.shape[1])]
    return {
        "cell": layer.mode.lower(),
        "gates": {name: found[name].mean(dim=1).tolist()[-MOST_STEPS:] for name in OPEN[layer.mode]},
        "keeping": keeping,
        "units": found[keeping][:, :24].T[:, -MOST_STEPS:].tolist(),
        "steps": every[-MOST_STEPS:],
    }


def _opened(layer: nn.RNNBase, x: torch.Tensor) -> dict[str, torch.Tensor]:
    """The gates of the first layer's cell at every step of x (T, I), written out: (T, H) each."""
    own: Any = layer
    hidden = layer.hidden_size
    h = x.new_zeros(hidden)
    c = x.new_zeros(hidden)
    none = x.new_zeros(len(own.weight_ih_l0))
    b_ih, b_hh = (getattr(own, name, none) for name in ("bias_ih_l0", "bias_hh_l0"))
    kept: dict[str, list[torch.Tensor]] = {name: [] for name in GATES[layer.mode]}
    for step in x:
        of_x, of_h = own.weight_ih_l0 @ step + b_ih, own.weight_hh_l0 @ h + b_hh
        if layer.mode == "LSTM":
            i, f, g, o = (of_x + of_h).split(hidden)
            i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
            c = f * c + i * g
            h = o * torch.tanh(c)
            now = (i, f, g, o)
        else:
            (xr, xz, xn), (hr, hz, hn) = of_x.split(hidden), of_h.split(hidden)
            r, z = torch.sigmoid(xr + hr), torch.sigmoid(xz + hz)
            n = torch.tanh(xn + r * hn)
            h = (1 - z) * n + z * h
            now = (r, z, n)  # type: ignore[assignment]
        for name, value in zip(GATES[layer.mode], now, strict=True):
            kept[name].append(value)
    return {name: torch.stack(values) for name, values in kept.items()}


def watched_part(prepared: Prepared) -> Part:
    """The part that is looked at: rows that were not trained on, where there are."""
    return prepared.test or prepared.validation or prepared.train
