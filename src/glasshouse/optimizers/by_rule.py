"""An optimizer that trains by its written-out update, for the forms that PyTorch's own classes lack."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch

from glasshouse.core.errors import TrainingError
from glasshouse.core.update import Update
from glasshouse.optimizers.contract import Parameters

Due = dict[tuple[int, torch.device], list[torch.Tensor]]
IN_PIECES = ("cpu",)
"""Devices on which each tensor is moved piece by piece; elsewhere all tensors are moved at once."""
PIECE = 32768
"""Numbers in a piece: small enough for the cache, large enough that calls cost little beside them."""


class Row:
    """Tensors of any shapes that are computed with as if they were one: one call for all of them.

    Args:
        tensors: The tensors, on one device and of one type for full speed.

    Example:
        >>> row = Row([torch.tensor([4.0]), torch.tensor([[9.0, 1.0]])])
        >>> (1 - torch.sqrt(row) * 2).tensors
        [tensor([-3.]), tensor([[-5., -1.]])]
    """

    def __init__(self, tensors: Sequence[torch.Tensor]) -> None:
        self.tensors = list(tensors)

    @classmethod
    def __torch_function__(
        cls, function: Any, types: Any, arguments: Sequence[Any] = (), settings: Any = None
    ) -> Row:
        """What PyTorch's functions do to each of them."""
        if function is torch.sqrt:
            return cls(torch._foreach_sqrt(arguments[0].tensors))
        return NotImplemented  # type: ignore[no-any-return]

    def __add__(self, other: Row | float) -> Row:
        return self._each(torch._foreach_add, other)

    __radd__ = __add__

    def __sub__(self, other: Row | float) -> Row:
        return self._each(torch._foreach_sub, other)

    def __rsub__(self, other: float) -> Row:
        return -self + other

    def __mul__(self, other: Row | float) -> Row:
        return self._each(torch._foreach_mul, other)

    __rmul__ = __mul__

    def __truediv__(self, other: Row | float) -> Row:
        return self._each(torch._foreach_div, other)

    def __neg__(self) -> Row:
        return Row(torch._foreach_neg(self.tensors))

    def copy_(self, other: Row) -> None:
        """Take over the numbers of another."""
        torch._foreach_copy_(self.tensors, other.tensors)

    def _each(self, function: Callable[..., Any], other: Row | float) -> Row:
        return Row(function(self.tensors, other.tensors if isinstance(other, Row) else other))


class ByRule(torch.optim.Optimizer):
    """Moves weights by the very update that explains it.

    What is remembered stands in ``state`` for each parameter, under the update's own names, beside the number
    of steps; it goes through ``state_dict`` and back without loss.

    Args:
        parameters: Parameters, or groups of them.
        update_of: What reads the update out of a group.
        settings: What a group holds unless it says otherwise; ``lr`` is the learning rate.

    Example:
        >>> from glasshouse.optimizers import Momentum
        >>> weight = torch.nn.Parameter(torch.tensor([1.0]))
        >>> optimizer = Momentum([weight], learning_rate=0.1, momentum=0.5, form="average")
        >>> type(optimizer).__name__
        'ByRule'
        >>> weight.grad = torch.tensor([2.0])
        >>> optimizer.step()
        >>> weight.detach(), optimizer.state[weight]
        (tensor([0.9000]), {'step': 1, 'v': tensor([1.])})
    """

    def __init__(
        self, parameters: Parameters, update_of: Callable[[Mapping[str, Any]], Update], **settings: Any
    ) -> None:
        super().__init__(parameters, settings)
        self.update_of = update_of

    def __getstate__(self) -> dict[str, Any]:
        # PyTorch's own names the attributes that copies keep.
        return {**super().__getstate__(), "update_of": self.update_of}

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step of every parameter that has a gradient.

        Args:
            closure: Computes the loss once more, with its gradients, before the step.

        Returns:
            What the closure gave.

        Raises:
            TrainingError: A gradient is sparse.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            update = self.update_of(group)
            for (t, device), parameters in self._due(group, update).items():
                names = [name for name in self.state[parameters[0]] if name != "step"]
                sets = [self._with_state(each, names) for each in parameters]
                if device.type in IN_PIECES:
                    for one in sets:
                        for piece in pieces(one):
                            self._move(update, names, piece, t)
                else:
                    self._move(update, names, [Row(column) for column in zip(*sets, strict=True)], t)
                for each in parameters:
                    self.state[each]["step"] = t
        return loss

    def _with_state(self, parameter: torch.Tensor, names: Sequence[str]) -> list[torch.Tensor]:
        """A parameter, its gradient and what is remembered for it."""
        return [parameter, parameter.grad, *(self.state[parameter][name] for name in names)]

    def _move(self, update: Update, names: Sequence[str], those: Sequence[Any], t: int) -> None:
        """One step of tensors or rows of them, in place."""
        w, g, *kept = those
        moved, after = update.step(w, g, dict(zip(names, kept, strict=True)), t)
        w.copy_(moved)
        for name, each in zip(names, kept, strict=True):
            each.copy_(after[name])

    def _due(self, group: Mapping[str, Any], update: Update) -> Due:
        """The parameters with a gradient, by the number of the step that they are about to take."""
        due: Due = defaultdict(list)
        for parameter in group["params"]:
            if parameter.grad is None:
                continue
            if parameter.grad.is_sparse:
                raise TrainingError(
                    "a gradient is sparse, and this form of the optimizer keeps something for every weight",
                    expected="dense gradients",
                    fix="build the embedding with sparse=False, or take sgd",
                )
            state = self.state[parameter]
            if not state:
                state.update({"step": 0, **update.start(parameter.detach())})
            due[state["step"] + 1, parameter.device].append(parameter)
        return due


def pieces(tensors: Sequence[torch.Tensor]) -> Iterator[list[torch.Tensor]]:
    """Cut tensors of one shape into views of some thousand numbers, side by side.

    What a formula computes on the way then stays in the processor's cache. Tensors whose memory has gaps or
    another order stay whole.

    Args:
        tensors: Tensors of one shape.

    Example:
        >>> [piece[0].shape for piece in pieces([torch.zeros(4, 10000), torch.ones(4, 10000)])]
        [torch.Size([32768]), torch.Size([7232])]
    """
    if all(each.is_contiguous() for each in tensors):
        for piece in zip(*(torch.split(each.view(-1), PIECE) for each in tensors), strict=True):
            yield list(piece)
    else:
        yield list(tensors)
