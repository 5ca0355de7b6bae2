"""Layer normalization: every sample is brought to mean 0 and variance 1 over its own features."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import nn

from glasshouse.core.checks import number, whole_number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import SettingError
from glasshouse.core.worked import worked_forward
from glasshouse.layers.normalization_rule import Normalization


def layer_norm(
    normalized_shape: int | Sequence[int], epsilon: float = 1e-5, affine: bool = True, bias: bool = True
) -> nn.LayerNorm:
    r"""Normalization over the last axes, sample by sample.

    .. math:: y_d = \gamma_d \frac{x_d - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta_d

    Shapes: x (..., *normalized_shape), weight gamma and bias beta (normalized_shape), y like x.

    Args:
        normalized_shape: Sizes of the last axes that are normalized together, each at least 1.
        epsilon: Added to the variance, above 0.
        affine: Whether gamma (and beta) are learnt.
        bias: Whether beta is learnt too.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Ba, Kiros and Hinton 2016, Layer normalization, arXiv 1607.06450.

    Example:
        >>> layer_norm(2)(torch.tensor([[1.0, 3.0]])).detach().round(decimals=3).tolist()
        [[-1.0, 1.0]]
    """
    sizes = normalized_sizes(normalized_shape)
    number("epsilon", epsilon, above=0)
    return nn.LayerNorm(sizes, eps=epsilon, elementwise_affine=affine, bias=bias)


def normalized_sizes(normalized_shape: object) -> list[int]:
    """The sizes of the normalized axes as a list.

    Args:
        normalized_shape: One size, or one for each of the last axes.

    Raises:
        SettingError: There is none, or one is no whole number from 1.

    Example:
        >>> normalized_sizes(8), normalized_sizes((4, 2))
        ([8], [4, 2])
    """
    sizes = list(normalized_shape) if isinstance(normalized_shape, (list, tuple)) else [normalized_shape]
    if not sizes:
        raise SettingError(
            "normalized_shape = ()",
            expected="the sizes of one or more last axes",
            fix="give the number of features, such as normalized_shape = 64",
        )
    return [whole_number("normalized_shape", size, at_least=1) for size in sizes]


@dataclass(frozen=True)
class LayerNormRule(Normalization):
    """A group is a sample; a feature is a place within the normalized axes.

    Args:
        epsilon: Added to the variance.
        centred: Whether the mean is taken off; RMS normalization leaves it.
        normalized: How many numbers are normalized together: the product of the last axes.
    """

    normalized: int = 1

    def groups(self, shape: Sequence[int]) -> torch.Tensor:
        """The sample (with its position, in a sequence)."""
        return self._counted(shape) // self.normalized

    def features(self, shape: Sequence[int]) -> torch.Tensor:
        """The place within the normalized axes."""
        return self._counted(shape) % self.normalized

    def _counted(self, shape: Sequence[int]) -> torch.Tensor:
        return torch.arange(math.prod(shape)).reshape(tuple(shape))

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """From a ``torch.nn.LayerNorm``."""
        named = {"weight": module.weight, "bias": module.bias}
        rule = cls(module.eps, True, math.prod(module.normalized_shape))
        return rule, {name: tensor for name, tensor in named.items() if tensor is not None}


CONCEPT = Concept(
    name="layer_norm",
    kind="layer",
    summary="Brings every sample to mean 0 and variance 1 over its own features, then scales and shifts.",
    build=layer_norm,
    aliases=("layer_normalization", "ln"),
    equation=r"y_d = \gamma_d \frac{x_d - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta_d",
    derivative=(
        r"\frac{\partial L}{\partial x_i} = \frac{1}{\sqrt{\sigma^2 + \epsilon}} \left(g_i - \bar g - "
        r"\hat x_i\, \overline{g \hat x}\right),\; g_d = \gamma_d \frac{\partial L}{\partial y_d}"
    ),
    symbols={
        "x": "inputs (..., D)",
        "mu": "mean of the sample over its features",
        "sigma": "its standard deviation, biased",
        "gamma": "learnt scale (D), 1 at the start",
        "beta": "learnt shift (D), 0 at the start",
        "epsilon": "keeps the division finite, above 0",
    },
    when="In recurrent networks and transformers, and wherever batches are small.",
    pitfalls=("All features of a sample share one scale: bring columns of a table to one scale beforehand.",),
    conventions=(
        "It computes the same in training and in evaluation: there are no running statistics.",
        "The variance is the biased one, in PyTorch and in Keras; Keras's epsilon is 1e-3, PyTorch's 1e-5.",
    ),
    source="Ba, Kiros and Hinton 2016, Layer normalization, arXiv 1607.06450.",
    rule=LayerNormRule.of,
    worked=worked_forward(
        layer_norm,
        LayerNormRule.of,
        settings={"normalized_shape": 3},
        inputs={"x": [[1.0, 2.0, 6.0]]},
        at=(0, 2),
    ),
    facts={"experiment": {"model.normalization": "layer"}},
)
