"""Segmentation: the class of every pixel."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import nn

from glasshouse.core.concept import read_spec
from glasshouse.core.errors import SettingError
from glasshouse.data.parts import Part, Prepared
from glasshouse.losses import LOSSES, Loss
from glasshouse.losses.contract import Meaning
from glasshouse.metrics.mean_iou import mean_iou_of
from glasshouse.models.outputs import batches_of, evaluating
from glasshouse.objectives.contract import Judged, Objective, Step
from glasshouse.objectives.settings import ObjectiveSettings
from glasshouse.objectives.supervised import class_weights

SUITED = ("cross_entropy", "focal")
"""Losses that take logits of classes at places of a map."""


class Segmentation(Objective):
    r"""The mean surprise at the class of a pixel, over all pixels of a batch.

    .. math:: L = -\frac{1}{N H W} \sum_{n,i,j} \ln \operatorname{softmax}(z_{n \cdot i j})_{t_{n i j}}

    Args:
        loss: From logits (N, K, H, W) and classes (N, H, W) to a mean over pixels.
        classes: How many classes there are, K.

    Source:
        Long, Shelhamer and Darrell 2015, Fully convolutional networks for semantic segmentation, arXiv
        1411.4038.

    Example:
        >>> objective = Segmentation(LOSSES.build("cross_entropy"), 2)
        >>> masks = torch.zeros(1, 4, 4, dtype=torch.long)
        >>> f"{objective(nn.Identity(), torch.zeros(1, 2, 4, 4), masks).loss.item():.4f}"
        '0.6931'
    """

    meaning: Meaning = "pixel_classes"

    def __init__(self, loss: Loss, classes: int) -> None:
        self.loss = loss
        self.classes = classes

    def __call__(self, network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> Step:
        """The loss of a batch of pictures."""
        outputs = network(inputs)
        return Step(self.value(outputs, targets), outputs)

    def value(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The mean over all pixels."""
        loss: torch.Tensor = self.loss(outputs, targets)
        return loss

    def weight(self, targets: torch.Tensor) -> float:
        """How many pixels there are, or the sum of the weights of their classes."""
        return self.loss.weight(targets.reshape(-1))

    def outputs(self, prepared: Prepared) -> int:
        """One map for each class."""
        return prepared.outputs

    def to(self, device: torch.device) -> Segmentation:
        """Move what the loss holds (class weights) to a device."""
        self.loss.to(device)
        return self

    def judge(
        self, network: nn.Module, part: Part, autocast: AbstractContextManager[None] | None = None
    ) -> Judged:
        """The mean over a whole part, with the share of pixels that are right and the mean overlap."""
        counts = torch.zeros(self.classes, self.classes, dtype=torch.int64)
        total = weight = 0.0
        start = 0
        with evaluating(network), torch.no_grad(), autocast or nullcontext():
            for batch in batches_of(network, part.inputs):
                outputs = network(batch).float()
                targets = part.targets[start : start + len(batch)].to(outputs.device)
                share = self.weight(targets)
                total += share * float(self.value(outputs, targets))
                weight += share
                counts += confusion_of(outputs.argmax(dim=1), targets, self.classes).sum(dim=0)
                start += len(batch)
        parts = {
            "pixel_accuracy": float(counts.trace() / counts.sum()),
            "mean_iou": mean_iou_of(counts.numpy()),
        }
        return Judged(total / weight, torch.empty(0), parts)


def confusion_of(said: torch.Tensor, true: torch.Tensor, classes: int) -> torch.Tensor:
    """How often each class of pixels was called each class, picture by picture: (N, true, said), on the CPU.

    Args:
        said: Classes (N, H, W).
        true: Classes (N, H, W).
        classes: How many there are.

    Example:
        >>> confusion_of(torch.tensor([[[0, 1]]]), torch.tensor([[[0, 0]]]), 2).tolist()
        [[[1, 1], [0, 0]]]
    """
    rows = torch.arange(len(true), device=true.device).view(-1, 1)
    pairs = (rows * classes + true.flatten(1)) * classes + said.flatten(1)
    counts = torch.bincount(pairs.flatten(), minlength=len(true) * classes * classes)
    return counts.view(len(true), classes, classes).cpu()


def build_segmentation(settings: ObjectiveSettings, prepared: Prepared) -> Segmentation:
    """Segmentation by the loss that an experiment names.

    Args:
        settings: The ``[objective]`` section; ``class_weights`` and ``label_smoothing`` count for pixels.
        prepared: The data.

    Raises:
        UnknownNameError: There is no such loss, or no such class to weigh.
        SettingError: The loss takes no maps.
    """
    spec = "cross_entropy" if settings.loss == "auto" else settings.loss
    name, _ = read_spec(spec, "loss")
    concept = LOSSES.find(name)
    if concept.name not in SUITED:
        raise SettingError(
            f"loss {concept.name!r} for segmentation",
            expected="one of " + ", ".join(SUITED),
            fix="set objective.loss to 'cross_entropy'",
        )
    wanted: dict[str, Any] = {}
    if settings.class_weights != "none":
        wanted["class_weights"] = class_weights(settings.class_weights, prepared)
    if settings.label_smoothing > 0:
        wanted["label_smoothing"] = settings.label_smoothing
    for key in wanted:
        if key not in concept.settings():
            raise SettingError(
                f"objective.{key} with loss {concept.name!r}",
                expected="a loss that takes it, such as cross_entropy",
                fix=f"leave objective.{key} out, or change objective.loss",
            )
    loss: Loss = LOSSES.build(spec, **wanted)
    return Segmentation(loss, prepared.outputs)
