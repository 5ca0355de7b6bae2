"""Pictures of a run folder, made part of the page."""

from __future__ import annotations

import base64
import io
from pathlib import Path

from PIL import Image, UnidentifiedImageError

_SMALL = 48 * 48
_LARGEST_SIDE = 96
_LARGEST_EXACT = 192


def data_uri(path: Path, exact: bool = False) -> str | None:
    """A picture as a ``data:`` address, larger ones as JPEG to keep the page light.

    Args:
        path: A PNG file.
        exact: Whether colours must stay what they are, as those of masks, and sharp edges sharp.

    Returns:
        ``None`` where there is no picture, or none that can be read: the page then says so in its place.
    """
    try:
        content = path.read_bytes()
        with Image.open(io.BytesIO(content)) as picture:
            if exact:
                return "data:image/png;base64," + base64.b64encode(_sharp(picture)).decode()
            if picture.width * picture.height > _SMALL:
                picture.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE))
                stream = io.BytesIO()
                picture.convert("RGB").save(stream, format="JPEG", quality=82)
                return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode()
    except (OSError, UnidentifiedImageError):
        return None
    return "data:image/png;base64," + base64.b64encode(content).decode()


def _sharp(picture: Image.Image) -> bytes:
    """A picture as PNG, a large one made smaller without mixing colours."""
    larger = max(picture.width, picture.height) / _LARGEST_EXACT
    if larger > 1:
        size = (max(1, round(picture.width / larger)), max(1, round(picture.height / larger)))
        picture = picture.resize(size, Image.Resampling.NEAREST)
    stream = io.BytesIO()
    picture.save(stream, format="PNG", optimize=True)
    return stream.getvalue()
