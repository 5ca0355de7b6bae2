"""A table of the best trials for people at a terminal, renewed as trials are done."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from glasshouse.search.measure import Measure
from glasshouse.search.standing import ranked
from glasshouse.search.trial import Trial

SHOWN = 8
"""Trials in the table."""


class LiveTable:
    """The best trials so far, how many are done, and how far those in training are. On standard error.

    Shows nothing where standard error is no terminal.

    Args:
        console: Where to draw; by default standard error.
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True)
        self._live: Live | None = None
        self._done: Mapping[int, Trial] = {}
        self._total = 0
        self._first = 0
        self._measure = Measure("loss")
        self._training = ""
        self._began = time.perf_counter()

    def began(self, done: Mapping[int, Trial], total: int, measure: Measure) -> None:
        """Draw what is done already."""
        self._done, self._total, self._measure = done, total, measure
        self._first, self._began, self._training = len(done), time.perf_counter(), ""
        if self.console.is_terminal and self._live is None:
            self._live = Live(self._table(), console=self.console, transient=True, auto_refresh=False)
            self._live.start()
        self._draw()

    def advanced(self, epochs: int, of: int, trials: int) -> None:
        """Show how far the trials in training are."""
        self._training = f"{trials} in training, epoch {epochs} of {of}"
        self._draw()

    def finished(self, trial: Trial, done: Mapping[int, Trial]) -> None:
        """Put a trial in its place."""
        self._done = done
        self._draw()

    def ended(self) -> None:
        """Take the table away."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _draw(self) -> None:
        if self._live is not None:
            self._live.update(self._table(), refresh=True)

    def _table(self) -> Group:
        best = ranked(self._done, self._measure)[:SHOWN]
        return Group(Text(self._line(), style="dim"), best_table(best, self._measure))

    def _line(self) -> str:
        fresh = len(self._done) - self._first
        words = [f"{len(self._done)} of {self._total} trials"]
        states = [each.state for each in self._done.values()]
        words += [f"{states.count(state)} {state}" for state in ("dropped", "failed") if state in states]
        words += [self._training] if self._training else []
        if fresh:
            seconds = time.perf_counter() - self._began
            words.append(f"about {_duration(seconds / fresh * (self._total - len(self._done)))} left")
        return " · ".join(words)


def best_table(best: list[Trial], measure: Measure) -> Table:
    """The table: score, its spread over folds and seeds, and the settings."""
    table = Table(box=None, pad_edge=False)
    keys = list(dict.fromkeys(key for each in best for key in each.settings))
    for name in ("trial", measure.name, "spread"):
        table.add_column(name, justify="right", header_style="dim", no_wrap=True)
    for key in keys:
        table.add_column(key.partition(".")[2], header_style="dim", overflow="fold")
    for place, each in enumerate(best):
        cells = [str(each.number), f"{each.mean:.4f}", f"{each.spread:.4f}" if each.cells.size > 1 else "–"]
        cells += [shown(each.settings.get(key)) for key in keys]
        table.add_row(*cells, style="bold" if place == 0 else "")
    return table


def shown(value: Any) -> str:
    """A value of the space for people.

    Example:
        >>> shown(0.00123456), shown([64, 32]), shown({"name": "sgd", "momentum": 0.9}), shown(None)
        ('0.00123', '64, 32', 'sgd momentum=0.9', '–')
    """
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(shown(each) for each in value) or "none"
    if isinstance(value, Mapping):
        others = [f"{key}={shown(each)}" for key, each in value.items() if key != "name"]
        return " ".join([str(value.get("name", "")), *others]).strip()
    return str(value)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes / 60:.1f} h"
