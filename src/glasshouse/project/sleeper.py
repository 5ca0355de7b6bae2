"""A network that looks at pictures, wherever it comes from, and how levels become what it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from glasshouse.core.errors import ModelError, UsageError
from glasshouse.core.files import read_json
from glasshouse.data.images.image_preparation import ImagePreparation
from glasshouse.data.preparations import preparation_from_dict
from glasshouse.experiment import Run
from glasshouse.experiment.sampling import rebuilt
from glasshouse.ship import load
from glasshouse.ship.bundle import Bundle

Source = nn.Module | Run | Bundle | Path | str
"""A network, or a run or bundle that holds one."""


@dataclass(frozen=True)
class Sleeper:
    """A network, and how pixels become what it takes.

    Args:
        network: The network.
        channels: 1 for grey, 3 for colour.
        mean, spread: Levels are prepared as (level - mean) / spread, one number per channel.
        size: Height and width of its training pictures, where they are known.
        classes: Names of its classes, where they are known.
    """

    network: nn.Module
    channels: int
    mean: Sequence[float]
    spread: Sequence[float]
    size: tuple[int, int] | None = None
    classes: tuple[str, ...] = ()

    def prepared(self, pixels: NDArray[np.uint8]) -> torch.Tensor:
        """Levels (height, width[, 3]) as the network takes them, (channels, height, width)."""
        levels = torch.from_numpy(pixels.astype(np.float32))
        levels = levels[None] if levels.dim() == 2 else levels.permute(2, 0, 1)
        return (levels - self._column(self.mean)) / self._column(self.spread)

    def pixels(self, picture: torch.Tensor) -> NDArray[np.uint8]:
        """Levels of a picture in the network's units."""
        levels = (picture * self._column(self.spread) + self._column(self.mean)).round().clamp(0, 255)
        shown = levels.byte().numpy()
        return shown[0] if self.channels == 1 else np.ascontiguousarray(shown.transpose(1, 2, 0))

    @property
    def levels(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Black and white in the network's units."""
        black = (0 - self._column(self.mean)) / self._column(self.spread)
        return black, (255 - self._column(self.mean)) / self._column(self.spread)

    def _column(self, numbers: Sequence[float]) -> torch.Tensor:
        return torch.tensor(numbers, dtype=torch.float32).reshape(-1, 1, 1)


def sleeper_of(source: Source) -> Sleeper:
    """The network of a source, and how pixels become what it takes.

    Raises:
        UsageError: It takes no pictures.
    """
    if isinstance(source, nn.Module):
        channels = _channels(source)
        return Sleeper(source, channels, [0.0] * channels, [255.0] * channels)
    if isinstance(source, Bundle) or not (isinstance(source, Run) or (Path(source) / "status.json").exists()):
        bundle = source if isinstance(source, Bundle) else load(source, backend="torch")
        return _asleep(bundle.module(), bundle.preparation, bundle.schema.classes)
    run = source if isinstance(source, Run) else Run(source)
    state = (run.record("preparation") or {}).get("state")
    experiment = run.experiment
    network = run.network or rebuilt(experiment.model, run.path, run.best_weights(), experiment.seed)
    evaluation = read_json(run.path / "evaluation.json") if (run.path / "evaluation.json").exists() else {}
    classes = tuple(evaluation.get("classes") or ())
    return _asleep(network, None if state is None else preparation_from_dict(state), classes)


def _asleep(network: nn.Module, preparation: object, classes: tuple[str, ...]) -> Sleeper:
    if not isinstance(preparation, ImagePreparation):
        raise UsageError(
            "a network that takes no pictures",
            expected="one that was trained on pictures",
            fix="train one: glasshouse run digits --model cnn",
        )
    channels, height, width = preparation.input_shape
    return Sleeper(network, channels, preparation.mean, preparation.spread, (height, width), classes)


def _channels(network: nn.Module) -> int:
    """Of the pictures that a network's first convolution takes."""
    first = next((each for each in network.modules() if isinstance(each, nn.Conv2d)), None)
    if first is None or first.in_channels not in (1, 3):
        raise ModelError(
            f"a {type(network).__name__} whose first convolution takes no picture of 1 or 3 channels",
            expected="a network that looks at grey or colour pictures",
            fix="train a cnn, lenet5, googlenet ...",
        )
    return first.in_channels
