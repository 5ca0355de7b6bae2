"""Adversarial: two networks learn against each other, each by an optimizer of its own."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from glasshouse.core.concept import read_spec
from glasshouse.core.errors import ModelError, SettingError
from glasshouse.data.parts import Part, Prepared
from glasshouse.models.gan import Gan
from glasshouse.models.outputs import batches_of, evaluating
from glasshouse.objectives.contract import Judged, Objective, Phase, Step
from glasshouse.objectives.game import GAMES, Game, find_game
from glasshouse.objectives.settings import ObjectiveSettings

SEED = 1406
"""Of the codes that stay the same from epoch to epoch, so that epochs can be compared."""
SHOWN, NUMBERS = (16, 500), 2**16
"""Fewest and most rows that are kept with an epoch, and about how many numbers."""
PENALTY = 10.0
"""What ``gradient_penalty = "auto"`` stands for under the Wasserstein loss."""


class Adversarial(Objective):
    r"""A game of two: the discriminator learns to tell rows apart, the generator to make that hard.

    .. math:: \min_G \max_D\; \mathbb{E}_x[\ln D(x)] + \mathbb{E}_{z}[\ln(1 - D(G(z)))],\quad
        D^*(x) = \frac{p(x)}{p(x) + q(x)}

    Where generated rows are distributed as the real ones, the best discriminator says 1/2 to everything and
    its loss is :math:`\ln 4`. The generator follows the non-saturating loss :math:`-\ln D(G(z))`, or another
    one of :data:`GAMES`. A gradient penalty keeps the discriminator's slope near 1 on the straight ways
    between real and generated rows,

    .. math:: \lambda\, \mathbb{E}\left[(\lVert \nabla D(\hat x) \rVert - 1)^2\right],\quad
        \hat x = u x + (1 - u) G(z),\; u \sim U(0, 1)

    The numbers written down beside the losses are ``real`` and ``fake``: the mean of what the discriminator
    says of either, as a probability of being real where the loss is logarithmic, else its score.

    Args:
        game: The losses of both sides.
        label: Of real rows for the discriminator, above 0 to 1: below 1 it is never quite sure.
        gradient_penalty: :math:`\lambda`, from 0.
        discriminator_steps: Updates of the discriminator for each of the generator's, from 1.
        generator_steps: Updates of the generator for each of the discriminator's, from 1.

    Source:
        Goodfellow et al. 2014, Generative adversarial nets, arXiv 1406.2661; Salimans et al. 2016, Improved
        techniques for training GANs, arXiv 1606.03498 (smoothed labels); Gulrajani et al. 2017, arXiv
        1704.00028 (the penalty).

    Example:
        >>> from glasshouse.models import gan
        >>> step = Adversarial(find_game("non_saturating"))(gan(2), torch.zeros(4, 2), torch.zeros(4, 2))
        >>> sorted(step.parts), step.outputs.shape
        (['fake', 'real'], torch.Size([4, 1]))
    """

    meaning = None
    comparable = False

    def __init__(
        self,
        game: Game,
        label: float = 1.0,
        gradient_penalty: float = 0.0,
        discriminator_steps: int = 1,
        generator_steps: int = 1,
    ) -> None:
        self.game = game
        self.label = label
        self.gradient_penalty = gradient_penalty
        self.phases = (
            Phase(name="discriminator", loss=self.discriminator, moves=("discriminator",)),
            Phase(
                name="generator",
                loss=self.generator,
                moves=("generator",),
                times=generator_steps,
                every=discriminator_steps,
            ),
        )

    @property
    def optimum(self) -> float:
        """The discriminator's loss where it can tell nothing."""
        return self.game.optimum(self.label)

    def refuse(self, network: nn.Module) -> None:
        """Refuse a network that is no pair, and a penalty where the discriminator looks at the batch."""
        if not isinstance(network, Gan):
            raise ModelError(
                f"objective 'adversarial' on a {type(network).__name__}",
                expected="a generator and a discriminator: the models 'gan' and 'dcgan'",
                fix="set model.name = 'gan', or 'dcgan' for pictures",
            )
        normed = [
            name for name, each in network.discriminator.named_modules() if isinstance(each, _BatchNorm)
        ]
        if self.gradient_penalty and normed:
            raise ModelError(
                f"a gradient penalty on a discriminator with batch norm in layer {normed[0]!r}",
                expected="a discriminator that judges every row alone, so that each has a slope of its own",
                fix="set model.discriminator_normalization = 'layer', or objective.gradient_penalty = 0",
            )

    def __call__(self, network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> Step:
        """The discriminator's loss of a batch."""
        return self.discriminator(network, inputs, targets)

    def discriminator(self, network: nn.Module, inputs: torch.Tensor, _targets: torch.Tensor) -> Step:
        """What the discriminator makes small, on real rows and as many new ones."""
        assert isinstance(network, Gan)
        with torch.no_grad():
            made = network.sample(len(inputs))
        real, fake = network(inputs), network(made)
        on_real, on_fake = self.game.discriminator(real, fake, self.label)
        loss = on_real + on_fake
        parts = {"real": self.told(real), "fake": self.told(fake)}
        if self.gradient_penalty:
            penalty = slope_penalty(network, inputs, made)
            loss = loss + self.gradient_penalty * penalty
            parts["penalty"] = penalty.detach()
        return Step(loss, real, parts)

    def generator(self, network: nn.Module, inputs: torch.Tensor, _targets: torch.Tensor) -> Step:
        """What the generator makes small, on as many new rows as the batch has."""
        assert isinstance(network, Gan)
        fake = network(network.sample(len(inputs)))
        return Step(self.game.generator(fake), fake)

    def told(self, scores: torch.Tensor) -> torch.Tensor:
        """The mean of what the discriminator says."""
        said = scores.detach()
        return (torch.sigmoid(said) if self.game.probabilities else said).mean()

    def outputs(self, prepared: Prepared) -> int:
        """As many as a row has numbers: those of the generator."""
        return prepared.outputs

    def value(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The discriminator's loss on real rows alone, from its scores."""
        return self.game.discriminator(outputs, outputs, self.label)[0]

    def judge(
        self, network: nn.Module, part: Part, autocast: AbstractContextManager[None] | None = None
    ) -> Judged:
        """The discriminator's loss on a part and as many new rows, of codes that are always the same."""
        assert isinstance(network, Gan)
        chance = torch.Generator().manual_seed(SEED)
        sums: dict[str, float] = {}
        scores = []
        with evaluating(network), torch.no_grad(), autocast or nullcontext():
            for inputs in batches_of(network, part.inputs):
                real, fake = network(inputs), network(network.sample(len(inputs), chance))
                on_real, on_fake = self.game.discriminator(real.float(), fake.float(), self.label)
                told = {"loss": on_real + on_fake, "real": self.told(real), "fake": self.told(fake)}
                for name, value in told.items():
                    sums[name] = sums.get(name, 0.0) + float(value) * len(inputs) / len(part)
                scores.append(real.float())
        return Judged(sums.pop("loss"), torch.cat(scores), sums)

    def exhibit(self, network: nn.Module) -> torch.Tensor:
        """Rows of codes that are the same in every epoch."""
        assert isinstance(network, Gan)
        chance = torch.Generator().manual_seed(SEED)
        with evaluating(network), torch.no_grad():
            first = network.sample(1, chance)
            count = min(max(NUMBERS // first.numel(), SHOWN[0]), SHOWN[1])
            return torch.cat([first, network.sample(count - 1, chance)]).float()


def slope_penalty(network: Gan, real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
    r"""How far the discriminator's slope is from 1 between real and generated rows.

    .. math:: \mathbb{E}\left[(\lVert \nabla_{\hat x} D(\hat x) \rVert - 1)^2\right],\quad
        \hat x = u x + (1 - u) G(z)

    Args:
        network: The pair.
        real: Real rows (N, ...).
        fake: As many generated ones.

    Returns:
        A scalar that has a gradient for the discriminator's weights.

    Source:
        Gulrajani et al. 2017, Improved training of Wasserstein GANs, arXiv 1704.00028, equation 3.

    Example:
        >>> network = Gan(nn.Linear(1, 2), nn.Linear(2, 1, bias=False), latent=1)
        >>> _ = nn.init.constant_(network.discriminator.weight, 3.0)  # a slope of 3 sqrt(2) everywhere
        >>> round(float(slope_penalty(network, torch.zeros(4, 2), torch.ones(4, 2))), 4)
        10.5147
    """
    share = torch.rand(len(real), *[1] * (real.dim() - 1), device=real.device)
    between = (share * real + (1 - share) * fake).detach().requires_grad_(True)
    with torch.enable_grad():
        (slopes,) = torch.autograd.grad(network(between).sum(), between, create_graph=True)
    penalty: torch.Tensor = (slopes.flatten(1).norm(dim=1) - 1).square().mean()
    return penalty


def build_adversarial(settings: ObjectiveSettings) -> Adversarial:
    """The game that an experiment names.

    Raises:
        UnknownNameError: There is no such adversarial loss.
        SettingError: It does not take such a setting.

    Example:
        >>> build_adversarial(ObjectiveSettings(name="adversarial", loss="wasserstein")).gradient_penalty
        10.0
    """
    name, given = read_spec("non_saturating" if settings.loss == "auto" else settings.loss, "loss")
    game = find_game(name)
    if given:
        raise SettingError(
            f"objective.loss = {settings.loss!r}",
            expected=f"one of {', '.join(GAMES)}, without settings",
            fix=f"set objective.loss = {name!r}",
        )
    if settings.label_smoothing and not game.smoothed:
        raise SettingError(
            f"objective.label_smoothing = {settings.label_smoothing:g} with the loss {game.name!r}",
            expected="a loss with labels: "
            + ", ".join(each.name for each in GAMES.values() if each.smoothed),
            fix="leave objective.label_smoothing out",
        )
    wanted = settings.gradient_penalty
    penalty = (PENALTY if game.name == "wasserstein" else 0.0) if wanted == "auto" else float(wanted)
    return Adversarial(
        game,
        1.0 - settings.label_smoothing,
        penalty,
        settings.discriminator_steps,
        settings.generator_steps,
    )
