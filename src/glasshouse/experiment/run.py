"""A run on disk: what was asked for, what happened, what came of it."""

from __future__ import annotations

import glob
import re
import time
from pathlib import Path
from typing import Any, Literal

import polars as pl
import torch
from torch import nn

from glasshouse.core.errors import StorageError, UsageError
from glasshouse.core.files import read_json, write_json
from glasshouse.data.samples import Samples
from glasshouse.experiment.experiment import Experiment
from glasshouse.experiment.sampling import made, rebuilt
from glasshouse.experiment.toml import read_experiment
from glasshouse.training.checkpoints import CheckpointFolder
from glasshouse.training.records import PROBE_SCHEMA, STEP_SCHEMA, read_lines, read_table

State = Literal["running", "interrupted", "failed", "finished"]


class Run:
    """Reads a run folder. Nothing here changes it, and everything in it stays readable after a crash.

    ::

        runs/NAME-TIME/
            experiment.toml    what was run, as it was decided
            environment.json   on what
            status.json        how far it came
            exploration.json   what is in the data        (pictures in pictures/)
            preparation.json   how it was prepared
            network.json       the layers
            pretraining.json   the layers one by one      (pretraining/: epochs and weights of each)
            metrics.jsonl      every epoch                (timings.jsonl: how long each took)
            steps.parquet      every step
            probes.parquet     every layer, at some steps
            samples.parquet    what a generator made, after some epochs
            checkpoints/       the state to go on from
            ensemble.json      the members of an ensemble (members/: epochs and weights of each)
            evaluation.json    how good it is             (predictions.parquet: every row)
            report.html        all of it, to look at
            bundle/            the network, to ship

    Args:
        path: The folder.

    Raises:
        UsageError: There is no run there; the nearest ones are named.

    Attributes:
        path: The folder.
        network: The trained network, in the process that trained it; otherwise ``None``.

    Example:
        >>> import glasshouse as gh
        >>> experiment = gh.Experiment(data="iris", training={"epochs": 2}, output={"onnx": False})
        >>> made = gh.run(experiment, out=getfixture("tmp_path"))
        >>> run = Run(made.path)
        >>> run.status["state"], run.experiment.training.epochs, run.history["epoch"].to_list()
        ('finished', 2, [1, 2])
    """

    def __init__(self, path: Path | str, network: nn.Module | None = None) -> None:
        self.path = Path(path)
        self.network = network
        if not (self.path / "status.json").exists():
            stem = glob.escape(self.path.name.split("-")[0])
            beside = sorted(self.path.parent.glob(f"{stem}*/status.json"))
            near = ", ".join(str(each.parent) for each in beside[-3:])
            raise UsageError(
                f"{self.path} is no run",
                expected="a folder that `glasshouse run` made",
                fix=f"did you mean {near}?" if near else "look below runs/",
            )

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r}, {self.status['state']})"

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def experiment(self) -> Experiment:
        """What was run, as it was decided."""
        return read_experiment(self.path / "experiment.toml")

    @property
    def status(self) -> dict[str, Any]:
        """``state`` (running, interrupted, failed, finished), ``stage``, ``message``, ``time``."""
        return dict(read_json(self.path / "status.json"))

    @property
    def environment(self) -> dict[str, Any]:
        """Versions, machine, devices."""
        return dict(read_json(self.path / "environment.json"))

    @property
    def history(self) -> pl.DataFrame:
        """One row per epoch: ``epoch``, ``learning_rate``, ``train_loss``, ``validation_accuracy`` ..."""
        rows = []
        for line in read_lines(self.path / "metrics.jsonl"):
            row: dict[str, Any] = {}
            for key, value in line.items():
                parts = value.items() if isinstance(value, dict) else [("", value)]
                row |= {f"{key}_{name}".rstrip("_"): item for name, item in parts}
            rows.append(row)
        return pl.DataFrame(rows)

    @property
    def timings(self) -> pl.DataFrame:
        """One row per epoch: seconds and samples per second."""
        return pl.DataFrame(read_lines(self.path / "timings.jsonl"))

    @property
    def steps(self) -> pl.DataFrame:
        """One row per step: epoch, loss and learning rate."""
        return read_table(self.path / "steps.parquet", STEP_SCHEMA)

    @property
    def probes(self) -> pl.DataFrame:
        """One row per layer and look: activations, gradients, updates."""
        return read_table(self.path / "probes.parquet", PROBE_SCHEMA)

    @property
    def samples(self) -> pl.DataFrame:
        """Of a language model, what it wrote after some epochs: ``epoch``, ``loss``, ``prompt``, ``text``."""
        path = self.path / "samples.jsonl"
        return pl.DataFrame(read_lines(path) if path.exists() else [])

    @property
    def evaluation(self) -> dict[str, Any]:
        """Metrics with intervals, baselines, confusion, calibration, mistakes."""
        return dict(read_json(self.path / "evaluation.json"))

    @property
    def metrics(self) -> dict[str, dict[str, float | None]]:
        """The final metrics by part: ``run.metrics["test"]["accuracy"]``."""
        return dict(self.evaluation["metrics"])

    @property
    def report(self) -> Path | None:
        """The report, if there is one."""
        path = self.path / "report.html"
        return path if path.exists() else None

    @property
    def bundle(self) -> Path | None:
        """The bundle, if there is one."""
        path = self.path / "bundle"
        return path if path.exists() else None

    def record(self, name: str) -> dict[str, Any] | None:
        """A JSON record by file name without ending (``"exploration"``, ``"network"``), or ``None``."""
        path = self.path / f"{name}.json"
        return dict(read_json(path)) if path.exists() else None

    def checkpoints(self) -> CheckpointFolder:
        """The run's checkpoints."""
        return CheckpointFolder(self.path / "checkpoints", str(read_json(self.path / "status.json")["run"]))

    def best_weights(self) -> dict[str, torch.Tensor]:
        """The weights of the best epoch, or the last ones where no part watched.

        Raises:
            StorageError: The run has no checkpoint yet.
        """
        newest, _ = self.checkpoints().newest()
        if newest is None:
            raise StorageError(f"{self.path} has no checkpoint yet", fix=f"glasshouse resume {self.path}")
        return dict(newest.state["best"] or newest.state["network"])

    def sample(self, count: int = 1, seed: int = 0, steps: int = 1, bias: float = 0.0) -> Samples:
        """New rows, of a network that makes some: a GAN, a variational autoencoder.

        Args:
            count: How many rows, or ways, from 1.
            seed: Of the codes: the same seed gives the same rows.
            steps: From 2 on, ways of so many rows each, from one random code to another.
            bias: For strokes: how far to lean towards what is likely, from 0.

        Raises:
            ModelError: The network makes no rows.
            UsageError: The network is a user's own module, and this is not the process that trained it.
            StorageError: The run has no checkpoint yet.
        """
        network = self.network
        if network is None:
            experiment = self.experiment
            network = rebuilt(experiment.model, self.path, self.best_weights(), experiment.seed)
        return made(network, self.path, count, seed, steps, bias)

    def note(self, state: State, stage: str, message: str = "") -> None:
        """Write down how far the run is."""
        known = read_json(self.path / "status.json")
        now = time.strftime("%Y-%m-%dT%H:%M:%S%z")
        write_json(
            self.path / "status.json",
            {**known, "state": state, "stage": stage, "message": message, "time": now},
        )


def new_run(out: Path | str, name: str) -> Run:
    """Make an empty run folder named after the run and the time.

    Args:
        out: The folder that holds the runs; made when missing.
        name: Name of the run.

    Raises:
        StorageError: The folder cannot be made.
    """
    folder = new_folder(out, name)
    write_json(
        folder / "status.json", {"run": folder.name, "state": "running", "stage": "start", "message": ""}
    )
    return Run(folder)


def new_folder(out: Path | str, name: str) -> Path:
    """Make an empty folder named after what is in it and the time.

    Args:
        out: The folder that holds it; made when missing.
        name: Of the run or sweep.

    Raises:
        StorageError: The folder cannot be made.
    """
    plain = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "run"
    stem = f"{plain}-{time.strftime('%Y%m%d-%H%M%S')}"
    for attempt in range(1000):
        folder = Path(out) / (stem if attempt == 0 else f"{stem}-{attempt + 1}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue  # another run began in the same second
        except OSError as error:
            raise StorageError(
                f"the folder {folder} cannot be made: {error.strerror}",
                fix="choose another place with --out",
            ) from error
        return folder
    raise StorageError(
        f"there are a thousand runs named {stem} already", fix="choose another place with --out"
    )
