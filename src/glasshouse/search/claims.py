"""Claims: which process is at which trial, so that several share a folder without doing anything twice.

A claim is a file that can be created once. Whoever creates ``NAME.0`` has the work; when its process is gone,
whoever creates ``NAME.1`` has it, and so on. Files are never changed, and removed only by their own process,
so there is no moment at which two processes could both believe that they were first.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import uuid
from pathlib import Path
from types import TracebackType
from typing import Any

from glasshouse.core.errors import StorageError
from glasshouse.core.files import cannot_write, read_json, write_json

BEAT = 5.0
"""Seconds between two signs of life."""
EXPIRY = 120.0
"""Seconds without one after which a process on another machine counts as gone."""


class Claims:
    """The claims of one process on the work of a folder.

    Used as a context it shows, every few seconds, that the process lives.

    Args:
        folder: Where claims are; made when missing.
        expiry: Seconds without a sign of life after which a process on another machine counts as gone. A
            process on this machine counts as gone as soon as it is.

    Attributes:
        worker: This process's name.

    Example:
        >>> with Claims(getfixture("tmp_path")) as one, Claims(getfixture("tmp_path")) as other:
        ...     one.take("trial-7"), other.take("trial-7"), one.take("trial-7")
        (True, False, False)
    """

    def __init__(self, folder: Path, expiry: float = EXPIRY) -> None:
        self.folder = folder
        self.expiry = expiry
        self.worker = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        self._taken: dict[str, Path] = {}
        self._alive = self._sign(self.worker)
        self._end = threading.Event()
        self._beating: threading.Thread | None = None

    def __enter__(self) -> Claims:
        write_json(self._alive, {"machine": machine(), "pid": os.getpid(), "born": born(os.getpid())})
        self._beating = threading.Thread(target=self._beat, daemon=True)
        self._beating.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        if self._beating is not None:
            self._beating.join()
        for name in list(self._taken):
            self.give_back(name)
        self._alive.unlink(missing_ok=True)

    def take(self, name: str, about: object = None) -> bool:
        """Claim some work: whether it is this process's now. What this process has already is not free.

        Args:
            name: Of the work, fit for a file's name.
            about: What others should know of it, in plain types.

        Raises:
            StorageError: The folder cannot be written.
        """
        newest = self._newest(name)
        if newest is not None and self._lives(newest):
            return False
        number = 0 if newest is None else int(newest.suffix[1:]) + 1
        path = self.folder / f"{name}.{number}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        except FileExistsError:
            return False  # somebody was faster
        except OSError as error:
            raise cannot_write(path, error) from error
        try:
            os.write(handle, json.dumps({"worker": self.worker, "about": about}).encode())
        except OSError as error:
            raise cannot_write(path, error) from error
        finally:
            os.close(handle)
        self._taken[name] = path
        return True

    def holds(self, name: str) -> bool:
        """Whether the work is still this process's: nobody took it over, believing this process gone."""
        return name in self._taken and self._newest(name) == self._taken[name]

    def give_back(self, name: str) -> None:
        """Let others have the work."""
        path = self._taken.pop(name, None)
        if path is not None:
            path.unlink(missing_ok=True)

    def about(self, name: str) -> Any:
        """What the newest claim on the work says of it; ``None`` where there is none, or it says nothing."""
        newest = self._newest(name)
        return None if newest is None else _content(newest).get("about")

    def others(self) -> list[str]:
        """Names of the work that other living processes are at."""
        newest: dict[str, Path] = {}
        for path in self.folder.glob("*.[0-9]*"):
            known = newest.get(path.stem)
            if known is None or int(path.suffix[1:]) > int(known.suffix[1:]):
                newest[path.stem] = path
        return sorted(name for name, path in newest.items() if name not in self._taken and self._lives(path))

    def _newest(self, name: str) -> Path | None:
        found = list(self.folder.glob(f"{name}.[0-9]*"))
        return max(found, key=lambda path: int(path.suffix[1:]), default=None)

    def _lives(self, claim: Path) -> bool:
        """Whether the process behind a claim is still there."""
        worker = _content(claim).get("worker")
        if worker == self.worker:
            return True
        if worker is None:  # being written this moment, or by a process that ended between two instructions
            return self._age(claim) < self.expiry
        sign = self._sign(str(worker))
        if not sign.exists():
            return False  # it said goodbye
        try:
            known = read_json(sign)
        except StorageError:
            return sign.exists() and self._age(sign) < self.expiry
        if known["machine"] == machine():
            return known["born"] is not None and born(known["pid"]) == known["born"]
        return self._age(sign) < self.expiry

    def _age(self, path: Path) -> float:
        """Seconds since a file was touched, by the clock of the disk that both files are on."""
        try:
            then = path.stat().st_mtime
        except FileNotFoundError:
            return float("inf")
        self._alive.touch()
        return self._alive.stat().st_mtime - then

    def _sign(self, worker: str) -> Path:
        return self.folder / f"{worker}.alive"

    def _beat(self) -> None:
        while not self._end.wait(BEAT):
            self._alive.touch()


def _content(claim: Path) -> dict[str, Any]:
    try:
        found = json.loads(claim.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def machine() -> str:
    """What tells apart machines, their starts, and containers that do not see each other's processes."""
    names = [socket.gethostname()]
    boot = Path("/proc/sys/kernel/random/boot_id")
    if boot.exists():
        names += [boot.read_text(encoding="ascii").strip(), os.readlink("/proc/self/ns/pid")]
    return " ".join(names)


def born(pid: int) -> str | None:
    """When a process of this machine began, so that a number used again is not taken for it; ``None`` when it
    is gone.
    """
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] == "Z" else fields[19]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return "somebody else's"
    return "here"
