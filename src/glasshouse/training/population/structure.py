"""What networks must have in common to be trained as one population, and what each has of its own."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import nn

from glasshouse.losses.binary_cross_entropy import BinaryCrossEntropy
from glasshouse.losses.cross_entropy import CrossEntropy
from glasshouse.losses.mse import MeanSquaredError
from glasshouse.objectives import Supervised
from glasshouse.training.batches import InMemoryBatches
from glasshouse.training.dense import activations
from glasshouse.training.dense.binders import KERNELS, binder_of
from glasshouse.training.dense.linear import linear
from glasshouse.training.dense.plan import Piece, read_plan
from glasshouse.training.dense.site import UnsupportedError
from glasshouse.training.job import Job
from glasshouse.training.population.settings import Settings, read_settings

MOST_WORK = 30e6
"""Floating-point operations of a step from which on a network fills a core by itself."""

MOST_OUTPUTS = 2**20
"""Numbers that a network may answer in an epoch; more are not kept for a whole population at once."""

ELEMENTWISE = {each for each in KERNELS.values() if each.__module__ == activations.__name__}
ELEMENTWISE |= {activations.hard_sigmoid}


class Layer(NamedTuple):
    """A linear layer's numbers."""

    inputs: int
    outputs: int
    bias: bool


@dataclass(frozen=True)
class Structure:
    """One network, as a population sees it: linear layers, and after each an activation and dropout.

    Args:
        linears: The network's linear layers, in order.
        activations: After each of them; the identity where there is none.
        dropouts: The chance to be dropped, first of the inputs, then after each activation.
        dtype: Of all numbers.
        settings: Of the optimizer and the penalties.
        key: Equal for networks that can be trained together.
    """

    linears: tuple[nn.Linear, ...]
    activations: tuple[nn.Module, ...]
    dropouts: tuple[float, ...]
    dtype: torch.dtype
    settings: Settings
    key: Hashable

    engine = "population"
    why = "one of {beside} networks of one shape, trained at once"

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The numbers of the linear layers."""
        return layers_of(self.linears)


def layers_of(linears: tuple[nn.Linear, ...]) -> tuple[Layer, ...]:
    """The numbers of linear layers."""
    return tuple(Layer(each.in_features, each.out_features, each.bias is not None) for each in linears)


def read_structure(job: Job) -> Structure:
    """The structure of a job's network.

    Args:
        job: What is to be trained.

    Raises:
        UnsupportedError: Something is not for populations; it is named.

    Example:
        >>> import numpy as np
        >>> from glasshouse.data.parts import Part
        >>> from glasshouse.losses import LOSSES
        >>> part = Part(torch.zeros(4, 2), torch.zeros(4, 1), np.arange(4))
        >>> job = Job(network=nn.Linear(2, 1), batches=InMemoryBatches(part, batch_size=2), optimizer="sgd",
        ...           objective=Supervised(LOSSES.build("mse")), learning_rate=0.1, epochs=1)
        >>> read_structure(job).layers
        (Layer(inputs=2, outputs=1, bias=True),)
    """
    refuse_settings(job)
    batches = job.batches
    if not isinstance(batches, InMemoryBatches) or batches.changes_inputs:
        raise UnsupportedError("the data", "its batches are not plain rows in memory")
    if any(len(step) > 1 for step in batches.sizes):
        raise UnsupportedError("training.accumulate", "a step of a population is one batch")
    if batches.weighted:
        raise UnsupportedError("rows with weights", "the losses of a population count all rows alike")
    if type(job.objective) is not Supervised:
        raise UnsupportedError(f"objective {type(job.objective).__name__.lower()}", "it is not supervised")
    plan = read_plan(job.network, job.objective)
    if not all(each.requires_grad for each in job.network.parameters()):
        raise UnsupportedError("the network", "some of its layers are frozen")
    linears, after, dropouts = lined_up_by_linears(plan.pieces)
    inputs, targets, _ = batches.whole
    width = inputs[0].numel()
    if inputs.dtype != plan.dtype:
        raise UnsupportedError(f"inputs of type {inputs.dtype}", f"the parameters are {plan.dtype}")
    if inputs.dim() > 2 and not isinstance(plan.pieces[0].module, nn.Flatten):
        raise UnsupportedError("the data", "a row has more axes than one, and the network keeps them")
    reached = [width, *(each.out_features for each in linears)]
    if [each.in_features for each in linears] != reached[:-1]:
        raise UnsupportedError("the network", "a layer takes another number of features than it receives")
    refuse_size(batches, linears)
    settings = read_settings(job, plan.dtype)
    key = (
        layers_of(linears),
        plan.dtype,
        head_key(plan.loss, targets, linears[-1].out_features),
        tuple(step[0] for step in batches.sizes),
        None if job.validation is None else tuple(job.validation.inputs.shape),
        targets.dtype,
        tuple(targets.shape[1:]),
        settings.family,
        job.threads,
    )
    return Structure(linears, after, dropouts, plan.dtype, settings, key)


def refuse_settings(job: Job) -> None:
    """Refuse what a job asks for and populations do not know."""
    if job.engine != "auto":
        raise UnsupportedError("training.engine", f"{job.engine!r} was asked for")
    if job.device.type != "cpu":
        raise UnsupportedError(f"device {job.device.type}", "populations lie in the memory of the CPU")
    if job.precision.name != "float32":
        raise UnsupportedError(f"precision {job.precision.name}", "they compute in the type of the weights")
    if job.clip_norm is not None or job.clip_value is not None or job.clip_adaptive is not None:
        raise UnsupportedError("clipping", "the gradients of a population are not clipped")
    if job.layer_rates:
        raise UnsupportedError("training.layer_rates", "all layers of a population learn at one rate")
    if job.probe_every:
        raise UnsupportedError("probes", "they look at one network at a time")


def refuse_size(batches: InMemoryBatches, linears: tuple[nn.Linear, ...]) -> None:
    """Refuse a network that is large enough to be trained alone."""
    rows = max(step[0] for step in batches.sizes)
    work = 6.0 * rows * sum(each.in_features * each.out_features for each in linears)
    if work > MOST_WORK:
        why = f"{work / 1e6:.0f} million operations fill a core by themselves"
        raise UnsupportedError("a training step", why)
    if batches.rows * linears[-1].out_features > MOST_OUTPUTS:
        raise UnsupportedError("the outputs", "those of an epoch are too many to be kept for all networks")


def lined_up_by_linears(
    pieces: tuple[Piece, ...],
) -> tuple[tuple[nn.Linear, ...], tuple[nn.Module, ...], tuple[float, ...]]:
    """Linear layers with the activation and the dropout after each.

    Raises:
        UnsupportedError: A layer is none of these, or they stand in another order.
    """
    linears: list[nn.Linear] = []
    after: list[nn.Module] = []
    dropouts: list[float] = [0.0]
    done = False  # whether the place after the last linear layer is taken by its dropout
    for piece in pieces:
        module = piece.module
        if isinstance(module, nn.Identity | nn.Flatten):
            if isinstance(module, nn.Flatten) and (module.start_dim, module.end_dim) != (1, -1):
                raise UnsupportedError(piece.title, "it does not flatten whole rows")
        elif piece.binder is linear:
            linears.append(module)
            after.append(nn.Identity())
            dropouts.append(0.0)
            done = False
        elif isinstance(module, nn.Dropout):
            if done:
                raise UnsupportedError(piece.title, "there is a dropout before it already")
            dropouts[-1], done = module.p, True
        elif binder_of(module) in ELEMENTWISE and not list(module.parameters()):
            if not after or done or not isinstance(after[-1], nn.Identity):
                raise UnsupportedError(piece.title, "it does not follow a linear layer")
            after[-1] = module
        else:
            raise UnsupportedError(piece.title, "populations have linear layers, activations and dropout")
    if not linears:
        raise UnsupportedError("the network", "it has no linear layer")
    return tuple(linears), tuple(after), tuple(dropouts)


def head_key(loss: nn.Module, targets: torch.Tensor, outputs: int) -> str:
    """Which loss it is, where populations know it."""
    rows = len(targets)
    if isinstance(loss, CrossEntropy) and loss.from_logits and not loss.label_smoothing:
        if not targets.is_floating_point() and targets.dim() == 1:
            return "cross_entropy"
        raise UnsupportedError("loss CrossEntropy", "its targets are shares of classes")
    if isinstance(loss, BinaryCrossEntropy) and loss.from_logits and loss.class_weights is None:
        if targets.numel() == rows * outputs:
            return "binary_cross_entropy"
    elif isinstance(loss, MeanSquaredError) and tuple(targets.shape) == (rows, outputs):
        return "mse"
    raise UnsupportedError(f"loss {type(loss).__name__}", "populations do not know it with these settings")
