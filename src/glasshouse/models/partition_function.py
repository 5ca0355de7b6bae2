"""The partition function of a restricted Boltzmann machine, by adding up every state of its smaller side."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F

from glasshouse.core.errors import ModelError
from glasshouse.models.rbm import RestrictedBoltzmannMachine

MOST_UNITS = 20
"""Units up to which their states, about a million, are gone through."""
AT_ONCE = 2**22
"""About how many numbers are held at a time."""


def smaller_side(network: RestrictedBoltzmannMachine) -> int:
    """Units whose states have to be gone through: the fewer ones, or the hidden ones beside Gaussian ones.

    Example:
        >>> smaller_side(RestrictedBoltzmannMachine((3,), 5, "binary"))
        3
        >>> smaller_side(RestrictedBoltzmannMachine((3,), 5, "gaussian"))
        5
    """
    hidden, visible = network.weight.shape
    return min(hidden, visible) if network.log_noise is None else hidden


@torch.no_grad()
def log_partition(network: RestrictedBoltzmannMachine, most: int = MOST_UNITS) -> float:
    r"""The logarithm of the partition function, exact but for rounding, in double precision.

    .. math:: \ln Z = \ln \sum_h \exp\Big(c^\top h + \sum_i \ln(1 + e^{b_i + (W^\top h)_i})\Big)

    Where there are fewer visible units than hidden ones, the sum goes over these and is that of
    :math:`e^{-F(v)}`. With Gaussian units the integral over v is known,

    .. math:: \ln Z = \frac D2 \ln(2 \pi \tau^2) + \ln \sum_h \exp\Big(c^\top h
        + \frac{\lVert b + W^\top h \rVert^2 - \lVert b \rVert^2}{2 \tau^2}\Big)

    Args:
        network: The machine.
        most: Units up to which it is done; every further one doubles the time.

    Raises:
        ModelError: There are more units.

    Example:
        >>> network = RestrictedBoltzmannMachine((3,), 2, "binary")
        >>> _ = torch.nn.init.zeros_(network.weight)
        >>> round(log_partition(network) / math.log(2), 4)  # 32 states of the energy 0
        5.0
    """
    units = smaller_side(network)
    if units > most:
        raise ModelError(
            f"{units} units on the smaller side of a restricted Boltzmann machine",
            expected=f"at most {most}, whose states can be gone through",
            fix="estimate it: glasshouse.models.annealed_log_partition",
        )
    weight, visible, hidden = (
        each.double() for each in (network.weight, network.visible_bias, network.hidden_bias)
    )
    size = max(1, AT_ONCE // max(weight.shape))
    sums = []
    for states in all_states(units, size, weight):
        if network.log_noise is not None:
            variance = network.log_noise.double().exp()
            means = visible + states @ weight
            grown = (means.square().sum(dim=1) - visible.square().sum()) / (2 * variance)
            logs = states @ hidden + grown
        elif units == len(hidden):
            logs = states @ hidden + F.softplus(visible + states @ weight).sum(dim=1)
        else:
            logs = states @ visible + F.softplus(hidden + states @ weight.t()).sum(dim=1)
        sums.append(torch.logsumexp(logs, dim=0))
    total = float(torch.logsumexp(torch.stack(sums), dim=0))
    if network.log_noise is not None:
        total += 0.5 * len(visible) * (math.log(2 * math.pi) + float(network.log_noise))
    return total


def all_states(units: int, at_once: int, like: torch.Tensor) -> Iterator[torch.Tensor]:
    """Every state of some binary units, in blocks of rows.

    Args:
        units: From 1.
        at_once: Rows of a block, from 1.
        like: A tensor of the wanted type and device.

    Example:
        >>> torch.cat(list(all_states(2, 3, torch.zeros(1)))).tolist()
        [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    """
    places = torch.arange(units, device=like.device)
    for first in range(0, 2**units, at_once):
        numbers = torch.arange(first, min(first + at_once, 2**units), device=like.device)
        yield ((numbers[:, None] >> places) & 1).to(like.dtype)
