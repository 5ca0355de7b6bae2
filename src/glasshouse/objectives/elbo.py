"""The evidence lower bound: how a variational autoencoder learns."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import nn

from glasshouse.core.errors import ModelError
from glasshouse.data.parts import Part, Prepared
from glasshouse.losses.contract import Meaning
from glasshouse.models.outputs import batches_of, evaluating
from glasshouse.models.variational_autoencoder import VariationalAutoencoder, kl_to_standard_normal
from glasshouse.objectives.contract import Judged, Objective, Step

SEED = 2014
"""Of the noise with which whole parts are judged: the same in every epoch, so that epochs can be compared."""


class Elbo(Objective):
    r"""The negative evidence lower bound, in nats per row.

    .. math:: L = -\mathbb{E}_{q(z \mid x)}[\ln p(x \mid z)] + \beta\, D_{KL}(q(z \mid x) \,\|\, p(z)),\quad
        z = \mu + \sigma \varepsilon,\; \varepsilon \sim N(0, I)

    The divergence of the normal :math:`N(\mu, \sigma^2)` from the standard one is exact,
    :math:`\frac12 \sum_k (\mu_k^2 + \sigma_k^2 - 1 - \ln \sigma_k^2)`; the expectation is estimated by one
    draw per row. With :math:`\beta = 1` the value is an upper bound of the negative log-likelihood.

    Args:
        beta: Weight of the divergence, from 0. Larger: codes nearer to the standard normal, coarser
            reconstructions.

    Source:
        Kingma and Welling 2014, Auto-encoding variational Bayes, arXiv 1312.6114; Higgins et al. 2017,
        beta-VAE.

    Example:
        >>> from glasshouse.models import variational_autoencoder
        >>> network = variational_autoencoder(4, code=2, likelihood="bernoulli")
        >>> rows = torch.rand(3, 4)
        >>> step = Elbo()(network, rows, rows)
        >>> bool(torch.isclose(step.loss, step.parts["reconstruction"] + step.parts["kl"]))
        True
    """

    meaning: Meaning = "reconstruction"

    def __init__(self, beta: float = 1.0) -> None:
        self.beta = beta

    def refuse(self, network: nn.Module) -> None:
        """Refuse a network that has no distribution of codes."""
        if not isinstance(network, VariationalAutoencoder):
            raise ModelError(
                f"objective 'elbo' on a {type(network).__name__}",
                expected="a network with a distribution of codes and a likelihood",
                fix="set model.name = 'variational_autoencoder', or objective.name = 'reconstruction'",
            )

    def __call__(self, network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> Step:
        """The bound of a batch, with one draw for each row."""
        return self._bound(network, inputs, targets, None)

    def _bound(
        self,
        network: nn.Module,
        inputs: torch.Tensor,
        targets: torch.Tensor,
        generator: torch.Generator | None,
    ) -> Step:
        assert isinstance(network, VariationalAutoencoder)
        mean, log_variance = network.posterior(inputs)
        if generator is None:
            noise = torch.randn_like(mean)
        else:
            noise = torch.randn(mean.shape, generator=generator).to(mean)
        raw = network.decoder(mean + (0.5 * log_variance).exp() * noise)
        surprise = -network.log_likelihood(raw, targets).mean()
        divergence = kl_to_standard_normal(mean, log_variance).mean()
        parts = {"reconstruction": surprise.detach(), "kl": divergence.detach()}
        return Step(surprise + self.beta * divergence, network.expected(raw), parts)

    def value(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The mean squared error of outputs alone: the bound needs the network."""
        return (outputs.reshape(targets.shape) - targets).square().mean()

    def outputs(self, prepared: Prepared) -> int:
        """As many as a row has numbers."""
        return prepared.outputs

    def judge(
        self, network: nn.Module, part: Part, autocast: AbstractContextManager[None] | None = None
    ) -> Judged:
        """The bound over a part, with the noise of a fixed seed."""
        chance = torch.Generator().manual_seed(SEED)
        sums: dict[str, float] = {}
        outputs = []
        with evaluating(network), torch.no_grad(), autocast or nullcontext():
            for inputs in batches_of(network, part.inputs):
                step = self._bound(network, inputs, inputs, chance)
                for name, value in {"loss": step.loss, **step.parts}.items():
                    sums[name] = sums.get(name, 0.0) + float(value) * len(inputs) / len(part)
                outputs.append(step.outputs.float())
        return Judged(sums.pop("loss"), torch.cat(outputs), sums)


def negative_elbo(
    network: nn.Module, inputs: torch.Tensor, draws: int = 16, seed: int = SEED
) -> dict[str, float]:
    """The bound with several draws for each row, which brings its own chance down.

    Args:
        network: A variational autoencoder.
        inputs: Rows (N, ...).
        draws: Draws for each row, from 1.
        seed: Of the draws.

    Returns:
        ``loss``, ``reconstruction`` and ``kl``, in nats per row.

    Raises:
        ModelError: The network is no variational autoencoder.

    Example:
        >>> from glasshouse.models import variational_autoencoder
        >>> found = negative_elbo(variational_autoencoder(4, code=2), torch.rand(3, 4))
        >>> abs(found["loss"] - found["reconstruction"] - found["kl"]) < 1e-5
        True
    """
    objective = Elbo()
    objective.refuse(network)
    chance = torch.Generator().manual_seed(seed)
    sums: dict[str, float] = {}
    with evaluating(network), torch.no_grad():
        for _ in range(draws):
            for rows in batches_of(network, inputs):
                step = objective._bound(network, rows, rows, chance)
                for name, value in {"loss": step.loss, **step.parts}.items():
                    sums[name] = sums.get(name, 0.0) + float(value) * len(rows) / len(inputs) / draws
    return sums
