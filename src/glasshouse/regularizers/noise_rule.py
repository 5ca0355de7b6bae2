"""The rule that noises share: something drawn, times a size, is added in training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch

from glasshouse.core.arithmetic import leaf
from glasshouse.core.expression import Expression, wrap
from glasshouse.core.rule import Forward, Rule, Tensors
from glasshouse.core.worked import Worked


def drawn_noise(like: torch.Tensor, seed: int) -> torch.Tensor:
    """The normal numbers that PyTorch draws first after a seed.

    Args:
        like: A tensor of the shape and type that they are for.
        seed: The generator's seed.

    Example:
        >>> drawn_noise(torch.zeros(2), 0).equal(drawn_noise(torch.ones(2), 0))
        True
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return torch.randn_like(like)


@dataclass(frozen=True)
class NoiseRule(Rule):
    """``y = x + sigma noise`` in training, ``y = x`` in evaluation.

    The noise is an input: chance is drawn outside of the rule, so that the rule can be repeated.

    Args:
        deviation: The size sigma.
        training: Whether anything is added.
    """

    inputs: ClassVar[tuple[str, ...]] = ("x", "noise")
    SEED: ClassVar[int] = 0
    deviation: float
    training: bool

    def forward(self, values: Tensors) -> Forward:
        """The sum."""
        x = values["x"]
        return Forward(
            {"y": x + self.deviation * values["noise"] if self.training else x.clone()}, {**values}
        )

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """The gradient passes: what is added does not depend on x."""
        return {"x": gradients["y"].clone()}

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The number and its noise."""
        x = leaf("x", saved["x"], index)
        return wrap(x + self.deviation * leaf("noise", saved["noise"], index)) if self.training else x

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """The gradient as it comes."""
        return leaf("dy", gradients["y"], index)

    def call(self, module: Any, values: Tensors) -> dict[str, torch.Tensor]:
        """The module's answer when it draws with the seed ``SEED``; such noise belongs into ``values``."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.SEED)
            return {"y": module(values["x"])}

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """From a module with a ``deviation``."""
        return cls(module.deviation, module.training), {}


def worked_noise(build: Callable[..., Any], deviation: float) -> Callable[[], Worked]:
    """A worked number out of noise, with what PyTorch draws for it.

    Args:
        build: What makes the module out of its deviation.
        deviation: The size of the noise.
    """

    def work() -> Worked:
        x, module = torch.tensor([1.0, 2.0], dtype=torch.float64), build(deviation)
        rule, _ = NoiseRule.of(module)
        values = {"x": x, "noise": drawn_noise(x, NoiseRule.SEED)}
        return Worked(
            f"x = {x.tolist()}, sigma = {deviation:g}, noise drawn with seed {NoiseRule.SEED}",
            "y[0]",
            rule.expand(rule.forward(values).saved, "y", (0,)),
            float(rule.call(module, values)["y"][0]),
        )

    return work
