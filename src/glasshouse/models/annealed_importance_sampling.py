"""Annealed importance sampling: the partition function where its states are too many to go through."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F

from glasshouse.core.checks import whole_number
from glasshouse.models.coins import coins
from glasshouse.models.rbm import RestrictedBoltzmannMachine

CHAINS, TEMPERATURES = 128, 2000


@dataclass(frozen=True)
class Annealed:
    """An estimate of the logarithm of a partition function.

    Args:
        log_partition: The estimate.
        low, high: Where it may lie: three standard errors of the mean weight to either side. ``low`` is minus
            infinity where the weights differ so much that they do not bound it from below.
        effective: How many chains of even weight would be worth as much: few of them tell that more
            temperatures are needed.

    Example:
        >>> Annealed(10.0, 9.9, 10.1, 90.0).log_partition
        10.0
    """

    log_partition: float
    low: float
    high: float
    effective: float


@dataclass(frozen=True)
class BaseRates:
    """The machine without weights at which the chains begin, whose partition function is known.

    Args:
        bias: Of the visible units, (D,): log odds, or means.
        variance: Of Gaussian units, (D,); ``None`` for binary ones.

    Example:
        >>> BaseRates.of(torch.tensor([[0.0, 1.0], [1.0, 1.0]]), "binary").bias
        tensor([0.0000, 1.6094], dtype=torch.float64)
    """

    bias: torch.Tensor
    variance: torch.Tensor | None = None

    @classmethod
    def of(cls, rows: torch.Tensor, visible: str) -> BaseRates:
        """The best machine without weights for rows (N, ...): their means, with one row of doubt added."""
        flat = rows.flatten(1).double()
        if visible == "binary":
            # Half a zero and half a one more, so that a pixel that is never on keeps a finite bias.
            shares = (flat.sum(dim=0) + 0.5) / (len(flat) + 1)
            return cls(torch.logit(shares))
        spread = flat.var(dim=0, correction=0) if len(flat) > 1 else torch.ones_like(flat[0])
        return cls(flat.mean(dim=0), spread.clamp_min(1e-3))

    def log_partition(self, hidden: int) -> float:
        """Of the base machine with so many hidden units, which are free."""
        if self.variance is None:
            visible = F.softplus(self.bias).sum()
        else:
            visible = 0.5 * (2 * math.pi * self.variance).log().sum()
        return float(visible) + hidden * math.log(2)


@torch.no_grad()
def annealed_log_partition(
    network: RestrictedBoltzmannMachine,
    base: BaseRates,
    chains: int = CHAINS,
    temperatures: int = TEMPERATURES,
    seed: int = 0,
) -> Annealed:
    r"""Estimate the logarithm of the partition function by going from a simple machine to the wanted one.

    .. math:: p^*_\beta(v) = e^{(1 - \beta) a^\top v}\, e^{\beta b^\top v} \prod_j \left(1 + e^{\beta (c_j +
        (W v)_j)}\right),\quad \hat Z = Z_a \frac1M \sum_m \prod_k
        \frac{p^*_{\beta_k}(v_k^{(m)})}{p^*_{\beta_{k-1}}(v_k^{(m)})}

    A chain begins with a row of the base machine, a, and makes a Gibbs step at every temperature. The mean
    weight is right in expectation; its logarithm tends to be a little low, and the likelihood that is made of
    it a little high.

    Args:
        network: The machine.
        base: Where the chains begin: of the training rows.
        chains: M, from 2.
        temperatures: How many steps there are from 0 to 1, from 1.
        seed: Of the chains. The global random state stays as it is.

    Raises:
        SettingError: A number is no whole number in its range.

    Source:
        Neal 2001, Annealed importance sampling; Salakhutdinov and Murray 2008, On the quantitative
        analysis of deep belief networks.

    Example:
        >>> network = RestrictedBoltzmannMachine((3,), 2, "binary")
        >>> base = BaseRates.of(torch.tensor([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0]]), "binary")
        >>> found = annealed_log_partition(network, base, chains=100, temperatures=100)
        >>> from glasshouse.models import log_partition
        >>> abs(found.log_partition - log_partition(network)) < 0.2
        True
    """
    whole_number("chains", chains, at_least=2)
    whole_number("temperatures", temperatures, at_least=1)
    path = _Path(network, base)
    generator = torch.Generator().manual_seed(seed)
    rows = path.begin(chains, generator)
    logs = torch.zeros(chains, dtype=torch.float64, device=rows.device)
    betas = torch.linspace(0, 1, temperatures + 1, dtype=torch.float64).tolist()
    for before, now in pairwise(betas):
        felt = path.felt(rows)
        logs += path.log_weight(rows, felt, now) - path.log_weight(rows, felt, before)
        rows = path.move(felt, now, generator)
    return _estimate(logs, base.log_partition(len(network.hidden_bias)))


def _estimate(logs: torch.Tensor, base: float) -> Annealed:
    """Mean weight, its error, and what the weights are worth."""
    largest = float(logs.max())
    weights = (logs - largest).exp()
    mean = float(weights.mean())
    error = 3 * float(weights.std()) / math.sqrt(len(weights))
    begin = base + largest
    low = begin + math.log(mean - error) if error < mean else -math.inf
    effective = float(weights.sum() ** 2 / weights.square().sum())
    return Annealed(begin + math.log(mean), low, begin + math.log(mean + error), effective)


class _Path:
    """The machines between the base (0) and the wanted one (1), in double precision."""

    def __init__(self, network: RestrictedBoltzmannMachine, base: BaseRates) -> None:
        self.weight, self.visible, self.hidden = (
            each.double() for each in (network.weight, network.visible_bias, network.hidden_bias)
        )
        self.base = base.bias.to(self.weight)
        self.precision: torch.Tensor | None = None
        if network.log_noise is not None:
            assert base.variance is not None, "base rates of binary rows for Gaussian units"
            self.precision = (-network.log_noise.double()).exp()
            self.base_precision = 1 / base.variance.to(self.weight)

    def begin(self, chains: int, generator: torch.Generator) -> torch.Tensor:
        start = self.weight.new_zeros(chains, len(self.hidden))
        return self.drawn(start, 0.0, generator)

    def felt(self, rows: torch.Tensor) -> torch.Tensor:
        scaled = rows if self.precision is None else rows * self.precision
        return scaled @ self.weight.t() + self.hidden

    def log_weight(self, rows: torch.Tensor, felt: torch.Tensor, beta: float) -> torch.Tensor:
        """The logarithm of the unnormalised probability of rows at a temperature."""
        of_hidden = F.softplus(beta * felt).sum(dim=1)
        if self.precision is None:
            return rows @ ((1 - beta) * self.base + beta * self.visible) + of_hidden
        near_base = 0.5 * ((rows - self.base).square() * self.base_precision).sum(dim=1)
        near = 0.5 * (rows - self.visible).square().sum(dim=1) * self.precision
        return of_hidden - (1 - beta) * near_base - beta * near

    def move(self, felt: torch.Tensor, beta: float, generator: torch.Generator) -> torch.Tensor:
        return self.drawn(coins(torch.sigmoid(beta * felt), generator), beta, generator)

    def drawn(self, hidden: torch.Tensor, beta: float, generator: torch.Generator) -> torch.Tensor:
        """Rows given hidden units."""
        upward = self.visible + hidden @ self.weight
        if self.precision is None:
            return coins(torch.sigmoid((1 - beta) * self.base + beta * upward), generator)
        sharp = (1 - beta) * self.base_precision + beta * self.precision
        mean = ((1 - beta) * self.base_precision * self.base + beta * self.precision * upward) / sharp
        noise = torch.randn(mean.shape, generator=generator, dtype=mean.dtype).to(mean.device)
        return mean + noise * sharp.rsqrt()
