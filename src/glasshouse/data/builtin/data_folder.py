"""The folder of real data on this machine, ``$GLASSHOUSE_DATA``, and what lies near its top."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from glasshouse.core.errors import AbsentDataError, StorageError
from glasshouse.core.files import cannot_read, write_atomic
from glasshouse.data.builtin.download import cache_folder

DEEPEST = 4
"""How many folders deep is looked."""
_MOST_FOLDERS = 2000


def data_root() -> Path | None:
    """The folder that ``GLASSHOUSE_DATA`` names, or ``None``."""
    named = os.environ.get("GLASSHOUSE_DATA")
    return Path(named).expanduser() if named else None


def folders(root: Path) -> Iterator[Path]:
    """The folder and those below it, nearest first, as many as can be looked through in an instant."""
    level, seen = [root], 0
    for _ in range(DEEPEST + 1):
        below: list[Path] = []
        for folder in level:
            yield folder
            seen += 1
            if seen >= _MOST_FOLDERS:
                return
            below += _inner_folders(folder)
        level = below


def _inner_folders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            inner = (entry.path for entry in entries if entry.is_dir() and not entry.name.startswith("."))
            return [Path(path) for path in sorted(inner)]
    except PermissionError:
        return []  # what we may not look into cannot hold the files that we may read


def find_below(name: str) -> Path:
    """Where a file or folder of that name lies below ``GLASSHOUSE_DATA``; the nearest to the top.

    Args:
        name: A relative path, ``"sms-spam.tsv"`` or ``"nab/data"``. A file inside a ZIP archive is named as
            if the archive were a folder, ``"fra-eng.zip/fra.txt"``; it is unpacked into the cache, once.

    Raises:
        AbsentDataError: It is not there.
        StorageError: The archive is damaged.
    """
    archive, found, member = name.partition(".zip/")
    wanted = f"{archive}.zip" if found else name
    root = data_root()
    for folder in folders(root) if root is not None and root.is_dir() else ():
        if (folder / wanted).exists():
            return _unpacked(folder / wanted, member) if found else folder / wanted
    raise AbsentDataError(
        f"{wanted} is not on this machine",
        expected=f"it in GLASSHOUSE_DATA ({root or 'not set'}), at most {DEEPEST} folders deep",
        fix="put it there, and say where: export GLASSHOUSE_DATA=FOLDER",
    )


def _unpacked(archive: Path, member: str) -> Path:
    """A file of an archive in the cache, written anew where its size differs."""
    try:
        with zipfile.ZipFile(archive) as opened:
            size = opened.getinfo(member).file_size
            place = cache_folder() / archive.stem / PurePosixPath(member).name
            if not place.is_file() or place.stat().st_size != size:
                place.parent.mkdir(parents=True, exist_ok=True)
                write_atomic(place, opened.read(member))
    except KeyError as error:
        raise AbsentDataError(
            f"{archive} holds no {member}",
            expected=f"{member} in that archive, as it was published",
            fix="look into the archive, or fetch it anew",
        ) from error
    except zipfile.BadZipFile as error:
        raise StorageError(f"{archive} is damaged: {error}", fix="fetch it anew") from error
    except OSError as error:
        raise cannot_read(archive, error) from error
    return place
