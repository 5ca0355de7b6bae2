"""How well a member of an ensemble does, and where all of them together err: a measure for every task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from glasshouse.data.parts import OutputScale, Part, Prepared
from glasshouse.evaluation.forecast import Forecasts
from glasshouse.evaluation.reconstructed import spreads_of
from glasshouse.evaluation.verdict import PRIMARY
from glasshouse.metrics import measure
from glasshouse.metrics.mean_iou import mean_iou_of
from glasshouse.metrics.psnr import psnr_of
from glasshouse.objectives import Objective
from glasshouse.objectives.image_to_image import squared_errors
from glasshouse.objectives.segmentation import confusion_of
from glasshouse.objectives.tokens import PAD, right, summed
from glasshouse.project.evaluating import truth

FIRST = {
    **PRIMARY,
    "forecast": "rmse",
    "tagging": "nats",
    "reconstruction": "r2",
    "segmentation": "mean_iou",
    "image_to_image": "psnr",
}
"""The measure that the report of a run puts first, by task."""


@dataclass(frozen=True)
class Told:
    """What outputs are worth.

    Args:
        metrics: As the evaluation of a run has them.
        right: Which rows are right; ``None`` where that is not said.
        error: How far each row is off; ``None`` where that is not said.
    """

    metrics: dict[str, float]
    right: NDArray[np.bool_] | None = None
    error: NDArray[np.float64] | None = None


def told_of(outputs: torch.Tensor, part: Part, prepared: Prepared, objective: Objective) -> Told:
    """What outputs for the rows of a part are worth.

    Args:
        outputs: The network's own (N, ...), on the CPU.
        part: As many rows.
        prepared: What they are a part of.
        objective: What they mean.
    """
    task = prepared.task
    if task == "forecast":
        return _forecast(outputs, part, prepared.scale or OutputScale(0.0, 1.0))
    others: dict[str, Callable[[torch.Tensor, Part], Told]] = {
        "tagging": _tagging,
        "reconstruction": _reconstruction,
        "segmentation": _segmentation,
        "image_to_image": _pictures,
    }
    if task in others:
        return others[task](outputs, part)
    target, said = truth(part, objective), objective.predict(outputs)
    return Told(
        measure(target, said, task),
        None if said.labels is None else said.labels == target,
        None if said.values is None else np.abs(said.values - target),
    )


def _forecast(outputs: torch.Tensor, part: Part, scale: OutputScale) -> Told:
    said, came = (
        each.double().reshape(len(part), -1).numpy() * scale.spread + scale.centre
        for each in (outputs, part.targets)
    )
    found = Forecasts(said, came)
    metrics = found.measured(1.0)
    return Told({name: metrics[name] for name in ("rmse", "mae")}, error=np.sqrt(found.squares))


def _tagging(outputs: torch.Tensor, part: Part) -> Told:
    count = (part.targets != PAD).sum(dim=1)
    steps_right = right(outputs, part.targets).sum(dim=1)
    whole = (steps_right == count).numpy()
    metrics = {
        "nats": float(summed(outputs, part.targets).double().sum() / count.sum()),
        "step_accuracy": float(steps_right.sum() / count.sum()),
        "whole": float(whole.mean()),
    }
    return Told(metrics, right=whole)


def _reconstruction(outputs: torch.Tensor, part: Part) -> Told:
    rows = part.inputs.flatten(1).double()
    errors = (outputs.flatten(1).double() - rows).square().mean(dim=1).numpy()
    total = float(spreads_of(part.inputs).sum())
    metrics = {
        "r2": 1 - float(errors.sum()) / total if total > 0 else float("nan"),
        "mse": float(errors.mean()),
    }
    return Told(metrics, error=errors)


def _segmentation(outputs: torch.Tensor, part: Part) -> Told:
    counts = confusion_of(outputs.argmax(dim=1), part.targets, outputs.shape[1])
    missed = 1 - torch.einsum("nkk->n", counts).double() / counts.sum(dim=(1, 2))
    together = counts.sum(dim=0)
    metrics = {
        "mean_iou": mean_iou_of(together.numpy()),
        "pixel_accuracy": float(together.trace() / together.sum()),
    }
    return Told(metrics, error=missed.numpy())


def _pictures(outputs: torch.Tensor, part: Part) -> Told:
    errors = squared_errors(outputs, part.targets).numpy()
    return Told({"psnr": float(psnr_of(errors).mean())}, error=errors)
