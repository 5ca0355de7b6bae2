"""From a named model and the shape of the data to a network."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from glasshouse.core.checks import whole_number
from glasshouse.core.concept import Concept, Spec, read_spec
from glasshouse.core.errors import ModelError
from glasshouse.core.random_state import seed_torch
from glasshouse.core.seeds import derive
from glasshouse.models.anchored import Anchored
from glasshouse.models.catalogue import MODELS
from glasshouse.models.unit_length import UnitLength


def build_model(spec: Spec, input_shape: tuple[int, ...], outputs: int, seed: int) -> nn.Module:
    """Build the network that ``spec`` names for data of a given shape.

    The first weights depend on the seed alone; PyTorch's global random state is left as it was.

    Args:
        spec: Name of a model, or a table with ``name`` and settings; ``anchor`` is for any of them: the
            variable of a series that forecasts are relative to; ``unit_length`` too: whether outputs are
            divided by their length.
        input_shape: One sample: ``(features,)`` or ``(channels, height, width)``.
        outputs: Number of classes, or of predicted numbers.
        seed: Seed of the experiment.

    Raises:
        UnknownNameError: There is no such model.
        SettingError: The model has no such setting, or refuses its value.
        ModelError: The model does not take data of that shape.

    Example:
        >>> build_model({"name": "mlp", "hidden": [8]}, (4,), 3, seed=0)[-1]
        Linear(in_features=8, out_features=3, bias=True)
    """
    anchor = None
    if isinstance(spec, dict) and "anchor" in spec:
        anchor = whole_number("model.anchor", spec["anchor"], at_least=0)
        spec = {key: value for key, value in spec.items() if key != "anchor"}
    unit_length = isinstance(spec, dict) and bool(spec.get("unit_length"))
    if isinstance(spec, dict):
        spec = {key: value for key, value in spec.items() if key != "unit_length"}
    name, _ = read_spec(spec, "model")
    concept = MODELS.find(name)
    sizes = _sizes(concept, input_shape, outputs)
    with torch.random.fork_rng():
        seed_torch(derive(seed, "weights"))
        network: nn.Module = MODELS.build(spec, fixed=sizes)
    if unit_length:
        return UnitLength(network)
    return network if anchor is None else Anchored(network, anchor)


def _sizes(concept: Concept, input_shape: tuple[int, ...], outputs: int) -> dict[str, Any]:
    """The arguments of a model's factory that the data decide."""
    windows = concept.facts["takes"] == "sequence" and concept.facts.get("gives") == "reconstruction"
    if windows or concept.facts.get("gives") == "strokes":
        return {"inputs": input_shape}
    if concept.facts.get("gives") == "captioning":
        return {"inputs": input_shape, "outputs": outputs}
    if "gives" in concept.facts and concept.facts["takes"] == "vector":
        return {"inputs": input_shape[0] if len(input_shape) == 1 else input_shape}
    if concept.facts["takes"] == "vector":
        inputs = input_shape[0] if len(input_shape) == 1 else input_shape
        return {"inputs": inputs, "outputs": outputs}
    if concept.facts["takes"] in ("sequence", "video"):
        return {"inputs": input_shape, "outputs": outputs}
    if len(input_shape) != 3:
        raise ModelError(
            f"model {concept.name!r} on data with {math.prod(input_shape)} features per row",
            expected="pictures: channels, height and width",
            fix="use --model mlp for tables",
        )
    channels, height, width = input_shape
    return {"classes": outputs, "channels": channels, "size": (height, width)}
