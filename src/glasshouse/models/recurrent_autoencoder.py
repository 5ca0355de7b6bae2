"""Recurrent autoencoder: one recurrent network reads a window into a code, another one writes it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import nn

from glasshouse.core.checks import one_of, whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import ModelError
from glasshouse.models.autoencoder import Autoencoder
from glasshouse.models.recurrent import CELLS, recurrent_layer


class WindowReader(nn.Module):
    """Reads a window; the code is a linear function of the last state.

    Args:
        recurrent: Of PyTorch, with ``batch_first``, in one direction.
        code: From a state to the code.

    Example:
        >>> WindowReader(nn.GRU(2, 4, batch_first=True), nn.Linear(4, 3))(torch.zeros(5, 7, 2)).shape
        torch.Size([5, 3])
    """

    def __init__(self, recurrent: nn.RNNBase, code: nn.Linear) -> None:
        super().__init__()
        self.recurrent = recurrent
        self.code = code

    def forward(self, windows: torch.Tensor) -> torch.Tensor:
        """Windows (N, T, F) to codes (N, K)."""
        code: torch.Tensor = self.code(self.recurrent(windows)[0][:, -1])
        return code


class WindowWriter(nn.Module):
    """Writes a window from its code, the last step first.

    The code is where the state begins, and is shown again at every step. What the reader saw last is written
    first, so that there are few steps between the one and the other, by which learning can begin.

    Args:
        recurrent: Of PyTorch, with ``batch_first``, in one direction, over codes.
        start: From a code to the first state of every layer.
        output: From a state to the numbers of a step.
        steps: Steps of a window, T.

    Example:
        >>> writer = WindowWriter(nn.GRU(3, 4, batch_first=True), nn.Linear(3, 4), nn.Linear(4, 2), 7)
        >>> writer(torch.zeros(5, 3)).shape
        torch.Size([5, 7, 2])
    """

    def __init__(self, recurrent: nn.RNNBase, start: nn.Linear, output: nn.Linear, steps: int) -> None:
        super().__init__()
        self.recurrent = recurrent
        self.start = start
        self.output = output
        self.steps = steps

    def forward(self, code: torch.Tensor) -> torch.Tensor:
        """Codes (N, K) to windows (N, T, F)."""
        shown = code.unsqueeze(1).expand(-1, self.steps, -1)
        begun = self.start(code).unflatten(1, (self.recurrent.num_layers, -1)).transpose(0, 1)
        state = torch.tanh(begun).contiguous()
        # An LSTM's memory has no bounds, what it shows of it has.
        first = (state, begun.contiguous()) if isinstance(self.recurrent, nn.LSTM) else state
        backwards: torch.Tensor = self.output(self.recurrent(shown, first)[0])
        return backwards.flip(1)

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return f"steps={self.steps}"


def recurrent_autoencoder(
    inputs: int | Sequence[int],
    code: int = 8,
    cell: Literal["rnn", "lstm", "gru"] = "lstm",
    units: int = 32,
    layers: int = 1,
) -> Autoencoder:
    r"""An encoder and a decoder of windows, each of them recurrent.

    .. math:: h_t = f(x_t, h_{t-1}),\quad c = W h_T + b,\quad
        s_0 = \tanh(U c + d),\quad s_t = g(c, s_{t-1}),\quad \hat x_{T+1-t} = V s_t + a

    The window is written from its end to its beginning.

    Args:
        inputs: Shape of a window, ``(steps, variables)``.
        code: Width of the code, from 1.
        cell: ``"rnn"``, ``"lstm"`` or ``"gru"``.
        units: Numbers of a state, from 1.
        layers: Layers on top of each other, each way, from 1.

    Shapes: (N, steps, variables) to the same; ``encode`` gives (N, code).

    Raises:
        ModelError: The data are no windows.
        SettingError: A setting lies outside its range.

    Source:
        Srivastava, Mansimov and Salakhutdinov 2015, Unsupervised learning of video representations using
        LSTMs, arXiv 1502.04681; for unusual windows Malhotra et al. 2016, arXiv 1607.00148.

    Example:
        >>> network = recurrent_autoencoder((7, 2), code=3, units=4)
        >>> windows = torch.zeros(5, 7, 2)
        >>> network.encode(windows).shape, network(windows).shape
        (torch.Size([5, 3]), torch.Size([5, 7, 2]))
    """
    shape = (inputs,) if isinstance(inputs, int) else tuple(inputs)
    if len(shape) != 2:
        raise ModelError(
            f"model 'recurrent_autoencoder' on rows of shape {shape}",
            expected="windows of a series: steps and variables",
            fix="set data.window, or take model.name = 'autoencoder'",
        )
    one_of("cell", cell, CELLS)
    for name, value in (("code", code), ("units", units), ("layers", layers)):
        whole_number(name, value, at_least=1)
    steps, variables = shape
    reader = WindowReader(recurrent_layer(cell, variables, units, layers), nn.Linear(units, code))
    start, output = nn.Linear(code, layers * units), nn.Linear(units, variables)
    return Autoencoder(reader, WindowWriter(recurrent_layer(cell, code, units, layers), start, output, steps))


CONCEPT = Concept(
    name="recurrent_autoencoder",
    kind="model",
    summary="Reads a window of a series into a code, step by step, and writes it back from there.",
    build=recurrent_autoencoder,
    aliases=("lstm_autoencoder", "sequence_autoencoder"),
    equation=r"h_t = f(x_t, h_{t-1}),\; c = W h_T + b,\; s_0 = \tanh(U c + d),\; s_t = g(c, s_{t-1}),\; "
    r"\hat x_{T+1-t} = V s_t + a",
    symbols={
        "x_t": "a step of the window",
        "h_t": "the reader's state",
        "c": "the code",
        "s_t": "the writer's state, which begins at the code",
        r"\hat x_{T+1-t}": "a step as it comes back: the last of the window first",
    },
    when="Unusual windows of a series, where patterns move about inside the window.",
    pitfalls=(
        "It takes many times as long as a dense autoencoder on the same windows: try that one first.",
        "Long windows do not fit into one state; cut them shorter.",
    ),
    source="Srivastava, Mansimov and Salakhutdinov 2015, arXiv 1502.04681; Malhotra et al. 2016, arXiv "
    "1607.00148.",
    facts={
        "takes": "sequence",
        "gives": "reconstruction",
        "year": 2015,
        "defaults": {
            "objective.name": "reconstruction",
            "training.weight_decay": 0.0,
            "training.clip_norm": 1.0,
            "training.learning_rate": 0.005,
        },
    },
)
