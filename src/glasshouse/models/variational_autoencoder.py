"""Variational autoencoder: a code with a distribution, from which new rows can be drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import nn

from glasshouse.core.checks import number, one_of, whole_number, whole_numbers
from glasshouse.core.concept import Concept, Spec
from glasshouse.models.autoencoder import dense_decoder, dense_encoder
from glasshouse.models.initialize import initialize

Likelihood = Literal["bernoulli", "gaussian"]


def kl_to_standard_normal(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    r"""Kullback-Leibler divergence of a normal distribution with independent axes from the standard one.

    .. math:: D_{KL} = \frac12 \sum_k \left(\mu_k^2 + \sigma_k^2 - 1 - \ln \sigma_k^2\right)

    Args:
        mean: Shape (N, K).
        log_variance: Shape (N, K).

    Returns:
        Shape (N,), in nats, at least 0.

    Source:
        Kingma and Welling 2014, appendix B.

    Example:
        >>> kl_to_standard_normal(torch.tensor([[1.0]]), torch.tensor([[0.0]]))
        tensor([0.5000])
    """
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(dim=-1)


class VariationalAutoencoder(nn.Module):
    """An encoder to a normal distribution of codes, and a decoder to the parameters of a likelihood.

    Args:
        encoder: From rows to 2 K numbers: means and logarithms of the variances.
        decoder: From codes (N, K) to logits (``"bernoulli"``) or means (``"gaussian"``) of the shape of rows.
        code: K.
        likelihood: What rows are drawn from, given a code.
        noise: Standard deviation of ``"gaussian"``, or ``"learned"``.

    Attributes:
        log_noise: Logarithm of the variance of ``"gaussian"``, one number.

    Example:
        >>> network = VariationalAutoencoder(nn.Linear(4, 4), nn.Linear(2, 4), 2, "gaussian")
        >>> network.sample(3, torch.Generator().manual_seed(0)).shape
        torch.Size([3, 4])
    """

    log_noise: torch.Tensor | None

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        code: int,
        likelihood: Likelihood,
        noise: float | Literal["learned"] = "learned",
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.code = code
        self.likelihood = likelihood
        if likelihood == "bernoulli":
            self.log_noise = None
        elif noise == "learned":
            self.log_noise = nn.Parameter(torch.zeros(1))
        else:
            self.register_buffer("log_noise", torch.full((1,), 2 * math.log(noise)))

    def posterior(self, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Means and logarithms of the variances of the codes of rows, (N, K) each."""
        mean, log_variance = self.encoder(inputs).chunk(2, dim=1)
        return mean, log_variance

    def encode(self, inputs: torch.Tensor) -> torch.Tensor:
        """Rows to the means of their codes (N, K)."""
        return self.posterior(inputs)[0]

    def expected(self, raw: torch.Tensor) -> torch.Tensor:
        """The mean of the likelihood whose parameters the decoder gave."""
        return torch.sigmoid(raw) if self.likelihood == "bernoulli" else raw

    def decode(self, code: torch.Tensor) -> torch.Tensor:
        """Codes (N, K) to the rows that are expected of them."""
        return self.expected(self.decoder(code))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Rows to their reconstructions, by the mean of the code: nothing is drawn."""
        return self.decode(self.encode(inputs))

    def log_likelihood(self, raw: torch.Tensor, inputs: torch.Tensor) -> torch.Tensor:
        """Logarithm of the likelihood of rows.

        Args:
            raw: What the decoder gave.
            inputs: The rows, of the same shape.

        Returns:
            Shape (N,), in nats.
        """
        raw, inputs = raw.flatten(1), inputs.flatten(1)
        if self.log_noise is None:
            return -F.binary_cross_entropy_with_logits(raw, inputs, reduction="none").sum(dim=1)
        squares = (inputs - raw).square().sum(dim=1) / self.log_noise.exp()
        constant = inputs.shape[1] * (self.log_noise + math.log(2 * math.pi))
        return -0.5 * (squares + constant)

    def sample(self, count: int, generator: torch.Generator | None = None) -> torch.Tensor:
        """New rows: the means of the likelihood for codes drawn from the standard normal.

        Args:
            count: How many, from 1.
            generator: Where chance comes from, on the CPU.
        """
        weight = next(self.parameters())
        code = torch.randn(count, self.code, generator=generator).to(weight)
        return self.decode(code)


def variational_autoencoder(
    inputs: int | Sequence[int],
    hidden: Sequence[int] = (256, 128),
    code: int = 8,
    activation: Spec = "relu",
    likelihood: Literal["auto", "bernoulli", "gaussian"] = "auto",
    noise: float | Literal["learned"] = "learned",
    normalization: Literal["none", "batch", "layer"] = "none",
) -> VariationalAutoencoder:
    r"""A dense variational autoencoder.

    .. math:: q(z \mid x) = N(\mu(x), \operatorname{diag} \sigma^2(x)),\quad p(z) = N(0, I),\quad
        p(x \mid z) = \operatorname{Bernoulli}(\sigma(g(z))) \text{ or } N(g(z), \tau^2 I)

    With a linear decoder and a learned :math:`\tau` the best bound is the likelihood of probabilistic
    principal component analysis.

    Args:
        inputs: Number of features, or the shape of one sample.
        hidden: Units of the encoder's hidden layers, from the input on; the decoder has them in reverse.
        code: Width of the code, from 1.
        activation: Between the layers.
        likelihood: ``"bernoulli"`` for numbers from 0 to 1, ``"gaussian"``, or ``"auto"``: bernoulli for
            pictures.
        noise: :math:`\tau`, above 0, or ``"learned"``; for ``"gaussian"`` only.
        normalization: ``"none"``, ``"batch"`` or ``"layer"``, before each activation between the layers.

    Shapes: (N, *inputs) to (N, *inputs); ``encode`` gives (N, code), ``posterior`` two of these.

    Raises:
        SettingError: A size is no whole number from 1, or a setting lies outside its range.
        UnknownNameError: There is no such activation.

    Source:
        Kingma and Welling 2014, Auto-encoding variational Bayes, arXiv 1312.6114; Lucas et al. 2019, Don't
        blame the ELBO! (the linear case).

    Example:
        >>> network = variational_autoencoder((1, 8, 8), hidden=[32], code=2)
        >>> network.likelihood, network(torch.zeros(3, 1, 8, 8)).shape
        ('bernoulli', torch.Size([3, 1, 8, 8]))
    """
    shape = (inputs,) if isinstance(inputs, int) else tuple(inputs)
    one_of("likelihood", likelihood, ("auto", "bernoulli", "gaussian"))
    one_of("normalization", normalization, ("none", "batch", "layer"))
    if noise != "learned":
        number("noise", noise, above=0)
    whole_number("code", code, at_least=1)
    widths = [whole_number("inputs", math.prod(shape), at_least=1)]
    widths += [*whole_numbers("hidden", hidden, at_least=1), code]
    encoder = nn.Sequential(dense_encoder(shape, widths, activation, normalization, outputs=2))
    layers = dense_decoder(widths[::-1], activation, normalization)
    if len(shape) > 1:
        layers["unflatten"] = nn.Unflatten(1, shape)
    if likelihood == "auto":
        likelihood = "bernoulli" if len(shape) == 3 else "gaussian"
    network = VariationalAutoencoder(encoder, nn.Sequential(layers), code, likelihood, noise)
    initialize(network, "auto", activation)
    return network


CONCEPT = Concept(
    name="variational_autoencoder",
    kind="model",
    summary="Autoencoder with a distribution of codes: new rows can be drawn from it.",
    build=variational_autoencoder,
    aliases=("vae", "beta_vae"),
    equation=r"\ln p(x) \ge \mathbb{E}_{q(z|x)}[\ln p(x|z)] - D_{KL}(q(z|x) \,\|\, p(z))",
    symbols={
        "x": "a row or a picture",
        "z": "its code, K numbers",
        "q(z|x)": "the encoder's normal distribution of codes",
        "p(z)": "the standard normal",
        "p(x|z)": "the likelihood: Bernoulli or normal",
    },
    when="Drawing new rows, smooth ways between rows, unusual rows with a scale in nats.",
    pitfalls=(
        "A gaussian likelihood whose noise is fixed at 1 on pictures from 0 to 1 gives nothing but the mean "
        "picture: learn the noise, or take bernoulli.",
        "Bernoulli nats of grey pictures compare networks, but are no probabilities of pictures.",
        "Numbers of the code that carry nothing fall back to the standard normal; the report counts them.",
    ),
    source="Kingma and Welling 2014, Auto-encoding variational Bayes, arXiv 1312.6114.",
    facts={
        "takes": "vector",
        "gives": "reconstruction",
        "year": 2014,
        "input": (784,),
        "parameters": 471_585,
        "macs": 470_016,
        "defaults": {"objective.name": "elbo", "training.weight_decay": 0.0},
    },
)
