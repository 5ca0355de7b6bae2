"""Plain text: lines of a file, and folders of text files with a class for each file or folder."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import polars as pl

from glasshouse.core.errors import DataError, UsageError
from glasshouse.data.raw import Column
from glasshouse.data.tables.cells import Cells
from glasshouse.data.tables.text_file import TextFile, read_text

TEXT = "text"
"""The column that lines of text become."""

CLASS = "class"
"""The column that holds the name of the file or folder a text comes from."""

_LINE_END = re.compile(r"\r\n|\n|\r")


def lines_as_cells(file: TextFile) -> Cells:
    """Every line that is not blank as one row of a single column of text."""
    numbered = [(number, line.strip()) for number, line in enumerate(_LINE_END.split(file.text), 1)]
    kept = [(number, line) for number, line in numbered if line]
    if not kept:
        raise DataError(
            f"{file.path.name} has blank lines only", expected="lines of text", fix="check the file"
        )
    return Cells(
        pl.DataFrame({TEXT: [line for _, line in kept]}, schema={TEXT: pl.String}),
        file.path.name,
        np.asarray([number for number, _ in kept], dtype=np.int64),
        declared={TEXT: Column(TEXT, "text")},
        notes=file.notes,
    )


def lines_without_target(origin: str) -> UsageError:
    """The error for text that was given to learn from, and says nothing about what to predict."""
    return UsageError(
        f"{origin} holds lines of text without columns: there is nothing to predict",
        expected="a label for each text",
        fix="put each class into a text file of its own, all in one folder, and give the folder; "
        "or give a table with a column of labels; to learn the text itself: --task language",
    )


def folder_as_cells(folder: Path) -> Cells:
    """Texts and their classes from a folder.

    Either each ``.txt`` file in it is a class and each line of it a text, or each folder in it is a class
    and each ``.txt`` file in that a text. Files that are no ``.txt``, and hidden ones, are left out.

    Raises:
        DataError: There is no text file, a single class, or a class without a text.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder", expected="a folder of .txt files", fix="check the path")
    visible = sorted(each for each in folder.iterdir() if not each.name.startswith("."))
    files = [each for each in visible if each.is_file() and each.suffix.lower() == ".txt"]
    left_out = [each.name for each in visible if each.is_file() and each not in files]
    notes = [f"{', '.join(left_out[:5])} in {folder.name} {_no_text(len(left_out))}"] if left_out else []
    if files:
        parts = {each.stem: lines_as_cells(read_text(each)) for each in files}
        notes += [note for part in parts.values() for note in part.notes]
        texts = {name: part.frame[TEXT].to_list() for name, part in parts.items()}
    else:
        texts = {each.name: _documents(each) for each in visible if each.is_dir()}
    if len(texts) < 2:
        found = f"one class only ({next(iter(texts))!r})" if texts else "no .txt files"
        raise DataError(
            f"{folder} has {found}",
            expected="a .txt file for each class with a text in each line, or a folder for each class",
            fix="put the texts of each class into a file of its own",
        )
    rows = [(text, name) for name, found in texts.items() for text in found]
    frame = pl.DataFrame(rows, schema={TEXT: pl.String, CLASS: pl.String}, orient="row")
    declared = {TEXT: Column(TEXT, "text"), CLASS: Column(CLASS, "category")}
    return Cells(frame, str(folder), declared=declared, notes=tuple(notes))


def _no_text(count: int) -> str:
    return "is no .txt file and was left out" if count == 1 else "are no .txt files and were left out"


def _documents(folder: Path) -> list[str]:
    """The text of each file in a class's folder."""
    files = sorted(each for each in folder.rglob("*.txt") if not each.name.startswith("."))
    if not files:
        raise DataError(
            f"{folder} holds no .txt file",
            expected="at least one text for each class",
            fix="add texts, or remove the folder",
        )
    return [" ".join(read_text(each).text.split()) for each in files]
