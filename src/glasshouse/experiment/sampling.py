"""New rows of a run's network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from glasshouse.core.errors import UsageError
from glasshouse.core.files import read_json
from glasshouse.data.preparations import preparation_from_dict
from glasshouse.data.samples import Samples
from glasshouse.experiment.experiment import ModelSettings
from glasshouse.models import build_model
from glasshouse.models.latent_codes import draw


def rebuilt(model: ModelSettings, folder: Path, weights: dict[str, torch.Tensor], seed: int) -> nn.Module:
    """The network of a run, from its records.

    Args:
        model: The ``[model]`` section of its experiment.
        folder: The run folder.
        weights: Of a checkpoint.
        seed: Of the experiment.

    Raises:
        UsageError: The network is a user's own module, whose code is not in the run.
    """
    noted: dict[str, Any] = read_json(folder / "network.json")
    if "name" not in noted["model"]:
        raise UsageError(
            f"the network of {folder} is a {noted['model']['class']}, whose code is not in the run",
            expected="a model of Glasshouse, or the run that was just trained",
            fix="use run.network in the process that trained it",
        )
    network = build_model(model.spec(), tuple(noted["input_shape"]), noted["outputs"] or 1, seed)
    network.load_state_dict(weights)
    if any(isinstance(module, nn.Conv2d) for module in network.modules()):
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # as trained; no stub
    return network.eval()


def made(network: nn.Module, folder: Path, count: int, seed: int, steps: int, bias: float = 0.0) -> Samples:
    """New rows of a network, in the terms of its run's data.

    Args:
        network: One that makes rows.
        folder: The run folder.
        count: How many rows, or ways, from 1.
        seed: Of the codes.
        steps: Rows on each way; 1 for single rows.
        bias: For strokes: how far to lean towards what is likely, from 0.

    Raises:
        ModelError: The network makes no rows.
    """
    rows = draw(network, count, seed, steps, bias).numpy()
    path = folder / "preparation.json"
    state = read_json(path).get("state") if path.exists() else None
    return Samples.of(rows, None if state is None else preparation_from_dict(state))
