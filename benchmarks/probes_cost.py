"""What watching costs: Glasshouse's time per step with probes off, at the default, and more often."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from contestants.glasshouse_train import train
from measuring.cases import CASES, Case, Task, fitted, rows_of
from measuring.clock import EpochEnds, spread
from measuring.document import publish, table
from measuring.machine import describe, load, sentence

DEFAULT = 200
"""Steps between two looks at the default, in runs of up to 25,000 steps; longer runs look more rarely."""

WAYS: dict[str, dict[str, Any]] = {
    "off": {"probes": False},
    "default": {},
    "every 10th step": {"every": 10},
    "every step": {"every": 1},
}


def main() -> None:
    """Measure, print, and write where asked."""
    options = arguments()
    before = load()
    cases = [fitted(name, options.threads) for name in options.cases]
    results = {case.name: measured(case, options.rounds) for case in cases}
    named = f" --threads {options.threads}" if options.threads else ""
    machine = describe(f"python benchmarks/probes_cost.py --rounds {options.rounds}{named}", (), before)
    heads = ["", "step without probes, µs", "one look, µs", "default, computed", *list(WAYS)[1:]]
    rows = [row(case, results[case.name]) for case in cases]
    text = "\n\n".join(
        [
            "## What probes cost",
            sentence(machine),
            "Time added to a training step, in percent of the step without probes: median (quartiles) of "
            f"{options.rounds} rounds in which each way trains once. The default looks at every {DEFAULT}th "
            "step. Its share is too small to measure well, so it is also computed: what a look costs when "
            f"there is one at every step, spread over {DEFAULT} steps.",
            table(heads, rows),
        ]
    )
    publish("probes_cost", text, {"machine": machine, "seconds": results}, options.write, options.json)


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--rounds", type=int, default=15, help="rounds that count (default 15)")
    parser.add_argument("--threads", type=int, help="CPU threads in all cases (default: by the case)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="Markdown file to put the table into")
    parser.add_argument("--json", type=Path, metavar="FILE", help="JSON file for every single number")
    options = parser.parse_args()
    if options.rounds < 1 or (options.threads is not None and options.threads < 1):
        parser.error("--rounds and --threads are whole numbers from 1")
    return options


def measured(case: Case, rounds: int) -> dict[str, list[float]]:
    """Seconds per step of every way, round by round, the first round left out."""
    torch.set_num_threads(case.threads)
    rows = rows_of(case)
    names = list(WAYS)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds + 1):
        print(f"{case.title}: round {number} of {rounds}", file=sys.stderr, flush=True)
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            ends = EpochEnds()
            with tempfile.TemporaryDirectory(prefix="probes-cost-") as folder:
                task = Task(case, case.epochs + 1, rows, number, Path(folder))
                train(task, ends, WAYS[name])
            if number:
                seconds[name].append(ends.seconds_per_step(case.steps))
    return seconds


def row(case: Case, seconds: dict[str, list[float]]) -> list[str]:
    """A row of the table."""
    off = seconds["off"]
    added = {
        name: spread([100 * (each / plain - 1) for each, plain in zip(values, off, strict=True)])
        for name, values in seconds.items()
        if name != "off"
    }
    look = spread([1e6 * (a - b) for a, b in zip(seconds["every step"], off, strict=True)])
    return [
        case.setting,
        f"{1e6 * spread(off).median:.0f}",
        f"{look.median:.0f}",
        f"{added['every step'].median / DEFAULT:+.1f} %",
        *(f"{each.median:+.1f} ({each.lower:+.1f} to {each.upper:+.1f}) %" for each in added.values()),
    ]


if __name__ == "__main__":
    main()
