"""Autoencoder: a network that learns to give back what it was given, through a narrow code."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import nn

from glasshouse.activations import ACTIVATIONS
from glasshouse.core.checks import one_of, whole_number, whole_numbers
from glasshouse.core.concept import Concept, Spec
from glasshouse.models.initialize import initialize
from glasshouse.models.mlp import NORMALIZATIONS
from glasshouse.models.tied_linear import TiedLinear


class Autoencoder(nn.Sequential):
    """An encoder and a decoder, one behind the other.

    Args:
        encoder: From rows (N, *shape) to codes (N, K).
        decoder: From codes to rows.

    Example:
        >>> network = Autoencoder(nn.Linear(4, 2), nn.Linear(2, 4))
        >>> rows = torch.zeros(3, 4)
        >>> network.encode(rows).shape, network(rows).shape
        (torch.Size([3, 2]), torch.Size([3, 4]))
    """

    encoder: nn.Module
    decoder: nn.Module

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__(OrderedDict(encoder=encoder, decoder=decoder))

    def encode(self, inputs: torch.Tensor) -> torch.Tensor:
        """Rows to codes (N, K)."""
        code: torch.Tensor = self.encoder(inputs)
        return code

    def decode(self, code: torch.Tensor) -> torch.Tensor:
        """Codes (N, K) to rows."""
        rows: torch.Tensor = self.decoder(code)
        return rows


def autoencoder(
    inputs: int | Sequence[int],
    hidden: Sequence[int] = (128,),
    code: int = 16,
    activation: Spec = "relu",
    code_activation: Spec = "identity",
    output_activation: Spec = "identity",
    normalization: Literal["none", "batch", "layer"] = "none",
    tied: bool = False,
) -> Autoencoder:
    r"""A dense autoencoder; the decoder has the encoder's layers in reverse.

    .. math:: h = f(x),\quad \hat x = g(h),\quad \dim h = K

    With ``hidden=[]`` and no activation it is linear, and its best is the projection onto the first K
    principal components. A code narrower than the row makes it undercomplete.

    Args:
        inputs: Number of features, or the shape of one sample, which is flattened and brought back.
        hidden: Units of the encoder's hidden layers, from the input on. Empty: one layer each way.
        code: Width of the code, from 1.
        activation: Between the layers: a name, or a table with its settings.
        code_activation: Behind the code; ``"identity"`` for none.
        output_activation: Behind the output; ``"sigmoid"`` for rows from 0 to 1.
        normalization: ``"none"``, ``"batch"`` or ``"layer"``, before each activation between the layers.
        tied: Whether the decoder uses the encoder's weights, transposed.

    Shapes: (N, *inputs) to (N, *inputs); ``encode`` gives (N, code).

    Raises:
        SettingError: A size is no whole number from 1, or a setting lies outside its range.
        UnknownNameError: There is no such activation.

    Source:
        Rumelhart, Hinton and Williams 1986; Hinton and Salakhutdinov 2006, Reducing the dimensionality of
        data with neural networks.

    Example:
        >>> network = autoencoder(4, hidden=[], code=2, tied=True)
        >>> network
        Autoencoder(
          (encoder): Sequential(
            (code): Linear(in_features=4, out_features=2, bias=True)
          )
          (decoder): Sequential(
            (output): TiedLinear(in_features=2, out_features=4, tied)
          )
        )
    """
    shape = (inputs,) if isinstance(inputs, int) else tuple(inputs)
    one_of("normalization", normalization, NORMALIZATIONS)
    whole_number("code", code, at_least=1)
    widths = [whole_number("inputs", math.prod(shape), at_least=1)]
    widths += [*whole_numbers("hidden", hidden, at_least=1), code]
    encoder = dense_encoder(shape, widths, activation, normalization)
    if code_activation != "identity":
        encoder["code_activation"] = ACTIVATIONS.build(code_activation)
    ties = [each for each in encoder.values() if isinstance(each, nn.Linear)][::-1] if tied else None
    decoder = dense_decoder(widths[::-1], activation, normalization, ties)
    if output_activation != "identity":
        decoder["output_activation"] = ACTIVATIONS.build(output_activation)
    if len(shape) > 1:
        decoder["unflatten"] = nn.Unflatten(1, shape)
    network = Autoencoder(nn.Sequential(encoder), nn.Sequential(decoder))
    initialize(network, "auto", activation)
    return network


def dense_encoder(
    shape: Sequence[int], widths: Sequence[int], activation: Spec, normalization: str, outputs: int = 1
) -> OrderedDict[str, nn.Module]:
    """The layers from a row to its code.

    Args:
        shape: Of one sample.
        widths: Numbers of a row, of each hidden layer and of the code.
        activation: Between the layers.
        normalization: ``"none"``, ``"batch"`` or ``"layer"``.
        outputs: How many numbers there are for each of the code's: mean and variance, say.
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    if len(shape) > 1:
        layers["flatten"] = nn.Flatten()
    for depth, (before, after) in enumerate(pairwise(widths[:-1]), start=1):
        layers[f"linear{depth}"] = nn.Linear(before, after)
        _behind(layers, depth, after, activation, normalization)
    layers["code"] = nn.Linear(widths[-2], outputs * widths[-1])
    return layers


def dense_decoder(
    widths: Sequence[int],
    activation: Spec,
    normalization: str,
    ties: Sequence[nn.Linear] | None = None,
) -> OrderedDict[str, nn.Module]:
    """The layers from a code to a flat row.

    Args:
        widths: Numbers of the code, of each hidden layer and of a row.
        activation: Between the layers.
        normalization: ``"none"``, ``"batch"`` or ``"layer"``.
        ties: The encoder's layers from the code back, where weights are shared.
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for depth, (before, after) in enumerate(pairwise(widths), start=1):
        layer = nn.Linear(before, after) if ties is None else TiedLinear(ties[depth - 1])
        if depth == len(widths) - 1:
            layers["output"] = layer
            break
        layers[f"linear{depth}"] = layer
        _behind(layers, depth, after, activation, normalization)
    return layers


def _behind(
    layers: OrderedDict[str, nn.Module], depth: int, width: int, activation: Spec, normalization: str
) -> None:
    """What stands behind a linear layer between others."""
    if normalization == "batch":
        layers[f"norm{depth}"] = nn.BatchNorm1d(width)
    elif normalization == "layer":
        layers[f"norm{depth}"] = nn.LayerNorm(width)
    layers[f"activation{depth}"] = ACTIVATIONS.build(activation)


CONCEPT = Concept(
    name="autoencoder",
    kind="model",
    summary="Gives back what it was given, through a narrow code: compression without a target.",
    build=autoencoder,
    aliases=("vanilla_autoencoder", "undercomplete_autoencoder", "ae"),
    equation=r"h = f(x),\; \hat x = g(h),\; L = \lVert \hat x - x \rVert^2",
    symbols={
        "x": "a row or a picture",
        "h": "its code, K numbers",
        "f, g": "encoder and decoder",
        r"\hat x": "the reconstruction",
    },
    when="Compression, unusual rows, neighbours, features where there are no labels.",
    pitfalls=(
        "A code as wide as the row can copy it: narrow the code, or ask for more than copying.",
        "A linear one does no better than principal components, and takes longer.",
    ),
    source="Rumelhart, Hinton and Williams 1986; Hinton and Salakhutdinov 2006.",
    facts={
        "takes": "vector",
        "gives": "reconstruction",
        "year": 1986,
        "input": (784,),
        "parameters": 205_856,
        "macs": 204_800,
        "defaults": {"objective.name": "reconstruction", "training.weight_decay": 0.0},
    },
)
