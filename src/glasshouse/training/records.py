"""What training writes down: the seam between those who train and those who look.

Files, all in the run folder:

- ``metrics.jsonl``: one line per epoch, the same bytes for the same experiment;
- ``timings.jsonl``: one line per epoch with what differs from run to run;
- ``steps.parquet``: loss and learning rate of every step of the epochs that are complete;
- ``probes.parquet``: statistics of every layer at some of the steps;
- ``samples.parquet``: rows that a generator made at the end of some epochs, always of the same codes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glasshouse.core.errors import StorageError
from glasshouse.core.files import cannot_read, cannot_write, plain, write_atomic
from glasshouse.probes.probes import COLUMNS

STEP_SCHEMA: dict[str, Any] = {
    "step": pl.Int64,
    "epoch": pl.Int64,
    "loss": pl.Float64,
    "learning_rate": pl.Float64,
}
PROBE_SCHEMA: dict[str, Any] = {
    "step": pl.Int64,
    "position": pl.Int64,
    "layer": pl.String,
    **dict.fromkeys(COLUMNS, pl.Float64),
}
SAMPLE_SCHEMA: dict[str, Any] = {"epoch": pl.Int64, "sample": pl.Int64, "values": pl.List(pl.Float32)}
SAMPLES = "samples.parquet"
MOST_EXHIBITS = 24
"""Epochs with which samples are kept, at most one more."""


class Records:
    """The records of one run, appended to as training goes on.

    Args:
        folder: The run folder, or ``None`` to keep records in memory only.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.epochs: list[dict[str, Any]] = []
        self.timings: list[dict[str, Any]] = []
        self.steps: dict[str, list[Any]] = {name: [] for name in STEP_SCHEMA}
        self.probes: list[dict[str, Any]] = []
        self.exhibits: dict[int, NDArray[np.float32]] = {}
        self._written = 0

    def epoch(
        self, row: dict[str, Any], timing: dict[str, Any], losses: list[float], rates: list[float]
    ) -> None:
        """Note an epoch, its line on disk at once, its steps at the next flush."""
        self.plain_epoch(plain(row), plain(timing), losses, rates)

    def plain_epoch(
        self, row: dict[str, Any], timing: dict[str, Any], losses: list[float], rates: list[float]
    ) -> None:
        """The same for rows that are plain JSON types already: nobody looks at every number."""
        first = len(self.steps["step"])
        self.steps["step"].extend(range(first, first + len(losses)))
        self.steps["epoch"].extend([row["epoch"]] * len(losses))
        self.steps["loss"].extend(losses)
        self.steps["learning_rate"].extend(rates)
        self.epochs.append(row)
        self.timings.append(timing)
        self._append("metrics.jsonl", self.epochs[-1])
        self._append("timings.jsonl", self.timings[-1])

    def flush(self) -> None:
        """Write steps and probes. Called before each checkpoint, so that none is ahead of its records."""
        if self.folder is not None:
            steps = pl.DataFrame(self.steps, schema=STEP_SCHEMA)
            probes = pl.DataFrame(self.probes, schema=PROBE_SCHEMA, orient="row")
            write_atomic(self.folder / "steps.parquet", lambda path: steps.write_parquet(path))
            write_atomic(self.folder / "probes.parquet", lambda path: probes.write_parquet(path))
            self._write_exhibits(self.folder)

    def exhibit(self, epoch: int, rows: NDArray[np.float32]) -> None:
        """Keep rows that show how far training has come with an epoch; written at the next flush.

        Args:
            epoch: Its number, from 1.
            rows: Shape (count, ...).
        """
        self.exhibits[epoch] = rows.reshape(len(rows), -1)

    def _write_exhibits(self, folder: Path) -> None:
        if len(self.exhibits) == self._written:
            return
        if not self.exhibits:  # gone back to before the first ones
            (folder / SAMPLES).unlink(missing_ok=True)
            self._written = 0
            return
        pieces = [
            pl.DataFrame(
                {
                    "epoch": [epoch] * len(rows),
                    "sample": range(len(rows)),
                    "values": pl.Series(rows, dtype=pl.Array(pl.Float32, rows.shape[1])),
                },
                schema_overrides=SAMPLE_SCHEMA,
            )
            for epoch, rows in self.exhibits.items()
        ]
        table = pl.concat(pieces)
        write_atomic(folder / SAMPLES, lambda path: table.write_parquet(path))
        self._written = len(self.exhibits)

    def rewind(self, step: int, epochs: list[dict[str, Any]]) -> None:
        """Go back to where a checkpoint was written: what came later is dropped, to be written again.

        Args:
            step: Optimizer steps done at the checkpoint.
            epochs: The epochs that were complete by then.
        """
        assert self.folder is not None, "records in memory cannot be taken up again"
        self.epochs = list(epochs)
        timings = read_lines(self.folder / "timings.jsonl")
        self.timings = [row for row in timings if row["epoch"] <= len(epochs)]
        steps = read_table(self.folder / "steps.parquet", STEP_SCHEMA)
        self.steps = steps.filter(pl.col("epoch") <= len(epochs)).to_dict(as_series=False)
        probes = read_table(self.folder / "probes.parquet", PROBE_SCHEMA)
        self.probes = probes.filter(pl.col("step") < step).to_dicts()
        self.exhibits, self._written = exhibits_of(self.folder / SAMPLES, len(epochs)), -1
        for name, rows in (("metrics.jsonl", self.epochs), ("timings.jsonl", self.timings)):
            write_atomic(self.folder / name, "".join(json.dumps(row) + "\n" for row in rows))
        self.flush()

    def restart(self) -> None:
        """Drop what a run wrote that was cut off before its first checkpoint: all of it comes again."""
        if self.folder is not None and (self.folder / "metrics.jsonl").exists():
            self.rewind(0, [])

    def _append(self, name: str, row: dict[str, Any]) -> None:
        if self.folder is None:
            return
        path = self.folder / name
        try:
            with path.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(row) + "\n")
        except OSError as error:
            raise cannot_write(path, error) from error


def worth_keeping(epoch: int, epochs: int) -> bool:
    """Whether samples are kept with an epoch: the first, the last, and so many between that there are few.

    Args:
        epoch: From 1.
        epochs: How many are planned.

    Example:
        >>> [epoch for epoch in range(1, 101) if worth_keeping(epoch, 100)][:4]
        [1, 5, 10, 15]
        >>> sum(worth_keeping(epoch, 100) for epoch in range(1, 101))
        21
    """
    return epoch in (1, epochs) or epoch % -(-epochs // (MOST_EXHIBITS - 1)) == 0


def exhibits_of(path: Path, epochs: int | None = None) -> dict[int, NDArray[np.float32]]:
    """Samples by epoch, each of shape (count, numbers).

    Args:
        path: ``samples.parquet``, which need not be there.
        epochs: Those of later epochs are left out.

    Raises:
        StorageError: The file is damaged.
    """
    table = read_table(path, SAMPLE_SCHEMA)
    found = {}
    for (epoch,), rows in table.group_by("epoch", maintain_order=True):
        if epochs is None or int(str(epoch)) <= epochs:
            found[int(str(epoch))] = np.stack(rows["values"].to_list()).astype(np.float32)
    return found


def read_table(path: Path, schema: dict[str, Any]) -> pl.DataFrame:
    """A table of records; empty with the right columns where nothing was written yet.

    Raises:
        StorageError: The file is damaged.
    """
    if not path.exists():
        return pl.DataFrame(schema=schema)
    try:
        return pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise StorageError(
            f"{path} cannot be read: {error}",
            expected="a table written by Glasshouse",
            fix="restore it from a copy, or run again",
        ) from error


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The rows of a JSON lines file; a last line that was cut short by a crash is left out.

    Raises:
        StorageError: A line before the last is no JSON.
    """
    if not path.exists():
        return []
    rows = []
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise cannot_read(path, error) from error
    for number, line in enumerate(lines, start=1):
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError as error:
            if number == len(lines):
                break
            raise StorageError(
                f"{path}, line {number}, is not valid JSON",
                expected="a file written by Glasshouse",
                fix="restore it from a copy, or resume the run from its last checkpoint",
            ) from error
    return rows
