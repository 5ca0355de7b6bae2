"""The plan of a network: its layers in a line, each with what binds it to buffers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from glasshouse.losses import LOSSES, Loss
from glasshouse.models.freezing import keeps_statistics
from glasshouse.models.perceptron import Perceptron
from glasshouse.objectives import Objective
from glasshouse.training.dense.binders import Binder, binder_of
from glasshouse.training.dense.heads import Head, head_of
from glasshouse.training.dense.reshaping import pair_of_scores
from glasshouse.training.dense.site import Bound, Gradients, Site, UnsupportedError
from glasshouse.training.dense.weighted_heads import WeightedHead, weighted_head_of
from glasshouse.training.engine import Saw

Move = Callable[[torch.Tensor], torch.Tensor]
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


@dataclass(frozen=True)
class Piece:
    """One layer of the line.

    Args:
        name: As in ``network.named_modules()``; empty for what is no module of its own.
        title: For messages: ``"layer 'linear1' (Linear)"``.
        module: The layer.
        binder: What gives it its buffers.
    """

    name: str
    title: str
    module: Any
    binder: Binder

    @property
    def trained(self) -> bool:
        """Whether it has a parameter that is not frozen."""
        own = self.module._parameters.values()  # what parameters() would give, at a tenth of the time
        return any(each.requires_grad for each in own if each is not None)


class BoundPlan:
    """A plan with its buffers, for batches of one shape.

    Args:
        layers: Name of every layer, and its function from inputs to outputs; ``None`` for the identity.
        backwards: From the last layer to the first that is trained.
        head: The loss and its slope; of a kind that takes weights where samples have some.
        loss: The loss itself, which looks at the first outputs and targets and says what is wrong with them.
    """

    def __init__(
        self,
        layers: list[tuple[str, Move | None]],
        backwards: list[Move],
        head: Head | WeightedHead,
        loss: Loss,
    ) -> None:
        self._layers = layers
        self._forwards = [forward for _, forward in layers if forward is not None]
        self._backwards = backwards
        self._head: Any = head
        self._unseen: Loss | None = loss

    def run(
        self,
        x: torch.Tensor,
        targets: torch.Tensor,
        share: float | torch.Tensor = 1.0,
        saw: Saw | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Forward and backward over one batch. To be called without gradients being recorded.

        Args:
            x: The inputs.
            targets: What is to come out.
            share: What the batch counts in its step; or every sample, (N,), where they have weights.
            saw: Told the name and the outputs of every layer, where somebody looks.

        Returns:
            The mean loss times the share, and the outputs: both in buffers that the next batch fills.
        """
        if saw is None:
            for forward in self._forwards:
                x = forward(x)
        else:
            x = self._watched(x, saw)
        if self._unseen is not None:
            self._unseen(x, targets)
            self._unseen = None
        loss, gradient = self._head(x, targets, share)
        for backward in self._backwards:
            gradient = backward(gradient)
        return loss, x

    def _watched(self, x: torch.Tensor, saw: Saw) -> torch.Tensor:
        for name, forward in self._layers:
            if forward is not None:
                x = forward(x)
            if name:
                saw(name, x)
        return x


@dataclass(frozen=True)
class Plan:
    """What is to be computed, without a batch's shape yet.

    Args:
        pieces: The layers in order.
        loss: The loss.
        dtype: Of all parameters, and so of the inputs.
    """

    pieces: tuple[Piece, ...]
    loss: Loss
    dtype: torch.dtype

    def bind(
        self, shape: Sequence[int], soft: bool, gradient: Gradients, weighted: bool = False
    ) -> BoundPlan:
        """Make buffers for batches of a shape.

        Args:
            shape: Of the inputs, rows first.
            soft: Whether targets are floating-point numbers.
            gradient: Where the gradients of parameters go.
            weighted: Whether samples have weights.

        Raises:
            UnsupportedError: A layer can't take what reaches it.
        """
        layers: list[tuple[str, Move | None]] = []
        backwards: list[Move] = []
        reached, wanted = tuple(shape), False
        for piece in self.pieces:
            bound: Bound = piece.binder(
                piece.module, Site(piece.title, reached, self.dtype, wanted, gradient)
            )
            layers.append((piece.name, bound.forward))
            wanted = wanted or piece.trained
            if wanted and bound.backward is not None:
                backwards.append(bound.backward)
            reached = bound.shape
        site = Site("the loss", reached, self.dtype, True, gradient)
        head = (weighted_head_of if weighted else head_of)(self.loss, site, soft)
        return BoundPlan(layers, backwards[::-1], head, self.loss)


def read_plan(network: nn.Module, objective: Objective) -> Plan:
    """The plan of a network under an objective.

    Args:
        network: Layers in a line: an ``nn.Sequential``, nested ones, a perceptron, or a single layer.
        objective: With one of our losses.

    Raises:
        UnsupportedError: A layer, the loss or the type of a parameter is not for the dense engine.

    Example:
        >>> from glasshouse.objectives import Supervised
        >>> network = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
        >>> plan = read_plan(network, Supervised(LOSSES.build("cross_entropy")))
        >>> [piece.name for piece in plan.pieces]
        ['0', '1', '2']
    """
    pieces = tuple(lined_up(network, ""))
    for piece in pieces:
        if keeps_statistics(piece.module):
            raise UnsupportedError(piece.title, "it is frozen, and the engine would move its statistics")
    parameters = [each for piece in pieces for each in piece.module._parameters.values() if each is not None]
    if len({id(each) for each in parameters}) < len(parameters):
        raise UnsupportedError("the network", "two of its layers share a parameter")
    types = {each.dtype for each in parameters}
    if len(types) != 1 or not types <= {torch.float32, torch.float64}:
        raise UnsupportedError("the network", "its parameters are not all float32, or all float64")
    loss = getattr(objective, "loss", None)
    if not objective.plain:
        why = "its loss is not of outputs and targets alone"
        raise UnsupportedError(f"objective {type(objective).__name__.lower()}", why)
    if not isinstance(loss, Loss) or all(each.build is not type(loss) for each in LOSSES.values()):
        name = getattr(loss, "__name__", type(loss).__name__)
        raise UnsupportedError(f"loss {name}", "its slope is not written out, only autograd finds it")
    refuse_hooks(loss, f"loss {type(loss).__name__}")
    return Plan(pieces, loss, types.pop())


def lined_up(module: nn.Module, name: str) -> Iterator[Piece]:
    """The layers of a module in the order in which numbers pass through them.

    Raises:
        UnsupportedError: One is of a kind that is not known.
    """
    title = f"layer {name!r} ({type(module).__name__})" if name else f"the network ({type(module).__name__})"
    refuse_hooks(module, title)
    if type(module).forward is nn.Sequential.forward:
        for key, child in module._modules.items():  # named_children leaves out a layer's second place
            if child is not None:
                yield from lined_up(child, f"{name}.{key}" if name else key)
    elif type(module) is Perceptron:
        yield from lined_up(module.flatten, f"{name}.flatten" if name else "flatten")
        yield from lined_up(module.linear, f"{name}.linear" if name else "linear")
        if module.linear.out_features == 1:
            yield Piece("", title, nn.Identity(), lambda _module, site: pair_of_scores(site))
    else:
        binder = binder_of(module)
        if binder is None:
            raise UnsupportedError(title, "there is no rule for training it without autograd")
        yield Piece(name or type(module).__name__, title, module, binder)


def refuse_hooks(module: nn.Module, title: str) -> None:
    """Refuse what would not be called: hooks, and a forward of the instance's own.

    Raises:
        UnsupportedError: There is one.
    """
    if "forward" in vars(module) or any(getattr(module, each) for each in HOOKS):
        raise UnsupportedError(title, "somebody hooked into it, and hooks would not be called")
