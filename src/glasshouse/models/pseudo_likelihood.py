"""The pseudo-likelihood: how well each unit of a row is foretold by all others."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from glasshouse.models.rbm import RestrictedBoltzmannMachine

MOST_PLACES = 400
"""At which the density of a Gaussian unit is looked at, at most."""
AT_ONCE = 2**22


@torch.no_grad()
def log_pseudo_likelihood(
    network: RestrictedBoltzmannMachine, rows: torch.Tensor, seed: int | None = None
) -> float:
    r"""The mean over rows of the logarithm of every unit's probability given all others.

    .. math:: \sum_i \ln p(v_i \mid v_{-i}),\quad
        p(v_i \mid v_{-i}) = \sigma\big(F(v \text{ with } v_i \text{ turned over}) - F(v)\big)

    It is no likelihood (each unit is told all the others), but it grows with it as a rule, and costs little.
    With Gaussian units the density of one given the others is integrated numerically, at places half a
    standard deviation apart.

    Args:
        network: The machine.
        rows: Shape (N, *shape).
        seed: Take one unit of each row by chance, and count it D times: D times as fast, and right on
            average. ``None``: all units.

    Returns:
        Nats per row.

    Source:
        Besag 1975, Statistical analysis of non-lattice data.

    Example:
        >>> network = RestrictedBoltzmannMachine((3,), 2, "binary")
        >>> _ = torch.nn.init.zeros_(network.weight)
        >>> round(log_pseudo_likelihood(network, torch.ones(4, 3)) / math.log(2), 4)
        -3.0
    """
    flat = rows.flatten(1)
    count, width = flat.shape
    if seed is None:
        every = torch.arange(width).repeat(count, 1)
    else:
        every = torch.randint(width, (count, 1), generator=torch.Generator().manual_seed(seed))
    total = 0.0
    size = max(1, AT_ONCE // max(network.weight.shape) // (1 if network.log_noise is None else MOST_PLACES))
    for some, units in zip(torch.split(flat, size), torch.split(every, size), strict=True):
        felt = network.hidden_inputs(some)
        for place in units.to(flat.device).unbind(dim=1):
            logs = _of_binary if network.log_noise is None else _of_gaussian
            total += float(logs(network, some, felt, place).double().sum())
    return total * (1 if seed is None else width) / count


def _of_binary(
    network: RestrictedBoltzmannMachine, rows: torch.Tensor, felt: torch.Tensor, place: torch.Tensor
) -> torch.Tensor:
    """The logarithm of the probability of one unit of each row."""
    now = rows.gather(1, place[:, None])[:, 0]
    change = 1 - 2 * now
    turned = felt + change[:, None] * network.weight.t()[place]
    gained = F.softplus(turned).sum(dim=1) - F.softplus(felt).sum(dim=1)
    return F.logsigmoid(-(change * network.visible_bias[place] + gained))


def _of_gaussian(
    network: RestrictedBoltzmannMachine, rows: torch.Tensor, felt: torch.Tensor, place: torch.Tensor
) -> torch.Tensor:
    """The logarithm of the density of one unit of each row."""
    assert network.log_noise is not None
    variance = network.log_noise.exp()
    deviation = float(variance.sqrt())
    weight, bias = network.weight.t()[place], network.visible_bias[place]
    now = rows.gather(1, place[:, None])[:, 0]
    # The density is a mixture of normals, whose means lie between these two.
    low = float((bias + weight.clamp_max(0).sum(dim=1)).min()) - 8 * deviation
    high = float((bias + weight.clamp_min(0).sum(dim=1)).max()) + 8 * deviation
    places = min(MOST_PLACES, max(64, math.ceil(2 * (high - low) / deviation)))
    grid = torch.linspace(low, high, places, device=rows.device, dtype=rows.dtype)

    def logs(values: torch.Tensor) -> torch.Tensor:
        """Minus the free energy with the unit at each of the values (N, P), but for a constant."""
        moved = felt[:, None] + ((values - now[:, None]) / variance)[:, :, None] * weight[:, None]
        return F.softplus(moved).sum(dim=2) - 0.5 * (values - bias[:, None]).square() / variance

    everywhere = torch.logsumexp(logs(grid.expand(len(rows), -1)), dim=1) + math.log(
        (high - low) / (places - 1)
    )
    return logs(now[:, None])[:, 0] - everywhere
