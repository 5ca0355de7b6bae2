"""A progress bar for people at a terminal."""

from __future__ import annotations

import time
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from glasshouse.training.observers import Plan

REFRESH = 0.1
"""Seconds between two updates: people see no more, and each costs as much as a small step."""


class ProgressBar:
    """Epoch, loss, metric, samples per second and time left, on standard error.

    Shows nothing where standard error is no terminal.

    Args:
        console: Where to draw; by default standard error.
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True)
        self._bar: Progress | None = None
        self._task: Any = None
        self._plan: Plan | None = None
        self._rows = self._rows_shown = self._step = 0
        self._shown = 0.0
        self._last = ""

    def started(self, plan: Plan) -> None:
        """Draw the empty bar."""
        self._plan = plan
        if not self.console.is_terminal:
            return
        self._bar = Progress(
            TextColumn("[bold]epoch {task.fields[epoch]}[/]/{task.fields[epochs]}"),
            BarColumn(bar_width=24, complete_style="cyan", finished_style="cyan"),
            TextColumn("{task.fields[numbers]}"),
            _Speed(),
            TextColumn("left"),
            TimeRemainingColumn(compact=True),
            console=self.console,
            transient=True,
            auto_refresh=False,
        )
        self._task = self._bar.add_task(
            "training",
            total=plan.epochs * plan.steps,
            completed=plan.first_epoch * plan.steps,
            epoch=plan.first_epoch + 1,
            epochs=plan.epochs,
            numbers="",
            speed=0.0,
        )
        self._shown = time.perf_counter()
        self._bar.start()

    def stepped(self, step: int, rows: int, loss: float | None) -> None:
        """Move the bar, at most ten times a second."""
        if self._bar is None:
            return
        self._rows += rows
        now = time.perf_counter()
        if now - self._shown < REFRESH:
            return
        speed = (self._rows - self._rows_shown) / (now - self._shown)
        self._shown, self._rows_shown = now, self._rows
        numbers = self._last if loss is None else f"loss {loss:.4f}  {self._last}"
        self._bar.update(self._task, completed=step, numbers=numbers, speed=speed, refresh=True)

    def epoch_ended(self, row: dict[str, Any], timing: dict[str, Any]) -> None:
        """Show the newest measurements."""
        if self._bar is None or self._plan is None:
            return
        part = "validation" if "validation" in row else "train"
        shown = {"loss": row[part]["loss"], **row[part]}
        self._last = f"{part} " + " ".join(
            f"{name} {value:.4f}" for name, value in shown.items() if value is not None
        )
        self._bar.update(self._task, epoch=min(row["epoch"] + 1, self._plan.epochs), completed=row["step"])

    def ended(self, reason: str) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


class _Speed(ProgressColumn):
    """Samples per second."""

    def render(self, task: Task) -> Text:
        """The number with thousands apart."""
        return Text(f"{task.fields['speed']:,.0f} samples/s")
