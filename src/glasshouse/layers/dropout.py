"""Dropout: in training, random numbers are set to zero and the others grow to make up for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import nn

from glasshouse.core.arithmetic import leaf
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.expression import Expression, wrap
from glasshouse.core.rule import Forward, Rule, Tensors
from glasshouse.core.worked import Worked


def dropout(probability: float = 0.5) -> nn.Dropout:
    r"""Inverted dropout.

    .. math:: y = \frac{m\, x}{1 - p}, \quad m \sim \mathrm{Bernoulli}(1 - p)

    In evaluation y = x.

    Shapes: any shape in, the same shape out.

    Args:
        probability: The probability p with which a number is set to zero, from 0 to below 1.

    Raises:
        SettingError: ``probability`` lies outside.

    Source:
        Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov 2014, Dropout, JMLR 15.

    Example:
        >>> layer = dropout(0.5)
        >>> sorted(set(layer(torch.ones(1000)).tolist()))
        [0.0, 2.0]
        >>> layer.eval()(torch.ones(2)).tolist()
        [1.0, 1.0]
    """
    number("probability", probability, at_least=0, below=1)
    return nn.Dropout(probability)


def dropout_mask(like: torch.Tensor, probability: float, seed: int) -> torch.Tensor:
    """The mask that a fresh generator with that seed makes PyTorch's dropout draw.

    Args:
        like: A tensor of the shape and type that goes through dropout.
        probability: The probability of a zero, from 0 to below 1.
        seed: The generator's seed.

    Returns:
        1 where the number is kept, 0 where it is dropped, in the type of ``like``.

    Example:
        >>> dropout_mask(torch.zeros(4), 0.0, seed=0).tolist()
        [1.0, 1.0, 1.0, 1.0]
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return (nn.functional.dropout(torch.ones_like(like), probability) != 0).to(like.dtype)


@dataclass(frozen=True)
class DropoutRule(Rule):
    """``y = mask x / (1 - p)`` in training, ``y = x`` in evaluation.

    The mask is an input: chance is drawn outside of the rule, so that the rule can be repeated.

    Args:
        probability: The probability of a zero.
        training: Whether anything is dropped.
    """

    inputs: ClassVar[tuple[str, ...]] = ("x", "mask")
    SEED: ClassVar[int] = 0
    probability: float
    training: bool

    def forward(self, values: Tensors) -> Forward:
        """Kept numbers over their probability."""
        return Forward({"y": self._scaled(values["x"], values)}, dict(values))

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """The same mask and the same factor."""
        return {"x": self._scaled(gradients["y"], saved)}

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The number, its mask and the factor."""
        return self._written(leaf("x", saved["x"], index), saved, index)

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """The gradient, the number's mask and the factor."""
        return self._written(leaf("dy", gradients["y"], index), saved, index)

    def call(self, module: Any, values: Tensors) -> dict[str, torch.Tensor]:
        """The module's answer when it draws with the seed ``SEED``; such a mask belongs into ``values``."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.SEED)
            return {"y": module(values["x"])}

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """From a ``torch.nn.Dropout``."""
        return cls(module.p, module.training), {}

    def _scaled(self, x: torch.Tensor, values: Tensors) -> torch.Tensor:
        if not self.training:
            return x.clone()
        return values["mask"] * x / (1 - self.probability)

    def _written(self, number: Expression, saved: Tensors, index: Sequence[int]) -> Expression:
        if not self.training:
            return number
        return wrap(leaf("mask", saved["mask"], index) * number / (1 - wrap(self.probability)))


def _worked() -> Worked:
    """The first number that is kept of four, with the mask that PyTorch draws."""
    x, layer = torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64), dropout(0.5)
    rule, _ = DropoutRule.of(layer)
    mask = dropout_mask(x, layer.p, DropoutRule.SEED)
    place = int(mask.argmax())
    values = {"x": x, "mask": mask}
    return Worked(
        f"x = {x.tolist()}, p = {layer.p}, mask = {mask.tolist()}",
        f"y[{place}]",
        rule.expand(rule.forward(values).saved, "y", (place,)),
        float(rule.call(layer, values)["y"][place]),
    )


CONCEPT = Concept(
    name="dropout",
    kind="layer",
    summary="In training, sets random numbers to zero and enlarges the others to keep the mean.",
    build=dropout,
    aliases=("inverted_dropout",),
    equation=r"y = \frac{m\, x}{1 - p},\quad m \sim \mathrm{Bernoulli}(1 - p)",
    derivative=r"\frac{\partial L}{\partial x} = \frac{m}{1 - p} \frac{\partial L}{\partial y}",
    symbols={
        "x": "inputs, any shape",
        "m": "mask: 1 keeps, 0 drops",
        "p": "probability of a zero, from 0 to below 1",
    },
    when="Against overfitting in large fully connected layers.",
    pitfalls=(
        "It must be off in evaluation: model.eval().",
        "Before batch normalization it changes the variance between training and evaluation.",
        "The training loss with it is higher than without: compare losses in evaluation.",
    ),
    conventions=(
        "Inverted dropout (all of today's libraries) divides by 1 - p in training; the paper multiplies the "
        "weights by the kept share at test time instead.",
        "p is the probability of dropping in PyTorch and Keras; the paper's p is that of keeping.",
    ),
    source="Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov 2014, Dropout, JMLR 15.",
    rule=DropoutRule.of,
    worked=_worked,
    also=("regularizer",),
    facts={"setting": "model.dropout"},
)
