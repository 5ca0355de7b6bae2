"""Outputs and targets of the wrong kind for a loss, refused with what is expected."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from glasshouse.core.errors import DataError, ModelError, SettingError

TOLERANCE = {torch.float64: 1e-5, torch.float32: 1e-5}
"""How far probabilities may add up beside 1; half precision gets ``COARSE``."""

COARSE = 2e-2


def positive_weights(weights: Sequence[float] | torch.Tensor | None) -> torch.Tensor | None:
    """Class weights as a tensor.

    Args:
        weights: One positive number per class, or ``None``.

    Raises:
        SettingError: One is not positive, or they are no list of numbers.

    Example:
        >>> positive_weights([1, 3])
        tensor([1., 3.])
    """
    if weights is None:
        return None
    found = torch.as_tensor(weights, dtype=torch.float32)
    if found.dim() != 1 or not bool((found > 0).all()):
        raise SettingError(
            f"class_weights = {found.tolist()}",
            expected="one positive number per class",
            fix="leave rare classes in with a large weight; remove a class from the data to ignore it",
        )
    return found


def same_shape(outputs: torch.Tensor, targets: torch.Tensor) -> None:
    """Demand one target for every output.

    Args:
        outputs: What the network gives.
        targets: What it should give.

    Raises:
        ModelError: The shapes differ. PyTorch would spread (N,) against (N, 1) to (N, N) and average that.

    Example:
        >>> same_shape(torch.zeros(3, 1), torch.zeros(3, 1))
    """
    if outputs.shape != targets.shape:
        raise ModelError(
            f"outputs of shape {tuple(outputs.shape)} and targets of shape {tuple(targets.shape)}",
            expected="the same shape: one target for every output",
            fix=f"bring the targets to {tuple(outputs.shape)}, say with targets.reshape(outputs.shape)",
        )
    if not targets.is_floating_point():
        raise DataError(
            f"targets of type {targets.dtype}",
            expected="numbers to predict, in a floating-point type",
            fix="use targets.float(), or a loss for classes such as cross_entropy",
        )


def class_indices(outputs: torch.Tensor, targets: torch.Tensor) -> None:
    """Demand one class index for every sample.

    Args:
        outputs: (N, classes, ...).
        targets: (N, ...) whole numbers.

    Raises:
        DataError: The targets are of another kind.
        ModelError: Outputs and targets don't belong together.

    Example:
        >>> class_indices(torch.zeros(3, 2), torch.tensor([0, 1, 1]))
    """
    if targets.is_floating_point():
        raise DataError(
            f"targets of type {targets.dtype} and shape {tuple(targets.shape)}",
            expected="class indices: whole numbers from 0, of type torch.int64",
            fix="use targets.long() if they are classes, or a loss for numbers such as mse if they are not",
        )
    due = (*outputs.shape[:1], *outputs.shape[2:])
    if outputs.dim() < 2 or targets.shape != due:
        raise ModelError(
            f"outputs of shape {tuple(outputs.shape)} and targets of shape {tuple(targets.shape)}",
            expected="outputs (N, classes) and one class index for each sample, (N)",
            fix="let the network give one number per class, and bring the targets to one index per sample",
        )


def known_classes(targets: torch.Tensor, classes: int) -> None:
    """Demand that every index is one of the classes.

    Args:
        targets: Class indices.
        classes: How many classes there are.

    Raises:
        DataError: One lies outside.

    Example:
        >>> known_classes(torch.tensor([0, 2]), 3)
    """
    outside = (targets < 0) | (targets >= classes)
    if bool(outside.any()):
        first = int(outside.reshape(-1).nonzero()[0])
        raise DataError(
            f"target {int(targets.reshape(-1)[first])} at place {first}",
            expected=f"a class index from 0 to {classes - 1}: the network gives {classes} numbers per sample",
            fix="number the classes from 0, or give the network one output for each of them",
        )


def shares(targets: torch.Tensor) -> None:
    """Demand shares of classes that add up to 1.

    Args:
        targets: (N, classes, ...).

    Raises:
        DataError: A share is negative, or those of a sample don't add up to 1.

    Example:
        >>> shares(torch.tensor([[0.9, 0.1], [0.0, 1.0]]))
    """
    bound = TOLERANCE.get(targets.dtype, COARSE) * 10
    if targets.numel() and (bool((targets < 0).any()) or bool(((targets.sum(1) - 1).abs() > bound).any())):
        raise DataError(
            f"shares of classes from {float(targets.min()):.4g} that add up to "
            f"{float(targets.sum(1).min()):.4g} to {float(targets.sum(1).max()):.4g}",
            expected="shares from 0 to 1 that add up to 1 for every sample, or class indices",
            fix="divide them by their sum, or pass whole-number class indices",
        )


def logits(outputs: torch.Tensor) -> None:
    """Refuse outputs that went through a softmax already.

    One row alone is let through: hand-picked logits may add up to 1.

    Args:
        outputs: (N, classes, ...).

    Raises:
        ModelError: All are from 0 to 1 and add up to 1 in every row.

    Example:
        >>> logits(torch.tensor([[2.0, -1.0], [0.1, 0.4]]))
    """
    if len(outputs) > 1 and outputs.shape[1] > 1 and _are_probabilities(outputs):
        raise ModelError(
            "outputs that are from 0 to 1 and add up to 1 in every row: probabilities",
            expected="logits: this loss applies the softmax itself",
            fix="remove the softmax at the end of the network, or set from_logits to false",
        )


def probabilities(outputs: torch.Tensor) -> None:
    """Demand probabilities of classes.

    Args:
        outputs: (N, classes, ...).

    Raises:
        ModelError: They leave the range from 0 to 1, or don't add up to 1.

    Example:
        >>> probabilities(torch.tensor([[0.9, 0.1]]))
    """
    outputs = outputs.detach()
    if outputs.numel() and not _are_probabilities(outputs):
        raise ModelError(
            f"outputs from {float(outputs.min()):.4g} to {float(outputs.max()):.4g} whose rows add up to "
            f"{float(outputs.sum(1).min()):.4g} to {float(outputs.sum(1).max()):.4g}",
            expected="probabilities: from 0 to 1, together 1 in every row",
            fix="set from_logits to true, or end the network with a softmax",
        )


def chances(outputs: torch.Tensor) -> None:
    """Demand numbers from 0 to 1.

    Args:
        outputs: Any shape.

    Raises:
        ModelError: One lies outside.

    Example:
        >>> chances(torch.tensor([[0.9], [0.0]]))
    """
    outputs = outputs.detach()
    if outputs.numel() and not (float(outputs.min()) >= 0 and float(outputs.max()) <= 1):
        raise ModelError(
            f"outputs from {float(outputs.min()):.4g} to {float(outputs.max()):.4g}",
            expected="probabilities: from 0 to 1",
            fix="set from_logits to true, or end the network with a sigmoid",
        )


def yes_or_no(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The targets of one output per question, in its shape and type.

    Args:
        outputs: (N) or (N, questions).
        targets: As many, class 0 or 1 or the probability of class 1.

    Raises:
        ModelError: There are more or fewer targets than outputs.

    Example:
        >>> yes_or_no(torch.zeros(2, 1), torch.tensor([0, 1]))
        tensor([[0.],
                [1.]])
    """
    if outputs.numel() != targets.numel() or len(outputs) != len(targets):
        raise ModelError(
            f"outputs of shape {tuple(outputs.shape)} and targets of shape {tuple(targets.shape)}",
            expected="one target for every output: this loss takes one number per yes-or-no question",
            fix="let the network give one number per sample, or use cross_entropy for one number per class",
        )
    return targets.to(outputs.dtype).reshape(outputs.shape)


def from_zero_to_one(targets: torch.Tensor) -> None:
    """Demand targets from 0 to 1.

    Args:
        targets: Any shape.

    Raises:
        DataError: One lies outside.

    Example:
        >>> from_zero_to_one(torch.tensor([0.0, 1.0]))
    """
    if targets.numel() and not (float(targets.min()) >= 0 and float(targets.max()) <= 1):
        raise DataError(
            f"targets from {float(targets.min()):.4g} to {float(targets.max()):.4g}",
            expected="class 0 or 1, or the probability of class 1",
            fix="number the two classes 0 and 1 (not -1 and 1, not 1 and 2)",
        )


def _are_probabilities(outputs: torch.Tensor) -> bool:
    found = outputs.detach()
    bound = TOLERANCE.get(found.dtype, COARSE)
    return bool(((found >= 0) & (found <= 1 + bound)).all()) and bool(
        ((found.sum(1) - 1).abs() <= bound).all()
    )
