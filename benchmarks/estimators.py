"""A whole fit, side by side: NetworkClassifier, scikit-learn's MLPClassifier, skorch and Keras.

The same architecture, optimizer, batches and epochs for all, in one process, in turns, on pinned threads.
What counts is the ratio to MLPClassifier within a round, over the whole call of ``fit``: checks of the data
and the building of the network included.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "torch")

import numpy as np
import torch
from measuring.adult import adult, available
from measuring.clock import spread
from measuring.document import publish, table
from measuring.machine import describe, load, sentence
from sklearn.datasets import load_digits, load_iris
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import scale
from threadpoolctl import threadpool_limits
from torch import nn

from glasshouse.estimators import NetworkClassifier

warnings.simplefilter("ignore")
RATE = 0.001


@dataclass(frozen=True)
class Case:
    """What is fitted.

    Args:
        title: For the table.
        data: Gives rows and classes.
        hidden: Units of the hidden layers.
        batch: Rows per step.
        epochs: Passes.
        threads: CPU threads.
    """

    title: str
    data: Callable[[], tuple[Any, Any]]
    hidden: tuple[int, ...]
    batch: int
    epochs: int
    threads: int = 1


def drawn(rows: int, features: int, classes: int) -> Callable[[], tuple[Any, Any]]:
    """Rows around one centre per class."""

    def make() -> tuple[Any, Any]:
        random = np.random.RandomState(0)
        y = random.randint(classes, size=rows)
        X = random.randn(rows, features) + random.randn(classes, features)[y]
        return X.astype(np.float32), y

    return make


def real(loader: Callable[..., Any]) -> Callable[[], tuple[Any, Any]]:
    """One of scikit-learn's sets, scaled."""

    def make() -> tuple[Any, Any]:
        X, y = loader(return_X_y=True)
        return scale(X).astype(np.float32), y

    return make


CASES = {
    "tiny": Case("4-64-32-3, batch 32", drawn(960, 4, 3), (64, 32), 32, 20),
    "mlp": Case("784-256-128-10, batch 128", drawn(2560, 784, 10), (256, 128), 128, 3),
    "mlp-2": Case("784-256-128-10, batch 128", drawn(2560, 784, 10), (256, 128), 128, 3, 2),
    "iris": Case("iris, 4-100-3, batch 32", real(load_iris), (100,), 32, 30),
    "digits": Case("digits, 64-100-10, batch 200", real(load_digits), (100,), 200, 30),
    "adult": Case("Adult, prepared, 64-32, batch 256", lambda: adult()[:2], (64, 32), 256, 2),
}


def glasshouse(case: Case) -> Any:
    """Ours."""
    return NetworkClassifier(
        case.hidden,
        batch_size=case.batch,
        max_iter=case.epochs,
        tol=0,
        n_iter_no_change=10**6,
        random_state=0,
    )


def scikit(case: Case) -> Any:
    """The reference."""
    return MLPClassifier(
        case.hidden,
        batch_size=case.batch,
        max_iter=case.epochs,
        tol=0,
        n_iter_no_change=10**6,
        random_state=0,
    )


def layers(sizes: list[int]) -> nn.Sequential:
    """The same network as a module."""
    found: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        found += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*found[:-1])


class Skorch:
    """skorch without callbacks."""

    def __init__(self, case: Case) -> None:
        self.case = case

    def fit(self, X: Any, y: Any) -> Any:
        from skorch import NeuralNetClassifier

        case = self.case
        module = layers([X.shape[1], *case.hidden, int(y.max()) + 1])
        self.net = NeuralNetClassifier(
            module,
            criterion=nn.CrossEntropyLoss,
            optimizer=torch.optim.Adam,
            lr=RATE,
            train_split=None,
            batch_size=case.batch,
            max_epochs=case.epochs,
            callbacks="disable",
            verbose=0,
            iterator_train__shuffle=True,
        )
        self.net.fit(X, y.astype(np.int64))
        return self

    def score(self, X: Any, y: Any) -> float:
        return float(self.net.score(X, y))


class Keras:
    """Keras on PyTorch."""

    def __init__(self, case: Case) -> None:
        self.case = case

    def fit(self, X: Any, y: Any) -> Any:
        import keras

        case, dense = self.case, keras.layers.Dense
        self.model = keras.Sequential(
            [*(dense(units, activation="relu") for units in case.hidden), dense(int(y.max()) + 1)]
        )
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.model.compile(keras.optimizers.Adam(RATE), loss)
        self.model.fit(X, y, batch_size=case.batch, epochs=case.epochs, verbose=0)
        return self

    def score(self, X: Any, y: Any) -> float:
        return float((self.model.predict(X, verbose=0).argmax(axis=1) == y).mean())


CONTESTANTS: dict[str, tuple[str, Callable[[Case], Any]]] = {
    "scikit-learn": ("MLPClassifier (the reference)", scikit),
    "glasshouse": ("**NetworkClassifier**", glasshouse),
    "skorch": ("skorch, no callbacks", Skorch),
    "keras": ("Keras 3 on torch", Keras),
}


def measured(case: Case, names: list[str], rounds: int) -> dict[str, dict[str, Any]]:
    """All rounds of one case, in turns, after one that warms up."""
    X, y = case.data()
    steps = case.epochs * -(-len(X) // case.batch)
    found: dict[str, dict[str, Any]] = {name: {"seconds": [], "accuracy": []} for name in names}
    torch.set_num_threads(case.threads)
    with threadpool_limits(case.threads):
        for number in range(rounds + 1):
            print(f"{case.title}: round {number} of {rounds}", file=sys.stderr, flush=True)
            for name in names:
                estimator = CONTESTANTS[name][1](case)
                began = time.perf_counter()
                estimator.fit(X, y)
                seconds = time.perf_counter() - began
                if number:
                    found[name]["seconds"].append(seconds)
                    found[name]["accuracy"].append(float(estimator.score(X, y)))
    for each in found.values():
        each["us_per_step"] = 1e6 * float(np.median(each["seconds"])) / steps
        pairs = zip(found["scikit-learn"]["seconds"], each["seconds"], strict=True)
        each["ratios"] = [theirs / own for theirs, own in pairs]
    return found


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--write", type=Path, metavar="FILE", help="Markdown file to put the table into")
    parser.add_argument("--json", type=Path, metavar="FILE", help="JSON file for every single number")
    options = parser.parse_args()
    if not available():
        options.cases = [name for name in options.cases if name != "adult"]
    names = [name for name in CONTESTANTS if name in ("scikit-learn", "glasshouse") or find_spec(name)]
    before = load()
    results = {name: measured(CASES[name], names, options.rounds) for name in options.cases}
    command = shlex.join(["python", *(str(each) for each in sys.argv)])
    machine = describe(command, ("scikit-learn", "skorch", "keras"), before)
    parts = [
        "## A whole fit by the estimators",
        sentence(machine),
        "Time of `fit`, everything included, per step, and speed as a multiple of MLPClassifier's in the "
        f"same round (more is better): median of {options.rounds} rounds with its quartiles. float32, Adam "
        "at 0.001, shuffled batches; accuracy on the rows that were trained on, after the same epochs.",
    ]
    for name, found in results.items():
        rows = []
        for contestant, each in found.items():
            low, middle, high = spread(each["ratios"])
            accuracy = f"{np.mean(each['accuracy']):.3f}"
            ratio = f"{middle:.2f} ({low:.2f} to {high:.2f})"
            rows.append([CONTESTANTS[contestant][0], f"{each['us_per_step']:.0f}", ratio, accuracy])
        case = CASES[name]
        head = ["", "µs per step", "times MLPClassifier", "accuracy"]
        threads = f"{case.threads} thread" + "s" * (case.threads > 1)
        parts += [f"### {case.title} ({threads}, {case.epochs} epochs)", table(head, rows)]
    publish(
        "estimators",
        "\n\n".join(parts),
        {"machine": machine, "results": results},
        options.write,
        options.json,
    )


if __name__ == "__main__":
    main()
