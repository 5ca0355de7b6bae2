"""Group normalization: in every sample, groups of channels are brought to mean 0 and variance 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import nn

from glasshouse.core.checks import number, whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import SettingError
from glasshouse.core.worked import worked_forward
from glasshouse.layers.normalization_rule import Normalization, along


def group_norm(
    num_groups: int, num_channels: int, epsilon: float = 1e-5, affine: bool = True
) -> nn.GroupNorm:
    r"""Normalization over groups of channels, sample by sample.

    .. math:: y = \gamma_c \frac{x - \mu_{ng}}{\sqrt{\sigma_{ng}^2 + \epsilon}} + \beta_c

    With one group it is layer normalization over channels and positions; with as many groups as channels it
    is instance normalization.

    Shapes: x (N, C, ...), weight gamma and bias beta (C), y like x.

    Args:
        num_groups: Groups, at least 1; divides the channels.
        num_channels: Channels C, at least 1.
        epsilon: Added to the variance, above 0.
        affine: Whether gamma and beta are learnt.

    Raises:
        SettingError: A setting lies outside its range, or the groups do not divide the channels.

    Source:
        Wu and He 2018, Group normalization, arXiv 1803.08494.

    Example:
        >>> group_norm(1, 2)(torch.tensor([[1.0, 3.0]])).detach().round(decimals=3).tolist()
        [[-1.0, 1.0]]
    """
    whole_number("num_groups", num_groups, at_least=1)
    whole_number("num_channels", num_channels, at_least=1)
    number("epsilon", epsilon, above=0)
    if num_channels % num_groups:
        dividing = [each for each in range(1, num_channels + 1) if num_channels % each == 0]
        raise SettingError(
            f"num_groups = {num_groups}, num_channels = {num_channels}",
            expected="groups that divide the channels: " + ", ".join(map(str, dividing)),
            fix=f"set num_groups to {max(each for each in dividing if each <= num_groups)}"
            if num_groups <= num_channels
            else f"set num_groups to {num_channels} or fewer",
        )
    return nn.GroupNorm(num_groups, num_channels, eps=epsilon, affine=affine)


@dataclass(frozen=True)
class GroupNormRule(Normalization):
    """A group is one of a sample's groups of channels; a feature is a channel.

    Args:
        epsilon: Added to the variance.
        centred: True.
        num_groups: Groups of channels per sample.
    """

    num_groups: int = 1

    def groups(self, shape: Sequence[int]) -> torch.Tensor:
        """Sample and group of channels."""
        channels = shape[1] // self.num_groups
        return along(shape, 0) * self.num_groups + along(shape, 1) // channels

    def features(self, shape: Sequence[int]) -> torch.Tensor:
        """The channel."""
        return along(shape, 1)

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """From a ``torch.nn.GroupNorm``."""
        named = {"weight": module.weight, "bias": module.bias}
        rule = cls(module.eps, True, module.num_groups)
        return rule, {name: tensor for name, tensor in named.items() if tensor is not None}


CONCEPT = Concept(
    name="group_norm",
    kind="layer",
    summary="Brings groups of channels to mean 0 and variance 1, sample by sample.",
    build=group_norm,
    aliases=("group_normalization", "gn"),
    equation=r"y = \gamma_c \frac{x - \mu_{ng}}{\sqrt{\sigma_{ng}^2 + \epsilon}} + \beta_c",
    derivative=(
        r"\frac{\partial L}{\partial x_i} = \frac{1}{\sqrt{\sigma_{ng}^2 + \epsilon}} \left(g_i - \bar g - "
        r"\hat x_i\, \overline{g \hat x}\right),\; g = \gamma_c \frac{\partial L}{\partial y}"
    ),
    symbols={
        "x": "inputs (N, C, ...)",
        "mu": "mean over one group of channels of one sample, and all its positions",
        "sigma": "its standard deviation, biased",
        "gamma": "learnt scale (C), 1 at the start",
        "beta": "learnt shift (C), 0 at the start",
        "epsilon": "keeps the division finite, above 0",
    },
    when="In convolutional networks whose batches are too small for batch normalization.",
    pitfalls=("The groups must divide the channels.",),
    conventions=(
        "One group: layer normalization over channels and positions. As many groups as channels: instance "
        "normalization.",
    ),
    source="Wu and He 2018, Group normalization, arXiv 1803.08494.",
    rule=GroupNormRule.of,
    worked=worked_forward(
        group_norm,
        GroupNormRule.of,
        settings={"num_groups": 2, "num_channels": 4},
        inputs={"x": [[1.0, 2.0, 6.0, 8.0]]},
        at=(0, 3),
    ),
)
