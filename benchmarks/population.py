"""Time per network of populations: 1, 8, 64 and 512 trained at once, beside one trained alone.

Everybody learns the same rows with the same settings but for seed and learning rate. "Alone" is the dense
engine; "at once" is by batched products, as where Numba is not installed; "compiled" is the fused loop, one
network after another. All in one process and on pinned threads, in turns, so that a busy
moment of the machine meets everybody. What counts is the ratio within a round. Setting up is included.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from unittest import mock

import numpy as np
import torch
from measuring.clock import spread
from measuring.document import publish, table
from measuring.machine import describe, load, sentence

from glasshouse.data.parts import Part
from glasshouse.losses import LOSSES
from glasshouse.models.mlp import mlp
from glasshouse.objectives import Supervised
from glasshouse.training.batches import InMemoryBatches
from glasshouse.training.job import Job
from glasshouse.training.loop import train
from glasshouse.training.population import train_together, worth


@dataclass(frozen=True)
class Size:
    """Networks of one shape and what they learn."""

    title: str
    inputs: int
    hidden: tuple[int, ...]
    classes: int
    rows: int
    batch_size: int
    epochs: int


SIZES = {
    "iris": Size("MLP 4-16-3, batch 16", 4, (16,), 3, 120, 16, 30),
    "tiny": Size("MLP 4-64-32-3, batch 32", 4, (64, 32), 3, 640, 32, 10),
    "table": Size("MLP 30-128-64-2, batch 64", 30, (128, 64), 2, 640, 64, 6),
}
"""From nearly all overhead to a good deal of arithmetic."""

COUNTS = (1, 8, 64, 512)
COMPILED = 512
"""Networks that are trained by the fused loop too."""
ALONE = 4
"""Networks that are trained alone in a round, for one mean."""


def main() -> None:
    """Measure, print, and write where asked."""
    options = arguments()
    torch.set_num_threads(1)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    before = load()
    results = {name: measured(SIZES[name], options.rounds) for name in options.sizes}
    command = f"python benchmarks/population.py --rounds {options.rounds} --sizes {' '.join(options.sizes)}"
    machine = describe(command, (), before)
    parts = [
        "## Populations, 1 thread",
        sentence(machine),
        "Milliseconds per network, setting up included, and the time of one trained alone by the dense "
        f"engine as a multiple of it, of the same round: median (quartiles) of {options.rounds} rounds. "
        "One network by itself goes through the dense engine here too; those of the last line each go "
        "through the fused loop, compiled and loaded beforehand.",
        *(f"### {SIZES[name].title}\n\n{detailed(found)}" for name, found in results.items()),
    ]
    publish(
        "population",
        "\n\n".join(parts),
        {"machine": machine, "results": results},
        options.write,
        options.json,
    )


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--rounds", type=int, default=5, help="rounds that count, from 1 (default 5)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="Markdown file to put the table into")
    parser.add_argument("--json", type=Path, metavar="FILE", help="JSON file for every single number")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds is a whole number from 1")
    return options


def measured(size: Size, rounds: int) -> dict[str, list[float]]:
    """Seconds per network of everybody, round by round, the first round left out."""
    names = ("alone", *map(str, COUNTS), "compiled")
    results: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds + 1):
        print(f"{size.title}: round {number} of {rounds}", file=sys.stderr, flush=True)
        order = list(results)
        for name in order[number % len(order) :] + order[: number % len(order)]:
            count = {"alone": ALONE, "compiled": COMPILED}.get(name) or int(name)
            seconds = trained(name, size, count, number)
            if number:
                results[name].append(seconds / count)
    return results


def trained(name: str, size: Size, count: int, number: int) -> float:
    """Seconds in which so many networks are trained: one after the other, together, or by the fused loop."""
    engine = "fused" if name == "compiled" else "auto"
    jobs = [replace(job, engine=engine) for job in jobs_of(size, count, number)]
    began = perf_counter()
    if name == "alone":
        for job in jobs:
            train(job)
    else:
        with mock.patch.object(worth, "available", return_value=False):
            train_together(jobs)
    return perf_counter() - began


def jobs_of(size: Size, count: int, number: int) -> list[Job]:
    """Networks with seeds and rates of their own, on rows that they share."""
    stream = torch.Generator().manual_seed(number)
    inputs = torch.randn(size.rows + size.rows // 4, size.inputs, generator=stream)
    targets = inputs[:, : size.classes].argmax(1)
    first = size.rows
    part = Part(inputs[:first], targets[:first], np.arange(first))
    watching = Part(inputs[first:], targets[first:], np.arange(first, len(inputs)))
    jobs = []
    for seed in range(count):
        torch.manual_seed(seed)
        jobs.append(
            Job(
                network=mlp(size.inputs, size.classes, hidden=size.hidden),
                batches=InMemoryBatches(part, batch_size=size.batch_size, seed=seed),
                objective=Supervised(LOSSES.build("cross_entropy")),
                optimizer="adamw",
                schedule="cosine",
                learning_rate=0.001 * (1 + seed % 8),
                weight_decay=0.01,
                epochs=size.epochs,
                validation=watching,
                seed=seed,
            )
        )
    return jobs


def detailed(results: dict[str, list[float]]) -> str:
    """The table of one size."""
    alone = results["alone"]
    rows = []
    for name, found in results.items():
        milliseconds = spread([1e3 * each for each in found])
        ratios = spread([theirs / own for theirs, own in zip(alone, found, strict=True)])
        title = f"{name} at once" if name.isdigit() else name
        title += f", {COMPILED}" * (name == "compiled")
        rows.append([title, milliseconds.text("{:.1f}"), ratios.text()])
    return table(["", "ms per network (quartiles)", "times as fast as alone (quartiles)"], rows)


if __name__ == "__main__":
    main()
