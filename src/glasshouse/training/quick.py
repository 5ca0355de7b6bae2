"""What an epoch's end is measured by beside the loss: one quick metric."""

from __future__ import annotations

import torch

from glasshouse.losses.contract import Meaning

WITHOUT: tuple[Meaning, ...] = (
    "reconstruction",
    "next_token",
    "translation",
    "frames",
    "tags",
    "captioning",
    "strokes",
    "pixel_classes",
    "pixels",
    "grid",
    "action_values",
    "actions",
    "embedding",
)
"""Outputs whose loss says it all, or is told by parts, or of which only the return tells."""


def metric_name(meaning: Meaning | None) -> str | None:
    """The metric that stands beside the loss in every epoch: accuracy for classes, r2 for numbers."""
    if meaning is None or meaning in WITHOUT:
        return None
    return "r2" if meaning == "values" else "accuracy"


def quick_metric(
    meaning: Meaning | None,
    outputs: torch.Tensor,
    targets: torch.Tensor,
    weights: torch.Tensor | None = None,
) -> float | None:
    """That metric, in a few tensor operations: scikit-learn's answer at a fraction of the time.

    Args:
        meaning: What the outputs are.
        outputs: (N, K).
        targets: Class indices (N,), shares of classes (N, K), or numbers of the outputs' shape.
        weights: What each row counts, (N,); ``None``: all alike.
    """
    if meaning == "values":
        return r2(outputs.double(), targets.double(), weights)
    if meaning in ("logit", "probability"):
        bound = 0 if meaning == "logit" else 0.5
        right = (outputs.reshape(-1) > bound) == (targets.reshape(-1) > 0.5)
    elif meaning in ("logits", "probabilities", "scores"):
        true = targets.argmax(dim=1) if targets.is_floating_point() else targets
        right = outputs.argmax(dim=1) == true
    else:
        return None
    if weights is None:
        return int(right.sum()) / max(1, len(right))
    shares = right.reshape(len(weights), -1).double().mean(1)
    return float((shares * weights).sum() / weights.sum())


def r2(outputs: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor | None = None) -> float | None:
    """Share of the targets' variance that is explained; ``None`` where they do not vary.

    Args:
        outputs: Predicted numbers (N, K).
        targets: True numbers (N, K).
        weights: What each row counts, (N,).

    Example:
        >>> r2(torch.tensor([[1.0], [3.0]]), torch.tensor([[0.0], [4.0]]))
        0.75
    """
    w = torch.ones(1, 1) if weights is None else weights.reshape(-1, 1).double()
    centre = targets.mean(dim=0) if weights is None else (w * targets).sum(0) / w.sum()
    residual = (w * (outputs - targets).square()).sum()
    spread = (w * (targets - centre).square()).sum()
    return float(1 - residual / spread) if float(spread) > 0 else None
