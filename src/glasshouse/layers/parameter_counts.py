"""How many numbers a linear, convolutional, recurrent or attention layer learns, with the arithmetic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from glasshouse.core.checks import one_of, whole_number
from glasshouse.core.errors import SettingError
from glasshouse.core.expression import Expression, Number, Product, total


@dataclass(frozen=True, slots=True)
class Count:
    """A number of parameters and how it comes about.

    Args:
        count: All of them.
        arithmetic: Outputs times what each of them learns.
    """

    count: int
    arithmetic: Expression = field(compare=False)

    def __str__(self) -> str:
        # Not as a rounded number: a count of parameters is exact.
        return f"{self.arithmetic.text()} = {self.count:,}"


def linear_parameters(in_features: int, out_features: int, bias: bool = True) -> Count:
    """The parameters of a linear layer: every output has a weight for each input, and a bias.

    Args:
        in_features: Inputs, from 1.
        out_features: Outputs, from 1.
        bias: Whether there are biases.

    Raises:
        SettingError: A size is not a whole number from 1.

    Example:
        >>> print(linear_parameters(4096, 10))
        10·(4096 + 1) = 40,970
    """
    whole_number("in_features", in_features, at_least=1)
    whole_number("out_features", out_features, at_least=1)
    each: Expression = Number(in_features, "in_features")
    return _counted(Number(out_features, "out_features"), each, bias, in_features * out_features)


def convolution_parameters(
    in_channels: int,
    out_channels: int,
    kernel_size: Sequence[int],
    groups: int = 1,
    bias: bool = True,
) -> Count:
    """The parameters of a convolution: every output channel has one kernel for each channel of its group.

    Args:
        in_channels: Channels that go in, from 1.
        out_channels: Channels that come out, from 1.
        kernel_size: The kernel's size along each axis, each from 1.
        groups: Into how many groups the channels are divided; divides both.
        bias: Whether there are biases.

    Raises:
        SettingError: A number lies outside its range, or the groups do not divide the channels.

    Example:
        >>> print(convolution_parameters(3, 12, (3, 3)))
        12·(3·3·3 + 1) = 336
        >>> print(convolution_parameters(32, 32, (3, 3), groups=32, bias=False))
        32·(32 / 32)·3·3 = 288
    """
    for name, size in (("in_channels", in_channels), ("out_channels", out_channels)):
        whole_number(name, size, at_least=1)
        whole_number("groups", groups, at_least=1)
        if size % groups:
            raise SettingError(
                f"groups = {groups} with {name} = {size}",
                expected=f"a divisor of {name}",
                fix="choose a number of groups that divides in_channels and out_channels",
            )
    sides = [Number(whole_number("kernel_size", side, at_least=1), "k") for side in kernel_size]
    channels: Expression = Number(in_channels, "in_channels")
    if groups > 1:
        channels = channels / Number(groups, "groups")
    count = out_channels * (in_channels // groups) * math.prod(kernel_size)
    return _counted(Number(out_channels, "out_channels"), Product([channels, *sides]), bias, count)


GATES = {"rnn": 1, "gru": 3, "lstm": 4}
"""How many blocks of weights a recurrent layer has."""


def recurrent_parameters(
    layer: str,
    input_size: int,
    hidden_size: int,
    num_layers: int = 1,
    bidirectional: bool = False,
    biases: int = 2,
) -> Count:
    """The parameters of a recurrent layer: every gate of a unit sees all inputs and all states.

    Args:
        layer: ``"rnn"``, ``"gru"`` or ``"lstm"``.
        input_size: Numbers per step, from 1.
        hidden_size: Numbers of a state, from 1.
        num_layers: How many are stacked, from 1; those above the first read the states below.
        bidirectional: Whether there is a second one for the way back.
        biases: Biases of a unit and gate: 2 in PyTorch, 1 in textbooks and Keras, or 0.

    Raises:
        SettingError: A setting lies outside its range.

    Example:
        >>> print(recurrent_parameters("lstm", 10, 20))
        4·20·(10 + 20 + 2) = 2,560
        >>> print(recurrent_parameters("gru", 10, 20, num_layers=2, biases=1))
        3·20·(10 + 20 + 1) + 3·20·(20 + 20 + 1) = 4,320
        >>> print(recurrent_parameters("rnn", 10, 20, bidirectional=True))
        2·1·20·(10 + 20 + 2) = 1,280
    """
    gates = GATES[one_of("layer", layer, list(GATES))]
    whole_number("input_size", input_size, at_least=1)
    whole_number("hidden_size", hidden_size, at_least=1)
    whole_number("num_layers", num_layers, at_least=1)
    whole_number("biases", biases, at_least=0, at_most=2)
    ways, count = 2 if bidirectional else 1, 0
    terms: list[Expression] = []
    for depth in range(num_layers):
        inputs = ways * hidden_size if depth else input_size
        unit = Number(inputs, "inputs") + Number(hidden_size, "hidden_size")
        unit = unit + Number(biases, "biases") if biases else unit
        rows = Number(gates, "gates") * Number(hidden_size, "hidden_size")
        terms.append((Number(ways, "directions") * rows if bidirectional else rows) * unit)
        count += ways * gates * hidden_size * (inputs + hidden_size + biases)
    return Count(count, total(terms))


def multihead_attention_parameters(
    embed_dim: int, kdim: int | None = None, vdim: int | None = None, bias: bool = True
) -> Count:
    """The parameters of multi-head attention: three projections and an output; the heads share them out.

    Args:
        embed_dim: Numbers of a query and of an output, from 1.
        kdim: Numbers of a key; ``embed_dim`` if ``None``.
        vdim: Numbers of a value; ``embed_dim`` if ``None``.
        bias: Whether there are biases.

    Raises:
        SettingError: A size is not a whole number from 1.

    Example:
        >>> print(multihead_attention_parameters(512))
        512·(512 + 1) + 512·(512 + 1) + 512·(512 + 1) + 512·(512 + 1) = 1,050,624
    """
    whole_number("embed_dim", embed_dim, at_least=1)
    wide = [embed_dim, embed_dim if kdim is None else kdim, embed_dim if vdim is None else vdim, embed_dim]
    parts = [linear_parameters(inputs, embed_dim, bias) for inputs in wide]
    return Count(sum(part.count for part in parts), total([part.arithmetic for part in parts]))


def _counted(outputs: Number, each: Expression, bias: bool, weights: int) -> Count:
    return Count(weights + int(outputs.number) * bias, outputs * (each + 1) if bias else outputs * each)
