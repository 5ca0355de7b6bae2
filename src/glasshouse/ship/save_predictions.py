"""Writing answers to a file whose name says the form."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl
import polars.selectors as cs
from PIL import Image

from glasshouse.core.errors import UsageError
from glasshouse.core.files import write_atomic
from glasshouse.ship.answers import Answers

WRITERS: dict[str, Callable[[pl.DataFrame, Path], object]] = {
    ".csv": lambda frame, path: frame.write_csv(path),
    ".tsv": lambda frame, path: frame.write_csv(path, separator="\t"),
    ".parquet": lambda frame, path: frame.write_parquet(path),
    ".json": lambda frame, path: frame.write_json(path),
    ".jsonl": lambda frame, path: frame.write_ndjson(path),
    ".ndjson": lambda frame, path: frame.write_ndjson(path),
}


def save(answers: Answers, path: Path | str) -> Path:
    """Write answers as a table: one row each, with where it came from, the prediction and probabilities.

    The file is complete or not there. Numbers that are not finite are written as missing.

    Args:
        answers: What :meth:`Bundle.predict` gave.
        path: Ends in ``.csv``, ``.tsv``, ``.parquet``, ``.json`` (a list) or ``.jsonl`` (a row a line). Of
            answers that are pictures: a name without ending for a folder of PNG files, or ``.png`` for one.

    Raises:
        UsageError: The ending is none of these.
        StorageError: The file cannot be written; an older one is still there.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from glasshouse.ship import Answers, save
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     print(save(Answers("price", values=np.array([1.5])), f"{folder}/prices.csv").read_text())
        row,prediction
        0,1.5
        <BLANKLINE>
    """
    path = Path(path).expanduser()
    if answers.masks is not None or answers.pictures is not None:
        if path.suffix == "":
            return _save_pictures(answers, path)
        if path.suffix.lower() == ".png" and len(answers) == 1:
            _save_picture(answers.images()[0], path)
            return path
    write = writer_for(path)
    floats = cs.float()
    frame = answers.frame().with_columns(pl.when(floats.is_finite()).then(floats))
    write_atomic(path, partial(write, frame))
    return path


def _save_pictures(answers: Answers, folder: Path) -> Path:
    """A picture for each row, under the name of its file."""
    for row, image in enumerate(answers.images()):
        name = Path(answers.files[row]).with_suffix(".png") if answers.files else Path(f"{row:05}.png")
        _save_picture(image, folder / name)
    return folder


def _save_picture(image: Image.Image, path: Path) -> None:
    stream = io.BytesIO()
    image.save(stream, format="PNG")
    write_atomic(path, stream.getvalue())


def writer_for(path: Path) -> Callable[[pl.DataFrame, Path], object]:
    """What writes the form that the name of a file says.

    Raises:
        UsageError: The ending is none of those in ``WRITERS``.
    """
    write = WRITERS.get(path.suffix.lower())
    if write is None:
        raise UsageError(
            f"predictions to {path.name!r}",
            expected=f"a name that ends in {', '.join(WRITERS)}",
            fix=f"write to {path.stem.lstrip('.') or 'predictions'}.csv"
            if path.stem not in WRITERS
            else f"write to predictions{path.stem}",
        )
    return write
