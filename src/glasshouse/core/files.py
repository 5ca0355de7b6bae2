"""Files that are either the old one or the new one, never half of each."""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from glasshouse.core.errors import StorageError


def write_atomic(path: Path, content: bytes | str | Callable[[Path], object]) -> None:
    """Write a file so that a reader sees the old content or the new one, whatever happens in between.

    The content goes to a temporary file in the same folder, is flushed to the disk and then takes the
    file's name in one step.

    Args:
        path: The file. Its folder is made when it is missing.
        content: Bytes, text (UTF-8), or a function that writes to the path that it is given.

    Raises:
        StorageError: The disk is full, or the folder cannot be written. The old file is still there.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        os.close(handle)
        temporary = Path(name)
        if callable(content):
            content(temporary)
        else:
            temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        temporary.chmod(0o644)
        os.replace(temporary, path)
    except BaseException as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        cause = system_error(error)
        if cause is None:
            raise
        raise cannot_write(path, cause) from error


def system_error(error: BaseException) -> OSError | None:
    """What the operating system complained about, if it did.

    Libraries in other languages wrap its errors into their own and leave the number in the text.

    Example:
        >>> system_error(RuntimeError("I/O error: No space left on device (os error 28)")).errno
        28
    """
    if isinstance(error, OSError):
        return error
    found = re.search(r"\(os error (\d+)\)", str(error))
    return OSError(int(found[1]), os.strerror(int(found[1]))) if found else None


def cannot_write(path: Path, error: OSError) -> StorageError:
    """The error for a file that could not be written, with the cause in words."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageError(
            f"the disk is full: {path} could not be written",
            fix="free some space; what was written before is intact: `glasshouse resume` goes on from it",
        )
    reason = error.strerror or str(error)
    if isinstance(error, (FileExistsError, NotADirectoryError)):
        reason = "a file stands where a folder is due"
    return StorageError(
        f"{path} could not be written: {reason}", fix="check that the folder exists and may be written"
    )


def cannot_read(path: Path, error: OSError) -> StorageError:
    """The error for a file that is there and could not be read, with the cause in words."""
    return StorageError(
        f"{path} cannot be read: {error.strerror or error}", fix="check that it is a file that you may read"
    )


def write_json(path: Path, value: object) -> None:
    """Write a JSON document atomically: sorted as given, two spaces, NaN and infinity as ``null``."""
    write_atomic(path, json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON document.

    Raises:
        StorageError: The file is missing, is no text, or is no JSON; the line is named.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise StorageError(f"{path} does not exist", fix="check the path") from error
    except OSError as error:
        raise cannot_read(path, error) from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        where = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "not text"
        raise StorageError(
            f"{path} is not valid JSON ({where})",
            expected="a file written by Glasshouse",
            fix="restore it from a copy, or run again",
        ) from error


def plain(value: object) -> Any:
    """The value in plain JSON types: NumPy scalars and arrays unpacked, NaN and infinity as ``None``.

    Example:
        >>> import numpy as np
        >>> plain({"a": np.float32(0.5), "b": (np.int64(1), float("nan"))})
        {'a': 0.5, 'b': [1, None]}
    """
    kind = type(value)
    if kind is float:  # most of what is recorded; an "isinstance" of a mapping takes longer than all the rest
        return value if math.isfinite(value) else None  # type: ignore[arg-type]  # it is a float
    if value is None or kind in (int, str, bool):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):  # NumPy scalars and arrays, tensors
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def sha256(path: Path) -> str:
    """The SHA-256 checksum of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
