"""Time per step of small dense networks: Glasshouse by each of its engines, plain loops, and other trainers.

All in one process and on pinned threads, epoch by epoch in turns, so that a busy moment of the machine meets
everybody. What counts is the ratio within a round.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from contestants import in_memory_loop, jax_scan, lightning_trainer, scikit_learn_mlp, tutorial_loop
from contestants.glasshouse_train import train_watched
from measuring.cases import CASES, Case, Task, mlp, rows_of
from measuring.clock import EpochEnds, spread
from measuring.document import publish, table
from measuring.machine import describe, load, sentence

SIZES = {
    "tiny": CASES["tiny"],
    "mlp": CASES["mlp"],
    "table": replace(
        CASES["tiny"],
        name="table",
        title="MLP 30-128-64-2, batch 64",
        build=lambda: mlp(30, 128, 64, 2),
        input_shape=(30,),
        classes=2,
        batch_size=64,
        steps=50,
        epochs=6,
    ),
    "wide": replace(
        CASES["mlp"],
        name="wide",
        title="MLP 256-1024-1024-10, batch 256",
        build=lambda: mlp(256, 1024, 1024, 10),
        input_shape=(256,),
        batch_size=256,
        steps=10,
        epochs=2,
    ),
}
"""From where nearly all is overhead to where nearly nothing is."""


def by_engine(engine: str, watch: dict[str, Any]) -> Callable[[Task, EpochEnds], float]:
    """Glasshouse's own loop, with records and checkpoints, by one of its engines."""

    def train(task: Task, ends: EpochEnds) -> float:
        return train_watched(task, ends, watch, engine=engine)

    return train


REFERENCE = "tutorial loop"
WAYS: dict[str, Callable[[Task, EpochEnds], float]] = {
    REFERENCE: tutorial_loop.train,
    "by hand: in memory, fused Adam": in_memory_loop.train,
    "scikit-learn MLPClassifier": scikit_learn_mlp.train,
    "Lightning, barebones": lightning_trainer.train,
    "JAX, jit of a whole-run scan": jax_scan.train,
    "Glasshouse, autograd": by_engine("autograd", {}),
    "Glasshouse, dense": by_engine("dense", {}),
    "Glasshouse, dense, no probes": by_engine("dense", {"probes": False}),
    "Glasshouse, fused": by_engine("fused", {}),
    "Glasshouse, fused, no probes": by_engine("fused", {"probes": False}),
}
PACKAGES = ("scikit-learn", "pytorch-lightning", "jax", "numba")


def main() -> None:
    """Measure, print, and write where asked."""
    options = arguments()
    pin(options.threads)
    before = load()
    cases = [replace(SIZES[name], threads=options.threads) for name in options.cases]
    results = {case.name: measured(case, options.rounds) for case in cases}
    command = f"python benchmarks/dense_step.py --threads {options.threads} --rounds {options.rounds}"
    machine = describe(command + f" --cases {' '.join(options.cases)}", PACKAGES, before)
    parts = [
        f"## Small dense networks, {options.threads} thread{'s' * (options.threads > 1)}",
        sentence(machine),
        "Speed as a multiple of the tutorial loop's, of the same round: median (quartiles) of "
        f"{options.rounds} rounds. All end with the same loss but for rounding.",
        *(f"### {case.title}\n\n{detailed(results[case.name])}" for case in cases),
    ]
    publish(
        f"small_networks_{options.threads}",
        "\n\n".join(parts),
        {"machine": machine, "results": results},
        options.write,
        options.json,
    )


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--rounds", type=int, default=9, help="rounds that count, from 1 (default 9)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads for everybody (default 1)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="Markdown file to put the table into")
    parser.add_argument("--json", type=Path, metavar="FILE", help="JSON file for every single number")
    options = parser.parse_args()
    if min(options.rounds, options.threads) < 1:
        parser.error("--rounds and --threads are whole numbers from 1")
    return options


def pin(threads: int) -> None:
    """As many threads as asked for, on as many cores, always the same ones."""
    torch.set_num_threads(threads)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def measured(case: Case, rounds: int) -> dict[str, dict[str, list[float]]]:
    """Seconds per step and loss at the end of everybody, round by round, the first round left out."""
    inputs, targets = rows_of(case)
    results: dict[str, dict[str, list[float]]] = {name: {"seconds": [], "losses": []} for name in WAYS}
    for number in range(rounds + 1):
        print(f"{case.title}: round {number} of {rounds}", file=sys.stderr, flush=True)
        turn = number % len(WAYS)
        for name in [*list(WAYS)[turn:], *list(WAYS)[:turn]]:
            ends = EpochEnds()
            with tempfile.TemporaryDirectory(prefix="dense-step-") as folder:
                loss = WAYS[name](Task(case, case.epochs + 1, inputs, targets, number, Path(folder)), ends)
            if number:
                results[name]["seconds"].append(ends.seconds_per_step(case.steps))
                results[name]["losses"].append(loss)
    return results


def detailed(results: dict[str, dict[str, list[float]]]) -> str:
    """The table of one case."""
    reference = results[REFERENCE]["seconds"]
    rows = []
    for name, found in results.items():
        ratios = [theirs / own for theirs, own in zip(reference, found["seconds"], strict=True)]
        micro = spread([1e6 * each for each in found["seconds"]])
        rows.append(
            [name, micro.text("{:.0f}"), spread(ratios).text(), f"{spread(found['losses']).median:.4f}"]
        )
    head = ["", "µs per step (quartiles)", "times the tutorial loop (quartiles)", "loss at the end"]
    return table(head, rows)


if __name__ == "__main__":
    main()
