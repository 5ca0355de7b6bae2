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
import tempfile
from collections import Counter
from pathlib import Path
from time import perf_counter
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import warnings

import numpy as np
from joblib.externals.loky import get_reusable_executor
from measuring.clock import spread
from measuring.document import publish, table
from measuring.machine import describe, load, sentence
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

import glasshouse as gh
from glasshouse.data import divide
from glasshouse.data import load as load_data
from glasshouse.search.ground import Ground

RATES = [float(f"{rate:.4g}") for rate in np.geomspace(3e-4, 3e-2, 8)]
WIDTHS = [[16], [32], [64], [32, 16]]
ACTIVATIONS = {"relu": "relu", "tanh": "tanh"}
FOLDS, BATCH = 5, 32
LOOP = (
    "The fused loop is the optional tier (`glasshouse[fast]`), compiled beforehand; the first round of a "
    "process, and every further process, loads it, which is counted."
)
SETS = {"breast_cancer": ("z-score", StandardScaler), "digits": ("min-max", MinMaxScaler)}
"""The data, and how both sides scale them inside each fold."""


def main() -> None:
    """Measure, print, and write where asked."""
    options = arguments()
    warnings.simplefilter("ignore", ConvergenceWarning)
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
    parser.add_argument("--data", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--epochs", type=int, default=20, help="passes of every network (default 20)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, everybody once in each (default 3)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="Markdown file to put the section into")
    parser.add_argument("--json", type=Path, metavar="FILE", help="JSON file for every single number")
    options = parser.parse_args()
    if min(options.epochs, options.rounds) < 1:
        parser.error("--epochs and --rounds are whole numbers from 1")
    return options


def experiment(name: str, epochs: int) -> gh.Experiment:
    """What all points of the grid have in common."""
    return gh.Experiment(
        data={"source": name, "prepare": {"scaling": SETS[name][0]}},
        model={"name": "mlp", "hidden": [16], "dropout": 0.0},
        training={
            "epochs": epochs,
            "batch_size": BATCH,
            "optimizer": "adam",
            "schedule": "constant",
            "weight_decay": 0.0,
            "threads": 1,
            "early_stopping": {"patience": "off"},
        },
    )


def by_sweep(name: str, epochs: int, processes: int) -> tuple[float, float, str]:
    """Seconds and best mean accuracy of gh.sweep, and what trained the networks."""
    space = {
        "training.learning_rate": RATES,
        "model.hidden": WIDTHS,
        "model.activation": list(ACTIVATIONS),
    }
    with tempfile.TemporaryDirectory(prefix="grid-") as folder:
        began = perf_counter()
        found = gh.sweep(
            experiment(name, epochs), space, strategy="grid", trials=64, folds=FOLDS, seeds=1, refit=False,
            processes=processes, out=folder, observers=[],
        )  # fmt: skip
        seconds = perf_counter() - began
        assert len(found.ranking) == 64
        tiers = Counter(each.engine for each in found.trials)
        return seconds, found.ranking[0].mean, ", ".join(f"{tier} ({count})" for tier, count in tiers.items())


def by_scikit_learn(name: str, epochs: int) -> tuple[float, float, str]:
    """Seconds and best mean accuracy of GridSearchCV on two processes, on the same rows and folds."""
    settings = experiment(name, epochs)
    raw = load_data(settings.data)
    assert raw.target is not None
    ground = Ground(raw, divide(raw, settings.data.split, settings.seed), FOLDS, settings.seed)
    inputs = raw.frame.to_numpy() if raw.kind == "table" else raw.pixels.reshape(len(raw), -1)
    network = MLPClassifier(
        solver="adam", alpha=0.0, batch_size=BATCH, max_iter=epochs, tol=0.0, n_iter_no_change=epochs + 1,
        random_state=0,
    )  # fmt: skip
    grid = {
        "mlpclassifier__learning_rate_init": RATES,
        "mlpclassifier__hidden_layer_sizes": [tuple(each) for each in WIDTHS],
        "mlpclassifier__activation": list(ACTIVATIONS.values()),
    }
    folds = [(each.train, each.held) for each in ground.folds]
    pipeline = make_pipeline(SETS[name][1](), network)
    search = GridSearchCV(pipeline, grid, cv=folds, n_jobs=2, refit=False)
    began = perf_counter()
    search.fit(inputs.astype(np.float64), raw.target.values)
    seconds = perf_counter() - began
    get_reusable_executor().shutdown(wait=True)  # so that what its processes computed is counted
    return seconds, float(search.best_score_), ""


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
