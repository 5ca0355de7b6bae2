"""What the wrappers around an optimizer's step cost: torch.optim's step() against Glasshouse's bare one."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from measuring.clock import spread
from measuring.document import publish, table
from measuring.machine import describe, load, sentence
from torch import nn

from glasshouse.core.devices import threads
from glasshouse.training.optimizer_step import bare_step

PARAMETERS = (3_000, 235_000)
"""Of the two dense networks in step_time.py, roughly."""
CALLS = 200
"""Calls per round: some milliseconds, short enough to fall between two disturbances."""


def main() -> None:
    """Measure, print, and write where asked."""
    options = arguments()
    before = load()
    with threads(1):
        results = {count: measured(count, options.rounds) for count in PARAMETERS}
    machine = describe(f"python benchmarks/optimizer_step.py --rounds {options.rounds}", (), before)
    rows = []
    for count, seconds in results.items():
        whole, bare = (spread([1e6 * each for each in seconds[name]]) for name in ("step", "bare_step"))
        saved = spread([1e6 * (a - b) for a, b in zip(seconds["step"], seconds["bare_step"], strict=True)])
        rows.append([f"{count:,}", whole.text("{:.1f}"), bare.text("{:.1f}"), f"{saved.median:.1f}"])
    head = ["parameters", "step(), µs", "bare step, µs", "saved, µs"]
    text = "\n\n".join(
        [
            "## One optimizer step",
            sentence(machine),
            "Fused AdamW on one flat parameter, one thread: `optimizer.step()`, and the same update without "
            "the profiler's and compiler's wrappers, as Glasshouse calls it. Median (quartiles) of "
            f"{options.rounds} rounds of {CALLS} calls each, taken in turns.",
            table(head, rows),
        ]
    )
    publish("optimizer_step", text, {"machine": machine, "seconds": results}, options.write, options.json)


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100, help="rounds that count (default 100)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="Markdown file to put the table into")
    parser.add_argument("--json", type=Path, metavar="FILE", help="JSON file for every single number")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds is a whole number from 1")
    return options


def measured(count: int, rounds: int) -> dict[str, list[float]]:
    """Seconds per call of both ways, round by round, the first round left out."""
    ways = {
        "step": optimizer_of(count).step,
        "bare_step": bare_step(optimizer_of(count), lasting_gradients=True),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    with torch.no_grad():
        for number in range(rounds + 1):
            for name, call in ways.items():
                spent = timed(call)
                if number:
                    seconds[name].append(spent)
    return seconds


def optimizer_of(count: int) -> torch.optim.Optimizer:
    """Fused AdamW on one parameter with a gradient."""
    flat = nn.Parameter(torch.zeros(count))
    flat.grad = torch.randn(count, generator=torch.Generator().manual_seed(0)) / 100
    return torch.optim.AdamW([flat], fused=True)


def timed(call: Callable[[], Any]) -> float:
    """Seconds per call."""
    began = perf_counter()
    for _ in range(CALLS):
        call()
    return (perf_counter() - began) / CALLS


if __name__ == "__main__":
    main()
