"""From the model section of an experiment to a network with its first weights."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from glasshouse.experiment.experiment import ModelSettings
from glasshouse.models import build_model, freeze, load_weights


@dataclass(frozen=True)
class Beginning:
    """A network as training begins with it.

    Args:
        network: The network.
        notes: What was done beside building it, in sentences.
    """

    network: nn.Module
    notes: tuple[str, ...] = ()


def make_network(model: ModelSettings, input_shape: tuple[int, ...], outputs: int, seed: int) -> Beginning:
    """Build the network that an experiment names, load the weights it begins with, and freeze layers.

    Args:
        model: The ``[model]`` section, with a model's name.
        input_shape: One sample: ``(features,)`` or ``(channels, height, width)``.
        outputs: Number of classes, or of predicted numbers.
        seed: Seed of the experiment.

    Raises:
        UnknownNameError: There is no such model, or no such layer to freeze.
        SettingError: A setting is not allowed.
        ModelError: The model does not take such data, or the weights do not fit it.
        StorageError: The weights cannot be read.

    Example:
        >>> make_network(ModelSettings(name="mlp", freeze=["linear1"]), (4,), 3, seed=0).notes
        ('Frozen: 2 of 6 parameter tensors.',)
    """
    network = build_model(model.spec(), input_shape, outputs, seed)
    notes = []
    if model.weights is not None:
        loaded = load_weights(network, model.weights, model.head)
        notes.append(f"Took weights from {model.weights}: {loaded}.")
    frozen = freeze(network, model.freeze)
    if frozen:
        notes.append(f"Frozen: {len(frozen)} of {len(list(network.parameters()))} parameter tensors.")
    return Beginning(network, tuple(notes))
