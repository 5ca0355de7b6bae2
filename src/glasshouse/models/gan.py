"""Generative adversarial network: a generator invents rows, a discriminator tells them from real ones."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import nn

from glasshouse.activations import ACTIVATIONS
from glasshouse.core.checks import one_of, whole_number, whole_numbers
from glasshouse.core.concept import Concept, Spec
from glasshouse.models.initialize import initialize

SLOPE = 0.2
"""Of the discriminator's leaky ReLUs, as in Radford et al.: the generator learns through them."""


MOST_LATENT = 64
"""Numbers of a code that ``latent = "auto"`` stands for at most."""


class Gan(nn.Module):
    """A generator and the discriminator that it plays against.

    Called with rows it gives the discriminator's score for each: a logit of being real, or for losses that
    are no likelihoods simply a score.

    Args:
        generator: From codes (N, K) to rows.
        discriminator: From rows to scores (N, 1).
        latent: K.

    Example:
        >>> network = Gan(nn.Linear(2, 3), nn.Linear(3, 1), latent=2)
        >>> network(torch.zeros(5, 3)).shape, network.sample(4, torch.Generator().manual_seed(0)).shape
        (torch.Size([5, 1]), torch.Size([4, 3]))
    """

    def __init__(self, generator: nn.Module, discriminator: nn.Module, latent: int) -> None:
        super().__init__()
        self.generator = generator
        self.discriminator = discriminator
        self.latent = latent

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Rows to the discriminator's scores (N, 1)."""
        scores: torch.Tensor = self.discriminator(inputs)
        return scores

    def tour(self, inputs: torch.Tensor) -> torch.Tensor:
        """A pass through every layer, for who lists them: the generator's, then the discriminator's."""
        self.generator(inputs.new_zeros(len(inputs), self.latent))
        return self.forward(inputs)

    def codes(self, count: int, generator: torch.Generator | None = None) -> torch.Tensor:
        """Codes drawn from the standard normal, shape (count, K).

        Args:
            count: How many, from 1.
            generator: Where chance comes from, on the CPU; ``None`` for the global one.
        """
        return torch.randn(count, self.latent, generator=generator).to(next(self.parameters()))

    def decode(self, codes: torch.Tensor) -> torch.Tensor:
        """Codes (N, K) to rows."""
        rows: torch.Tensor = self.generator(codes)
        return rows

    def sample(self, count: int, generator: torch.Generator | None = None) -> torch.Tensor:
        """New rows, made of codes drawn from the standard normal.

        Args:
            count: How many, from 1.
            generator: Where chance comes from, on the CPU; ``None`` for the global one.
        """
        return self.decode(self.codes(count, generator))


def gan(
    inputs: int | Sequence[int],
    latent: int | Literal["auto"] = "auto",
    generator: Sequence[int] = (128, 128),
    discriminator: Sequence[int] = (128, 128),
    activation: Spec = "relu",
    normalization: Literal["none", "batch"] = "none",
    output_activation: Spec = "auto",
) -> Gan:
    r"""A dense generator and a dense discriminator.

    .. math:: \min_G \max_D\; \mathbb{E}_{x}[\ln D(x)] + \mathbb{E}_{z \sim N(0, I)}[\ln(1 - D(G(z)))]

    Args:
        inputs: Number of features, or the shape of one sample.
        latent: Numbers of a code, from 1, or ``"auto"``: as many as a row has, at most 64. Rows that lie on
            a curve or in a plane are learnt best from about as many numbers as they have.
        generator: Units of the generator's hidden layers, from the code on.
        discriminator: Units of the discriminator's hidden layers, from the row on.
        activation: Between the generator's layers; between the discriminator's stand leaky ReLUs.
        normalization: ``"batch"`` puts batch norm before the generator's activations.
        output_activation: Behind the generator; ``"auto"``: a sigmoid for pictures, whose levels lie from 0
            to 1, and none for rows of numbers.

    Shapes: (N, *inputs) to (N, 1); ``decode`` takes (N, latent) to (N, *inputs).

    Raises:
        SettingError: A size is no whole number from 1, or a setting lies outside its range.
        UnknownNameError: There is no such activation.

    Source:
        Goodfellow et al. 2014, Generative adversarial nets, arXiv 1406.2661.

    Example:
        >>> network = gan(2, latent=4, generator=[8], discriminator=[8])
        >>> sum(each.numel() for each in network.parameters())
        91
    """
    shape = (inputs,) if isinstance(inputs, int) else tuple(inputs)
    one_of("normalization", normalization, ("none", "batch"))
    numbers = whole_number("inputs", math.prod(shape), at_least=1)
    width = min(numbers, MOST_LATENT) if latent == "auto" else whole_number("latent", latent, at_least=1)
    upward = [width, *whole_numbers("generator", generator, at_least=1), numbers]
    downward = [numbers, *whole_numbers("discriminator", discriminator, at_least=1), 1]
    making: OrderedDict[str, nn.Module] = OrderedDict()
    for depth, (before, after) in enumerate(pairwise(upward[:-1]), start=1):
        making[f"linear{depth}"] = nn.Linear(before, after)
        if normalization == "batch":
            making[f"norm{depth}"] = nn.BatchNorm1d(after)
        making[f"activation{depth}"] = ACTIVATIONS.build(activation)
    making["output"] = nn.Linear(upward[-2], numbers)
    if output_activation == "auto":
        output_activation = "sigmoid" if len(shape) == 3 else "identity"
    if output_activation != "identity":
        making["output_activation"] = ACTIVATIONS.build(output_activation)
    judging: OrderedDict[str, nn.Module] = OrderedDict()
    if len(shape) > 1:
        making["unflatten"] = nn.Unflatten(1, shape)
        judging["flatten"] = nn.Flatten()
    for depth, (before, after) in enumerate(pairwise(downward[:-1]), start=1):
        judging[f"linear{depth}"] = nn.Linear(before, after)
        judging[f"activation{depth}"] = nn.LeakyReLU(SLOPE)
    judging["output"] = nn.Linear(downward[-2], 1)
    network = Gan(nn.Sequential(making), nn.Sequential(judging), width)
    initialize(network.generator, "auto", activation)
    initialize(network.discriminator, "auto", "leaky_relu")
    return network


CONCEPT = Concept(
    name="gan",
    kind="model",
    summary="Generative adversarial network: a generator learns from a discriminator that it tries to fool.",
    build=gan,
    aliases=("generative_adversarial_network", "vanilla_gan"),
    equation=r"\min_G \max_D\; \mathbb{E}_x[\ln D(x)] + \mathbb{E}_z[\ln(1 - D(G(z)))],\quad "
    r"D^*(x) = \frac{p(x)}{p(x) + q(x)}",
    symbols={
        "x": "a real row or picture",
        "z": "a code, K numbers from the standard normal",
        "G": "the generator, from codes to rows",
        "D": "the discriminator: how probable it finds that a row is real",
        "p, q": "the densities of real and of generated rows",
    },
    when="New rows that look like the data where sharp ones matter more than a likelihood.",
    pitfalls=(
        "The losses do not say how good it is: where both sides improve alike, they stand still. Look at the "
        "samples, and at the coverage.",
        "Mode collapse: a generator that fools the discriminator with few kinds of rows. Larger batches, a "
        "Wasserstein loss with gradient penalty, and several discriminator steps help.",
        "A discriminator that is sure of itself leaves the minimax loss no slope: take non_saturating.",
    ),
    source="Goodfellow et al. 2014, Generative adversarial nets, arXiv 1406.2661.",
    facts={
        "takes": "vector",
        "gives": "generation",
        "year": 2014,
        "input": (784,),
        "parameters": 243_089,
        "macs": 241_792,
        "defaults": {
            "objective.name": "adversarial",
            "training.optimizer": {"name": "adam", "beta1": 0.5, "beta2": 0.99},
            "training.learning_rate": 0.001,
            "training.schedule": "cosine",
            "training.weight_decay": 0.0,
            "training.batch_size": 256,
        },
    },
)
