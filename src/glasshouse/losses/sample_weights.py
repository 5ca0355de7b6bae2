"""Sample weights: some rows count for more than others in the mean of a loss."""

from __future__ import annotations

from typing import Any

import torch

from glasshouse.core.errors import SettingError
from glasshouse.losses import LOSSES
from glasshouse.losses.contract import Loss
from glasshouse.losses.cross_entropy import CrossEntropy


def each(loss: Loss, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The loss of every sample by itself: their plain mean is the loss of the batch.

    Args:
        loss: One of ours.
        outputs: As the loss takes them, (N, ...).
        targets: As the loss takes them.

    Returns:
        Shape (N,), through which autograd goes back.

    Raises:
        SettingError: The loss weighs classes itself, or is none of ours.

    Example:
        >>> each(LOSSES.build("quadratic"), torch.tensor([[1.0], [3.0]]), torch.zeros(2, 1))
        tensor([0.5000, 4.5000])
    """
    refuse_unweighable(loss)
    if _plain_cross_entropy(loss, outputs) and not targets.is_floating_point():
        return torch.nn.functional.cross_entropy(outputs, targets, reduction="none")
    concept = next(concept for concept in LOSSES.values() if concept.build is type(loss))
    rule: Any = concept.rule(loss)[0] if concept.rule is not None else None
    found: torch.Tensor = rule.each({"outputs": outputs, "targets": targets})
    return found


def weighted_mean(
    loss: Loss, outputs: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    r"""The mean of a loss in which every sample has a weight.

    .. math:: L = \frac{\sum_n w_n \ell_n}{\sum_n w_n}

    A weight of 2 is worth as much as the same row twice, and one of 0 as none. Where all weights of a batch
    are 0 the mean is 0.

    Args:
        loss: One of ours.
        outputs: As the loss takes them, (N, ...).
        targets: As the loss takes them.
        weights: Shape (N,), at least 0.

    Raises:
        SettingError: The loss weighs classes itself, or is none of ours.
        DataError: At the first batch, when targets are of the wrong kind.
        ModelError: At the first batch, when outputs and targets don't belong together.

    Example:
        >>> outputs, targets = torch.tensor([[1.0], [3.0]]), torch.zeros(2, 1)
        >>> float(weighted_mean(LOSSES.build("quadratic"), outputs, targets, torch.tensor([3.0, 1.0])))
        1.5
    """
    if not loss.looked_at:
        loss(outputs.detach(), targets)  # looks at the first batch and says what is wrong with it
    total = weights.sum()
    return (each(loss, outputs, targets) * weights).sum() / torch.where(total > 0, total, 1)


def refuse_unweighable(loss: object) -> None:
    """Refuse a loss whose samples can't be weighed.

    Args:
        loss: What a batch is judged by.

    Raises:
        SettingError: It weighs classes itself, or is none of ours.

    Example:
        >>> refuse_unweighable(CrossEntropy())
    """
    if getattr(loss, "class_weights", None) is not None:
        raise SettingError(
            "sample weights beside class weights in the loss",
            expected="one of both",
            fix="multiply each sample's weight by that of its class, and leave class_weights out",
        )
    rules = [concept.rule for concept in LOSSES.values() if concept.build is type(loss)]
    if not any(rule is not None and hasattr(rule(loss)[0], "each") for rule in rules):
        raise SettingError(
            f"sample weights with the loss {type(loss).__name__}, which gives one number per batch",
            expected="a loss of Glasshouse: " + ", ".join(LOSSES),
            fix="name one of them, or leave the weights out",
        )


def _plain_cross_entropy(loss: Loss, outputs: torch.Tensor) -> bool:
    """Whether PyTorch's own kernel gives the loss of every sample."""
    return type(loss) is CrossEntropy and loss.from_logits and not loss.label_smoothing and outputs.dim() == 2
