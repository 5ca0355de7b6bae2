"""The journal of a sweep: every trial that is done, in files that are only ever appended to.

Each process writes into a file of its own, one JSON document a line, on the disk before it goes on. So no two
processes touch the same bytes, and what a kill can destroy is the line that was being written: a trial that
was not done yet.
"""

from __future__ import annotations

import json
import os
from contextlib import nullcontext
from pathlib import Path

from glasshouse.core.errors import StorageError
from glasshouse.core.files import cannot_read, cannot_write, plain
from glasshouse.search.trial import Trial


class Journal:
    """All trials of a sweep's folder that are done, whoever did them.

    Args:
        folder: The folder of the journals; made when missing.
        worker: The name of this process's own journal.

    Example:
        >>> journal = Journal(getfixture("tmp_path"), "me")
        >>> journal.append(Trial(0, {"training.batch_size": 16}, "finished", [[0.9, 0.8]]))
        >>> journal.trials()[0].mean
        0.8500000000000001
    """

    def __init__(self, folder: Path, worker: str) -> None:
        self.folder = folder
        self.own = folder / f"{worker}.jsonl"
        self._read_to: dict[Path, int] = {}
        self._known: dict[int, Trial] = {}

    def append(self, trial: Trial) -> None:
        """Write down a trial that is done.

        Raises:
            StorageError: The disk is full, or the folder cannot be written.
        """
        record = plain(trial.to_dict())
        line = (json.dumps(record, ensure_ascii=False) + "\n").encode()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self.own.open("ab", buffering=0) as stream:
                before = stream.tell()
                stream.write(line)
                os.fsync(stream.fileno())
        except OSError as error:
            raise cannot_write(self.own, error) from error
        if self._read_to.get(self.own, 0) == before:  # what was just written need not be read again
            self._known.setdefault(trial.number, Trial.from_dict(record))
            self._read_to[self.own] = before + len(line)

    def trials(self) -> dict[int, Trial]:
        """Every trial that is done, by its number. What was read before is not read again.

        Raises:
            StorageError: A journal cannot be read, or a whole line of it is damaged.
        """
        with os.scandir(self.folder) if self.folder.is_dir() else nullcontext(()) as entries:
            found = [(self.folder / each.name, each) for each in entries if each.name.endswith(".jsonl")]
        for path, entry in sorted(found, key=lambda pair: pair[0]):
            # Asked anew, because what a folder says of the sizes in it may be old.
            if path not in self._read_to or os.stat(entry.path).st_size > self._read_to[path]:
                self._read(path)
        return dict(sorted(self._known.items()))

    def _read(self, path: Path) -> None:
        start = self._read_to.get(path, 0)
        try:
            with path.open("rb") as stream:
                stream.seek(start)
                fresh = stream.read()
        except OSError as error:
            raise cannot_read(path, error) from error
        whole = fresh[: fresh.rfind(b"\n") + 1]  # the rest is being written, or was when its process ended
        for line in whole.splitlines():
            try:
                trial = Trial.from_dict(json.loads(line))
            except (ValueError, TypeError) as error:
                raise StorageError(
                    f"{path} holds a line that is no trial: {line[:60]!r}",
                    expected="a file written by Glasshouse",
                    fix="remove that line; its trial will be trained again",
                ) from error
            # Should two processes have trained the same trial after all, what was written first counts.
            self._known.setdefault(trial.number, trial)
        self._read_to[path] = start + len(whole)
