"""Deconvolution with a network, a run or a bundle: a picture in, the pixels behind an activation out."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from glasshouse.attribution import Projection, deconvolve
from glasshouse.attribution.layer_output import telling_layer
from glasshouse.project.dreaming import Picture, Source, read_pixels, sleeper_of


class Deconvolved(Picture):
    """The pixels behind a unit's strongest activation, beside the picture that caused it.

    Args:
        pixels: The picture on the left, and on the right what is projected: grey is nothing, lighter is
            positive, darker negative.
        projection: The activation, its place, and the pixels in the network's units.
    """

    def __init__(self, pixels: np.ndarray[Any, np.dtype[np.uint8]], projection: Projection) -> None:
        super().__init__(pixels)
        self.projection = projection

    def __repr__(self) -> str:
        found = self.projection
        return f"Deconvolved({found.layer!r}, unit {found.unit}: {found.value:.3g} at {found.place})"


def deconvolved(
    source: Source, image: Any, layer: str | None = None, unit: int = 0, size: int | None = None
) -> Deconvolved:
    """Project the strongest activation of a feature map back to the pixels of a picture.

    Args:
        source: A network, a run, a bundle, or the path of either; its layers must stand in a line.
        image: A picture file, a Pillow image, or levels from 0 to 255 as an array (height, width[, 3]).
        layer: Name of the layer; by default a convolution two thirds up.
        unit: The feature map, from 0.
        size: Longer side of the picture in pixels. By default as it is, 512 at the most.

    Raises:
        GlasshouseError: As :func:`glasshouse.attribution.deconvolve` raises it.
        DataError: The picture cannot be read.

    Example:
        >>> import glasshouse as gh
        >>> _ = torch.manual_seed(0)
        >>> network = gh.models.cnn(classes=3, size=(16, 16), widths=[4, 8])
        >>> square = np.zeros((20, 20), dtype=np.uint8)
        >>> square[6:14, 6:14] = 255
        >>> deconvolved(network, square, "activation2", unit=1).pixels.shape
        (20, 42)
    """
    sleeper = sleeper_of(source)
    levels = read_pixels(image, sleeper.channels, size)
    device = next((each.device for each in sleeper.network.parameters()), torch.device("cpu"))
    chosen = layer or telling_layer(sleeper.network)
    found = deconvolve(sleeper.network, sleeper.prepared(levels).to(device), chosen, unit)
    picture = found.picture.cpu().numpy()
    largest = float(np.abs(picture).max()) or 1.0
    shown = np.rint(127.5 + 127.5 * picture / largest).astype(np.uint8)
    right = shown[0] if sleeper.channels == 1 else shown.transpose(1, 2, 0)
    gap = np.full((levels.shape[0], 2, *levels.shape[2:]), 255, dtype=np.uint8)
    return Deconvolved(np.concatenate([levels, gap, right], axis=1), found)
