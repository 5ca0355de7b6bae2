"""The bound of the likelihood that a stack of restricted Boltzmann machines gives, layer upon layer."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F

from glasshouse.core.checks import whole_number
from glasshouse.models.coins import coins
from glasshouse.models.partition_function import all_states
from glasshouse.models.rbm import RestrictedBoltzmannMachine

MOST_UNITS = 12
"""Units of a layer up to which all of its states, 4,096, are gone through."""


@torch.no_grad()
def layerwise_bound(
    machines: Sequence[RestrictedBoltzmannMachine],
    rows: torch.Tensor,
    log_partition: float,
    draws: int = 1,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    r"""A lower bound of the logarithm of the probability of rows.

    .. math:: \ln p(v) \ge B_1(v),\quad B_l(x) = \mathbb{E}_{q_l(h \mid x)}\big[\ln p_l(x \mid h) +
        B_{l+1}(h)\big] + H(q_l(\cdot \mid x)),\quad B_L(x) = -F_L(x) - \ln Z_L

    :math:`p_l(x \mid h)` and :math:`q_l(h \mid x)` are the ways down and up of the l-th machine, H is the
    entropy. With one machine the bound is the likelihood itself. With :math:`p_l(h)`, what the l-th machine
    alone says of its hidden units, in the place of :math:`B_{l+1}`, it would be that machine's likelihood; so
    a machine more raises the bound by as much as it makes those units more probable than the one below did.
    With the weights of that one, transposed, it says the same, and begins where the likelihood stood.

    The expectation goes over all states of a layer with up to 12 units, and over draws above.

    Args:
        machines: From the rows up.
        rows: Shape (N, *shape).
        log_partition: :math:`\ln Z_L` of the top machine, exact or estimated.
        draws: For each row, where a layer is too large for all its states, from 1.
        generator: Where chance comes from, on the CPU; ``None`` for the global one.

    Returns:
        Shape (N,), in nats. Draws leave it right on average.

    Source:
        Hinton, Osindero and Teh 2006, A fast learning algorithm for deep belief nets, section 4;
        Salakhutdinov and Murray 2008, On the quantitative analysis of deep belief networks.

    Example:
        >>> from glasshouse.models import log_partition, rbm
        >>> _ = torch.manual_seed(0)
        >>> below, above = rbm(3, hidden=2, visible="binary"), rbm(2, hidden=3, visible="binary")
        >>> _ = above.load_state_dict({"recognition.weight": below.weight.t(),
        ...     "recognition.bias": below.visible_bias, "generation.bias": below.hidden_bias})
        >>> rows = torch.tensor([[1.0, 0.0, 1.0]])
        >>> alone = layerwise_bound([below], rows, log_partition(below))
        >>> together = layerwise_bound([below, above], rows, log_partition(above))
        >>> bool((alone - together).abs() < 1e-5)
        True
    """
    whole_number("draws", draws, at_least=1)
    machine, above = machines[0], machines[1:]
    if not above:
        return -machine.free_energy(rows) - log_partition
    felt = machine.hidden_inputs(rows)
    entropy = (F.softplus(felt) - felt * torch.sigmoid(felt)).sum(dim=1)
    units = felt.shape[1]
    if units <= MOST_UNITS:
        (states,) = all_states(units, 2**units, felt)
        beyond = layerwise_bound(above, states, log_partition, draws, generator)
        log_shares = F.logsigmoid(felt) @ states.t() + F.logsigmoid(-felt) @ (1 - states).t()
        down = log_given_each(machine, rows.flatten(1), states)
        return entropy + (log_shares.exp() * (down + beyond)).sum(dim=1)
    total = torch.zeros_like(entropy)
    for _ in range(draws):
        hidden = coins(torch.sigmoid(felt), generator)
        total += log_given(machine, rows.flatten(1), hidden)
        total += layerwise_bound(above, hidden, log_partition, 1, generator)
    return entropy + total / draws


def log_given(machine: RestrictedBoltzmannMachine, rows: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
    r"""The logarithm of the probability (or density) of each row given the hidden units beside it.

    .. math:: \ln p(v \mid h) = \sum_i \big(v_i a_i - \ln(1 + e^{a_i})\big),\quad a = b + W^\top h

    Args:
        machine: The machine.
        rows: Shape (N, D).
        hidden: Shape (N, H).

    Returns:
        Shape (N,).

    Example:
        >>> machine = RestrictedBoltzmannMachine((3,), 2, "binary")
        >>> _ = torch.nn.init.zeros_(machine.weight)
        >>> log_given(machine, torch.ones(1, 3), torch.ones(1, 2)).detach()  # three coins
        tensor([-2.0794])
    """
    inputs: torch.Tensor = machine.generation(hidden)
    if machine.log_noise is None:
        return (rows * inputs - F.softplus(inputs)).sum(dim=1)
    far = (rows - inputs).square().sum(dim=1)
    return -0.5 * far / machine.log_noise.exp() - _normaliser(machine)


def log_given_each(
    machine: RestrictedBoltzmannMachine, rows: torch.Tensor, hidden: torch.Tensor
) -> torch.Tensor:
    """The same of every row (N, D) given each of several states (S, H): shape (N, S)."""
    inputs: torch.Tensor = machine.generation(hidden)
    together = rows @ inputs.t()
    if machine.log_noise is None:
        return together - F.softplus(inputs).sum(dim=1)
    far = rows.square().sum(dim=1, keepdim=True) - 2 * together + inputs.square().sum(dim=1)
    return -0.5 * far / machine.log_noise.exp() - _normaliser(machine)


def _normaliser(machine: RestrictedBoltzmannMachine) -> torch.Tensor:
    """Of the normal density of all visible units, its logarithm with the other sign."""
    assert machine.log_noise is not None
    return 0.5 * len(machine.visible_bias) * (math.log(2 * math.pi) + machine.log_noise)
