"""What the fused loop is to compute, read from the dense engine's plan, or why it can't."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from glasshouse.losses.binary_cross_entropy import BinaryCrossEntropy
from glasshouse.losses.cross_entropy import CrossEntropy
from glasshouse.losses.huber import Huber
from glasshouse.losses.mae import MeanAbsoluteError
from glasshouse.losses.mse import MeanSquaredError
from glasshouse.losses.quadratic import Quadratic
from glasshouse.training.batches import InMemoryBatches
from glasshouse.training.dense import activations
from glasshouse.training.dense.dropout import dropout
from glasshouse.training.dense.linear import linear
from glasshouse.training.dense.normalization import batch_norm, layer_norm
from glasshouse.training.dense.plan import Piece, Plan
from glasshouse.training.dense.reshaping import flatten
from glasshouse.training.dense.site import UnsupportedError
from glasshouse.training.fused import codes
from glasshouse.training.job import Job

Settings = tuple[int, float, float]
"""The number of a curve, and its two settings."""

CURVES: dict[Any, Callable[[Any], Settings]] = {
    activations.relu: lambda _: (codes.RELU, 0.0, 0.0),
    activations.leaky_relu: lambda module: (codes.LEAKY_RELU, module.negative_slope, 0.0),
    activations.tanh: lambda _: (codes.TANH, 0.0, 0.0),
    activations.sigmoid: lambda _: (codes.SIGMOID, 0.0, 0.0),
    activations.silu: lambda _: (codes.SILU, 0.0, 0.0),
    activations.gelu: lambda module: (
        codes.GELU_TANH if module.approximate == "tanh" else codes.GELU,
        0.0,
        0.0,
    ),
    activations.elu: lambda module: (codes.ELU, module.alpha, 1.0),
    activations.selu: lambda _: (codes.ELU, activations.SELU_ALPHA, activations.SELU_SCALE),
    activations.softplus: lambda module: (codes.SOFTPLUS, module.beta, module.threshold),
    activations.hardtanh: lambda module: (codes.HARD_TANH, module.min_val, module.max_val),
    activations.hardswish: lambda _: (codes.HARD_SWISH, 0.0, 0.0),
    activations.hard_sigmoid: lambda _: (codes.HARD_SIGMOID, 0.0, 0.0),
    activations.mish: lambda _: (codes.MISH, 0.0, 0.0),
}
"""The curve of everything that the dense engine has a kernel for."""


@dataclass(frozen=True)
class Layer:
    """One layer that computes something.

    Args:
        kind: Its number in ``codes``.
        module: The layer itself.
        width_in, width: Numbers per row that go in and come out.
        needed: Whether the gradient by its inputs is needed.
        curve: Number and settings of an activation.
    """

    kind: int
    module: Any
    width_in: int
    width: int
    needed: bool
    curve: Settings = (-1, 0.0, 0.0)


@dataclass(frozen=True)
class FusedPlan:
    """A network and its loss as the loop takes them.

    Args:
        layers: Those that compute something, in order.
        names: Name of every layer, and how many of ``layers`` are done when it is.
        loss: Number of the loss.
        setting: Its setting.
        class_weights: Weights of the classes, or ``None``.
        dtype: Of all numbers.
    """

    layers: tuple[Layer, ...]
    names: tuple[tuple[str, int], ...]
    loss: int
    setting: float
    class_weights: torch.Tensor | None
    dtype: torch.dtype

    @property
    def work(self) -> int:
        """Multiply-accumulates per row: forward, gradient by the weights, gradient by the inputs."""
        return sum(
            (3 if layer.needed else 2) * layer.width_in * layer.width
            for layer in self.layers
            if layer.kind == codes.LINEAR
        )

    @property
    def slow(self) -> int:
        """Numbers per row that go through functions of the C library."""
        those = (codes.GELU, codes.SOFTPLUS)
        return sum(layer.width for layer in self.layers if layer.curve[0] in those)

    @property
    def parameters(self) -> int:
        """How many numbers are trained."""
        return sum(
            each.numel()
            for layer in self.layers
            for each in layer.module._parameters.values()
            if each is not None
        )


def read_fused_plan(job: Job, plan: Plan) -> FusedPlan:
    """The plan of a job for the fused loop.

    Args:
        job: What is to be trained, with its data in memory.
        plan: The dense engine's, which can train it.

    Raises:
        UnsupportedError: Something is not for the fused loop; it is named.
    """
    batches = job.batches
    if not isinstance(batches, InMemoryBatches):
        raise UnsupportedError("rows that do not lie in memory", "they are made or read batch by batch")
    if batches.changes_inputs:
        raise UnsupportedError("augmentation", "its changes are drawn batch by batch")
    if any(len(step) > 1 for step in batches.sizes):
        raise UnsupportedError("training.accumulate", "its steps are of one batch")
    if batches.weighted:
        raise UnsupportedError("rows with weights", "the fused loop has no code for them")
    shape, _, soft = batches.form
    layers, names = read_layers(plan, math.prod(shape))
    loss, setting, class_weights = read_loss(plan.loss, layers[-1].width, soft)
    check_targets(loss, batches.whole.targets, layers[-1].width)
    return FusedPlan(layers, names, loss, setting, class_weights, plan.dtype)


def read_layers(plan: Plan, width: int) -> tuple[tuple[Layer, ...], tuple[tuple[str, int], ...]]:
    """The layers that compute something, and how far each named one reaches.

    Args:
        plan: The dense engine's.
        width: Numbers per row of the inputs.

    Raises:
        UnsupportedError: There is one that the loop does not know.
    """
    layers: list[Layer] = []
    names: list[tuple[str, int]] = []
    needed = False
    for piece in plan.pieces:
        layer = read_layer(piece, width, needed)
        if layer is not None:
            layers.append(layer)
            width, needed = layer.width, needed or piece.trained
        if piece.name:
            names.append((piece.name, len(layers)))
    if not needed:
        raise UnsupportedError("the network", "nothing in it is trained")
    return tuple(layers), tuple(names)


def read_layer(piece: Piece, width: int, needed: bool) -> Layer | None:
    """The layer of a piece; ``None`` for one that computes nothing.

    Raises:
        UnsupportedError: The loop does not know it.
    """
    module, binder = piece.module, piece.binder
    own = [each for each in module._parameters.values() if each is not None]
    if any(not each.requires_grad for each in own):
        raise UnsupportedError(piece.title, "it is frozen, and the fused loop trains all it knows")
    if any(not each.is_contiguous() for each in own):
        raise UnsupportedError(piece.title, "its weights do not lie row by row")
    if binder in (flatten, activations.nothing) or (binder is dropout and module.p == 0):
        return None
    if binder is linear:
        return Layer(codes.LINEAR, module, width, module.out_features, needed)
    if binder in CURVES:
        return Layer(codes.CURVE, module, width, width, needed, CURVES[binder](module))
    if type(module) is nn.Softsign:
        return Layer(codes.CURVE, module, width, width, needed, (codes.SOFTSIGN, 0.0, 0.0))
    if binder is dropout:
        return Layer(codes.DROPOUT, module, width, width, needed)
    if binder is batch_norm and (module.momentum is not None or not module.track_running_stats):
        return Layer(codes.BATCH_NORM, module, width, width, needed)
    if binder is layer_norm and module.normalized_shape == (width,):
        return Layer(codes.LAYER_NORM, module, width, width, needed)
    raise UnsupportedError(piece.title, "the fused loop has no code for it")


def read_loss(loss: Any, width: int, soft: bool) -> tuple[int, float, torch.Tensor | None]:
    """Number, setting and class weights of a loss.

    Args:
        loss: One of ours.
        width: Numbers per row of the outputs.
        soft: Whether targets are floating-point numbers.

    Raises:
        UnsupportedError: The loop does not know it.
    """
    if isinstance(loss, CrossEntropy) and loss.from_logits:
        if loss.class_weights is not None and len(loss.class_weights) != width:
            raise UnsupportedError("the class weights", "there are not as many as outputs")
        code = codes.CLASS_SHARES if soft else codes.CLASS_INDICES
        return code, loss.label_smoothing, loss.class_weights
    if isinstance(loss, BinaryCrossEntropy) and loss.from_logits and loss.class_weights is None:
        return codes.YES_OR_NO, 0.0, None
    if isinstance(loss, Huber):
        return codes.HUBER, loss.delta, None
    plain: dict[type[Any], int] = {
        MeanSquaredError: codes.SQUARES,
        MeanAbsoluteError: codes.ABSOLUTES,
        Quadratic: codes.HALVES,
    }
    if type(loss) in plain:
        return plain[type(loss)], 0.0, None
    raise UnsupportedError(f"loss {type(loss).__name__}", "the fused loop has no code for it")


def check_targets(loss: int, targets: torch.Tensor, width: int) -> None:
    """Make sure that every target is one that the loop may look up: it would not notice itself.

    Raises:
        UnsupportedError: One is not; the dense engine has the words for what is wrong.
    """
    if loss == codes.CLASS_INDICES:
        fits = targets.dim() == 1 and targets.dtype == torch.int64
        fits = fits and len(targets) > 0 and int(targets.min()) >= 0 and int(targets.max()) < width
    else:
        fits = targets.numel() == len(targets) * width
        fits = fits and (loss == codes.YES_OR_NO or targets.is_floating_point())
    if not fits:
        raise UnsupportedError("the targets", "they do not fit the outputs")
