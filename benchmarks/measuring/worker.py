"""A process per contestant, so that no trainer's imports, settings or print-outs touch another's."""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import os
import sys
import tempfile
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import torch

from measuring.cases import Task, fitted, rows_of
from measuring.clock import EpochEnds
from measuring.pinning import pin

PATIENCE = 900
"""Seconds after which a training counts as hung."""


@dataclass(frozen=True)
class Order:
    """What a worker is asked to do.

    Args:
        case: Name of the case.
        threads: CPU threads.
        epochs: Epochs that are timed.
        seed: Of the first weights.
        settings: Of the contestant.
    """

    case: str
    threads: int
    epochs: int
    seed: int
    settings: Mapping[str, Any] = field(default_factory=dict)


class Worker:
    """One contestant's process, which waits quietly while the others train.

    Args:
        module: File of the contestant in ``contestants/``.
        folder: Everything that it prints or writes goes here.
    """

    def __init__(self, module: str, folder: Path) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._module, self._folder = module, folder
        folder.mkdir()

    def __enter__(self) -> Self:
        self._connection, theirs = self._context.Pipe()
        arguments = (self._module, self._folder, theirs)
        self._process = self._context.Process(target=serve, args=arguments, daemon=True)
        self._process.start()
        theirs.close()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        self._process.terminate()
        self._process.join()

    def measure(self, order: Order) -> dict[str, Any]:
        """``seconds`` per step, ``loss`` and ``accuracy`` at the end and ``threads`` used, or ``error``."""
        try:
            self._connection.send(order)
            if not self._connection.poll(PATIENCE):
                return {"error": f"no answer within {PATIENCE} seconds"}
            return dict(self._connection.recv())
        except (EOFError, OSError):
            return {"error": f"its process ended with code {self._process.exitcode}"}


def serve(module: str, folder: Path, connection: Connection) -> None:
    """What runs in the process: answer orders until nobody asks any more."""
    os.chdir(folder)
    silence(folder / "output.txt")
    while True:
        try:
            order = connection.recv()
        except EOFError:
            return
        try:
            answer = carry_out(module, folder, order)
        except Exception as error:  # a peer that fails is reported, and the others go on
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        connection.send(answer)


def silence(path: Path) -> None:
    """Send what this process and its libraries print into a file."""
    sys.stdout.flush()
    sys.stderr.flush()
    with path.open("ab") as stream:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)


def carry_out(module: str, folder: Path, order: Order) -> dict[str, Any]:
    """Train once and time it."""
    pin(order.threads)
    contestant = importlib.import_module(f"contestants.{module}")
    case = fitted(order.case, order.threads)
    rows = rows_of(case)
    ends = EpochEnds()
    with tempfile.TemporaryDirectory(dir=folder) as own:
        task = Task(case, order.epochs + 1, rows, order.seed, Path(own))
        gc.collect()
        loss, accuracy = contestant.train(task, ends, **order.settings)
    if len(ends.moments) != task.epochs:
        raise RuntimeError(f"{len(ends.moments)} epochs ended, {task.epochs} were due")
    seconds = ends.seconds_per_step(case.steps)
    return {"seconds": seconds, "loss": loss, "accuracy": accuracy, "threads": torch.get_num_threads()}
