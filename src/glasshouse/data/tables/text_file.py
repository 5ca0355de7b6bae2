"""Bytes of a file to text: encodings, compression, and files that are no text at all."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from gzip import BadGzipFile, decompress
from pathlib import Path

from glasshouse.core.errors import DataError
from glasshouse.core.names import suggestions

_FOREIGN = (
    (b"PK\x03\x04", "a zip archive or a spreadsheet (.xlsx)", "unpack it, or save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet (.xls)", "save the sheet as CSV"),
    (b"\x89PNG", "an image", "give the folder of images, with one folder per class in it"),
    (b"\xff\xd8\xff", "an image", "give the folder of images, with one folder per class in it"),
    (b"%PDF", "a PDF document", "export the table as CSV"),
    (b"\x89HDF", "an HDF5 file", "save the table as Parquet or CSV"),
    (b"SQLite format 3", "a database", "export the table as CSV"),
    (b"BZh", "a bzip2 archive", "unpack it first"),
    (b"\xfd7zXZ", "an xz archive", "unpack it first"),
)
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


@dataclass(frozen=True)
class TextFile:
    """The text of a file, and what had to be noted about its encoding."""

    path: Path
    text: str
    notes: tuple[str, ...] = ()


def read_bytes(path: Path) -> bytes:
    """The bytes of a file, unpacked if it is gzipped.

    Raises:
        DataError: The file is missing, a folder, unreadable, empty, or damaged gzip.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise no_such_file(path) from None
    except IsADirectoryError:
        raise DataError(f"{path} is a folder", expected="a file", fix="give a file in it") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}", fix="check its permissions") from error
    if content.startswith(b"\x1f\x8b"):
        try:
            content = decompress(content)
        except (EOFError, BadGzipFile, zlib.error) as error:
            raise DataError(
                f"{path} is damaged: its gzip data break off or do not match their checksum",
                fix="copy or download it again",
            ) from error
    if not content.strip():
        raise DataError(f"{path} is empty", expected="a table with at least one row", fix="check the file")
    return content


def read_text(path: Path) -> TextFile:
    """The text of a file: UTF-8, UTF-16 with its mark, else Latin-1 (as Windows-1252) with a note.

    Raises:
        DataError: It is missing, empty, or no text; what it seems to be is said.
    """
    content = read_bytes(path)
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            try:
                return TextFile(path, content.decode(encoding))
            except UnicodeDecodeError:
                if encoding == "utf-16":
                    raise _no_text(path, "damaged UTF-16 text", "save it as UTF-8") from None
    _refuse_foreign(path, content)
    try:
        return TextFile(path, content.decode("utf-8"))
    except UnicodeDecodeError as error:
        return _repair(path, content.removeprefix(b"\xef\xbb\xbf"), error.start)


def no_such_file(path: Path) -> DataError:
    """The error for a path at which nothing is, with the names in its folder that come near."""
    folder = path.parent if path.parent.is_dir() else None
    near = suggestions(path.name, [each.name for each in folder.iterdir()]) if folder else []
    fix = f"did you mean {' or '.join(repr(each) for each in near)}?" if near else "check the path"
    return DataError(f"there is no file {str(path)!r}", fix=fix)


def _refuse_foreign(path: Path, content: bytes) -> None:
    for start, what, fix in _FOREIGN:
        if content.startswith(start):
            raise _no_text(path, what, fix)
    head = content[:4096].lstrip().lower()
    if path.suffix.lower() in (".json", ".jsonl", ".ndjson") or head.startswith((b'{"', b'[{"', b"[[")):
        raise _no_text(path, "JSON", "save it as CSV or Parquet, or hand its rows over in Python")
    if head.startswith((b"<!doctype html", b"<html")):
        raise _no_text(path, "a web page", "download the file itself, not the page that shows it")
    if b"\x00" in content:
        line = content[: content.index(b"\x00")].count(b"\n") + 1
        raise _no_text(
            path, f"no text (a zero byte in line {line})", "check that it is a text file, and whole"
        )


def _no_text(path: Path, what: str, fix: str) -> DataError:
    return DataError(f"{path} is {what}", expected="a table as text, Parquet or ARFF", fix=fix)


def _repair(path: Path, content: bytes, start: int) -> TextFile:
    """Text that is not clean UTF-8: another encoding, or UTF-8 with a few broken characters.

    The latter is likelier when more characters beyond ASCII are sound than broken.
    """
    line = content[:start].count(b"\n") + 1
    mended = content.decode("utf-8", errors="replace")
    broken = mended.count("\ufffd")
    sound = sum(1 for character in mended if character > "\x7f") - broken
    if sound > broken:
        note = f"{broken} broken characters in {path.name}, the first in line {line}, were replaced"
        return TextFile(path, mended, (note,))
    note = f"{path.name} is not UTF-8 (byte 0x{content[start]:02x} in line {line}): it was read as Latin-1"
    try:
        return TextFile(path, content.decode("cp1252"), (note,))
    except UnicodeDecodeError:
        return TextFile(path, content.decode("latin-1"), (note,))
