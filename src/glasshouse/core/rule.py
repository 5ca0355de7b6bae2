"""What a layer, an activation or a loss computes, written out: forward, backward, and as readable arithmetic.

A rule is the literal mathematics of a concept. The explanation of a network uses it, the dense engine trains
with it, and the tests hold it against PyTorch's own kernels and against autograd.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Self

import torch

from glasshouse.core.expression import Expression

Tensors = Mapping[str, torch.Tensor]
"""Tensors by the names that the equation gives them."""


class Forward(NamedTuple):
    """What comes out of a forward pass.

    Attributes:
        outputs: The results, by name.
        saved: What the backward pass and the explanation need: the inputs, the parameters, and intermediate
            results worth a name.
    """

    outputs: dict[str, torch.Tensor]
    saved: dict[str, torch.Tensor]


class Rule(ABC):
    """The mathematics of one concept with its settings.

    A rule is a frozen dataclass; its fields are the settings that matter to the mathematics (stride, epsilon,
    training or evaluation). It knows no PyTorch module: :meth:`of` reads the settings and the parameters from
    one.

    Attributes:
        inputs: Names of what goes in, in the order in which the module takes them.
        outputs: Names of what comes out.
        parameters: Names of what is learnt; a parameter that a module lacks (``bias=False``) is left out of
            ``values``.
        differentiable: Names of those inputs that have a gradient (indices, targets and masks have none).
    """

    inputs: ClassVar[tuple[str, ...]] = ("x",)
    outputs: ClassVar[tuple[str, ...]] = ("y",)
    parameters: ClassVar[tuple[str, ...]] = ()
    differentiable: ClassVar[tuple[str, ...]] = ("x",)

    @abstractmethod
    def forward(self, values: Tensors) -> Forward:
        """Compute the outputs.

        Args:
            values: Inputs and parameters by name.
        """

    @abstractmethod
    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """Carry gradients back: from those of the outputs to those of the inputs and parameters.

        Args:
            saved: What :meth:`forward` saved.
            gradients: The gradient of the loss by each output, by the output's name.

        Returns:
            The gradient by each differentiable input and each parameter that was given, in its shape.
        """

    @abstractmethod
    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The arithmetic of one number of an output.

        Args:
            saved: What :meth:`forward` saved.
            output: Which output.
            index: Which element of it.

        Returns:
            An expression whose value is that number.
        """

    @abstractmethod
    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """The arithmetic of one number of a gradient.

        Args:
            saved: What :meth:`forward` saved.
            gradients: The gradient of the loss by each output; its leaves are named ``dy`` for output ``y``.
            name: By which input or parameter the gradient is taken.
            index: Which element of it.

        Returns:
            An expression whose value is what :meth:`backward` gives at that place.
        """

    @classmethod
    def of(cls, module: Any) -> tuple[Self, dict[str, torch.Tensor]]:
        """The rule of a built module, and the module's own parameters by the rule's names.

        A rule that serves several concepts has no reader of its own: each concept brings one.

        Args:
            module: The ``torch.nn.Module`` whose settings and parameters are read.

        Raises:
            TypeError: The rule has no reader.
        """
        raise TypeError(
            f"{cls.__name__} can't tell its settings from a {type(module).__name__}; read it with the `rule` "
            "of the concept that was built"
        )

    def call(self, module: Any, values: Tensors) -> dict[str, torch.Tensor]:
        """The module's own answer to the same inputs, by output name.

        A rule whose module takes or returns things in another form (an LSTM cell's pair of states) overrides
        this.

        Args:
            module: The module from which the rule was read.
            values: The inputs; names that the module doesn't take are ignored.
        """
        given = [values[name] for name in self.inputs if name in values]
        result = module(*given)
        results = result if isinstance(result, tuple) else (result,)
        return dict(zip(self.outputs, results, strict=True))

    def differentiated(self, values: Tensors) -> list[str]:
        """The names in ``values`` by which :meth:`backward` gives a gradient, inputs first."""
        return [name for name in (*self.differentiable, *self.parameters) if name in values]


def gradient_name(output: str) -> str:
    """How the gradient of the loss by an output is called in the arithmetic.

    Example:
        >>> gradient_name("y")
        'dy'
    """
    return f"d{output}"


def places(shape: Sequence[int]) -> list[tuple[int, ...]]:
    """Every place of a tensor of that shape, the last axis fastest.

    Args:
        shape: The sizes of its axes; without any, there is one place, ``()``.

    Example:
        >>> places((2, 1))
        [(0, 0), (1, 0)]
    """
    return list(itertools.product(*(range(size) for size in shape)))


def reduce_to(gradient: torch.Tensor, shape: Sequence[int]) -> torch.Tensor:
    """Sum a gradient over the axes along which its tensor was broadcast.

    Args:
        gradient: The gradient in the broadcast shape.
        shape: The shape before broadcasting.

    Example:
        >>> reduce_to(torch.ones(4, 3), (3,))
        tensor([4., 4., 4.])
        >>> reduce_to(torch.ones(4, 3), (4, 1)).shape
        torch.Size([4, 1])
    """
    surplus = gradient.dim() - len(shape)
    axes = [
        *range(surplus),
        *(
            axis + surplus
            for axis, size in enumerate(shape)
            if size == 1 and gradient.shape[axis + surplus] != 1
        ),
    ]
    return gradient.sum(dim=axes).reshape(tuple(shape)) if axes else gradient.reshape(tuple(shape))
