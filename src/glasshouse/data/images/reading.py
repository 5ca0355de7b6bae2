"""Images to predict, from files, folders, arrays or Pillow, brought to the shape that a network takes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from glasshouse.core.errors import BundleError, DataError
from glasshouse.data.images.file import Broken, in_parallel, load_pixels, to_pixels
from glasshouse.data.images.folder import broken_note
from glasshouse.data.images.idx import is_idx
from glasshouse.data.images.idx_images import read_idx_pixels
from glasshouse.data.images.tree import images_below
from glasshouse.data.raw import RawImages

Shape = tuple[int, int, int]

_PILLOW_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def read_images(source: Any, shape: Shape) -> RawImages:
    """Read images and bring them to one shape.

    Args:
        source: A path, a Pillow image, an array, raw images, or a list of paths, Pillow images or arrays.
        shape: Channels (1 or 3), height and width.

    Raises:
        DataError: A path does not exist, or no image can be read.
        BundleError: An array is not one of 8-bit images.
    """
    if isinstance(source, RawImages):
        return (
            source
            if source.pixels.shape[1:] == shape
            else _plain(_from_array(source.pixels, shape), "images")
        )
    if isinstance(source, (str, Path)):
        return _from_path(Path(source).expanduser(), shape)
    if isinstance(source, Image.Image):
        return _plain(_from_pillow([source], shape), "an image")
    if isinstance(source, Sequence) and not isinstance(source, bytes) and len(source):
        if all(isinstance(each, (str, Path)) for each in source):
            return _from_files([Path(each).expanduser() for each in source], None, "the files", shape)
        if all(isinstance(each, Image.Image) for each in source):
            return _plain(_from_pillow(source, shape), "images")
        return _plain(np.concatenate([_from_array(np.asarray(each), shape) for each in source]), "arrays")
    return _plain(_from_array(np.asarray(source), shape), "an array")


def _from_path(path: Path, shape: Shape) -> RawImages:
    if path.is_dir():
        files, _ = images_below(path)
        if not files:
            raise DataError(f"{path} holds no images", expected="image files", fix="check the path")
        return _from_files(files, path, str(path), shape)
    if not path.exists():
        raise DataError(f"{path} does not exist", fix="check the path")
    if is_idx(path):
        return _plain(_from_array(read_idx_pixels(path), shape), str(path))
    return _from_files([path], path.parent, str(path), shape)


def _from_files(files: Sequence[Path], root: Path | None, origin: str, shape: Shape) -> RawImages:
    """Read files; broken ones among others are left out and listed, so that the rest is still predicted."""
    results = in_parallel(lambda path: load_pixels(path, shape[0], (shape[1], shape[2])), files)
    names = [str(path) if root is None else os.path.relpath(path, root) for path in files]
    pairs = list(zip(names, results, strict=True))
    good = [(name, result) for name, result in pairs if not isinstance(result, Broken)]
    broken = tuple((name, result.reason) for name, result in pairs if isinstance(result, Broken))
    if not good:
        more = f" (and {len(broken) - 1} more files)" if len(broken) > 1 else ""
        raise DataError(
            f"{files[0]} cannot be read: {broken[0][1]}{more}",
            expected="images in a format that Pillow knows, such as PNG or JPEG",
            fix="check that the file is an image and complete",
        )
    return RawImages(
        pixels=np.stack([pixels for _, pixels in good]),
        target=None,
        origin=origin,
        files=tuple(name for name, _ in good),
        broken=broken,
        notes=(broken_note(broken, len(files)),) if broken else (),
    )


def _plain(pixels: NDArray[np.uint8], origin: str) -> RawImages:
    return RawImages(pixels=pixels, target=None, origin=origin)


def _from_pillow(images: Sequence[Image.Image], shape: Shape) -> NDArray[np.uint8]:
    return np.stack([to_pixels(image, shape[0], (shape[1], shape[2])) for image in images])


def _from_array(array: NDArray[Any], shape: Shape) -> NDArray[np.uint8]:
    """Pixels in the trained shape of an array in any usual layout."""
    pixels = _eight_bit(array)
    if pixels.ndim == 4 and pixels.shape[1:] == shape:
        return np.ascontiguousarray(pixels)
    last = _channels_last(pixels, shape)
    mode = _PILLOW_MODES[last.shape[3]]
    pictures = (each[:, :, 0] if mode == "L" else each for each in np.ascontiguousarray(last))
    return _from_pillow([Image.fromarray(each) for each in pictures], shape)


def _channels_last(pixels: NDArray[np.uint8], shape: Shape) -> NDArray[np.uint8]:
    """Shape (images, height, width, channels) with 1, 3 or 4 channels."""
    if pixels.ndim == 2:
        pixels = pixels[np.newaxis]
    if pixels.ndim == 3:
        # three axes are many grey images or one coloured one; a trained width of 3 or 4 decides for many
        one_coloured = pixels.shape[2] in (3, 4) and shape[2] not in (3, 4)
        pixels = pixels[np.newaxis] if one_coloured else pixels[..., np.newaxis]
    if pixels.ndim == 4 and pixels.shape[3] not in _PILLOW_MODES and pixels.shape[1] in _PILLOW_MODES:
        pixels = pixels.transpose(0, 2, 3, 1)
    if pixels.ndim != 4 or pixels.shape[3] not in _PILLOW_MODES or pixels.size == 0:
        raise BundleError(
            f"an array of shape {pixels.shape}",
            expected="(images, height, width) or (images, height, width, channels) with 1, 3 or 4 channels",
            fix="reshape it; a single image may come as (height, width)",
        )
    return pixels


def _eight_bit(array: NDArray[Any]) -> NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return array
    if np.issubdtype(array.dtype, np.integer) and array.size and array.min() >= 0 and array.max() <= 255:
        return array.astype(np.uint8)
    span = f" from {array.min():g} to {array.max():g}" if array.dtype.kind in "iuf" and array.size else ""
    raise BundleError(
        f"an array of {array.dtype} values{span}",
        expected="whole numbers from 0 (black) to 255 (white)",
        fix="for pixels from 0 to 1: (pixels * 255).round().astype('uint8')",
    )
