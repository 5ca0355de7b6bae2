"""How a batch becomes a loss, written as a PyTorch program without a toolkit would write it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

from glasshouse.losses import CrossEntropy, MeanSquaredError
from glasshouse.objectives import Objective, Reconstruction, Supervised
from glasshouse.objectives.adversarial import Adversarial
from glasshouse.objectives.contract import Phase
from glasshouse.objectives.contrastive_divergence import ContrastiveDivergence
from glasshouse.objectives.detection import Detection
from glasshouse.objectives.image_to_image import ImageToImage
from glasshouse.objectives.language import Language, detached
from glasshouse.objectives.strokes import Strokes
from glasshouse.objectives.translation import Translation

LossOf = Callable[[Any, torch.Tensor, torch.Tensor], torch.Tensor]
PAD = 0
"""Where a text has ended."""


def losses_of(objective: Objective) -> list[LossOf]:
    """How a batch becomes losses, one for each optimizer, by PyTorch's own functions where possible."""
    if isinstance(objective, Adversarial):
        return of_game(objective)
    if objective.phases:
        return [of_phase(phase) for phase in objective.phases]
    if type(objective) in (Supervised, Reconstruction):  # others add something to the loss of outputs
        known: dict[type, Any] = {CrossEntropy: F.cross_entropy, MeanSquaredError: F.mse_loss}
        own: Any = objective
        of_outputs = known.get(type(own.loss), own.loss)
        return [lambda network, inputs, targets: of_outputs(network(inputs), targets)]
    if isinstance(objective, Translation):
        return [lambda network, inputs, targets: surprise(network.forced(inputs, targets, 0.0), targets)]
    if isinstance(objective, Language):
        return [Reading()]
    if isinstance(objective, ImageToImage):
        return [lambda network, inputs, targets: F.mse_loss(network(inputs), targets)]
    if isinstance(objective, Strokes):
        return [lambda network, inputs, targets: objective.value(network.read(inputs)[0], targets)]
    if isinstance(objective, Detection):
        return [lambda network, inputs, targets: objective.value(network(inputs), targets)]
    if isinstance(objective, ContrastiveDivergence):
        return [Chains(objective.steps)]
    return [lambda network, inputs, targets: objective(network, inputs, targets).loss]


def of_phase(phase: Phase) -> LossOf:
    """The loss of one phase."""
    return lambda network, inputs, targets: phase.loss(network, inputs, targets).loss


def of_game(objective: Adversarial) -> list[LossOf]:
    """Both sides of the first game, with binary cross-entropies from logits.

    Raises:
        ValueError: The objective plays another game, or other than by turns.
    """
    steps = {(phase.times, phase.every) for phase in objective.phases}
    if objective.game.name != "non_saturating" or objective.gradient_penalty or steps != {(1, 1)}:
        raise ValueError("the bare loop plays the non-saturating game by turns, without a gradient penalty")
    label = objective.label

    def discriminator(network: Any, inputs: torch.Tensor, _targets: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            made = network.generator(torch.randn(len(inputs), network.latent))
        real, fake = network.discriminator(inputs), network.discriminator(made)
        wanted = torch.full_like(real, label)
        on_real = F.binary_cross_entropy_with_logits(real, wanted)
        return on_real + F.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))

    def generator(network: Any, inputs: torch.Tensor, _targets: torch.Tensor) -> torch.Tensor:
        fake = network.discriminator(network.generator(torch.randn(len(inputs), network.latent)))
        return F.binary_cross_entropy_with_logits(fake, torch.ones_like(fake))

    return [discriminator, generator]


class Chains:
    """Contrastive divergence of binary units: free energies of the rows and of the ends of short chains.

    Of a stack of machines the top one learns, from units that are drawn through those below.

    Args:
        steps: Of each chain.
    """

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def __call__(self, network: Any, inputs: torch.Tensor, _targets: torch.Tensor) -> torch.Tensor:
        """A loss whose gradient is the difference of both phases."""
        *below, machine = network.stack() if hasattr(network, "stack") else [network]
        if any(each.visible != "binary" for each in (*below, machine)):
            raise ValueError("the bare loop knows binary units only")
        weight, hidden, visible = machine.weight, machine.hidden_bias, machine.visible_bias
        rows = inputs.flatten(1)
        with torch.no_grad():
            for each in below:
                rows = torch.bernoulli(torch.sigmoid(F.linear(rows, each.weight, each.hidden_bias)))
            ends = rows
            for _ in range(self.steps):
                units = torch.bernoulli(torch.sigmoid(F.linear(ends, weight, hidden)))
                ends = torch.bernoulli(torch.sigmoid(F.linear(units, weight.t(), visible)))

        def free_energy(v: torch.Tensor) -> torch.Tensor:
            return -(v @ visible) - F.softplus(F.linear(v, weight, hidden)).sum(dim=1)

        return free_energy(rows).mean() - free_energy(ends).mean()


def surprise(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Cross-entropy over all tokens."""
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=PAD)


class Reading:
    """The loss of a language model that goes on where it stopped reading."""

    def __init__(self) -> None:
        self.state: Any = None

    def __call__(self, network: Any, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Read the next piece of every stream."""
        logits, state = network.read(inputs, self.state)
        self.state = detached(state)
        return surprise(logits, targets)
