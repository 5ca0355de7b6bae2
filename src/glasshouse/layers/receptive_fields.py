"""Receptive fields: which part of the input one number of a deeper layer can see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from glasshouse.core.checks import whole_number
from glasshouse.core.errors import SettingError
from glasshouse.core.expression import Expression, Number


@dataclass(frozen=True, slots=True)
class Field:
    """What the numbers of one layer see of the input, along one axis.

    Args:
        size: How many inputs one number sees.
        jump: How far apart in the input two neighbours look.
        start: The place in the input on which the first number is centred; the first input is at 0.
        size_arithmetic, jump_arithmetic, start_arithmetic: How they follow from the layer before.
    """

    size: int
    jump: int
    start: float
    size_arithmetic: Expression = field(compare=False)
    jump_arithmetic: Expression = field(compare=False)
    start_arithmetic: Expression = field(compare=False)

    def __str__(self) -> str:
        jump, start = self.jump_arithmetic, self.start_arithmetic
        return f"field {self.size_arithmetic}, jump {jump}, first centre {start}"


def receptive_field(layers: Sequence[Sequence[int]]) -> list[Field]:
    r"""The receptive field after each of a row of convolutions and poolings, along one axis.

    .. math::
        r_l = r_{l-1} + d_l (k_l - 1)\, j_{l-1}, \quad j_l = j_{l-1} s_l, \quad
        c_l = c_{l-1} + \left(\frac{d_l (k_l - 1)}{2} - p_l\right) j_{l-1}

    with ``r = 1``, ``j = 1`` and ``c = 0`` for the input itself. Layers that treat every number alone
    (activations, normalisation) change nothing and are left out.

    Args:
        layers: For each layer its kernel, stride, dilation and, if there is any, padding (before the input),
            in this order; what is left out at the end is 1 for stride and dilation and 0 for padding.

    Returns:
        One field for each layer.

    Raises:
        SettingError: A layer has no kernel or more than four numbers, or one lies outside its range.

    Source:
        Araujo, Norris and Sim 2019, Computing receptive fields of convolutional neural networks, Distill.

    Example:
        >>> first, second = receptive_field([(3, 1), (2, 2)])
        >>> second.size, second.jump, second.start
        (4, 2, 1.5)
        >>> print(receptive_field([(3, 2, 1, 1), (3, 1, 1, 1)])[-1])
        field 3 + 1·(3 − 1)·2 = 7, jump 2·1 = 2, first centre 0 + (1·(3 − 1) / 2 − 1)·2 = 0
    """
    fields = [field_of_input()]
    for place, layer in enumerate(layers):
        fields.append(field_after(fields[-1], *_settings(place, layer)))
    return fields[1:]


def field_of_input() -> Field:
    """What a number of the input sees: itself.

    Example:
        >>> field_of_input().size
        1
    """
    return Field(1, 1, 0.0, Number(1, "r"), Number(1, "j"), Number(0, "c"))


def field_after(before: Field, kernel: int, stride: int = 1, dilation: int = 1, padding: int = 0) -> Field:
    """The receptive field after one more convolution or pooling, as :func:`receptive_field` has it.

    Args:
        before: The field of what goes in.
        kernel: Numbers in the window, from 1.
        stride: Step from window to window, from 1.
        dilation: Step from number to number inside the window, from 1.
        padding: Zeros before the input, from 0.

    Example:
        >>> field_after(field_after(field_of_input(), 3), 2, 2).size
        4
    """
    r, j, c = before.size, before.jump, before.start
    d, reach = Number(dilation, "d"), Number(kernel, "k") - 1
    return Field(
        r + dilation * (kernel - 1) * j,
        j * stride,
        c + (dilation * (kernel - 1) / 2 - padding) * j,
        Number(r, "r") + d * reach * Number(j, "j"),
        Number(j, "j") * Number(stride, "s"),
        Number(c, "c") + (d * reach / 2 - Number(padding, "p")) * Number(j, "j"),
    )


def field_of_both(one: Field, other: Field) -> Field:
    """What a number sees that is made of two: all that either of them sees.

    Args:
        one: The field of one of two tensors that are added, multiplied or put side by side.
        other: That of the other.

    Returns:
        From the first input that either sees to the last; the longer of the two jumps.

    Example:
        >>> wide, narrow = field_after(field_of_input(), 5, padding=2), field_of_input()
        >>> field_of_both(wide, narrow).size
        5
    """
    ends = [(each.start - (each.size - 1) / 2, each.start + (each.size - 1) / 2) for each in (one, other)]
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    last, first = Number(high, "last"), Number(low, "first")
    jump = max(one.jump, other.jump)
    size = last - first + 1
    return Field(round(high - low) + 1, jump, (low + high) / 2, size, Number(jump, "j"), (first + last) / 2)


def _settings(place: int, layer: Sequence[int]) -> tuple[int, int, int, int]:
    if not isinstance(layer, (list, tuple)) or not 1 <= len(layer) <= 4:
        raise SettingError(
            f"layers[{place}] = {layer!r}",
            expected="kernel, stride, dilation, padding: one to four whole numbers",
            fix="write it like (3, 2) or (3, 1, 2, 2)",
        )
    given = [*layer, *(1, 1, 1, 0)[len(layer) :]]
    names = ("kernel", "stride", "dilation", "padding")
    k, s, d, p = (
        whole_number(f"layers[{place}] {name}", each, at_least=0 if name == "padding" else 1)
        for name, each in zip(names, given, strict=True)
    )
    return k, s, d, p
