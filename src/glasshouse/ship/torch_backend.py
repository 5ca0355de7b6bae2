"""Answering with PyTorch. The only file on the way to a prediction that imports it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from torch import nn

from glasshouse.data.parts import OutputScale
from glasshouse.models.outputs import batches_of, evaluating
from glasshouse.ship.head import answered
from glasshouse.ship.schema import WEIGHTS, Schema
from glasshouse.ship.weights import rebuild


class TorchBackend:
    """The network of a bundle as a module.

    Args:
        folder: The bundle.
        schema: Its schema.
        module: A user's own module, which takes the weights.

    Raises:
        BundleError: The weights do not fit, or the module is needed and was not given.
    """

    name = "torch"

    def __init__(self, folder: Path, schema: Schema, module: nn.Module | None = None) -> None:
        self.network = rebuild(schema, folder / WEIGHTS, module)
        self._meaning = schema.meaning
        self._scale = OutputScale(schema.scale.centre, schema.scale.spread) if schema.scale else None

    def outputs(self, inputs: NDArray[Any]) -> list[NDArray[Any]]:
        """Every output of the bundle for prepared rows (N, *input_shape)."""
        rows = torch.from_numpy(inputs)
        with evaluating(self.network), torch.no_grad():
            parts = [
                answered(self.network, batch, self._meaning, self._scale)
                for batch in batches_of(self.network, rows)
            ]
        return [torch.cat(each).cpu().numpy() for each in zip(*parts, strict=True)]

    def answer(self, inputs: NDArray[Any]) -> NDArray[Any]:
        """The first output for prepared rows (N, *input_shape)."""
        return self.outputs(inputs)[0]
