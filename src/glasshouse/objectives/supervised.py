"""Supervised learning: a batch of inputs and targets becomes a loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from glasshouse.core.concept import read_spec
from glasshouse.core.errors import ModelError, SettingError
from glasshouse.core.names import unknown_name
from glasshouse.data.parts import OutputScale, Prepared
from glasshouse.losses import LOSSES, Loss
from glasshouse.losses.contract import ONE_FOR_TWO, Meaning
from glasshouse.metrics import Prediction
from glasshouse.objectives.contract import Objective, Step
from glasshouse.objectives.settings import ObjectiveSettings

LossFunction = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class Supervised(Objective):
    """How a batch becomes a loss, and what a network's outputs mean.

    Args:
        loss: A :class:`glasshouse.losses.Loss`, or any function of (outputs, targets) that gives the mean
            over the batch as a scalar.
        meaning: What the outputs are, for losses that are no :class:`~glasshouse.losses.Loss` and so cannot
            say it. ``None``: nobody knows, so there is a loss to make small and nothing to predict.
        scale: For regression on standardised targets: how outputs become numbers in the target's unit.

    Example:
        >>> import torch
        >>> objective = Supervised(LOSSES.build("cross_entropy"))
        >>> step = objective(torch.nn.Identity(), torch.tensor([[0.0, 0.0]]), torch.tensor([1]))
        >>> f"{step.loss.item():.4f}"
        '0.6931'
        >>> objective.predict(step.outputs).probabilities
        array([[0.5, 0.5]])
    """

    plain = True

    def __init__(
        self, loss: Loss | LossFunction, meaning: Meaning | None = None, scale: OutputScale | None = None
    ) -> None:
        self.loss = loss
        self.meaning: Meaning | None = loss.meaning if isinstance(loss, Loss) else meaning
        self.scale = scale

    def __call__(self, network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> Step:
        """Mean loss of a batch, and the outputs that it was computed from.

        Where the network has side heads (:class:`glasshouse.models.auxiliary.WithSideHeads`), their losses
        are added with the network's own weight.
        """
        return self._step(network, inputs, lambda outputs: self._scalar(self.loss(outputs, targets)))

    def weighted(
        self, network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor
    ) -> Step:
        """The same with a weight for every sample.

        Raises:
            SettingError: The loss weighs classes itself, or is none of ours.
        """
        return self._step(network, inputs, lambda outputs: self.weighted_value(outputs, targets, weights))

    def _step(
        self, network: nn.Module, inputs: torch.Tensor, judged: Callable[[torch.Tensor], torch.Tensor]
    ) -> Step:
        outputs = network(inputs)
        loss = judged(outputs)
        # Asked of the class: a module without it would search its parameters first, at every step.
        if hasattr(type(network), "take_auxiliary_outputs"):
            module: Any = network
            weight = module.auxiliary_weight
            for aside in module.take_auxiliary_outputs():
                loss = loss + weight * judged(aside)
        return Step(loss, outputs)

    def value(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The loss of outputs, side heads left out."""
        return self.loss(outputs, targets)

    @staticmethod
    def _scalar(loss: object) -> torch.Tensor:
        """The loss, if it is one number."""
        if not isinstance(loss, torch.Tensor) or loss.dim():
            shape = (
                f"tensor of shape {tuple(loss.shape)}"
                if isinstance(loss, torch.Tensor)
                else type(loss).__name__
            )
            raise ModelError(
                f"the loss function gives a {shape}",
                expected="a tensor with one number, the mean over the batch",
                fix="take its .mean(), and compute it from the outputs with tensors alone",
            )
        return loss

    def weight(self, targets: torch.Tensor) -> float:
        """What the batch counts when means of several batches are put together."""
        return self.loss.weight(targets) if isinstance(self.loss, Loss) else float(len(targets))

    def outputs(self, prepared: Prepared) -> int:
        """How many numbers a network must give per row: one for each class or value, or one for two classes.

        Args:
            prepared: The data.
        """
        return 1 if self.meaning in ONE_FOR_TWO else prepared.outputs

    def to(self, device: torch.device) -> Supervised:
        """Move what the loss holds (class weights) to a device."""
        if isinstance(self.loss, nn.Module):
            self.loss.to(device)
        return self

    def predict(self, outputs: torch.Tensor) -> Prediction:
        """What the outputs (N, K) say, on the CPU in float64: labels, probabilities, scores or values."""
        raw = outputs.detach().to("cpu", torch.float64).reshape(len(outputs), -1)
        if self.meaning == "values":
            values = raw[:, 0].numpy()
            scale = self.scale or OutputScale(0.0, 1.0)
            return Prediction(values=values * scale.spread + scale.centre)
        if self.meaning is None:
            return Prediction()
        if self.meaning == "probability":
            raw = torch.cat([1 - raw, raw], dim=1)
        if self.meaning in ("probability", "probabilities"):
            # In single precision they add up to 1 but for the last digits.
            shares = (raw / raw.sum(dim=1, keepdim=True)).numpy()
            return Prediction(labels=shares.argmax(axis=1), probabilities=shares, scores=shares)
        if self.meaning == "logit":
            raw = torch.cat([-raw / 2, raw / 2], dim=1)  # two logits with the same difference
        scores = raw.numpy()
        probabilities = None if self.meaning == "scores" else torch.softmax(raw, dim=1).numpy()
        return Prediction(labels=scores.argmax(axis=1), probabilities=probabilities, scores=scores)


def build_supervised(settings: ObjectiveSettings, prepared: Prepared) -> Supervised:
    """Learning from targets by the loss that an experiment names, for the data at hand.

    Args:
        settings: The ``[objective]`` section.
        prepared: The data: they give the task, the classes and the training targets for balanced weights.

    Raises:
        UnknownNameError: There is no such loss, or no such class to weigh.
        SettingError: The loss is for the other task, or does not take such a setting.

    Example:
        >>> import torch
        >>> from glasshouse.data.parts import Part
        >>> part = Part(torch.zeros(4, 2), torch.tensor([0, 0, 0, 1]), np.arange(4))
        >>> prepared = Prepared(part, None, None, "classification", (2,), 2, ("no", "yes"), "answer")
        >>> build_supervised(ObjectiveSettings(class_weights="balanced"), prepared).loss.class_weights
        tensor([0.6667, 2.0000])
    """
    spec = settings.loss
    if spec == "auto":
        spec = "cross_entropy" if prepared.task == "classification" else "mse"
    name, _ = read_spec(spec, "loss")
    concept = LOSSES.find(name)
    due = "regression" if prepared.task == "forecast" else prepared.task
    if concept.facts["task"] != due:
        suited = [each for each, other in LOSSES.items() if other.facts["task"] == due]
        raise SettingError(
            f"loss {concept.name!r} for {prepared.task}",
            expected="one of " + ", ".join(suited),
            fix=f"set objective.loss to {suited[0]!r}, or data.task to {concept.facts['task']!r}",
        )
    most = concept.facts.get("classes")
    if most is not None and prepared.outputs != most:
        raise SettingError(
            f"loss {concept.name!r} for {prepared.outputs} classes",
            expected=f"data with {most} classes",
            fix="set objective.loss to 'cross_entropy'",
        )
    known = concept.settings()
    wanted: dict[str, Any] = {}
    if settings.class_weights != "none":
        wanted["class_weights"] = class_weights(settings.class_weights, prepared)
    if settings.label_smoothing > 0:
        wanted["label_smoothing"] = settings.label_smoothing
    for key in wanted:
        if key not in known:
            raise SettingError(
                f"objective.{key} with loss {concept.name!r}",
                expected="a loss that takes it, such as cross_entropy",
                fix=f"leave objective.{key} out, or change objective.loss",
            )
    scale = prepared.scale or OutputScale(0.0, 1.0)
    # A loss in percent must know in which unit the standardised targets are.
    loss = LOSSES.build(spec, fixed={"centre": scale.centre, "spread": scale.spread}, **wanted)
    return Supervised(loss, scale=prepared.scale)


def class_weights(wanted: Any, prepared: Prepared) -> Sequence[float]:
    """Weights in the order of the classes.

    ``"balanced"`` gives class k the weight :math:`N / (K n_k)`, counted on the training part, by rows or by
    pixels.

    Raises:
        UnknownNameError: A class of the table does not occur in the data.
    """
    if isinstance(wanted, dict):
        for name in wanted:
            if name not in prepared.classes:
                raise unknown_name(name, prepared.classes, "class")
        return [float(wanted.get(name, 1.0)) for name in prepared.classes]
    counts = np.bincount(prepared.train.targets.numpy().ravel(), minlength=prepared.outputs)
    # A class without training rows cannot be learnt; any positive weight will do for it.
    return [counts.sum() / (prepared.outputs * max(1, count)) for count in counts]
