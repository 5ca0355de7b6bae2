"""Watches a forward pass for shapes: which operations ran, in which module, on what sizes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from glasshouse.explain import shape_arithmetic as arithmetic
from glasshouse.layers.receptive_fields import Field, field_of_both, field_of_input

CONVOLUTION = ("input", "weight", "bias", "stride", "padding", "dilation", "groups")
TRANSPOSED = ("input", "weight", "bias", "stride", "padding", "output_padding", "groups", "dilation")
LINEAR = ("input", "weight", "bias")
AVERAGE = ("input", "kernel_size", "stride", "padding", "ceil_mode")
READERS: list[tuple[str, Callable[..., arithmetic.Shaped], Sequence[str]]] = [
    (r"conv[123]d", arithmetic.convolution, CONVOLUTION),
    (r"conv_transpose[123]d", arithmetic.transposed, TRANSPOSED),
    (r"linear", arithmetic.linear, LINEAR),
    (r"max_pool[123]d(_with_indices)?", arithmetic.pooling, (*AVERAGE[:4], "dilation", "ceil_mode")),
    (r"avg_pool[123]d", arithmetic.pooling, AVERAGE),
    (r"lp_pool[123]d", arithmetic.pooling, ("input", "norm_type", "kernel_size", "stride", "ceil_mode")),
    (r"adaptive_(avg|max)_pool[123]d(_with_indices)?", arithmetic.everywhere, ("input",)),
    (r"(batch|layer|group|rms|instance)_norm|embedding|prelu", arithmetic.tables, ("input",)),
    (r"lstm|gru|rnn_(tanh|relu)(_cell)?|(lstm|gru)_cell|multi_head_attention_forward", arithmetic.tables, ()),
]
MERGES = {"add", "add_", "__add__", "__iadd__", "sub", "mul", "cat", "concat", "stack", "matmul", "bmm"}
TURNS = {"flatten", "view", "reshape", "permute", "transpose", "mean", "sum", "squeeze", "unsqueeze"}
"""Operations that change which axis is which; after them no receptive field is followed."""


@dataclass(frozen=True)
class Call:
    """One operation that ran.

    Args:
        module: Dotted name of the module in which it ran; empty for the network itself.
        kind: What people call it: the module's class, or the operation's name.
        inputs: Shapes of the tensors that went in and are not parameters.
        output: Shape of what came out.
        shaped: The arithmetic of it.
        fields: What its numbers see along the last axes; ``None`` where that is not followed.
        learnt: The parameters that it used, by id.
    """

    module: str
    kind: str
    inputs: tuple[tuple[int, ...], ...]
    output: tuple[int, ...]
    shaped: arithmetic.Shaped
    fields: tuple[Field, ...] | None
    learnt: tuple[int, ...]


class ShapeTape(TorchFunctionMode):
    """Notes every operation of the forward passes that run inside it.

    Args:
        network: Whose modules give the operations their names.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.calls: list[Call] = []
        self._inside: list[tuple[str, nn.Module]] = [("", network)]
        self._names = {module: name for name, module in network.named_modules()}
        self._fields: dict[int, tuple[Field, ...] | None] = {}
        self._alive: list[torch.Tensor] = []  # ids are only unique among tensors that exist

    @contextmanager
    def watching(self, network: nn.Module) -> Iterator[None]:
        """Know at any time which module is running; hooks are gone afterwards, also after an exception."""
        handles = []
        for module in network.modules():
            handles.append(module.register_forward_pre_hook(self._enter))
            handles.append(module.register_forward_hook(self._leave))
        try:
            with self:
                yield
        finally:
            for handle in handles:
                handle.remove()

    def begin(self, x: torch.Tensor) -> None:
        """Take a tensor as the network's input."""
        axes = max(0, x.dim() - 2) if x.is_floating_point() else 0
        self._remember(x, tuple(field_of_input() for _ in range(axes)))

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        given = dict(kwargs or {})
        result = func(*args, **given)
        output = result[0] if isinstance(result, tuple) and result else result
        if isinstance(output, torch.Tensor):
            self._note(getattr(func, "__name__", str(func)), args, given, output)
        return result

    def _note(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], output: torch.Tensor) -> None:
        tensors = list(_tensors([*args, *kwargs.values()]))
        learnt = [each for each in tensors if isinstance(each, nn.Parameter)]
        taken = [each for each in tensors if id(each) in self._fields]
        if not taken:
            return
        reader, names = _reader(name)
        call = {**dict(zip(names, args, strict=False)), **kwargs, "parameters": learnt, "output": output}
        call["axes"] = int(digit[0]) if (digit := re.search(r"\d", name)) else 0
        shaped = reader(call) if reader else arithmetic.Shaped()
        fields = self._followed(name, taken, shaped)
        self._remember(output, fields)
        module, owner = self._inside[-1]
        leaf = not any(owner.children())
        turned = output.shape != taken[0].shape
        if reader or (leaf and module) or name in MERGES or turned:
            kind = type(owner).__name__ if leaf and module else name
            shapes = tuple(tuple(each.shape) for each in taken)
            self.calls.append(
                Call(module, kind, shapes, tuple(output.shape), shaped, fields, tuple(map(id, learnt)))
            )

    def _followed(
        self, name: str, taken: list[torch.Tensor], shaped: arithmetic.Shaped
    ) -> tuple[Field, ...] | None:
        known = [self._fields[id(each)] for each in taken]
        fields = known[0]
        for other in known[1:]:
            if fields is None or other is None or len(fields) != len(other):
                return None
            fields = tuple(field_of_both(one, two) for one, two in zip(fields, other, strict=True))
        if fields is None or name in TURNS:
            return None
        return shaped.fields(fields)

    def _remember(self, tensor: torch.Tensor, fields: tuple[Field, ...] | None) -> None:
        self._fields[id(tensor)] = fields
        self._alive.append(tensor)

    def _enter(self, module: nn.Module, _inputs: Any) -> None:
        self._inside.append((self._names.get(module, ""), module))

    def _leave(self, _module: nn.Module, _inputs: Any, _output: Any) -> None:
        self._inside.pop()


def _reader(name: str) -> tuple[Callable[..., arithmetic.Shaped] | None, Sequence[str]]:
    for pattern, reader, names in READERS:
        if re.fullmatch(pattern, name):
            return reader, names
    return None, ()


def _tensors(values: Any) -> Iterator[torch.Tensor]:
    for each in values:
        if isinstance(each, torch.Tensor):
            yield each
        elif isinstance(each, (list, tuple)):
            yield from _tensors(each)
