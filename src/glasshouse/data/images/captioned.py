"""Pictures with captions, from a table that names a file in each row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from glasshouse.core.errors import DataError
from glasshouse.data.images.file import (
    Broken,
    Look,
    default_size,
    in_parallel,
    is_image_name,
    load_pixels,
    look,
)
from glasshouse.data.images.folder import broken_note
from glasshouse.data.raw import RawImages
from glasshouse.data.settings import DataSettings
from glasshouse.data.tables.cells import Cells
from glasshouse.data.tables.open_table import open_table, options_of
from glasshouse.data.tables.roles import find_name


def names_pictures(cells: Cells, column: str) -> bool:
    """Whether the cells of a column are names of image files.

    Args:
        cells: A table of text.
        column: One of its columns.
    """
    series = cells.frame[column]
    if series.dtype != pl.String:
        return False
    known = series.drop_nulls().head(20).to_list()
    return bool(known) and all(is_image_name(Path(each)) for each in known)


def read_captioned(cells: Cells, settings: DataSettings, picture: str, caption: str) -> RawImages:
    """The pictures that a table names, with their captions.

    Paths are meant from the folder of the table. All captions of one picture stay in one part.

    Args:
        cells: A table of text.
        settings: ``source``, ``size`` and ``broken_images`` are used.
        picture: The column of files.
        caption: The column of texts.

    Raises:
        DataError: No picture can be read, or one cannot where ``broken_images`` is ``"fail"``.
    """
    frame = cells.frame.select(pl.col(picture, caption).cast(pl.String)).drop_nulls()
    folder = Path(settings.source).expanduser().parent
    names = frame[picture].unique(maintain_order=True).to_list()
    looks = dict(zip(names, in_parallel(lambda name: look(folder / name), names), strict=True))
    seen = [each for each in looks.values() if isinstance(each, Look)]
    broken = [(name, each.reason) for name, each in looks.items() if isinstance(each, Broken)]
    if not seen:
        raise DataError(
            f"{cells.origin}: none of {len(names)} pictures can be read; {broken[0][0]}: {broken[0][1]}"
            if broken
            else f"{cells.origin} has no row with a picture and a caption",
            expected="paths of pictures from the folder of the table, and a caption for each",
            fix="check the paths",
        )
    channels = 1 if all(each.grey for each in seen) else 3
    size = settings.size or default_size(np.array([(each.height, each.width) for each in seen]))
    good = [name for name in names if isinstance(looks[name], Look)]
    read = dict(
        zip(good, in_parallel(lambda name: load_pixels(folder / name, channels, size), good), strict=True)
    )
    broken += [(name, each.reason) for name, each in read.items() if isinstance(each, Broken)]
    if broken and settings.broken_images == "fail":
        raise DataError(
            f"{folder / broken[0][0]} cannot be read: {broken[0][1]}",
            expected="every picture to be readable, because data.broken_images is 'fail'",
            fix="repair or remove the file, or set data.broken_images = 'skip'",
        )
    rows = [
        (name, text, pixels)
        for name, text in frame.select(picture, caption).iter_rows()
        if not isinstance(pixels := read.get(name, Broken("")), Broken)
    ]
    return RawImages(
        pixels=np.stack([pixels for _, _, pixels in rows]),
        target=None,
        origin=cells.origin,
        files=tuple(name for name, _, _ in rows),
        broken=tuple(broken),
        group=np.array([name for name, _, _ in rows], dtype=np.str_),
        captions=np.array([text for _, text, _ in rows], dtype=np.str_),
        notes=(*cells.notes, *((broken_note(broken, len(names)),) if broken else ())),
    )


def captioned_pictures(settings: DataSettings) -> RawImages | None:
    """The pictures of a table of file names and captions; ``None`` where a table names no pictures.

    Args:
        settings: ``source`` is the table, ``target`` its column of captions.

    Raises:
        DataError: The table or its pictures cannot be read.
        UnknownNameError: There is no such column.
    """
    cells = open_table(Path(settings.source).expanduser(), options_of(settings))
    if settings.target is None:
        return None
    caption = find_name(settings.target, cells.frame.columns)
    left = [
        each for each in cells.frame.columns if each != caption and settings.columns.get(each) != "ignore"
    ]
    if len(left) != 1 or not names_pictures(cells, left[0]):
        return None
    return read_captioned(cells, settings, left[0], caption)
