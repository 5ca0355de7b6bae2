"""What an epoch's end is measured by: the loss over a part, and one quick metric beside it."""

from __future__ import annotations

import torch

from glasshouse.data.parts import Part
from glasshouse.losses.contract import Meaning
from glasshouse.objectives.supervised import Supervised


def metric_name(meaning: Meaning | None) -> str | None:
    """The metric that stands beside the loss in every epoch: accuracy for classes, r2 for numbers."""
    return None if meaning is None else "r2" if meaning == "values" else "accuracy"


def quick_metric(meaning: Meaning | None, outputs: torch.Tensor, targets: torch.Tensor) -> float | None:
    """That metric, in a few tensor operations: scikit-learn's answer at a fraction of the time.

    Args:
        meaning: What the outputs are.
        outputs: (N, K).
        targets: Class indices (N,), or numbers of the outputs' shape.
    """
    if meaning == "logit":
        return int(((outputs.reshape(-1) > 0) == (targets.reshape(-1) > 0.5)).sum()) / len(targets)
    if meaning == "probability":
        return int(((outputs.reshape(-1) > 0.5) == (targets.reshape(-1) > 0.5)).sum()) / len(targets)
    if meaning in ("logits", "probabilities", "scores"):
        return int((outputs.argmax(dim=1) == targets).sum()) / len(targets)
    if meaning == "values":
        residual = (outputs.double() - targets.double()).square().sum()
        spread = (targets.double() - targets.double().mean(dim=0)).square().sum()
        return float(1 - residual / spread) if float(spread) > 0 else None
    return None


def mean_loss(part: Part, outputs: torch.Tensor, objective: Supervised) -> float:
    """The loss over all rows of a part at once."""
    with torch.no_grad():
        return float(objective.loss(outputs, part.targets.to(outputs.device)))
