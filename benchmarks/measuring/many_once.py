"""Many networks in processes that have imported nothing else: what they take of memory together.

Started by ``memory.py`` as ``python -m measuring.many_once ORDER``. Prints a line when imports are done, and
what is resident by then; begins when it is given a line; prints another when it is done.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from measuring.resident import proportional


def main() -> None:
    """Import, tell, wait, train."""
    order = json.loads(sys.argv[1])
    module = importlib.import_module(order["module"])
    if order["module"] == "contestants.grid_search" and "torch" in sys.modules:
        raise RuntimeError("the search is to be measured without PyTorch, which has been imported")
    if order["module"] == "population":
        jobs = module.jobs_of(module.SIZES[order["size"]], 1, 0)  # whatever making one imports
        del jobs
    print(json.dumps({"imported": proportional([os.getpid()])}), flush=True)
    sys.stdin.readline()
    print(json.dumps({"said": WAYS[order["module"]](module, order)}), flush=True)


def population(module: Any, order: dict[str, Any]) -> str:
    """Networks of one shape."""
    module.trained(order["name"], module.SIZES[order["size"]], order["count"], 1)
    return f"{order['count']} trained"


def grid_search(module: Any, order: dict[str, Any]) -> str:
    """scikit-learn's search over the grid."""
    arrays = {path.stem: np.load(path) for path in Path(order["folder"]).glob("*.npy")}
    folds = [(arrays[f"train{place}"], arrays[f"held{place}"]) for place in range(order["folds"])]
    best = module.search(
        order["data"], order["epochs"], arrays["inputs"], arrays["classes"], folds, order["processes"]
    )
    return f"{best:.4f}"


def glasshouse_sweep(module: Any, order: dict[str, Any]) -> str:
    """Glasshouse's search over the grid."""
    best, tiers = module.search(order["data"], order["epochs"], order["processes"])
    return f"{best:.4f}, {tiers}"


WAYS = {
    "population": population,
    "contestants.grid_search": grid_search,
    "contestants.glasshouse_sweep": glasshouse_sweep,
}

if __name__ == "__main__":
    main()
