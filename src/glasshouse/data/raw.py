"""Data as it was read: typed and named, but not yet divided, scaled or encoded."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glasshouse.data.settings import ColumnKind, Task


@dataclass(frozen=True)
class Target:
    """What is to be predicted, one entry per row.

    Args:
        name: Column name, or what the folders or label files stand for.
        task: Classes or numbers, or what is to be learnt of pictures.
        values: int64 class indices (``classification``) or float64 numbers (``regression``), shape (rows,);
            uint8 class indices of pixels (``segmentation``), shape (rows, height, width); uint8 levels
            (``image_to_image``), shape (rows, channels, height, width); float32 objects (``detection``),
            shape (rows, slots, 5): class, or -1 for none, centre to the right, centre down, width and height,
            as shares of the picture.
        classes: Class names in the order of the indices; empty for regression and for pictures.
    """

    name: str
    task: Task
    values: NDArray[Any]
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """One column of a table: its name, what its cells are, and why it is left out if it is.

    Args:
        name: As in the source.
        kind: What its cells are.
        ignored_because: Why a network does not see it; empty where it does.
        form: How dates are written, as a ``strftime`` pattern, where they are read from text.
    """

    name: str
    kind: ColumnKind
    ignored_because: str = ""
    form: str = ""


@dataclass(frozen=True)
class SeriesForm:
    """How a series becomes samples: order, steps seen, steps ahead, and whether all of these are wanted."""

    time: str | None
    window: int
    horizon: int
    whole: bool = False


@dataclass(frozen=True)
class TableLayout:
    """How a table was laid out: what must be known to read another one of the same kind.

    Args:
        columns: All columns of the source in its order, the target included.
        target: The name of the target among them, or ``None``.
        header: Whether the source named its columns; if not, others are matched by position.
        decimal_comma: Whether numbers are written as ``1,5``.
        missing: Cells that mean a value is missing.
        separator: What stands between cells, or ``"auto"``.
        series: The windows, where rows are steps of a series.
    """

    columns: tuple[Column, ...]
    target: str | None = None
    header: bool = True
    decimal_comma: bool = False
    missing: tuple[str, ...] = ()
    separator: str = "auto"
    series: SeriesForm | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> TableLayout:
        """The layout that :meth:`to_dict` described."""
        columns = tuple(Column(**each) for each in state["columns"])
        series = SeriesForm(**state["series"]) if state["series"] else None
        return cls(**{**state, "columns": columns, "missing": tuple(state["missing"]), "series": series})


@dataclass(frozen=True)
class RawTable:
    """A table with one row per sample.

    Args:
        frame: The input columns, typed by kind: number Float64, boolean Boolean, date Datetime("us"),
            category and text String. Missing cells are null; NaN does not occur. Without the target.
        columns: One description per column of ``frame``, in the same order, ignored ones included.
        target: What to predict; ``None`` for rows that are only to be predicted.
        origin: The file or built-in name, for messages and the report.
        first_row: The number that a text editor shows for row 0 of a file, so that messages can name rows.
        given_test: True for rows of a test set that came separately; ``None`` where there is none.
        group: Values that must not be torn apart by a split, or ``None``.
        time: Sort key of a split by time (int64, larger is later), or ``None``.
        notes: What was noticed and decided while reading, as sentences.
        layout: How the source was laid out; ``None`` where the frame itself is the source.
        ahead: For a forecast, the next steps of the target behind each window, shape (rows, steps).
        captions: A text about each row, shape (rows,); ``None`` where there are none.
    """

    frame: pl.DataFrame
    columns: tuple[Column, ...]
    target: Target | None
    origin: str
    first_row: int = 0
    given_test: NDArray[np.bool_] | None = None
    group: NDArray[Any] | None = None
    time: NDArray[np.int64] | None = None
    notes: tuple[str, ...] = ()
    layout: TableLayout | None = None
    ahead: NDArray[np.float64] | None = None
    captions: NDArray[np.str_] | None = None
    kind: Literal["table"] = field(default="table", init=False)

    def __len__(self) -> int:
        return self.frame.height

    def take(self, rows: NDArray[np.int64]) -> Self:
        """Some of the rows, in the order given."""
        ahead = None if self.ahead is None else self.ahead[rows]
        return replace(self, frame=self.frame[rows], ahead=ahead, **_taken(self, rows))


@dataclass(frozen=True)
class RawImages:
    """Images of one size with one label each.

    Args:
        pixels: uint8, shape (images, channels, height, width), 0 to 255.
        target: The classes (or numbers); ``None`` for images that are to be predicted.
        origin: The folder or built-in name.
        files: The file of each image, where each has one; else empty.
        original_sizes: Height and width before resizing, shape (images, 2); ``None`` where all agree.
        original_modes: Pillow modes ("RGB", "L" ...) with their counts.
        broken: Files that could not be read, with the reason.
        captions: A text about each image, shape (images,); ``None`` where there are none.
        given_test, group, notes: As in :class:`RawTable`.
    """

    pixels: NDArray[np.uint8]
    target: Target | None
    origin: str
    files: tuple[str, ...] = ()
    original_sizes: NDArray[np.int64] | None = None
    original_modes: dict[str, int] = field(default_factory=dict)
    broken: tuple[tuple[str, str], ...] = ()
    given_test: NDArray[np.bool_] | None = None
    group: NDArray[Any] | None = None
    time: NDArray[np.int64] | None = None
    notes: tuple[str, ...] = ()
    captions: NDArray[np.str_] | None = None
    kind: Literal["images"] = field(default="images", init=False)

    def __len__(self) -> int:
        return len(self.pixels)

    def take(self, rows: NDArray[np.int64]) -> Self:
        """Some of the images, in the order given."""
        return replace(
            self,
            pixels=self.pixels[rows],
            files=tuple(self.files[row] for row in rows) if self.files else (),
            original_sizes=None if self.original_sizes is None else self.original_sizes[rows],
            **_taken(self, rows),
        )


@dataclass(frozen=True)
class RawClips:
    """Sounds or videos of one length with one label each.

    Args:
        kind: ``"sounds"`` or ``"videos"``.
        values: Sounds: int16 samples, shape (clips, samples). Videos: uint8 levels, shape (clips, frames,
            channels, height, width).
        target: The classes; ``None`` for clips that are to be predicted.
        origin: The folder or built-in name.
        rate: Samples per second of sounds; 0 for videos.
        files: The file or folder of each clip, where each has one; else empty.
        given_test, group, time, notes: As in :class:`RawTable`.
    """

    kind: Literal["sounds", "videos"]
    values: NDArray[Any]
    target: Target | None
    origin: str
    rate: int = 0
    files: tuple[str, ...] = ()
    given_test: NDArray[np.bool_] | None = None
    group: NDArray[Any] | None = None
    time: NDArray[np.int64] | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: NDArray[np.int64]) -> Self:
        """Some of the clips, in the order given."""
        files = tuple(self.files[row] for row in rows) if self.files else ()
        return replace(self, values=self.values[rows], files=files, **_taken(self, rows))


Raw = RawTable | RawImages | RawClips


def _taken(raw: Raw, rows: NDArray[np.int64]) -> dict[str, Any]:
    """The fields that all kinds hold per row, cut to ``rows``."""

    def pick(values: NDArray[Any] | None) -> NDArray[Any] | None:
        return None if values is None else values[rows]

    target = None if raw.target is None else replace(raw.target, values=raw.target.values[rows])
    taken: dict[str, Any] = {
        "target": target,
        "given_test": pick(raw.given_test),
        "group": pick(raw.group),
        "time": pick(raw.time),
    }
    if raw.kind == "table" or raw.kind == "images":
        taken["captions"] = pick(raw.captions)
    return taken
