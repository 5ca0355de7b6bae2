"""From pixels to the numbers that a network takes, fitted on the training images alone."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import BundleError, SettingError
from glasshouse.data.images.pixel_levels import LEVELS, level_counts, mean_and_spread
from glasshouse.data.images.reading import read_images
from glasshouse.data.preparation import Preparation
from glasshouse.data.raw import Raw, RawImages
from glasshouse.data.settings import DataSettings

_SCALINGS = ("z-score", "min-max", "unit-vector", "binary", "none")
_AT_ONCE = 1 << 18


class ImagePreparation(Preparation):
    r"""Scale pixel levels: :math:`x = (p - \text{mean}) / \text{spread}`, one mean and spread per channel.

    With ``z-score``, mean and standard deviation of the training pixels; with ``min-max``, 0 and 255; with
    ``none``, 0 and 1; with ``unit-vector``, each image is divided by its Euclidean length; a black one stays.
    With ``binary`` a pixel is 1 where it is above the mean, which is the threshold, and 0 elsewhere.

    Args:
        scaling: One of ``z-score``, ``min-max``, ``unit-vector``, ``binary``, ``none``.
        input_shape: Channels (1 or 3), height and width.
        mean: Per channel, in levels from 0 to 255.
        spread: Per channel, above 0.

    Raises:
        BundleError: The values do not fit together, so that they were not written by Glasshouse.
    """

    kind: ClassVar[str] = "images"

    def __init__(
        self, scaling: str, input_shape: tuple[int, int, int], mean: list[float], spread: list[float]
    ) -> None:
        self.scaling = scaling
        self.mean = mean
        self.spread = spread
        self._input_shape = input_shape
        channels = input_shape[0]
        fits = (
            scaling in _SCALINGS
            and channels in (1, 3)
            and min(input_shape) > 0
            and len(mean) == len(spread) == channels
            and all(math.isfinite(each) for each in mean)
            and all(math.isfinite(each) and each > 0 for each in spread)
        )
        if not fits:
            raise BundleError(
                f"stored images with scaling {scaling!r}, shape {input_shape}, mean {mean}, spread {spread}",
                expected="1 or 3 channels, each with a finite mean and a spread above 0",
                fix="the bundle or checkpoint was changed: restore it from a copy",
            )
        # every level has one result, so 256 divisions do for any number of pixels
        levels = np.arange(LEVELS, dtype=np.float64)
        scaled = (levels - np.array(mean)[:, None]) / np.array(spread)[:, None]
        self._table = (scaled > 0 if scaling == "binary" else scaled).astype(np.float32)

    @classmethod
    def fit(cls, raw: RawImages, rows: NDArray[np.int64], settings: DataSettings) -> Self:
        """Learn mean and spread from the training images.

        Args:
            raw: All images.
            rows: The training rows; no other image is looked at.
            settings: ``prepare.scaling`` is used; ``auto`` is ``z-score``.

        Raises:
            SettingError: The scaling is one for tables only.
        """
        scaling = "z-score" if settings.prepare.scaling == "auto" else settings.prepare.scaling
        if scaling not in _SCALINGS:
            raise SettingError(
                f"data.prepare.scaling = {scaling!r} for images",
                expected=f"one of auto, {', '.join(_SCALINGS)}",
                fix="set data.prepare.scaling = 'auto'",
            )
        channels, height, width = raw.pixels.shape[1:]
        mean, spread = np.zeros(channels), np.ones(channels)
        if scaling == "z-score":
            mean, spread = mean_and_spread(level_counts(raw.pixels, rows))
            spread[spread == 0] = 1.0  # a channel that is the same everywhere becomes 0
        elif scaling == "min-max":
            spread[:] = LEVELS - 1
        elif scaling == "binary":
            mean[:], spread[:] = settings.prepare.threshold * (LEVELS - 1), LEVELS - 1
        return cls(scaling, (channels, height, width), mean.tolist(), spread.tolist())

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Channels, height and width."""
        return self._input_shape

    @property
    def black(self) -> NDArray[np.float32]:
        """What a black pixel becomes, per channel: the filling for what augmentation moves into view."""
        black: NDArray[np.float32] = self._table[:, 0].copy()
        return black

    def transform(self, raw: Raw) -> NDArray[np.float32]:
        """Prepare images: float32, shape (images, channels, height, width)."""
        if raw.kind != "images" or raw.pixels.shape[1:] != self._input_shape:
            what = "a table" if raw.kind != "images" else f"images of shape {raw.pixels.shape[1:]}"
            raise BundleError(
                f"{raw.origin} is {what}",
                expected=f"images of shape {self._input_shape} (channels, height, width)",
                fix="read the images with the preparation's own read",
            )
        inputs = np.empty(raw.pixels.shape, dtype=np.float32)
        # in blocks, because looking up takes eight bytes per pixel beside the result
        step = max(1, _AT_ONCE // math.prod(self._input_shape))
        for start in range(0, len(inputs), step):
            self._fill(inputs[start : start + step], raw.pixels[start : start + step])
        return inputs

    def levels(self, inputs: NDArray[np.float32]) -> NDArray[np.uint8] | None:
        """Prepared images, or what a network gives in their place, as pixel levels again.

        Args:
            inputs: Shape (images, channels, height, width).

        Returns:
            uint8 of the same shape, what lies outside cut off; ``None`` for images that were scaled to
            length 1, whose levels are lost.
        """
        if self.scaling == "unit-vector":
            return None
        mean, spread = (np.array(each, dtype=np.float64)[:, None, None] for each in (self.mean, self.spread))
        if self.scaling == "binary":
            mean = np.zeros_like(mean)
        levels: NDArray[np.uint8] = np.clip(np.rint(inputs * spread + mean), 0, 255).astype(np.uint8)
        return levels

    def _fill(self, inputs: NDArray[np.float32], pixels: NDArray[np.uint8]) -> None:
        for channel, table in enumerate(self._table):
            inputs[:, channel] = table[pixels[:, channel]]
        if self.scaling == "unit-vector":
            length = np.sqrt((inputs.astype(np.float64) ** 2).sum(axis=(1, 2, 3), keepdims=True))
            inputs /= np.where(length == 0, 1.0, length).astype(np.float32)

    def read(self, source: Any) -> RawImages:
        """Read images to predict, brought to the size and colour of the training images.

        Args:
            source: The path of an image, of a folder of images (nested or not) or of an IDX file; or a Pillow
                image, an array of 8-bit pixels of shape (images, height, width[, channels]), or a list of any
                of these.

        Raises:
            DataError: A path does not exist, or no image can be read.
            BundleError: An array is not one of 8-bit images.
        """
        return read_images(source, self._input_shape)

    def describe(self) -> list[dict[str, Any]]:
        """One entry, for the image."""
        channels, height, width = self._input_shape
        colour = "grey" if channels == 1 else "RGB"
        how = {
            "z-score": f"minus mean {_list(self.mean)}, divided by spread {_list(self.spread)}",
            "min-max": "divided by 255, so from 0 to 1",
            "unit-vector": "each image divided by its length",
            "binary": f"1 above {_list(self.mean)} and 0 elsewhere",
            "none": "as they are",
        }[self.scaling]
        return [
            {
                "name": "image",
                "kind": "image",
                "becomes": f"{colour}, {height} x {width} pixels, levels from 0 to 255 {how}",
                "features": math.prod(self._input_shape),
            }
        ]

    def to_dict(self) -> dict[str, Any]:
        """The fitted state in plain JSON types."""
        return {
            "kind": self.kind,
            "scaling": self.scaling,
            "input_shape": list(self._input_shape),
            "mean": list(self.mean),
            "spread": list(self.spread),
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """The preparation that :meth:`to_dict` described.

        Raises:
            BundleError: The state is not one of an image preparation.
        """
        try:
            channels, height, width = (int(each) for each in state["input_shape"])
            mean = [float(each) for each in state["mean"]]
            spread = [float(each) for each in state["spread"]]
            scaling = str(state["scaling"])
        except (KeyError, TypeError, ValueError) as error:
            raise BundleError(
                f"the stored image preparation lacks or garbles {error}",
                expected="scaling, input_shape, mean and spread",
                fix="the bundle or checkpoint was changed: restore it from a copy",
            ) from error
        return cls(scaling, (channels, height, width), mean, spread)


def _list(values: list[float]) -> str:
    return ", ".join(f"{value:.1f}" for value in values)
