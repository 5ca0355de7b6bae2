"""The rule that batch, layer, group and root-mean-square normalization share.

They differ in one thing: which numbers are normalized together.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch

from glasshouse.core.arithmetic import leaf, named, sqrt
from glasshouse.core.expression import Expression, total, wrap
from glasshouse.core.rule import Forward, Rule, Tensors

Place = tuple[int, ...]


@dataclass(frozen=True)
class Normalization(Rule):
    r"""``y = weight x_hat + bias`` with ``x_hat = (x - mean) / sqrt(variance + epsilon)``.

    Numbers with the same group number share a mean and a variance (biased: divided by their count).

    Args:
        epsilon: Added to the variance, above 0.
        centred: Whether the mean is taken off; without it the "variance" is the mean square.
    """

    parameters: ClassVar[tuple[str, ...]] = ("weight", "bias")
    epsilon: float
    centred: bool

    @abstractmethod
    def groups(self, shape: Sequence[int]) -> torch.Tensor:
        """For every number of x the group in which it is normalized, from 0."""

    @abstractmethod
    def features(self, shape: Sequence[int]) -> torch.Tensor:
        """For every number of x the place in the flattened weight and bias, from 0."""

    def given_statistics(self, saved: Tensors) -> bool:
        """Whether mean and variance are given (running statistics) instead of computed from x."""
        return False

    def forward(self, values: Tensors) -> Forward:
        """Mean and variance of each group, then scale and shift."""
        x = values["x"]
        groups = self.groups(x.shape)
        saved = dict(values)
        if self.given_statistics(values):
            saved["mean"], saved["variance"] = values["running_mean"], values["running_var"]
        else:
            saved["mean"] = mean_by(groups, x) if self.centred else x.new_zeros(_count(groups))
            saved["variance"] = mean_by(groups, (x - saved["mean"][groups]) ** 2)
        saved["x_hat"] = (x - saved["mean"][groups]) * self._one_over_deviation(saved)[groups]
        y = saved["x_hat"]
        features = self.features(x.shape)
        if "weight" in values:
            y = y * values["weight"].flatten()[features]
        if "bias" in values:
            y = y + values["bias"].flatten()[features]
        return Forward({"y": y}, saved)

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """Three paths lead back to x: directly, through the mean and through the variance."""
        dy, x_hat = gradients["y"], saved["x_hat"]
        groups, features = self.groups(dy.shape), self.features(dy.shape)
        dx_hat = dy * saved["weight"].flatten()[features] if "weight" in saved else dy
        through = dx_hat
        if not self.given_statistics(saved):
            if self.centred:
                through = through - mean_by(groups, dx_hat)[groups]
            through = through - x_hat * mean_by(groups, dx_hat * x_hat)[groups]
        result = {"x": through * self._one_over_deviation(saved)[groups]}
        if "weight" in saved:
            result["weight"] = _sum_by(features, dy * x_hat, saved["weight"])
        if "bias" in saved:
            result["bias"] = _sum_by(features, dy, saved["bias"])
        return result

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """Mean, variance and normalized number as named steps, then scale and shift."""
        place = tuple(index)
        y = named("x_hat", self._normalized(saved, place), place)
        if "weight" in saved:
            y = self._parameter(saved, "weight", place) * y
        return wrap(y + self._parameter(saved, "bias", place) if "bias" in saved else y)

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """For x the three paths by name; for weight and bias the numbers that they served."""
        dy, place = gradients["y"], tuple(index)
        if name == "x":
            return self._gradient_of_x(saved, dy, place)
        feature = int(torch.arange(saved[name].numel()).reshape(saved[name].shape)[place])
        served = _where(self.features(dy.shape) == feature)
        if name == "bias":
            return total([leaf("dy", dy, each) for each in served])
        x_hat = saved["x_hat"]
        return total([leaf("dy", dy, each) * leaf("x_hat", x_hat, each) for each in served])

    def _gradient_of_x(self, saved: Tensors, dy: torch.Tensor, place: Place) -> Expression:
        x_hat, groups = saved["x_hat"], self.groups(dy.shape)
        group = (int(groups[place]),)
        deviation = self._deviation(saved, group)

        def dx_hat(at: Place) -> Expression:
            scaled = leaf("dy", dy, at)
            return scaled * self._parameter(saved, "weight", at) if "weight" in saved else scaled

        direct = named("direct", dx_hat(place) / deviation)
        if self.given_statistics(saved):
            return wrap(direct)
        together = _where(groups == group[0])
        result = direct
        if self.centred:
            mean = total([dx_hat(at) for at in together]) / len(together)
            result = result + named("through_mean", -mean / deviation)
        slope = total([dx_hat(at) * leaf("x_hat", x_hat, at) for at in together]) / len(together)
        own = leaf("x_hat", x_hat, place)
        return wrap(result + named("through_variance", -(own * slope) / deviation))

    def _normalized(self, saved: Tensors, place: Place) -> Expression:
        x, groups = saved["x"], self.groups(saved["x"].shape)
        group = (int(groups[place]),)
        if self.given_statistics(saved):
            mean = leaf("running_mean", saved["mean"], group)
            variance = leaf("running_var", saved["variance"], group)
            return wrap((leaf("x", x, place) - mean) / sqrt(variance + self.epsilon))
        together = [leaf("x", x, at) for at in _where(groups == group[0])]
        if not self.centred:
            square = named("mean_square", total([each**2 for each in together]) / len(together), group)
            return wrap(leaf("x", x, place) / sqrt(square + self.epsilon))
        centre = named("mean", total(together) / len(together), group)
        spread = total([(each - centre) ** 2 for each in together]) / len(together)
        return wrap((leaf("x", x, place) - centre) / sqrt(named("variance", spread, group) + self.epsilon))

    def _deviation(self, saved: Tensors, group: Place) -> Expression:
        name = "variance" if self.centred else "mean_square"
        variance = leaf(name, saved["variance"], group)
        return wrap(named("deviation", sqrt(variance + self.epsilon), group))

    def _one_over_deviation(self, saved: Tensors) -> torch.Tensor:
        return 1 / torch.sqrt(saved["variance"] + self.epsilon)

    def _parameter(self, saved: Tensors, name: str, place: Place) -> Expression:
        tensor = saved[name]
        feature = self.features(saved["x"].shape)[place]
        return leaf(name, tensor, [int(axis) for axis in torch.unravel_index(feature, tensor.shape)])


def along(shape: Sequence[int], axis: int) -> torch.Tensor:
    """For every place of a tensor of that shape its coordinate along one axis.

    Args:
        shape: The shape.
        axis: Which axis.

    Example:
        >>> along((2, 3), 0).tolist()
        [[0, 0, 0], [1, 1, 1]]
    """
    counted = torch.arange(shape[axis])
    beside = [1] * len(shape)
    beside[axis] = shape[axis]
    return counted.reshape(beside).expand(*shape)


def mean_by(groups: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """The mean of each group.

    Args:
        groups: The group of every number, from 0.
        x: The numbers, in the same shape.

    Returns:
        One number per group; groups have equally many numbers.

    Example:
        >>> mean_by(torch.tensor([0, 1, 0, 1]), torch.tensor([1.0, 2.0, 3.0, 6.0])).tolist()
        [2.0, 4.0]
    """
    count = _count(groups)
    sums = x.new_zeros(count).index_add(0, groups.flatten(), x.flatten())
    return sums / max(1, groups.numel() // max(1, count))


def _sum_by(features: torch.Tensor, x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    sums = x.new_zeros(math.prod(like.shape)).index_add(0, features.flatten(), x.flatten())
    return sums.reshape(like.shape)


def _count(groups: torch.Tensor) -> int:
    return int(groups.max()) + 1 if groups.numel() else 0


def _where(chosen: torch.Tensor) -> list[Place]:
    return [tuple(place) for place in chosen.nonzero().tolist()]
