"""Further processes of this machine that work on the same sweep."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import TracebackType


class Beside:
    """Starts processes that join a sweep, and ends them with the block.

    Args:
        folder: The sweep's.
        count: How many, from 0.
    """

    def __init__(self, folder: Path, count: int) -> None:
        self.folder, self.count = folder, count
        self._started: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Beside:
        command = [sys.executable, "-m", "glasshouse", "sweep", str(self.folder), "--quiet"]
        for number in range(1, self.count + 1):
            with (self.folder / f"process-{number}.log").open("ab") as log:
                self._started.append(
                    subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)  # noqa: S603
                )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._started:
            if error is not None:
                process.terminate()  # it answers as to Ctrl-C: what it has done is in the folder
            process.wait()
