"""LRCN: a convolutional network looks at every frame, a recurrent layer at what it saw in turn."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Literal

import torch
from torch import nn

from glasshouse.core.checks import number, one_of, whole_number, whole_numbers
from glasshouse.core.concept import Concept
from glasshouse.core.errors import ModelError
from glasshouse.models.initialize import initialize
from glasshouse.models.recurrent import CELLS, recurrent_layer


class RecurrentConvolutional(nn.Module):
    r"""One encoder for all frames, a recurrent layer over them, and an output behind its last state.

    .. math:: v_t = \phi(x_t),\quad h_t = f(v_t, h_{t-1}),\quad y = W h_T + b

    Args:
        encoder: From frames (N, C, H, W) to vectors (N, F).
        recurrent: Of PyTorch, with ``batch_first``.
        output: From a state to the outputs.
        dropout: Chance that a number of the last state is silent in a training step.

    Shapes: videos (N, T, C, H, W) to (N, K).

    Example:
        >>> encoder = nn.Sequential(nn.Flatten(), nn.Linear(16, 5))
        >>> network = RecurrentConvolutional(encoder, nn.GRU(5, 3, batch_first=True), nn.Linear(3, 2))
        >>> network(torch.zeros(2, 7, 1, 4, 4)).shape
        torch.Size([2, 2])
    """

    def __init__(
        self, encoder: nn.Module, recurrent: nn.RNNBase, output: nn.Linear, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.recurrent = recurrent
        self.dropout = nn.Dropout(dropout) if dropout > 0 else None
        self.output = output

    def forward(self, videos: torch.Tensor) -> torch.Tensor:
        """Videos to outputs."""
        # Frames stand in line for the encoder, which knows nothing of time.
        seen = self.encoder(videos.flatten(0, 1)).unflatten(0, (-1, videos.shape[1]))
        last = self.recurrent(seen)[0][:, -1]
        outputs: torch.Tensor = self.output(last if self.dropout is None else self.dropout(last))
        return outputs


def lrcn(
    inputs: Sequence[int],
    outputs: int,
    widths: Sequence[int] = (8, 16),
    features: int = 32,
    cell: Literal["rnn", "lstm", "gru"] = "lstm",
    units: int = 32,
    dropout: float = 0.1,
) -> RecurrentConvolutional:
    r"""A convolutional network on every frame and a recurrent layer over the frames, many to one.

    .. math:: v_t = \phi(x_t),\quad h_t = f(v_t, h_{t-1}),\quad y = W h_T + b

    Each stage of the encoder is a 3x3 convolution, batch norm, ReLU and 2x2 pooling. What is left of the map
    is flattened and not averaged, because where something stands is what moves.

    Args:
        inputs: Frames, channels, height and width of a video.
        outputs: Number of classes (their logits), or of predicted numbers.
        widths: Feature maps of the encoder's stages, from the frame on.
        features: Numbers that a frame becomes, from 1.
        cell: ``"rnn"``, ``"lstm"`` or ``"gru"``.
        units: Numbers of the state, from 1.
        dropout: Chance that a number of the last state is silent in a training step, from 0 to below 1.

    Shapes: (N, T, C, H, W) to (N, outputs).

    Raises:
        ModelError: The data are no videos, or frames are too small for so many stages.
        SettingError: A setting lies outside its range.

    Source:
        Donahue et al. 2015, Long-term recurrent convolutional networks for visual recognition and
        description, arXiv 1411.4389.

    Example:
        >>> network = lrcn((8, 1, 20, 20), 4)
        >>> network(torch.zeros(2, 8, 1, 20, 20)).shape, sum(each.numel() for each in network.parameters())
        (torch.Size([2, 4]), 22684)
    """
    _, channels, height, width = video_shape(inputs, "lrcn")
    one_of("cell", cell, CELLS)
    whole_numbers("widths", widths, at_least=1)
    number("dropout", dropout, at_least=0, below=1)
    refuse_small_frames((height, width), len(widths))
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for stage, maps in enumerate(widths, start=1):
        layers[f"conv{stage}"] = nn.Conv2d(channels, maps, kernel_size=3, padding=1, bias=False)
        layers[f"norm{stage}"] = nn.BatchNorm2d(maps)
        layers[f"activation{stage}"] = nn.ReLU()
        layers[f"pool{stage}"] = nn.MaxPool2d(2)
        channels, height, width = maps, height // 2, width // 2
    layers["flatten"] = nn.Flatten()
    layers["features"] = nn.Linear(channels * height * width, whole_number("features", features, at_least=1))
    layers["activation"] = nn.ReLU()
    encoder = nn.Sequential(layers)
    initialize(encoder, "auto", "relu")
    recurrent = recurrent_layer(cell, features, whole_number("units", units, at_least=1), 1)
    output = nn.Linear(units, whole_number("outputs", outputs, at_least=1))
    return RecurrentConvolutional(encoder, recurrent, output, dropout)


def video_shape(inputs: Sequence[int], model: str) -> tuple[int, int, int, int]:
    """Frames, channels, height and width.

    Args:
        inputs: Shape of a row.
        model: Who asks for it, for the message.

    Raises:
        ModelError: Rows are no videos.

    Example:
        >>> video_shape((8, 1, 20, 20), "lrcn")
        (8, 1, 20, 20)
    """
    if not isinstance(inputs, Sequence) or len(inputs) != 4:
        raise ModelError(
            f"model {model!r} on rows of shape {inputs if isinstance(inputs, int) else tuple(inputs)}",
            expected="videos: frames, channels, height and width",
            fix="take a folder of videos, or the built-in 'motions'; for pictures use cnn",
        )
    frames, channels, height, width = (whole_number("inputs", each, at_least=1) for each in inputs)
    return frames, channels, height, width


def refuse_small_frames(size: tuple[int, int], stages: int) -> None:
    """Refuse frames of which so many halvings leave nothing.

    Raises:
        ModelError: They are too small, or there is no stage.

    Example:
        >>> refuse_small_frames((20, 20), 2)
    """
    smallest = 2**stages
    if not stages or min(size) < smallest:
        raise ModelError(
            f"{stages} stages for frames of {size[0]} x {size[1]} pixels",
            expected=f"at least one stage, and frames of at least {smallest} x {smallest} pixels for them",
            fix="give fewer widths, or set data.size larger",
        )


CONCEPT = Concept(
    name="lrcn",
    kind="model",
    summary="Looks at every frame of a video by convolutions, and over the frames by a recurrent layer.",
    build=lrcn,
    aliases=("long_term_recurrent_convolutional_network", "cnn_lstm", "recurrent_convolutional"),
    equation=r"v_t = \phi(x_t),\; h_t = f(v_t, h_{t-1}),\; y = W h_T + b",
    symbols={
        "x_t": "a frame",
        r"\phi": "the encoder, the same for all frames",
        "v_t": "what it gives of a frame",
        "h_t": "the state after the frame",
        "f": "the cell: simple, LSTM or GRU",
        "y": "the outputs",
    },
    when="Videos and other sequences of pictures, where what matters changes from frame to frame.",
    pitfalls=(
        "A network of single frames may do as well: look at the baseline before believing in time.",
        "Averaging the encoder's map over all places would lose the motion of what it shows.",
    ),
    source="Donahue et al. 2015, Long-term recurrent convolutional networks, arXiv 1411.4389.",
    facts={"takes": "video", "year": 2015, "defaults": {"training.clip_norm": 1.0}},
)
