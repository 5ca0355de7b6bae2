"""The games that generators and discriminators play: what each side makes small."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from glasshouse.core.names import unknown_name

Sides = tuple[torch.Tensor, torch.Tensor]
"""The discriminator's two terms: on real rows, on generated ones."""


@dataclass(frozen=True)
class Game:
    r"""A pair of losses on the discriminator's scores, and what they come to when it can tell nothing.

    Args:
        name: As in ``objective.loss``.
        discriminator: From scores of real rows, of generated ones, and the smoothed label, to its two terms,
            means over the batch.
        generator: From scores of generated rows to the generator's loss.
        optimum: From the smoothed label to the discriminator's loss where generated rows are distributed as
            real ones are, and it knows. With labels of 1 and the logarithmic losses,
            :math:`2 \ln 2 = \ln 4`.
        probabilities: Whether scores are logits of being real.
        smoothed: Whether labels may be smoothed.
        equations: Of both sides, LaTeX, for who shows them.
        source: Authors, year, title.
    """

    name: str
    discriminator: Callable[[torch.Tensor, torch.Tensor, float], Sides]
    generator: Callable[[torch.Tensor], torch.Tensor]
    optimum: Callable[[float], float]
    probabilities: bool
    smoothed: bool
    equations: tuple[str, str]
    source: str


def log_sides(real: torch.Tensor, fake: torch.Tensor, label: float = 1.0) -> Sides:
    r"""The cross-entropies of both kinds of rows, from logits s.

    .. math:: -t \ln \sigma(s_x) - (1 - t) \ln(1 - \sigma(s_x)),\quad -\ln(1 - \sigma(s_{G(z)}))

    Args:
        real: Logits of real rows.
        fake: Logits of generated rows.
        label: t, the label of real rows, 1 or a little less.

    Example:
        >>> [round(float(each), 4) for each in log_sides(torch.zeros(2), torch.zeros(2))]
        [0.6931, 0.6931]
    """
    on_real = label * F.softplus(-real) + (1 - label) * F.softplus(real)
    return on_real.mean(), F.softplus(fake).mean()


def log_optimum(label: float = 1.0) -> float:
    r"""The discriminator's loss where both densities agree: its best answer is :math:`t / 2`.

    Example:
        >>> round(log_optimum(), 4), log_optimum() == math.log(4)
        (1.3863, True)
    """
    if label == 1:
        return math.log(4)
    return -(label * math.log(label / 2) + (2 - label) * math.log(1 - label / 2))


def least_squares_sides(real: torch.Tensor, fake: torch.Tensor, label: float = 1.0) -> Sides:
    r"""Half the squared distances from t and from 0.

    .. math:: \tfrac12 (s_x - t)^2,\quad \tfrac12 s_{G(z)}^2
    """
    return 0.5 * (real - label).square().mean(), 0.5 * fake.square().mean()


def wasserstein_sides(real: torch.Tensor, fake: torch.Tensor, _label: float = 1.0) -> Sides:
    r"""Scores as they are: high for real rows, low for generated ones.

    .. math:: -s_x,\quad s_{G(z)}
    """
    return -real.mean(), fake.mean()


def hinge_sides(real: torch.Tensor, fake: torch.Tensor, _label: float = 1.0) -> Sides:
    r"""What is missing to a margin of 1.

    .. math:: \max(0, 1 - s_x),\quad \max(0, 1 + s_{G(z)})
    """
    return F.relu(1 - real).mean(), F.relu(1 + fake).mean()


LOGARITHMIC = r"-\ln D(x) - \ln(1 - D(G(z)))"
GAMES = {
    each.name: each
    for each in (
        Game(
            name="non_saturating",
            discriminator=log_sides,
            generator=lambda fake: F.softplus(-fake).mean(),
            optimum=log_optimum,
            probabilities=True,
            smoothed=True,
            equations=(LOGARITHMIC, r"-\ln D(G(z))"),
            source="Goodfellow et al. 2014, section 3, arXiv 1406.2661",
        ),
        Game(
            name="minimax",
            discriminator=log_sides,
            generator=lambda fake: -F.softplus(fake).mean(),
            optimum=log_optimum,
            probabilities=True,
            smoothed=True,
            equations=(LOGARITHMIC, r"\ln(1 - D(G(z)))"),
            source="Goodfellow et al. 2014, equation 1, arXiv 1406.2661",
        ),
        Game(
            name="least_squares",
            discriminator=least_squares_sides,
            generator=lambda fake: 0.5 * (fake - 1).square().mean(),
            optimum=lambda label: label**2 / 4,
            probabilities=False,
            smoothed=True,
            equations=(
                r"\tfrac12 (D(x) - 1)^2 + \tfrac12 D(G(z))^2",
                r"\tfrac12 (D(G(z)) - 1)^2",
            ),
            source="Mao et al. 2017, Least squares generative adversarial networks, arXiv 1611.04076",
        ),
        Game(
            name="wasserstein",
            discriminator=wasserstein_sides,
            generator=lambda fake: -fake.mean(),
            optimum=lambda _label: 0.0,
            probabilities=False,
            smoothed=False,
            equations=(r"D(G(z)) - D(x)", r"-D(G(z))"),
            source="Arjovsky et al. 2017, Wasserstein GAN, arXiv 1701.07875; Gulrajani et al. 2017, Improved "
            "training of Wasserstein GANs, arXiv 1704.00028",
        ),
        Game(
            name="hinge",
            discriminator=hinge_sides,
            generator=lambda fake: -fake.mean(),
            optimum=lambda _label: 2.0,
            probabilities=False,
            smoothed=False,
            equations=(r"\max(0, 1 - D(x)) + \max(0, 1 + D(G(z)))", r"-D(G(z))"),
            source="Lim and Ye 2017, Geometric GAN, arXiv 1705.02894",
        ),
    )
}
"""The losses that ``objective.loss`` may name for adversarial training."""


def find_game(name: str) -> Game:
    """The game of that name.

    Raises:
        UnknownNameError: There is none; the nearest names are suggested.

    Example:
        >>> find_game("hinge").optimum(1.0)
        2.0
    """
    plain = name.lower().replace("-", "_").replace(" ", "_")
    if plain not in GAMES:
        raise unknown_name(name, GAMES, "adversarial loss")
    return GAMES[plain]
