"""Pictures of a run: small ones, as PNG files in a folder of it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from glasshouse.core.files import write_atomic


def write_pictures(folder: Path, pictures: Mapping[str, NDArray[np.uint8]]) -> None:
    """Write small pictures as PNG files, named by their keys."""
    for key, pixels in pictures.items():
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, format="PNG")
        write_atomic(folder / f"{Path(key).stem}.png", stream.getvalue())
