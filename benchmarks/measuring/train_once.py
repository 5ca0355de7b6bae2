"""One training in a process that has imported nothing else: what it takes of memory.

Started by ``memory.py`` as ``python -m measuring.train_once ORDER``; prints one line of JSON.
"""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from measuring.clock import EpochEnds
from measuring.resident import forget_peak, peak, resident

RATE = 1e-3


def main() -> None:
    """Import, take the data, train; say what was resident when."""
    order = json.loads(sys.argv[1])
    ways = {"scikit_learn_mlp": by_scikit_learn, "jax_scan": by_jax}
    name = order["module"]
    way = ways.get(name, by_torch)
    module = importlib.import_module(
        {"scikit_learn_mlp": "contestants.scikit_learn_fit", "jax_scan": "contestants.jax_run"}.get(
            name, f"contestants.{name}"
        )
    )
    if way is by_torch:
        importlib.import_module("measuring.cases")
    elif "torch" in sys.modules:
        raise RuntimeError(f"{name} is to be measured without PyTorch, which has been imported")
    imported = resident()
    arrays = {path.stem: np.load(path) for path in Path(order["folder"]).glob("*.npy")}
    given = resident()
    forget_peak()
    epochs = way(module, order, arrays)
    print(json.dumps({"imported": imported, "given": given, "peak": peak(), "epochs": epochs}))


def by_torch(module: Any, order: dict[str, Any], arrays: dict[str, Any]) -> int:
    """Any contestant that is judged by a few rows only, so that judging takes no memory worth naming."""
    import torch

    from measuring.cases import Rows, Task, fitted

    torch.set_num_threads(order["threads"])
    case = fitted(order["case"], order["threads"])
    inputs, targets = torch.from_numpy(arrays["inputs"]), torch.from_numpy(arrays["targets"])
    rows = Rows(inputs, targets, (inputs[: case.batch_size], targets[: case.batch_size]))
    ends = EpochEnds()
    with tempfile.TemporaryDirectory(prefix="memory-") as folder:
        task = Task(case, order["epochs"], rows, order["seed"], Path(folder))
        module.train(task, ends, **order["settings"])
    return len(ends.moments)


def by_scikit_learn(module: Any, order: dict[str, Any], arrays: dict[str, Any]) -> int:
    """MLPClassifier, as a program of scikit-learn alone has it."""
    ends = EpochEnds()
    module.fit(
        arrays["inputs"].reshape(len(arrays["inputs"]), -1),
        arrays["targets"],
        order["hidden"],
        batch_size=order["batch_size"],
        epochs=order["epochs"],
        learning_rate=RATE,
        seed=order["seed"],
        note=ends.note,
    )
    return len(ends.moments)


def by_jax(module: Any, order: dict[str, Any], arrays: dict[str, Any]) -> int:
    """JAX, as a program of JAX alone has it."""
    ends = EpochEnds()
    chance = np.random.default_rng(order["seed"])
    inputs = arrays["inputs"]
    if inputs.ndim == 4:
        inputs = np.ascontiguousarray(np.moveaxis(inputs, 1, -1))
    orders = np.stack([chance.permutation(len(inputs)) for _ in range(order["epochs"])])
    batches = orders.reshape(order["epochs"], -1, order["batch_size"])
    weights = [(arrays[f"weight{place}"], arrays[f"bias{place}"]) for place in range(order["weighted"])]
    module.run(order["layers"], weights, inputs, arrays["targets"], batches, RATE, ends.note)
    return len(ends.moments)


if __name__ == "__main__":
    main()
