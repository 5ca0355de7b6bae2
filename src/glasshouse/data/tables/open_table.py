"""Opening a table file by what is in it: Parquet, ARFF, or text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from glasshouse.core.errors import DataError
from glasshouse.data.settings import DataSettings
from glasshouse.data.tables.arff import read_arff
from glasshouse.data.tables.cells import Cells, ReadingOptions, clean
from glasshouse.data.tables.delimited import read_delimited
from glasshouse.data.tables.frames import cells_from_frame
from glasshouse.data.tables.text_file import no_such_file, read_text
from glasshouse.data.tables.text_lines import TEXT, folder_as_cells, lines_as_cells

_PARQUET = b"PAR1"
_USUALLY_MISSING = frozenset(DataSettings.model_fields["missing"].default)
"""In ARFF only a question mark means missing, and words that a user adds: "none" may be a declared value."""


def options_of(settings: DataSettings) -> ReadingOptions:
    """What the settings say about a source before it is opened: a target that has a name stands in a header.

    Args:
        settings: ``header``, ``separator``, ``missing`` and ``target`` are used.

    Example:
        >>> options_of(DataSettings(source="a.csv", target="price")).known
        ('price',)
    """
    target = settings.target
    named = isinstance(target, str) and target != TEXT and not target.strip().lstrip("+-").isdigit()
    known = (str(target),) if named else ()
    return ReadingOptions(settings.header, settings.separator, settings.missing, known)


def open_table(path: Path, options: ReadingOptions) -> Cells:
    """Read a file as rows and columns of cells, or a folder of texts.

    A ``.txt`` file in which nothing divides lines into cells becomes one column ``text``.

    Raises:
        DataError: The file is missing, empty, damaged, or no table.
    """
    if path.is_dir():
        return folder_as_cells(path)
    if not path.exists():
        raise no_such_file(path)
    if path.suffix.lower() in (".parquet", ".pq") or _starts_with(path, _PARQUET):
        return _read_parquet(path, options)
    file = read_text(path)
    if path.suffix.lower() == ".arff" or file.text[:2000].lstrip().lower().startswith("@relation"):
        cells = read_arff(file)
        return replace(
            cells, frame=clean(cells.frame, sorted(set(options.missing) - _USUALLY_MISSING), empty=False)
        )
    if options.known == (TEXT,) and path.suffix.lower() == ".txt":
        return lines_as_cells(file)
    cells = read_delimited(file, options)
    if path.suffix.lower() == ".txt" and not cells.separator:
        return lines_as_cells(file)
    return cells


def _starts_with(path: Path, mark: bytes) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(len(mark)) == mark
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}", fix="check its permissions") from error


def _read_parquet(path: Path, options: ReadingOptions) -> Cells:
    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(
            f"{path} is no sound Parquet file: {reason}",
            expected="a whole Parquet file",
            fix="copy or write it again",
        ) from error
    return cells_from_frame(frame, path.name, options.missing)
