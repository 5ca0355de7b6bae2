"""A grid of 64 points on five folds: scikit-learn's GridSearchCV over MLPClassifier against gh.sweep.

The same rows and folds, networks, epochs, batches and optimizer (Adam at a constant rate, no decay, no early
stopping), everything scored at the last epoch. Every process computes on one thread. What counts is the wall
time of the whole call, from the arrays or the data's name to the ranking.
"""

from __future__ import annotations

import argparse
import copy
import os
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from contestants import glasshouse_sweep, grid_search
from measuring.clock import spread
from measuring.document import publish, table
from measuring.grid_points import BATCH, FOLDS, SCALING
from measuring.machine import describe, load, sentence

from glasshouse.data import divide
from glasshouse.data import load as load_data
from glasshouse.search.ground import Ground

LOOP = (
    "The fused loop is the optional tier (`glasshouse[fast]`), compiled beforehand; the first round of a "
    "process, and every further process, loads it, which is counted."
)


def main() -> None:
    """Measure, print, and write where asked."""
    options = arguments()
    before = load()
    results = {name: measured(name, options) for name in options.data}
    command = f"python benchmarks/grid.py --data {' '.join(options.data)} --epochs {options.epochs}"
    command += f" --rounds {options.rounds}"
    machine = describe(command, ["scikit-learn"], before)
    publish("grid", text(results, machine, options), {"machine": machine, "results": results}, options.write,
            options.json)  # fmt: skip


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", nargs="+", choices=SCALING, default=list(SCALING))
    parser.add_argument("--epochs", type=int, default=20, help="passes of every network (default 20)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, everybody once in each (default 3)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="Markdown file to put the section into")
    parser.add_argument("--json", type=Path, metavar="FILE", help="JSON file for every single number")
    options = parser.parse_args()
    if min(options.epochs, options.rounds) < 1:
        parser.error("--epochs and --rounds are whole numbers from 1")
    return options


def by_sweep(name: str, epochs: int, processes: int) -> tuple[float, float, str]:
    """Seconds and best mean accuracy of gh.sweep, and what trained the networks."""
    began = perf_counter()
    best, tiers = glasshouse_sweep.search(name, epochs, processes)
    return perf_counter() - began, best, tiers


def by_scikit_learn(name: str, epochs: int) -> tuple[float, float, str]:
    """Seconds and best mean accuracy of GridSearchCV on two processes, on the same rows and folds."""
    inputs, classes, folds = ground(name)
    began = perf_counter()
    best = grid_search.search(name, epochs, inputs, classes, folds)
    seconds = perf_counter() - began
    grid_search.dismiss()
    return seconds, best, ""


def ground(name: str) -> tuple[Any, Any, list[tuple[Any, Any]]]:
    """The rows, their classes, and the folds that gh.sweep makes of them."""
    settings = glasshouse_sweep.experiment(name, 1)
    raw = load_data(settings.data)
    assert raw.target is not None
    found = Ground(raw, divide(raw, settings.data.split, settings.seed), FOLDS, settings.seed)
    inputs = raw.frame.to_numpy() if raw.kind == "table" else raw.pixels.reshape(len(raw), -1)
    return inputs, raw.target.values, [(each.train, each.held) for each in found.folds]


WAYS = {
    "scikit-learn: GridSearchCV(MLPClassifier, n_jobs=2)": by_scikit_learn,
    "gh.sweep": lambda name, epochs: by_sweep(name, epochs, 1),
    "gh.sweep, processes=2": lambda name, epochs: by_sweep(name, epochs, 2),
}
REFERENCE = next(iter(WAYS))


def measured(name: str, options: argparse.Namespace) -> dict[str, dict[str, list[Any]]]:
    """Seconds, best scores and tiers of everybody, round by round, in turns."""
    empty: dict[str, list[Any]] = {"seconds": [], "cpu": [], "scores": [], "tiers": [], "load": []}
    results: dict[str, dict[str, list[Any]]] = {way: copy.deepcopy(empty) for way in WAYS}
    for number in range(options.rounds):
        turn = number % len(WAYS)
        for way in [*list(WAYS)[turn:], *list(WAYS)[:turn]]:
            before = computed()
            seconds, score, tier = WAYS[way](name, options.epochs)
            worked = computed() - before
            print(
                f"{name}, round {number + 1}: {way}: {seconds:.2f} s, {worked:.2f} s of CPU, {score:.4f} "
                f"{tier}",
                file=sys.stderr,
                flush=True,
            )
            results[way]["seconds"].append(seconds)
            results[way]["cpu"].append(worked)
            results[way]["scores"].append(score)
            results[way]["tiers"].append(tier)
            results[way]["load"].append(load())
    return results


def computed() -> float:
    """Seconds that this process and those that it has waited for have computed."""
    return sum(os.times()[:4])


def text(results: dict[str, Any], machine: dict[str, Any], options: argparse.Namespace) -> str:
    """The section for the handbook."""
    parts = [
        "## A grid of 64 points on five folds",
        sentence(machine),
        f"320 networks of {options.epochs} epochs at batch {BATCH}, Adam, on the same rows and folds; wall "
        "time of the whole call, one thread in every process. Median of "
        f"{options.rounds} round{'s' * (options.rounds > 1)}, and the ratio to GridSearchCV of the same "
        "round. CPU seconds are those of all processes; a busy machine distorts them less. The best score is "
        "the mean accuracy over the held-out folds. In brackets: what trained how many of the 64 trials. "
        f"{LOOP}",
    ]
    for name, found in results.items():
        reference = found[REFERENCE]["seconds"]
        rows = []
        for way, each in found.items():
            ratios = [theirs / own for theirs, own in zip(reference, each["seconds"], strict=True)]
            rows.append(
                [
                    f"{way} ({each['tiers'][-1]})" if each["tiers"][-1] else way,
                    f"{spread(each['seconds']).median:.2f}",
                    spread(ratios).text(),
                    f"{spread(each['cpu']).median:.2f}",
                    f"{spread(found[REFERENCE]['cpu']).median / spread(each['cpu']).median:.2f}",
                    f"{each['scores'][-1]:.4f}",
                ]
            )
        head = ["", "seconds", "times as fast (quartiles)", "CPU seconds", "times less CPU", "best score"]
        parts.append(f"### {name}\n\n{table(head, rows)}")
    return "\n\n".join(parts)


if __name__ == "__main__":
    main()
