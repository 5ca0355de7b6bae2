"""From pictures to pairs: what the network sees is made of what it is to give back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from glasshouse.core.errors import SettingError
from glasshouse.core.seeds import numpy_stream
from glasshouse.data.raw import RawImages, Target
from glasshouse.data.settings import DegradeSettings

GREY = np.array([0.299, 0.587, 0.114])
"""What red, green and blue count in the grey of ITU-R BT.601, which Pillow takes too."""


def degraded(raw: RawImages, settings: DegradeSettings) -> RawImages:
    """Pictures with a worse copy of themselves as inputs; the pictures are the targets.

    - ``grey``: colours become grey, for colourisation.
    - ``shrink``: sides are divided by ``factor``, each pixel the mean of a square, for super-resolution.
    - ``noise``: Gaussian noise, for denoising. A picture has the same noise in every epoch and every run.

    Args:
        raw: Pictures, with a target of classes or without, which is left aside.
        settings: Which of these.

    Raises:
        SettingError: No kind is named, grey pictures are to become grey, or sides that the factor does not
            divide are to shrink.

    Example:
        >>> pictures = RawImages(np.full((2, 3, 4, 4), 9, np.uint8), None, "pictures")
        >>> pair = degraded(pictures, DegradeSettings(kind="shrink", factor=2))
        >>> pair.pixels.shape, pair.target.values.shape
        ((2, 3, 2, 2), (2, 3, 4, 4))
    """
    pixels = raw.pixels
    if settings.kind == "none":
        raise SettingError(
            f"data.task = 'image_to_image' for {raw.origin}, which holds pictures alone",
            expected="a folder with inputs and targets, or what the inputs are to be made of the pictures by",
            fix="set data.degrade.kind to grey, shrink or noise",
        )
    if settings.kind == "grey":
        inputs = _grey(pixels, raw.origin)
    elif settings.kind == "shrink":
        inputs = _shrunk(pixels, settings.factor)
    else:
        inputs = noisy(pixels, settings.amount)
    told = {
        "grey": "inputs are the pictures in grey",
        "shrink": f"inputs are the pictures with sides divided by {settings.factor}",
        "noise": f"inputs are the pictures with noise of deviation {settings.amount:g}",
    }[settings.kind]
    return replace(
        raw,
        pixels=inputs,
        target=Target("the picture", "image_to_image", pixels),
        notes=(*raw.notes, told),
    )


def _grey(pixels: NDArray[np.uint8], origin: str) -> NDArray[np.uint8]:
    if pixels.shape[1] != 3:
        raise SettingError(
            f"data.degrade.kind = 'grey' for {origin}, whose pictures are grey already",
            expected="pictures in colour",
            fix="set data.degrade.kind to shrink or noise",
        )
    levels = np.einsum("c,nchw->nhw", GREY, pixels.astype(np.float64))
    grey: NDArray[np.uint8] = np.rint(levels).astype(np.uint8)[:, np.newaxis]
    return grey


def _shrunk(pixels: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """The mean of squares of pixels, as a sensor with fewer of them would see it."""
    count, channels, height, width = pixels.shape
    if height % factor or width % factor:
        raise SettingError(
            f"data.degrade.factor = {factor} for pictures of {height} x {width} pixels",
            expected="a factor that divides both sides",
            fix=f"set data.size = [{height - height % factor}, {width - width % factor}], or another factor",
        )
    squares = pixels.reshape(count, channels, height // factor, factor, width // factor, factor)
    small: NDArray[np.uint8] = np.rint(squares.mean(axis=(3, 5))).astype(np.uint8)
    return small


def noisy(pixels: NDArray[np.uint8], amount: float) -> NDArray[np.uint8]:
    """Pictures with Gaussian noise, cut off at black and white; picture n has the noise of stream n.

    Args:
        pixels: Levels from 0 to 255, (N, C, H, W).
        amount: Standard deviation, as a share of the way from black to white.
    """
    found = np.empty_like(pixels)
    for row, picture in enumerate(pixels):
        noise = numpy_stream(0, "degrade", row).normal(0.0, 255.0 * amount, picture.shape)
        found[row] = np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8)
    return found


def enlarged(pixels: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Pictures enlarged by bicubic interpolation: what super-resolution has to beat.

    Args:
        pixels: Levels from 0 to 255, (N, C, H, W).
        factor: Times the sides.

    Source: R. Keys: Cubic convolution interpolation for digital image processing (1981).
    """
    count, channels, height, width = pixels.shape
    found = np.empty((count, channels, height * factor, width * factor), dtype=np.uint8)
    for row in range(count):
        for channel in range(channels):
            plane = Image.fromarray(pixels[row, channel])
            larger = plane.resize((width * factor, height * factor), Image.Resampling.BICUBIC)
            found[row, channel] = np.asarray(larger)
    return found
