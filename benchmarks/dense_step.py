"""Time per step of small dense networks: Glasshouse by each of its engines, plain loops, and other trainers.

All in one process and on pinned threads, epoch by epoch in turns, so that a busy moment of the machine meets
everybody. What counts is the ratio within a round.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import math
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from contestants import CONTESTANTS, ENGINES, Contestant
from measuring.adult import BATCH, FEATURES, adult_rows, available
from measuring.cases import CASES, Case, Score, Task, mlp, rows_of
from measuring.clock import EpochEnds, spread
from measuring.document import publish, table
from measuring.environment import environment
from measuring.machine import describe, load, sentence
from measuring.pinning import pin

Trainer = Callable[[Task, EpochEnds], Score]
Results = dict[str, dict[str, list[float]]]


def also(contestant: Contestant, settings: Mapping[str, Any]) -> Contestant:
    """A contestant with further settings."""
    return replace(contestant, settings={**contestant.settings, **settings})


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
    "adult": Case(
        "adult",
        f"Adult, prepared: MLP {FEATURES}-64-32-2, batch {BATCH}",
        lambda: mlp(FEATURES, 64, 32, 2),
        (FEATURES,),
        2,
        BATCH,
        threads=1,
        steps=127,
        epochs=4,
        data=adult_rows,
    ),
}
"""From where nearly all is overhead to where nearly nothing is."""


UNWATCHED = {"watch": {"probes": False}}
REFERENCE = "tutorial loop"
WAYS = {
    REFERENCE: CONTESTANTS["tutorial"],
    "by hand: in memory, fused Adam": CONTESTANTS["in_memory"],
    "the matrix products alone": Contestant("the matrix products alone", "products", "products_alone"),
    "scikit-learn MLPClassifier": CONTESTANTS["scikit_learn"],
    "scikit-learn MLPClassifier, float64": also(CONTESTANTS["scikit_learn"], {"double": True}),
    "Lightning, barebones": CONTESTANTS["lightning"],
    "skorch, no callbacks": CONTESTANTS["skorch"],
    "Keras 3 on torch": CONTESTANTS["keras"],
    "JAX, jit of a whole-run scan": CONTESTANTS["jax"],
    "Glasshouse, autograd": ENGINES["glasshouse_autograd"],
    "Glasshouse, dense": ENGINES["glasshouse_dense"],
    "Glasshouse, dense, no probes": also(ENGINES["glasshouse_dense"], UNWATCHED),
    "Glasshouse, fused": ENGINES["glasshouse_fused"],
    "Glasshouse, fused, no probes": also(ENGINES["glasshouse_fused"], UNWATCHED),
}
PACKAGES = ("scikit-learn", "pytorch-lightning", "skorch", "keras", "jax", "numba")


def main() -> None:
    """Measure, print, and write where asked."""
    options = arguments()
    before = load()
    pin(options.threads)
    cases = [replace(SIZES[name], threads=options.threads) for name in options.cases]
    with tempfile.TemporaryDirectory(prefix="dense-step-") as folder:
        os.environ |= environment(Path(folder))
        trainers = {name: trainer(each) for name, each in WAYS.items() if each.missing is None}
        results = {case.name: measured(case, trainers, options.rounds) for case in cases}
    command = f"python benchmarks/dense_step.py --threads {options.threads} --rounds {options.rounds}"
    machine = describe(command + f" --cases {' '.join(options.cases)}", PACKAGES, before)
    parts = [
        f"## Small dense networks, {options.threads} thread{'s' * (options.threads > 1)}",
        sentence(machine),
        "Speed as a multiple of the tutorial loop's, of the same round: median (quartiles) of "
        f"{options.rounds} rounds. All begin with the same weights, but for scikit-learn, and end with the "
        "same loss but for rounding and the order of rows. The matrix products alone are what nobody goes "
        "below in float32, but for a faster BLAS; float64 is what scikit-learn computes in by default."
        + "".join(f" Not installed: {name}." for name in WAYS if name not in trainers),
        *(section(case, results[case.name]) for case in cases),
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
    known = [name for name in SIZES if name != "adult" or available()]
    parser.add_argument("--cases", nargs="+", choices=known, default=known)
    parser.add_argument("--rounds", type=int, default=9, help="rounds that count, from 1 (default 9)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads for everybody (default 1)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="Markdown file to put the table into")
    parser.add_argument("--json", type=Path, metavar="FILE", help="JSON file for every single number")
    options = parser.parse_args()
    if min(options.rounds, options.threads) < 1:
        parser.error("--rounds and --threads are whole numbers from 1")
    return options


def trainer(contestant: Contestant) -> Trainer:
    """What trains, with the contestant's settings."""
    module = importlib.import_module(f"contestants.{contestant.module}")
    return partial(module.train, **contestant.settings)


def measured(case: Case, trainers: dict[str, Trainer], rounds: int) -> Results:
    """Seconds per step, loss and accuracy at the end of everybody, round by round, the first one left out."""
    rows = rows_of(case)
    results: Results = {name: {"seconds": [], "losses": [], "accuracies": []} for name in trainers}
    for number in range(rounds + 1):
        print(f"{case.title}: round {number} of {rounds}", file=sys.stderr, flush=True)
        turn = number % len(trainers)
        for name in [*list(trainers)[turn:], *list(trainers)[:turn]]:
            ends = EpochEnds()
            gc.collect()
            with tempfile.TemporaryDirectory(prefix="dense-step-") as folder:
                task = Task(case, case.epochs + 1, rows, number, Path(folder))
                loss, accuracy = trainers[name](task, ends)
            if number:
                results[name]["seconds"].append(ends.seconds_per_step(case.steps))
                results[name]["losses"].append(loss)
                results[name]["accuracies"].append(accuracy)
    return results


def section(case: Case, results: Results) -> str:
    """Heading and table of one case."""
    text = f"### {case.title}\n\n"
    if case.data is not None:
        text += (
            f"{case.rows:,} rows, an epoch of {case.steps} steps; preparing the data is not counted. Loss "
            "and accuracy are those on the rows of the test file, after "
            f"{case.epochs + 1} epochs of everybody.\n\n"
        )
    return text + detailed(case, results)


def detailed(case: Case, results: Results) -> str:
    """The table of one case."""
    reference = results[REFERENCE]["seconds"]
    rows = []
    for name, found in results.items():
        ratios = [theirs / own for theirs, own in zip(reference, found["seconds"], strict=True)]
        unit = 1e3 * case.steps if case.data is not None else 1e6
        rows.append(
            [
                name,
                spread([unit * each for each in found["seconds"]]).text("{:.0f}"),
                spread(ratios).text(),
                *scores(found),
            ]
        )
    unit = "ms per epoch" if case.data is not None else "µs per step"
    head = ["", f"{unit} (quartiles)", "times the tutorial loop (quartiles)", "loss at the end", "accuracy"]
    return table(head, rows)


def scores(found: dict[str, list[float]]) -> list[str]:
    """Loss and accuracy at the end, of who learns something."""
    if any(math.isnan(each) for each in found["losses"]):
        return ["–", "–"]
    return [f"{spread(found['losses']).median:.4f}", f"{100 * spread(found['accuracies']).median:.1f} %"]


if __name__ == "__main__":
    main()
