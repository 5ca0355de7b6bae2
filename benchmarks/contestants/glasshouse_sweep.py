"""gh.sweep over the grid of 64 points on five folds."""

from __future__ import annotations

import tempfile
from collections import Counter

from measuring.grid_points import ACTIVATIONS, BATCH, FOLDS, RATES, SCALING, WIDTHS

import glasshouse as gh


def experiment(name: str, epochs: int) -> gh.Experiment:
    """What all points of the grid have in common."""
    return gh.Experiment(
        data={"source": name, "prepare": {"scaling": SCALING[name]}},
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


def search(name: str, epochs: int, processes: int) -> tuple[float, str]:
    """The best mean accuracy over the folds, and what trained the networks.

    Args:
        name: Of the data.
        epochs: Passes of every network.
        processes: How many work at once.
    """
    space = {
        "training.learning_rate": RATES,
        "model.hidden": WIDTHS,
        "model.activation": list(ACTIVATIONS),
    }
    with tempfile.TemporaryDirectory(prefix="grid-") as folder:
        found = gh.sweep(
            experiment(name, epochs), space, strategy="grid", trials=64, folds=FOLDS, seeds=1, refit=False,
            processes=processes, out=folder, observers=[],
        )  # fmt: skip
        ranking, trials = found.ranking, found.trials  # read from the folder
    if len(ranking) != 64:
        why = next((each.error for each in trials if each.error), f"{len(trials)} trials")
        raise RuntimeError(f"{len(ranking)} points of the grid were ranked, 64 were due: {why}")
    tiers = Counter(each.engine for each in trials)
    return ranking[0].mean, ", ".join(f"{tier} ({count})" for tier, count in tiers.items())
