"""An optimizer that trains by its written-out update, for the forms that PyTorch's own classes lack."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from glasshouse.core.errors import TrainingError
from glasshouse.core.update import Update
from glasshouse.optimizers.contract import Parameters


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
            for t, parameters in self._due(group, update).items():
                states = [self.state[each] for each in parameters]
                names = [name for name in states[0] if name != "step"]
                kept = {name: Row([state[name] for state in states]) for name in names}
                gradients = Row([each.grad for each in parameters if each.grad is not None])
                moved, after = update.step(Row(parameters), gradients, kept, t)
                torch._foreach_copy_(parameters, moved.tensors)
                for name in names:
                    torch._foreach_copy_(kept[name].tensors, after[name].tensors)
                for state in states:
                    state["step"] = t
        return loss

    def _due(self, group: Mapping[str, Any], update: Update) -> dict[int, list[torch.Tensor]]:
        """The parameters with a gradient, by the number of the step that they are about to take."""
        due: dict[int, list[torch.Tensor]] = defaultdict(list)
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
            due[state["step"] + 1].append(parameter)
        return due
