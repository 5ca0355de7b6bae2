"""Stack: a network written down layer by layer, with any layer and activation of Glasshouse."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from glasshouse.activations import ACTIVATIONS
from glasshouse.core.checks import whole_number
from glasshouse.core.concept import Catalogue, Concept, Spec, read_spec
from glasshouse.core.errors import GlasshouseError, ModelError, SettingError
from glasshouse.core.names import normalise, unknown_name
from glasshouse.layers import LAYERS
from glasshouse.models.initialize import initialize

OF_THE_INPUT = {
    "in_features": -1,
    "in_channels": 1,
    "num_features": 1,
    "num_channels": 1,
    "input_size": -1,
    "normalized_shape": -1,
}
"""Settings that the tensor before the layer decides, and the axis that they are read from."""
NO_INPUT = {"embedding", "multihead_attention", "scaled_dot_product_attention"}
"""Layers that take symbols, or more than one tensor."""


def stack(
    inputs: int | Sequence[int],
    outputs: int,
    layers: Sequence[Spec] = (),
    initializer: Spec = "auto",
    bias_initializer: Spec = "zeros",
) -> nn.Sequential:
    r"""A network written down layer by layer: every layer takes what the one before it gives.

    .. math:: y = W\, \mathrm{flatten}(f_n(\dots f_2(f_1(x)))) + b

    What a layer must know of its input (``in_channels``, ``in_features``, ``num_features``, along how many
    axes a pool steps) is read off the layer before and need not be written. The last layers, flatten and
    linear to the outputs, are added.

    Args:
        inputs: Number of input features, or the shape of one sample, such as (channels, height, width).
        outputs: Number of outputs: classes (their logits) or predicted numbers.
        layers: Names of layers and activations, or tables with their settings, from the input on.
        initializer: Name of an initializer; ``"auto"`` takes the one that suits the first activation.
        bias_initializer: Name of an initializer for the biases.

    Shapes: (N, *inputs) to (N, outputs).

    Raises:
        UnknownNameError: There is no such layer or activation.
        SettingError: A setting is missing, unknown or outside its range; the layer is named.
        ModelError: A layer does not take what the one before it gives, or gives more than one tensor.

    Source:
        The form in which Keras and PyTorch write a ``Sequential``.

    Example:
        >>> stack((3, 8, 8), 2, [{"name": "conv2d", "out_channels": 4}, "relu", "global_average_pool"])
        Sequential(
          (conv2d1): Conv2d(3, 4, kernel_size=(3, 3))
          (relu1): ReLU()
          (global_average_pool1): GlobalAveragePool(dimensions=2)
          (output): Linear(in_features=4, out_features=2, bias=True)
        )
    """
    shape = (inputs,) if isinstance(inputs, int) else tuple(inputs)
    for size in shape:
        whole_number("inputs", size, at_least=1)
    if not isinstance(layers, (list, tuple)):
        raise SettingError(
            f"layers = {layers!r}",
            expected="a list of layers and activations",
            fix='write it like layers = [{name = "linear", out_features = 32}, "relu"]',
        )
    built: OrderedDict[str, nn.Module] = OrderedDict()
    counted: Counter[str] = Counter()
    # Two samples, because batch norm refuses one; zeros, because only shapes are looked at.
    x = torch.zeros(2, *shape)
    activation = "relu"
    for place, spec in enumerate(layers):
        shelf, name = _found(spec, place)
        activation = name if shelf is ACTIVATIONS and not counted["activations"] else activation
        counted["activations"] += shelf is ACTIVATIONS
        counted[name] += 1
        layer = _built(shelf, spec, place, x)
        x = _passed(layer, name, place, x)
        built[f"{name}{counted[name]}"] = layer
    if x.dim() > 2:
        built["flatten"] = nn.Flatten()
    built["output"] = nn.Linear(x[0].numel(), whole_number("outputs", outputs, at_least=1))
    network = nn.Sequential(built)
    initialize(network, initializer, activation, bias_initializer)
    return network


def _found(spec: Spec, place: int) -> tuple[Catalogue, str]:
    name, _ = read_spec(spec, f"layers[{place}]")
    for shelf in (LAYERS, ACTIVATIONS):
        for concept in shelf.values():
            if normalise(name) in map(normalise, (concept.name, *concept.aliases)):
                return shelf, concept.name
    raise unknown_name(name, [*LAYERS, *ACTIVATIONS], "layer or activation")


def _built(shelf: Catalogue, spec: Spec, place: int, x: torch.Tensor) -> Any:
    """The layer, with the settings that its input decides filled in."""
    name, settings = read_spec(spec, f"layers[{place}]")
    concept = shelf.find(name)
    if concept.name in NO_INPUT:
        raise ModelError(
            f"layers[{place}] = {name!r}",
            expected="layers that take one tensor of numbers",
            fix="build it in Python, as a module of your own",
        )
    known = concept.settings()
    for key, axis in OF_THE_INPUT.items():
        if key in known and x.dim() > max(axis, 0):
            settings.setdefault(key, x.shape[axis])
    if "dimensions" in known:
        settings.setdefault("dimensions", max(1, x.dim() - 2))
    needed = [key for key, each in known.items() if each.default is each.empty and key not in settings]
    if needed:
        raise SettingError(
            f"layers[{place}] = {spec!r}",
            expected=f"{name} with {' and '.join(needed)}",
            fix=f"add {needed[0]} = ...",
        )
    try:
        return shelf.build({"name": name, **settings})
    except GlasshouseError as error:
        raise SettingError(f"layers[{place}]: {error}") from error


def _passed(layer: nn.Module, name: str, place: int, x: torch.Tensor) -> torch.Tensor:
    """What the layer makes of its input."""
    what = f"layers[{place}] = {name!r} on {tuple(x.shape[1:])}"
    layer.eval()  # dropout draws nothing, running statistics stay
    try:
        with torch.no_grad():
            y = layer(x)
    except (RuntimeError, ValueError, IndexError, TypeError, GlasshouseError) as error:
        raise ModelError(
            f"{what}: {error}",
            expected="a layer that takes what the one before it gives",
            fix="change this layer or the ones before it; the shape is given without the batch",
        ) from error
    finally:
        layer.train()
    if not isinstance(y, torch.Tensor):
        raise ModelError(
            f"{what} gives {len(y)} results",
            expected="layers that give one tensor",
            fix="build it in Python, as a module of your own that hands on the result that is wanted",
        )
    return y


CONCEPT = Concept(
    name="stack",
    kind="model",
    summary="A network written down layer by layer, with any layer and activation of Glasshouse.",
    build=stack,
    aliases=("sequential", "layers"),
    equation=r"y = W\, \mathrm{flatten}(f_n(\dots f_2(f_1(x)))) + b",
    symbols={
        "x": "a sample: features, or channels, height and width",
        "f": "the layers and activations, in the order in which they are written",
        "W": "weights of the last linear layer, which is added",
        "b": "its biases",
    },
    when="To try an architecture of your own without writing Python.",
    pitfalls=(
        "Layers one after the other only: no shortcuts, no branches.",
        "linear is the layer; the activation of that name is called identity here.",
    ),
    source="The form in which Keras and PyTorch write a Sequential.",
    facts={"takes": "vector", "year": 2015},
)
