"""Reconstruction: the row itself is what is to come out."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from glasshouse.core.concept import read_spec
from glasshouse.core.errors import SettingError
from glasshouse.data.parts import Prepared
from glasshouse.losses import LOSSES, Loss
from glasshouse.losses.contract import Meaning
from glasshouse.losses.sample_weights import weighted_mean
from glasshouse.objectives.contract import Objective, Step
from glasshouse.objectives.settings import ObjectiveSettings

SUITED = ("mse", "quadratic", "mae", "huber", "binary_cross_entropy")
"""Losses that compare a row with its reconstruction, number by number."""


class Reconstruction(Objective):
    r"""Make the network give back what it was given.

    .. math:: L = \ell(g(f(x)), x)

    With :math:`\ell` the mean squared error and a code narrower than the row, the best a linear network can
    do is the projection onto the first principal components.

    Args:
        loss: Compares outputs with inputs: a loss of Glasshouse on tensors of one shape.

    Source:
        Rumelhart, Hinton and Williams 1986; Baldi and Hornik 1989, Neural networks and principal component
        analysis.

    Example:
        >>> step = Reconstruction(LOSSES.build("mse"))(nn.Identity(), torch.ones(2, 3), torch.zeros(2, 3))
        >>> float(step.loss)
        1.0
    """

    meaning: Meaning = "reconstruction"
    plain = True

    def __init__(self, loss: Loss) -> None:
        self.loss = loss

    def __call__(self, network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> Step:
        """The loss of a batch. ``targets`` are the rows as they were before noise or augmentation."""
        outputs = network(inputs)
        return Step(self.value(outputs, targets), outputs)

    def weighted(
        self, network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor
    ) -> Step:
        """The same with a weight for every row, where no penalty belongs to the loss."""
        if not self.plain:
            return super().weighted(network, inputs, targets, weights)
        outputs = network(inputs)
        return Step(self.weighted_value(outputs, targets, weights), outputs)

    def weighted_value(
        self, outputs: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor
    ) -> torch.Tensor:
        """The weighted mean; outputs may be flat where rows are pictures."""
        return weighted_mean(
            self.loss, outputs.reshape(len(outputs), -1), targets.reshape(len(targets), -1), weights
        )

    def value(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The mean over the batch; outputs may be flat where rows are pictures."""
        loss: torch.Tensor = self.loss(outputs.reshape(len(outputs), -1), targets.reshape(len(targets), -1))
        return loss

    def outputs(self, prepared: Prepared) -> int:
        """As many as a row has numbers."""
        return prepared.outputs


def reconstruction_loss(settings: ObjectiveSettings, prepared: Prepared) -> Loss:
    """The loss between a row and its reconstruction that an experiment names.

    Args:
        settings: The ``[objective]`` section.
        prepared: The data: a cross-entropy needs numbers from 0 to 1.

    Raises:
        UnknownNameError: There is no such loss.
        SettingError: It compares no rows, or the rows are not from 0 to 1.

    Example:
        >>> import numpy as np
        >>> from glasshouse.data.parts import Part
        >>> rows = torch.rand(4, 2)
        >>> part = Part(rows, rows, np.arange(4))
        >>> prepared = Prepared(part, None, None, "reconstruction", (2,), 2, (), "")
        >>> reconstruction_loss(ObjectiveSettings(name="reconstruction"), prepared)
        MeanSquaredError()
    """
    spec = "mse" if settings.loss == "auto" else settings.loss
    name, _ = read_spec(spec, "loss")
    concept = LOSSES.find(name)
    if concept.name not in SUITED:
        raise SettingError(
            f"loss {concept.name!r} for reconstructions",
            expected="one of " + ", ".join(SUITED),
            fix="set objective.loss to 'mse'",
        )
    probabilities: dict[str, Any] = {}
    if concept.name == "binary_cross_entropy":
        refuse_beyond_one(prepared, "loss 'binary_cross_entropy'")
        probabilities = {"from_logits": False}
    loss: Loss = LOSSES.build(spec, **probabilities)
    return loss


def refuse_beyond_one(prepared: Prepared, what: str) -> None:
    """Refuse rows that are no probabilities where a likelihood takes them as such.

    Args:
        prepared: The data.
        what: Who asks for it, for the message.

    Raises:
        SettingError: A number lies outside of 0 to 1.
    """
    for name, part in prepared.parts().items():
        low, high = float(part.inputs.min()), float(part.inputs.max())
        if low < 0 or high > 1:
            raise SettingError(
                f"{what} on rows from {low:.3g} to {high:.3g} (the {name} part)",
                expected="numbers from 0 to 1",
                fix="set data.prepare.scaling = 'min-max' for pictures; for tables take a squared error, "
                "or model.likelihood = 'gaussian'",
            )
