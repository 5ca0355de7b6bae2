"""Readers of operations that move numbers.

Where the numbers go is asked of the operation itself: it is applied to the places instead of the numbers.
"""

from __future__ import annotations

from typing import Any

import torch

from glasshouse.explain.nested import each_of, replaced
from glasshouse.explain.operations.movement import NOWHERE, Movement
from glasshouse.explain.reading import Call, Reading

FORMULAS = {
    "cat": r"y = [x_1, x_2, \dots]",
    "stack": r"y = [x_1, x_2, \dots]",
    "T": "y = x^{T}",
    "transpose": "y = x^{T}",
    "where": r"y_i = x_i \text{ if } c_i \text{ else } z_i",
    "masked_fill": r"y_i = v \text{ if } m_i \text{ else } x_i",
}


def moves(call: Call, *arguments: Any, **keywords: Any) -> Reading | None:
    """Any operation whose result holds numbers of its inputs, and at most constants besides.

    Args:
        call: The call.
        arguments: Its positional arguments.
        keywords: Its arguments by name.
    """
    given = (arguments, keywords)
    moved = _moved(call, given)
    if not moved:
        return None
    shapes = tuple(tuple(each.shape) for each in moved)
    starts = [0]
    for each in moved:
        starts.append(starts[-1] + each.numel())
    # Places are counted from 1, as fractions: operations that fill in do so with 0 or their own constant,
    # and some of them take no whole numbers. Twice, with another count, tells a constant from a place.
    places = [_applied(call, given, moved, starts, offset) for offset in (1, 1 + starts[-1])]
    names = tuple("x" if len(moved) == 1 else f"x{which}" for which in range(1, len(moved) + 1))
    sources: dict[str, torch.Tensor] = {}
    constants: dict[str, torch.Tensor] = {}
    outputs: list[str | None] = []
    for which, (first, second) in enumerate(zip(*places, strict=True)):
        name = "y" if len(places[0]) == 1 else f"y{which + 1}"
        real = second - first == starts[-1]
        source = torch.where(real, first - 1, NOWHERE).long()
        sources[name] = source
        if not bool(real.all()):
            constants[name] = call.outputs[which].double()
        outputs.append(name)
    return Reading(
        Movement(names, shapes, sources, constants),
        dict(zip(names, moved, strict=True)),
        tuple(outputs),
        formula=FORMULAS.get(call.operation, r"y_i = x_{\text{place}(i)}"),
    )


def by_indices(call: Call, *arguments: Any, **keywords: Any) -> Reading | None:
    """An operation that picks numbers along an axis and says which: ``max(dim)``, ``sort``, ``topk``.

    Args:
        call: The call.
        arguments: Its positional arguments.
        keywords: Its arguments by name.
    """
    if len(call.outputs) != 2:
        return None
    x = next(each_of(torch.Tensor, arguments))
    settings = [each for each in arguments[1:] if isinstance(each, int)]
    default = settings[-1] if settings and call.operation not in ("topk", "kthvalue", "sort") else -1
    axis = keywords.get("dim", keywords.get("axis", default))
    if call.operation in ("topk", "kthvalue") and "dim" not in keywords:
        axis = settings[1] if len(settings) > 1 else -1
    if call.operation == "sort" and "dim" not in keywords:
        axis = next((each for each in arguments[1:] if type(each) is int), -1)
    chosen = call.outputs[1]
    numbers = torch.arange(x.numel()).reshape(x.shape)
    if x.dim() == 0:
        source = numbers
    elif chosen.dim() < x.dim():
        source = numbers.gather(axis, chosen.unsqueeze(axis)).squeeze(axis)
    else:
        source = numbers.gather(axis, chosen)
    rule = Movement(("x",), (tuple(x.shape),), {"y": source}, {})
    return Reading(rule, {"x": x}, ("y", None), formula=r"y_i = x_{\text{place}(i)}")


def embedding(
    call: Call,
    input: torch.Tensor,
    weight: torch.Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Reading | None:
    """Rows of a table by their numbers; a row of padding gets no gradient.

    Args:
        call: The call.
        input: The numbers of the rows.
        weight: The table.
        padding_idx: The row of padding.
        max_norm: Whether long rows are shortened, which no rule covers.
        norm_type: The kind of their length.
        scale_grad_by_freq: Whether gradients are divided by how often a row occurs, which no rule covers.
        sparse: Whether the gradient is a sparse tensor, which changes no number.
    """
    if max_norm is not None or scale_grad_by_freq or sparse:
        return None
    rows = torch.arange(weight.numel()).reshape(weight.shape)[input]
    constants = {}
    if padding_idx is not None:
        padding = (input == padding_idx % len(weight)).unsqueeze(-1)
        rows = torch.where(padding, NOWHERE, rows)
        constants = {"y": call.outputs[0].double()}
    rule = Movement(("weight",), (tuple(weight.shape),), {"y": rows}, constants)
    return Reading(rule, {"weight": weight}, formula="y_i = W_{x_i}", title="embedding")


def _moved(call: Call, given: Any) -> list[torch.Tensor]:
    """The tensors whose numbers are moved: those with fractions, each as often as it is given."""
    return [each for each in each_of(torch.Tensor, given) if each.is_floating_point()]


def _applied(
    call: Call, given: Any, moved: list[torch.Tensor], starts: list[int], offset: int
) -> list[torch.Tensor]:
    count = iter(zip(moved, starts, strict=False))

    def numbered(tensor: torch.Tensor) -> torch.Tensor:
        if not tensor.is_floating_point():
            return tensor
        one, start = next(count)
        places = torch.arange(one.numel(), dtype=torch.float64) + (start + offset)
        return places.reshape(one.shape)

    arguments, keywords = replaced(given, numbered, torch.Tensor)
    result = call.function(*arguments, **keywords)
    if result is None:  # x[...] = v writes into its first argument
        result = arguments[0]
    return [each.double() for each in each_of(torch.Tensor, result)]
