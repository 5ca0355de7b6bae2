"""Fetching published files once, checked against their checksums, into the user's cache."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pooch

from glasshouse.core.errors import DataError

_SECONDS = 30.0


def cache_folder() -> Path:
    """Where downloaded data is kept: the user's cache folder, as the operating system has it."""
    return Path(os.fspath(pooch.os_cache("glasshouse")))


def fetch(name: str, mirrors: Sequence[str], checksum: str, folder: Path) -> Path:
    """The path of a published file in ``folder``; it is downloaded when it is not there yet.

    The file gets its name only when it is complete and its checksum is right.

    Args:
        name: The file's name.
        mirrors: Addresses of folders that hold it, tried in this order.
        checksum: SHA-256 in hexadecimal.
        folder: Where it is kept; made when it is missing.

    Raises:
        DataError: No mirror gave the file, or what came has another checksum; every mirror is named with
            what went wrong there.
    """
    troubles = []
    for mirror in mirrors:
        try:
            return Path(
                pooch.retrieve(
                    f"{mirror.rstrip('/')}/{name}",
                    known_hash=f"sha256:{checksum}",
                    fname=name,
                    path=folder,
                    downloader=pooch.HTTPDownloader(timeout=_SECONDS),
                )
            )
        except ValueError:  # so pooch reports a wrong checksum
            troubles.append(f"{urlsplit(mirror).netloc} sent a file with another checksum")
        except OSError as error:  # all of requests' exceptions are of this kind, and those of the disk
            troubles.append(f"{urlsplit(mirror).netloc}: {_reason(error)}")
    raise DataError(
        f"{name} could not be downloaded: {'; '.join(troubles)}",
        expected=f"a file with the SHA-256 checksum {checksum[:12]}...",
        fix=f"connect to the network, or put the file into {folder}",
    )


def _reason(error: OSError) -> str:
    """The errors of requests hold a page of text; their kind says enough."""
    return error.strerror or type(error).__name__
