"""The records of a run as the report reads them: what is there, and of what is not, why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from glasshouse.core.errors import GlasshouseError
from glasshouse.experiment.run import Run

FILES = {
    "exploration": "exploration.json",
    "preparation": "preparation.json",
    "augmentation": "augmentation.json",
    "network": "network.json",
    "pretraining": "pretraining.json",
    "training": "training.json",
    "range_test": "range_test.json",
    "evaluation": "evaluation.json",
    "ensemble": "ensemble.json",
    "over_time": "over_time.json",
    "environment": "environment.json",
    "data": "data.json",
}


@dataclass(frozen=True)
class Records:
    """Everything that the report is made of.

    Args:
        path: The run folder.
        name: Its name.
        status: State, stage, message and time; a damaged status file reads as unknown.
        json: JSON records by name; one that is missing or damaged is not in it.
        experiment: The experiment's settings, or ``None``.
        toml: The experiment file as text, or "".
        history, timings, steps, probes, samples: The tables; empty where there are none.
        damaged: What cannot be read, by name, in words.
    """

    path: Path
    name: str
    status: dict[str, Any]
    json: dict[str, dict[str, Any]]
    experiment: dict[str, Any] | None
    toml: str
    history: pl.DataFrame
    timings: pl.DataFrame
    steps: pl.DataFrame
    probes: pl.DataFrame
    samples: pl.DataFrame = field(default_factory=pl.DataFrame)
    damaged: dict[str, str] = field(default_factory=dict)

    def missing(self, name: str, what: str) -> str:
        """Say why a record is not there, as a sentence.

        Args:
            name: The record, such as ``"network"`` or ``"history"``.
            what: What it would have told, to go after "There is no".
        """
        if name in self.damaged:
            return f"There is no {what}: {self.damaged[name]}"
        return f"There is no {what} in this run: {self._because()}."

    def _because(self) -> str:
        state, stage = self.status["state"], self.status["stage"]
        if state == "failed":
            return f"it failed in the stage “{stage}”, before this was written down"
        if state == "interrupted":
            return (
                f"it was interrupted in the stage “{stage}”; glasshouse resume {self.path} goes on from there"
            )
        if state == "running":
            return f"when this report was written, it was still in the stage “{stage}”"
        if (self.experiment or {}).get("data", {}).get("source") == "memory":
            return "it was given arrays or tensors, which are taken as they are"
        return "it was not asked to write it down, or the file was removed"


def read_records(run: Run) -> Records:
    """Read all that a run wrote down. What is missing or damaged is noted, and stops nothing."""
    damaged: dict[str, str] = {}

    def attempt(name: str, read: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return read()
        except (GlasshouseError, OSError, UnicodeDecodeError) as error:
            damaged[name] = error.received if isinstance(error, GlasshouseError) else str(error)
            return otherwise

    found = {name: attempt(name, partial(run.record, name), None) for name in FILES}
    toml = run.path / "experiment.toml"
    status = {"state": "unknown", "stage": "", "message": "", **attempt("status", lambda: run.status, {})}
    if (status["state"], status["stage"]) == ("running", "report"):
        status["state"] = "finished"  # while its report is being written, a run has done all else
    return Records(
        path=run.path,
        name=run.name,
        status=status,
        json={name: record for name, record in found.items() if record is not None},
        experiment=attempt("experiment", lambda: run.experiment.model_dump(mode="json"), None),
        toml=attempt("experiment", lambda: toml.read_text(encoding="utf-8"), ""),
        history=attempt("history", lambda: run.history, pl.DataFrame()),
        timings=attempt("timings", lambda: run.timings, pl.DataFrame()),
        steps=attempt("steps", lambda: run.steps, pl.DataFrame()),
        probes=attempt("probes", lambda: run.probes, pl.DataFrame()),
        samples=attempt("samples", lambda: run.samples, pl.DataFrame()),
        damaged=damaged,
    )
