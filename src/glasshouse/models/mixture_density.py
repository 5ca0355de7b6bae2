r"""Mixture density output: the parameters of a distribution over the next point of a pen, at every step.

.. math:: p(x, e) = \sum_m \pi_m\, \mathcal N(x \mid \mu_m, \sigma_m, \rho_m) \cdot
    \begin{cases} \epsilon & e = 1 \\ 1 - \epsilon & e = 0 \end{cases}

with two numbers x (how far the pen moves to the right and up) and one bit e (whether it is lifted then).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F

from glasshouse.core.checks import number

PER_COMPONENT = 6
"""Numbers for each component: weight, two means, two spreads, correlation."""
LARGEST_CORRELATION = 0.995
"""Closer to 1 a density along one line would grow without bounds."""
SMALLEST_SPREAD = 1e-3
"""In units of the data's own spread: points that lie exactly on a line must not be infinitely likely."""


class Mixture(NamedTuple):
    """The parameters of mixtures of M Gaussians in the plane, and of the pen.

    Args:
        log_weights: Logarithms of the weights, (..., M); their exponentials sum to 1.
        means: (..., M, 2).
        log_spreads: Logarithms of the standard deviations, (..., M, 2).
        correlations: From above -1 to below 1, (..., M).
        lifts: Logit of the chance that the pen is lifted after the step, (...).
    """

    log_weights: torch.Tensor
    means: torch.Tensor
    log_spreads: torch.Tensor
    correlations: torch.Tensor
    lifts: torch.Tensor


def numbers_of(components: int) -> int:
    """How many numbers a network must give for a mixture.

    Example:
        >>> numbers_of(20)
        121
    """
    return PER_COMPONENT * components + 1


def mixture_of(raw: torch.Tensor, bias: float = 0.0) -> Mixture:
    r"""From a network's numbers to a mixture.

    .. math:: \pi = \operatorname{softmax}((1 + b)\hat\pi),\quad \sigma = e^{\hat\sigma - b},\quad
        \rho = \tanh \hat\rho

    Args:
        raw: (..., 6 M + 1).
        bias: b, from 0: towards what is likely, so that what is drawn is tidier and varies less.

    Raises:
        SettingError: The bias is negative.

    Source:
        Graves 2013, Generating sequences with recurrent neural networks, arXiv 1308.0850, sections 4 and 5.4;
        Bishop 1994, Mixture density networks.

    Example:
        >>> mixture_of(torch.zeros(13)).log_weights.exp()
        tensor([0.5000, 0.5000])
    """
    number("bias", bias, at_least=0)
    components = (raw.shape[-1] - 1) // PER_COMPONENT
    weights, means, spreads, correlations, lifts = torch.split(
        raw, [components, 2 * components, 2 * components, components, 1], dim=-1
    )
    pairs = (*raw.shape[:-1], components, 2)
    return Mixture(
        torch.log_softmax((1 + bias) * weights, dim=-1),
        means.reshape(pairs),
        spreads.reshape(pairs).clamp(min=math.log(SMALLEST_SPREAD)) - bias,
        LARGEST_CORRELATION * torch.tanh(correlations),
        lifts.squeeze(-1),
    )


def log_density(mixture: Mixture, points: torch.Tensor) -> torch.Tensor:
    r"""The logarithm of the density of steps and pens, in nats.

    .. math:: \ln \mathcal N = -\ln(2 \pi \sigma_1 \sigma_2) - \tfrac12 \ln(1 - \rho^2)
        - \frac{z_1^2 + z_2^2 - 2 \rho z_1 z_2}{2 (1 - \rho^2)},\quad z_i = \frac{x_i - \mu_i}{\sigma_i}

    Args:
        mixture: Of shape (...).
        points: Two numbers and a bit each, (..., 3).

    Returns:
        Shape (...).

    Example:
        >>> standard = mixture_of(torch.zeros(7))
        >>> f"{float(log_density(standard, torch.zeros(3))):.4f}", f"{-math.log(4 * math.pi):.4f}"
        ('-2.5310', '-2.5310')
    """
    z = (points[..., None, :2] - mixture.means) * torch.exp(-mixture.log_spreads)
    rho = mixture.correlations
    left = 1 - rho**2
    squares = (z**2).sum(dim=-1) - 2 * rho * z.prod(dim=-1)
    log_normal = (
        -math.log(2 * math.pi)
        - mixture.log_spreads.sum(dim=-1)
        - 0.5 * torch.log(left)
        - squares / (2 * left)
    )
    lifted = points[..., 2]
    pens = lifted * F.logsigmoid(mixture.lifts) + (1 - lifted) * F.logsigmoid(-mixture.lifts)
    return torch.logsumexp(mixture.log_weights + log_normal, dim=-1) + pens


def draw_points(mixture: Mixture, generator: torch.Generator) -> torch.Tensor:
    """Steps and pens at random, (N, 3).

    Args:
        mixture: Of shape (N,).
        generator: Where chance comes from, on the CPU.

    Example:
        >>> draw_points(mixture_of(torch.zeros(2, 7)), torch.Generator().manual_seed(0)).shape
        torch.Size([2, 3])
    """
    rows = len(mixture.lifts)
    chosen = torch.multinomial(mixture.log_weights.exp(), 1, generator=generator).squeeze(1)
    at = torch.arange(rows)
    means, spreads = mixture.means[at, chosen], mixture.log_spreads[at, chosen].exp()
    rho = mixture.correlations[at, chosen]
    one, other = torch.randn(2, rows, generator=generator).to(means.dtype)
    second = rho * one + torch.sqrt(1 - rho**2) * other
    lifted = torch.rand(rows, generator=generator) < torch.sigmoid(mixture.lifts)
    steps = means + spreads * torch.stack([one, second], dim=1)
    return torch.cat([steps, lifted.to(steps.dtype).unsqueeze(1)], dim=1)
