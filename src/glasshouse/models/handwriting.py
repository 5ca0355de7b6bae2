"""Handwriting: a recurrent network that says where a pen goes next, as a distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import nn

from glasshouse.core.checks import number, one_of, whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import ModelError
from glasshouse.models.mixture_density import draw_points, mixture_of, numbers_of
from glasshouse.models.recurrent import CELLS, recurrent_layer

POINT = 3
"""Numbers of a point: how far to the right, how far up, and whether the pen is lifted afterwards."""


class Handwriting(nn.Module):
    r"""A recurrent layer over the points so far, and a mixture density of the next one at every step.

    .. math:: h_t = f(x_t, h_{t-1}),\quad \hat y_t = W h_t + b,\quad p(x_{t+1} \mid x_1 \dots x_t) =
        \sum_m \pi_m \mathcal N(x_{t+1} \mid \mu_m, \sigma_m, \rho_m)

    Args:
        recurrent: Of PyTorch, with ``batch_first``, in one direction, over points.
        output: From a state to 6 M + 1 numbers.
        steps: Points that are drawn where nothing says how many.
        dropout: Chance that a number in front of the output is silent in a training step.

    Shapes: points (N, T, 3) to the parameters (N, 6 M + 1) of the point behind the last one.

    Example:
        >>> network = Handwriting(nn.GRU(3, 4, batch_first=True), nn.Linear(4, 13), steps=5)
        >>> network(torch.zeros(1, 2, 3)).shape, network.sample(2, torch.Generator()).shape
        (torch.Size([1, 13]), torch.Size([2, 5, 3]))
    """

    def __init__(self, recurrent: nn.RNNBase, output: nn.Linear, steps: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.recurrent = recurrent
        self.dropout = nn.Dropout(dropout)
        self.output = output
        self.steps = steps

    def read(self, points: torch.Tensor, state: Any = None) -> tuple[torch.Tensor, Any]:
        """Go on reading: parameters (N, T, 6 M + 1) of the next point behind every one, and the state.

        Args:
            points: (N, T, 3).
            state: What the call before gave; ``None`` before the first point.
        """
        states, state = self.recurrent(points, state)
        parameters: torch.Tensor = self.output(self.dropout(states))
        return parameters, state

    def forward(self, points: torch.Tensor) -> torch.Tensor:
        """The parameters of the point that comes behind the last one."""
        return self.read(points)[0][:, -1]

    def sample(self, count: int, generator: torch.Generator, bias: float = 0.0) -> torch.Tensor:
        """New strokes, drawn point by point: (count, steps, 3), in prepared units, on the CPU.

        Args:
            count: How many, from 1.
            generator: Where chance comes from.
            bias: From 0: towards what is likely. At 0 drawn from the distribution itself; 1 is tidy.
        """
        device = self.output.weight.device
        point, state = torch.zeros(count, 1, POINT), None
        drawn = []
        for _ in range(self.steps):
            raw, state = self.read(point.to(device), state)
            point = draw_points(mixture_of(raw[:, 0].float().cpu(), bias), generator).unsqueeze(1)
            drawn.append(point)
        return torch.cat(drawn, dim=1)


def handwriting(
    inputs: int | Sequence[int],
    components: int = 10,
    steps: int = 100,
    cell: Literal["rnn", "lstm", "gru"] = "lstm",
    units: int = 128,
    layers: int = 1,
    dropout: float = 0.0,
) -> Handwriting:
    r"""A network that writes with a pen: a recurrent layer with a mixture density output.

    .. math:: h_t = f(x_t, h_{t-1}),\quad p(x_{t+1} \mid x_1 \dots x_t) =
        \sum_m \pi_m \mathcal N(x_{t+1} \mid \mu_m, \sigma_m, \rho_m) \cdot \text{Bernoulli}(e_{t+1})

    Args:
        inputs: Shape of strokes, ``(steps, 3)``.
        components: Gaussians of the mixture, M, from 1.
        steps: Points that are drawn; the data decide it.
        cell: ``"rnn"``, ``"lstm"`` or ``"gru"``.
        units: Numbers of a state, from 1.
        layers: Layers on top of each other, from 1.
        dropout: Chance that a number between two layers, or in front of the output, is silent in a training
            step, from 0 to below 1.

    Shapes: (N, steps, 3) to (N, 6 M + 1); ``read`` gives (N, steps, 6 M + 1) and a state.

    Raises:
        ModelError: The data are no strokes.
        SettingError: A setting lies outside its range.

    Source:
        Graves 2013, Generating sequences with recurrent neural networks, arXiv 1308.0850.

    Example:
        >>> network = handwriting((9, 3), components=2, units=4)
        >>> network(torch.zeros(1, 9, 3)).shape
        torch.Size([1, 13])
    """
    shape = (inputs,) if isinstance(inputs, int) else tuple(inputs)
    if len(shape) != 2 or shape[1] != POINT:
        raise ModelError(
            f"model 'handwriting' on rows of shape {shape}",
            expected="strokes: three numbers for every point of a pen",
            fix="give strokes, with data.task = 'strokes', or take model.name = 'language_model'",
        )
    one_of("cell", cell, CELLS)
    number("dropout", dropout, at_least=0, below=1)
    for name, value in (("components", components), ("steps", steps), ("units", units), ("layers", layers)):
        whole_number(name, value, at_least=1)
    layer = recurrent_layer(cell, POINT, units, layers, dropout=dropout)
    return Handwriting(layer, nn.Linear(units, numbers_of(components)), steps, dropout)


CONCEPT = Concept(
    name="handwriting",
    kind="model",
    summary="Says where a pen goes next, as a mixture of Gaussians, and draws strokes point by point.",
    build=handwriting,
    aliases=("mixture_density_network", "handwriting_generation"),
    equation=r"h_t = f(x_t, h_{t-1}),\; p(x_{t+1} \mid x_1 \dots x_t) = "
    r"\sum_m \pi_m \mathcal N(x_{t+1} \mid \mu_m, \sigma_m, \rho_m)",
    symbols={
        "x_t": "a step of the pen to the right and up, and whether it is lifted afterwards",
        "h_t": "the state",
        r"\pi, \mu, \sigma, \rho": "weights, means, spreads and correlations of M Gaussians",
    },
    when="Pen strokes and other paths: sequences of real numbers with more than one way to go on.",
    pitfalls=(
        "A single Gaussian, or a squared error, points between two ways to go on and takes neither.",
        "Densities have units: nats per point can be compared on the same prepared data alone.",
        "Likelihoods may be negative surprise: points that lie close together have densities above 1.",
    ),
    source="Graves 2013, Generating sequences with recurrent neural networks, arXiv 1308.0850.",
    facts={
        "takes": "sequence",
        "gives": "strokes",
        "year": 2013,
        "defaults": {"training.clip_norm": 1.0, "training.learning_rate": 0.005},
    },
)
