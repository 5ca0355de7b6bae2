"""Restricted Boltzmann machine: visible and hidden units, an energy, and no lines within either layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import nn

from glasshouse.core.checks import number, one_of, whole_number
from glasshouse.core.concept import Concept
from glasshouse.models.coins import coins
from glasshouse.models.tied_linear import TiedLinear

Visible = Literal["binary", "gaussian"]
BURN_IN = 1000
"""Gibbs steps from pure chance to a sample."""
FIRST_DEVIATION = 0.01
"""Of the first weights (Hinton 2010, section 8): small ones, so that hidden units begin undecided."""


class RestrictedBoltzmannMachine(nn.Module):
    r"""A probability distribution of rows that is given by an energy.

    With binary visible units,

    .. math:: E(v, h) = -b^\top v - c^\top h - h^\top W v,\quad p(v, h) = \frac{e^{-E(v, h)}}{Z}

    and with Gaussian ones of the standard deviation :math:`\tau`

    .. math:: E(v, h) = \frac{\lVert v - b \rVert^2}{2 \tau^2} - c^\top h - \frac{h^\top W v}{\tau^2}

    Given one layer, the units of the other are independent, so that all of them are drawn at once.

    Called with rows it gives their reconstructions, from the probabilities of the hidden units: nothing is
    drawn.

    Args:
        shape: Of one row.
        hidden: Hidden units H, from 1.
        visible: ``"binary"`` or ``"gaussian"``.
        noise: :math:`\tau` of Gaussian units, above 0, or ``"learned"``, which begins at 1.

    Attributes:
        recognition: A linear layer with W, shape (H, D), and the hidden biases c.
        generation: W transposed, and the visible biases b.
        log_noise: :math:`\ln \tau^2` of Gaussian units, one number; ``None`` for binary ones.

    Source:
        Smolensky 1986; Hinton 2002, Training products of experts by minimizing contrastive divergence; Cho,
        Ilin and Raiko 2011, Improved learning of Gaussian-Bernoulli restricted Boltzmann machines.

    Example:
        >>> network = RestrictedBoltzmannMachine((3,), 2, "binary")
        >>> rows = torch.tensor([[1.0, 0.0, 1.0]])
        >>> network.encode(rows).shape, network(rows).shape
        (torch.Size([1, 2]), torch.Size([1, 3]))
    """

    log_noise: torch.Tensor | None

    def __init__(
        self,
        shape: Sequence[int],
        hidden: int,
        visible: Visible,
        noise: float | Literal["learned"] = "learned",
    ) -> None:
        super().__init__()
        self.shape = tuple(shape)
        self.visible = visible
        self.recognition = nn.Linear(math.prod(shape), hidden)
        self.generation = TiedLinear(self.recognition)
        nn.init.normal_(self.recognition.weight, std=FIRST_DEVIATION)
        nn.init.zeros_(self.recognition.bias)
        if visible == "binary":
            self.log_noise = None
        elif noise == "learned":
            self.log_noise = nn.Parameter(torch.zeros(1))
        else:
            self.register_buffer("log_noise", torch.full((1,), 2 * math.log(noise)))

    @property
    def weight(self) -> torch.Tensor:
        """W, shape (H, D)."""
        return self.recognition.weight

    @property
    def hidden_bias(self) -> torch.Tensor:
        """c, shape (H,)."""
        return self.recognition.bias

    @property
    def visible_bias(self) -> torch.Tensor:
        """b, shape (D,)."""
        return self.generation.bias

    def hidden_inputs(self, rows: torch.Tensor) -> torch.Tensor:
        r"""What hidden units feel: :math:`c + W v`, or :math:`c + W v / \tau^2`.

        Args:
            rows: Shape (N, *shape).

        Returns:
            Shape (N, H).
        """
        flat = rows.flatten(1)
        if self.log_noise is not None:
            flat = flat * (-self.log_noise).exp()
        felt: torch.Tensor = self.recognition(flat)
        return felt

    def energy(self, rows: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
        """The energy of rows (N, *shape) together with hidden units (N, H), shape (N,)."""
        together = (self.hidden_inputs(rows) * hidden).sum(dim=1)
        return self.visible_energy(rows) - together

    def visible_energy(self, rows: torch.Tensor) -> torch.Tensor:
        """What the visible units alone add to the energy, shape (N,)."""
        flat = rows.flatten(1)
        if self.log_noise is None:
            return -(flat @ self.visible_bias)
        return 0.5 * (flat - self.visible_bias).square().sum(dim=1) * (-self.log_noise).exp()

    def free_energy(self, rows: torch.Tensor) -> torch.Tensor:
        r"""The energy with the hidden units summed out, so that :math:`p(v) = e^{-F(v)} / Z`.

        .. math:: F(v) = -\ln \sum_h e^{-E(v, h)} = -b^\top v - \sum_j \ln(1 + e^{c_j + (W v)_j})

        Args:
            rows: Shape (N, *shape).

        Returns:
            Shape (N,), in nats.

        Example:
            >>> network = RestrictedBoltzmannMachine((3,), 2, "binary")
            >>> _ = nn.init.zeros_(network.weight)
            >>> network.free_energy(torch.ones(1, 3)).detach()  # two units that are free: -2 ln 2
            tensor([-1.3863])
        """
        summed_out: torch.Tensor = F.softplus(self.hidden_inputs(rows)).sum(dim=1)
        return self.visible_energy(rows) - summed_out

    def encode(self, inputs: torch.Tensor) -> torch.Tensor:
        """The probability of every hidden unit to be 1, given rows: shape (N, H)."""
        return torch.sigmoid(self.hidden_inputs(inputs))

    def decode(self, code: torch.Tensor) -> torch.Tensor:
        """The rows that are expected of hidden units (N, H): probabilities, or means."""
        raw: torch.Tensor = self.generation(code)
        if self.log_noise is None:
            raw = torch.sigmoid(raw)
        return raw.reshape(-1, *self.shape) if len(self.shape) > 1 else raw

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Rows to their reconstructions."""
        return self.decode(self.encode(inputs))

    @torch.no_grad()
    def gibbs_step(self, rows: torch.Tensor, generator: torch.Generator | None = None) -> torch.Tensor:
        """Draw hidden units given rows (N, *shape), and rows of the same shape given these."""
        return self.draw_visible(self.draw_hidden(rows, generator), generator)

    def draw_hidden(self, rows: torch.Tensor, generator: torch.Generator | None = None) -> torch.Tensor:
        """Hidden units (N, H) given rows, zeros and ones."""
        return coins(self.encode(rows), generator)

    def draw_visible(self, hidden: torch.Tensor, generator: torch.Generator | None = None) -> torch.Tensor:
        """Rows (N, *shape) given hidden units (N, H)."""
        expected = self.decode(hidden)
        if self.log_noise is None:
            return coins(expected, generator)
        where = expected.device if generator is None else "cpu"
        noise = torch.randn(expected.shape, generator=generator, dtype=expected.dtype, device=where)
        return expected + (0.5 * self.log_noise).exp() * noise.to(expected.device)

    def chain(self, rows: torch.Tensor, steps: int, generator: torch.Generator | None = None) -> torch.Tensor:
        """Where rows come to after some Gibbs steps.

        Args:
            rows: Shape (N, *shape).
            steps: From 0.
            generator: Where chance comes from, on the CPU; ``None`` for the global one.
        """
        for _ in range(steps):
            rows = self.gibbs_step(rows, generator)
        return rows

    def sample(
        self, count: int, generator: torch.Generator | None = None, steps: int = BURN_IN
    ) -> torch.Tensor:
        """New rows: the ends of chains that began with undecided hidden units.

        Args:
            count: How many, from 1.
            generator: Where chance comes from, on the CPU; ``None`` for the global one.
            steps: Gibbs steps of each chain, from 0. Where the distribution has far islands, chains cross
                from one to another but rarely, and more steps are needed.

        Returns:
            Shape (count, *shape). Rows of binary units are zeros and ones.
        """
        undecided = self.visible_bias.new_full((count, len(self.hidden_bias)), 0.5)
        start = self.decode(coins(undecided, generator))
        begun = start if self.log_noise is not None else coins(start, generator)
        return self.chain(begun.detach(), steps, generator)


def rbm(
    inputs: int | Sequence[int],
    hidden: int = 64,
    visible: Literal["auto", "binary", "gaussian"] = "auto",
    noise: float | Literal["learned"] = "learned",
) -> RestrictedBoltzmannMachine:
    r"""A restricted Boltzmann machine.

    .. math:: p(h_j = 1 \mid v) = \sigma(c_j + (W v)_j),\quad p(v_i = 1 \mid h) = \sigma(b_i + (W^\top h)_i)

    Weights begin at normal numbers of the deviation 0.01, biases at 0.

    Args:
        inputs: Number of features, or the shape of one sample.
        hidden: Hidden units, from 1.
        visible: ``"binary"`` for rows of zeros and ones, ``"gaussian"`` for numbers, or ``"auto"``: binary
            for pictures, gaussian for rows of numbers.
        noise: Standard deviation of Gaussian units around their mean, above 0, or ``"learned"``.

    Shapes: (N, *inputs) to (N, *inputs); ``encode`` gives (N, hidden), ``free_energy`` (N,).

    Raises:
        SettingError: A size is no whole number from 1, or a setting lies outside its range.

    Source:
        Hinton 2002, Training products of experts by minimizing contrastive divergence; Hinton 2010, A
        practical guide to training restricted Boltzmann machines.

    Example:
        >>> network = rbm((1, 8, 8), hidden=10)
        >>> network.visible, sum(each.numel() for each in network.parameters())
        ('binary', 714)
    """
    shape = (inputs,) if isinstance(inputs, int) else tuple(inputs)
    one_of("visible", visible, ("auto", "binary", "gaussian"))
    whole_number("inputs", math.prod(shape), at_least=1)
    whole_number("hidden", hidden, at_least=1)
    if noise != "learned":
        number("noise", noise, above=0)
    if visible == "auto":
        visible = "binary" if len(shape) == 3 else "gaussian"
    return RestrictedBoltzmannMachine(shape, hidden, visible, noise)


CONCEPT = Concept(
    name="rbm",
    kind="model",
    summary="Restricted Boltzmann machine: a distribution of rows, by an energy of two layers.",
    build=rbm,
    aliases=("restricted_boltzmann_machine", "harmonium"),
    equation=r"E(v, h) = -b^\top v - c^\top h - h^\top W v,\quad p(v) = \frac1Z \sum_h e^{-E(v, h)} = "
    r"\frac{e^{-F(v)}}{Z}",
    symbols={
        "v": "a row: zeros and ones, or numbers",
        "h": "hidden units, zeros and ones",
        "W": "weights between them, one for each pair",
        "b, c": "visible and hidden biases",
        "F": "the free energy of a row: hidden units summed out",
        "Z": "the partition function: what makes the probabilities add up to 1",
    },
    when="Small binary data where a probability for every row is wanted; features without labels; to see how "
    "energy-based learning works.",
    pitfalls=(
        "The loss of contrastive divergence is no likelihood, and neither is the reconstruction error: watch "
        "the likelihood, which is exact with few units.",
        "CD-1 likes chains that do not leave the data: samples show it, reconstructions do not. More Gibbs "
        "steps or persistent chains help.",
        "Grey levels are no binary data: set a threshold, or take gaussian units.",
    ),
    source="Smolensky 1986; Hinton 2002, Training products of experts by minimizing contrastive divergence.",
    facts={
        "takes": "vector",
        "gives": "reconstruction",
        "year": 1986,
        "input": (784,),
        "parameters": 51_025,
        "macs": 100_352,
        "defaults": {
            "objective.name": "contrastive_divergence",
            "training.optimizer": "adam",
            "training.learning_rate": 0.01,
            "training.weight_decay": 0.0,
        },
    },
)
