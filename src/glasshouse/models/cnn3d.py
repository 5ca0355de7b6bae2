"""A small network of three-dimensional convolutions: kernels that reach over time as well."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import nn

from glasshouse.core.checks import number, whole_number, whole_numbers
from glasshouse.core.concept import Concept
from glasshouse.models.initialize import initialize
from glasshouse.models.lrcn import refuse_small_frames, video_shape


class ChannelsFirst(nn.Module):
    """Videos (N, T, C, H, W) as volumes (N, C, T, H, W), as convolutions over three axes take them.

    Example:
        >>> ChannelsFirst()(torch.zeros(2, 8, 1, 20, 20)).shape
        torch.Size([2, 1, 8, 20, 20])
    """

    def forward(self, videos: torch.Tensor) -> torch.Tensor:
        """Swap frames and channels."""
        return videos.transpose(1, 2)


def cnn3d(
    inputs: Sequence[int], outputs: int, widths: Sequence[int] = (8, 16, 32), dropout: float = 0.1
) -> nn.Sequential:
    r"""Stages of 3x3x3 convolution, batch norm, ReLU and pooling, then a linear layer on the mean.

    .. math:: h_s = \operatorname{pool}(f(\operatorname{norm}(K_s * h_{s-1}))),\quad
        (K * h)_{tij} = \sum_{c,u,v,w} K_{cuvw}\, h_{c,\,t+u,\,i+v,\,j+w}

    A kernel sees three frames at once, so that a motion is a pattern like any other, wherever it happens. The
    last stage does not pool; the others halve height and width, and time while there is more than one moment.

    Args:
        inputs: Frames, channels, height and width of a video.
        outputs: Number of classes (their logits), or of predicted numbers.
        widths: Feature maps of each stage, from the input on.
        dropout: Chance that a feature is silent in a training step, from 0 to below 1.

    Shapes: (N, T, C, H, W) to (N, outputs).

    Raises:
        ModelError: The data are no videos, or frames are too small for so many stages.
        SettingError: A setting lies outside its range.

    Source:
        Ji et al. 2013, 3D convolutional neural networks for human action recognition; Tran et al. 2015,
        Learning spatiotemporal features with 3D convolutional networks, arXiv 1412.0767.

    Example:
        >>> network = cnn3d((8, 1, 20, 20), 4)
        >>> network(torch.zeros(2, 8, 1, 20, 20)).shape
        torch.Size([2, 4])
    """
    frames, channels, height, width = video_shape(inputs, "cnn3d")
    whole_numbers("widths", widths, at_least=1)
    number("dropout", dropout, at_least=0, below=1)
    refuse_small_frames((height, width), max(0, len(widths) - 1) or len(widths))
    layers: OrderedDict[str, nn.Module] = OrderedDict(channels_first=ChannelsFirst())
    for stage, maps in enumerate(widths, start=1):
        layers[f"conv{stage}"] = nn.Conv3d(channels, maps, kernel_size=3, padding=1, bias=False)
        layers[f"norm{stage}"] = nn.BatchNorm3d(maps)
        layers[f"activation{stage}"] = nn.ReLU()
        if stage < len(widths):
            moments = 2 if frames > 1 else 1
            layers[f"pool{stage}"] = nn.MaxPool3d((moments, 2, 2))
            frames //= moments
        channels = maps
    layers["mean"] = nn.AdaptiveAvgPool3d(1)
    layers["flatten"] = nn.Flatten()
    if dropout > 0:
        layers["dropout"] = nn.Dropout(dropout)
    layers["output"] = nn.Linear(channels, whole_number("outputs", outputs, at_least=1))
    network = nn.Sequential(layers)
    initialize(network, "auto", "relu")
    return network


CONCEPT = Concept(
    name="cnn3d",
    kind="model",
    summary="A small convolutional network whose kernels reach over time: motions are patterns like others.",
    build=cnn3d,
    aliases=("conv3d_network", "c3d", "video_cnn"),
    equation=r"(K * h)_{tij} = \sum_{c,u,v,w} K_{cuvw} h_{c, t+u, i+v, j+w}",
    symbols={
        "h": "maps of a stage: channels, frames, height, width",
        "K": "a kernel of 3 x 3 x 3",
        "t": "the frame",
        "i, j": "the place in it",
    },
    when="Short videos where the motion itself tells the class.",
    pitfalls=(
        "It sees no farther in time than its kernels and pools reach together.",
        "It costs as many times more than a convolution of single frames as its kernel has frames.",
    ),
    source="Ji et al. 2013; Tran et al. 2015, arXiv 1412.0767.",
    facts={"takes": "video", "year": 2013},
)
