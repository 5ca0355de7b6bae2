"""Batch normalization: every channel is brought to mean 0 and variance 1 over the batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import nn

from glasshouse.core.checks import number, whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.rule import Tensors
from glasshouse.core.worked import worked_forward
from glasshouse.layers.normalization_rule import Normalization, along

BY_DIMENSIONS: dict[int, type[nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d]] = {
    1: nn.BatchNorm1d,
    2: nn.BatchNorm2d,
    3: nn.BatchNorm3d,
}


def batch_norm(
    num_features: int,
    dimensions: int = 1,
    epsilon: float = 1e-5,
    momentum: float = 0.1,
    affine: bool = True,
) -> nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d:
    r"""Normalization over the batch, channel by channel.

    .. math::
        y = \gamma_c \frac{x - \mu_c}{\sqrt{\sigma_c^2 + \epsilon}} + \beta_c

    In training, mean and (biased) variance are those of the batch, and running ones are kept:
    ``running = (1 - momentum) running + momentum batch``, with the variance of the batch unbiased there. In
    evaluation the running ones are used.

    Shapes: x (N, C) or (N, C, L) for ``dimensions=1``, (N, C, H, W) for 2, (N, C, D, H, W) for 3; weight
    gamma and bias beta (C); y like x.

    Args:
        num_features: Channels C, at least 1.
        dimensions: Axes beside batch and channel: 1 (tables and series), 2 (pictures) or 3.
        epsilon: Added to the variance, above 0.
        momentum: Share of the batch in the running statistics, above 0 to 1.
        affine: Whether gamma and beta are learnt.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Ioffe and Szegedy 2015, Batch normalization, arXiv 1502.03167.

    Example:
        >>> x = torch.tensor([[1.0], [3.0]])
        >>> batch_norm(1)(x).detach().round(decimals=3).tolist()
        [[-1.0], [1.0]]
    """
    whole_number("num_features", num_features, at_least=1)
    whole_number("dimensions", dimensions, at_least=1, at_most=3)
    number("epsilon", epsilon, above=0)
    number("momentum", momentum, above=0, at_most=1)
    return BY_DIMENSIONS[dimensions](num_features, eps=epsilon, momentum=momentum, affine=affine)


@dataclass(frozen=True)
class BatchNormRule(Normalization):
    """Groups and features are both the channel, axis 1.

    Args:
        epsilon: Added to the variance.
        centred: True.
        training: Whether the batch's own mean and variance are taken.
        momentum: Share of the batch in the running statistics.
    """

    training: bool = True
    momentum: float = 0.1

    def groups(self, shape: Sequence[int]) -> torch.Tensor:
        """The channel."""
        return along(shape, 1)

    def features(self, shape: Sequence[int]) -> torch.Tensor:
        """The channel."""
        return along(shape, 1)

    def given_statistics(self, saved: Tensors) -> bool:
        """In evaluation, when there are running statistics."""
        return not self.training and "running_mean" in saved

    def running(self, saved: Tensors) -> dict[str, torch.Tensor]:
        """The running statistics after this batch.

        Args:
            saved: What :meth:`forward` saved in training.
        """
        count = saved["x"].numel() // saved["mean"].numel()
        unbiased = saved["variance"] * count / (count - 1)
        keep, take = 1 - self.momentum, self.momentum
        return {
            "running_mean": keep * saved["running_mean"] + take * saved["mean"],
            "running_var": keep * saved["running_var"] + take * unbiased,
        }

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """From a ``torch.nn.BatchNorm1d``, ``2d`` or ``3d``; the running statistics come along."""
        named = {
            "weight": module.weight,
            "bias": module.bias,
            "running_mean": module.running_mean,
            "running_var": module.running_var,
        }
        rule = cls(module.eps, True, training=module.training, momentum=module.momentum or 0.0)
        return rule, {name: tensor for name, tensor in named.items() if tensor is not None}


CONCEPT = Concept(
    name="batch_norm",
    kind="layer",
    summary="Brings every channel to mean 0 and variance 1 over the batch, then scales and shifts it.",
    build=batch_norm,
    aliases=("batch_normalization", "bn"),
    equation=r"y = \gamma_c \frac{x - \mu_c}{\sqrt{\sigma_c^2 + \epsilon}} + \beta_c",
    derivative=(
        r"\frac{\partial L}{\partial x_i} = \frac{1}{\sqrt{\sigma_c^2 + \epsilon}} \left(g_i - \bar g - "
        r"\hat x_i\, \overline{g \hat x}\right),\; g = \gamma_c \frac{\partial L}{\partial y},\; "
        r"\frac{\partial L}{\partial \gamma_c} = \sum \frac{\partial L}{\partial y} \hat x,\; "
        r"\frac{\partial L}{\partial \beta_c} = \sum \frac{\partial L}{\partial y}"
    ),
    symbols={
        "x": "inputs (N, C, ...)",
        "mu": "mean of the channel over the batch and all positions (C)",
        "sigma": "its standard deviation, biased (C)",
        "gamma": "learnt scale (C), 1 at the start",
        "beta": "learnt shift (C), 0 at the start",
        "epsilon": "keeps the division finite, above 0",
    },
    when="In convolutional networks trained with batches of some 16 or more.",
    pitfalls=(
        "Training and evaluation compute different things: forget model.eval() and predictions depend on the "
        "batch around them.",
        "With small batches its statistics are noise; group or layer normalization do not mind.",
        "A bias right before it does nothing: the mean takes it off again.",
        "A batch of one has no variance: PyTorch refuses it in training.",
    ),
    conventions=(
        "PyTorch's momentum 0.1 is the share of the new batch; Keras's momentum 0.99 is the share that is "
        "kept.",
        "The batch is normalized with the biased variance; the running variance takes the unbiased one "
        "(PyTorch).",
        "The gradient flows through mean and variance in training; in evaluation they are constants.",
    ),
    source="Ioffe and Szegedy 2015, Batch normalization, arXiv 1502.03167.",
    rule=BatchNormRule.of,
    worked=worked_forward(
        batch_norm,
        BatchNormRule.of,
        settings={"num_features": 1},
        inputs={"x": [[1.0], [2.0], [6.0]]},
        at=(2, 0),
    ),
    also=("regularizer",),
    facts={"experiment": {"model.normalization": "batch"}},
)
