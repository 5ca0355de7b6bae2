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
    fields: list[Field] = []
    r, j, c = 1, 1, 0.0
    for place, layer in enumerate(layers):
        kernel, stride, dilation, padding = _settings(place, layer)
        d, reach = Number(dilation, "d"), Number(kernel, "k") - 1
        size_arithmetic = Number(r, "r") + d * reach * Number(j, "j")
        jump_arithmetic = Number(j, "j") * Number(stride, "s")
        start_arithmetic = Number(c, "c") + (d * reach / 2 - Number(padding, "p")) * Number(j, "j")
        r += dilation * (kernel - 1) * j
        c += (dilation * (kernel - 1) / 2 - padding) * j
        j *= stride
        fields.append(Field(r, j, c, size_arithmetic, jump_arithmetic, start_arithmetic))
    return fields


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
