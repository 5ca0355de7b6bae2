"""From how much work on a second thread pays: step time on one thread and on all, over growing networks."""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from contestants.glasshouse_train import train
from measuring.cases import Case, Task, mlp, rows_of
from measuring.clock import EpochEnds, spread
from measuring.document import publish, table
from measuring.machine import describe, load, sentence

from glasshouse.core.devices import LARGE_STEP, cores

CLASSES = 10
WIDTHS = (16, 32, 64, 96, 128, 192, 256, 384, 512)
BATCHES = (32, 128, 512)
FEWEST, MOST = 300_000, 300_000_000
"""Multiply-accumulates per step between which the answer lies for sure."""
TIMED = 0.15
"""Seconds that a training should take, more or less."""


@dataclass(frozen=True)
class Point:
    """One network at one batch size.

    Args:
        width: Inputs, and units of both hidden layers.
        batch: Rows per step.
        seconds: Per step by number of threads, round by round.
    """

    width: int
    batch: int
    seconds: dict[int, list[float]]

    @property
    def macs(self) -> int:
        """Multiply-accumulates of a training step: one pass forward, two of the same work backward."""
        return 3 * self.batch * (2 * self.width**2 + self.width * CLASSES)

    @property
    def gains(self) -> list[float]:
        """How many times faster all threads are than one, round by round."""
        one, many = (self.seconds[count] for count in sorted(self.seconds))
        return [a / b for a, b in zip(one, many, strict=True)]


def main() -> None:
    """Measure, print, and write where asked."""
    options = arguments()
    before = load()
    points = [measured(width, batch, options) for batch, width in sizes()]
    machine = describe(f"python benchmarks/threads.py --rounds {options.rounds}", (), before)
    rows = [
        [
            f"{point.width}-{point.width}-{point.width}-{CLASSES}, batch {point.batch}",
            f"{point.macs / 1e6:.2f}",
            *(f"{1e6 * spread(values).median:.0f}" for _, values in sorted(point.seconds.items())),
            spread(point.gains).text(),
        ]
        for point in points
    ]
    heads = ["", "million multiply-accumulates", "one thread, µs", f"{options.threads} threads, µs", "gain"]
    text = "\n\n".join(
        [
            "## From when on a second thread pays",
            sentence(machine),
            "Time of a Glasshouse training step over dense networks of growing work. The gain is one "
            f"thread's time over that of {options.threads}: median (quartiles) of {options.rounds} rounds.",
            table(heads, rows),
            conclusion(points),
        ]
    )
    results = {"machine": machine, "points": [{**vars(each), "macs": each.macs} for each in points]}
    publish("threads", text, results, options.write, options.json)


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="rounds that count (default 7)")
    parser.add_argument("--threads", type=int, default=cores(), help="threads to compare with one")
    parser.add_argument("--write", type=Path, metavar="FILE", help="Markdown file to put the table into")
    parser.add_argument("--json", type=Path, metavar="FILE", help="JSON file for every single number")
    options = parser.parse_args()
    if options.rounds < 1 or options.threads < 2:
        parser.error("--rounds is a whole number from 1 and --threads one from 2: there must be two cores")
    return options


def sizes() -> list[tuple[int, int]]:
    """Batch size and width of every network that is measured."""
    every = [(batch, width) for batch in BATCHES for width in WIDTHS]
    return [(batch, width) for batch, width in every if FEWEST <= Point(width, batch, {}).macs <= MOST]


def measured(width: int, batch: int, options: argparse.Namespace) -> Point:
    """One thread and many, in turns."""
    point = Point(width, batch, {1: [], options.threads: []})
    steps = max(10, round(TIMED / 2 / (3e-4 + point.macs / 2e10)))
    case = Case(
        "threads", "", lambda: mlp(width, width, width, CLASSES), (width,), CLASSES, batch, 1, steps, 2
    )
    rows = rows_of(case)
    for number in range(options.rounds + 1):
        counts = sorted(point.seconds, reverse=bool(number % 2))
        for count in counts:
            ends = EpochEnds()
            torch.set_num_threads(count)
            with tempfile.TemporaryDirectory(prefix="threads-") as folder:
                own = replace(case, threads=count)
                train(Task(own, case.epochs + 1, rows, number, Path(folder)), ends)
            if number:
                point.seconds[count].append(ends.seconds_per_step(steps))
    gain = spread(point.gains)
    print(f"batch {batch}, width {width}: gain {gain.text()}", file=sys.stderr, flush=True)
    return point


def crossover(points: Sequence[Point]) -> float | None:
    """Multiply-accumulates at which the gain becomes 1 and stays above, between two measured points.

    Between neighbours the gain is taken to be a straight line over the logarithm of the work.
    """
    ordered = sorted(points, key=lambda each: each.macs)
    gains = [spread(each.gains).median for each in ordered]
    below = [place for place, gain in enumerate(gains) if gain < 1]
    if not below or below[-1] + 1 == len(ordered):
        return None
    left = below[-1]
    share = (1 - gains[left]) / (gains[left + 1] - gains[left])
    low, high = (math.log(ordered[place].macs) for place in (left, left + 1))
    return math.exp(low + share * (high - low))


def conclusion(points: Sequence[Point]) -> str:
    """Where the gain becomes 1, beside what Glasshouse goes by."""
    found = []
    for batch in BATCHES:
        own = [point for point in points if point.batch == batch]
        place = crossover(own)
        if place is not None:
            found.append(f"{place / 1e6:.1f} million at batch {batch}")
        elif all(spread(point.gains).median >= 1 for point in own):
            found.append(f"below {min(point.macs for point in own) / 1e6:.1f} million at batch {batch}")
        else:
            found.append(f"above {max(point.macs for point in own) / 1e6:.1f} million at batch {batch}")
    return (
        f"A second thread pays from {', '.join(found)} on. "
        f"Glasshouse uses it from {LARGE_STEP / 1e6:.0f} million on (`LARGE_STEP`)."
    )


if __name__ == "__main__":
    main()
