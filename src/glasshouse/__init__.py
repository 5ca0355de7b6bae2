"""Glasshouse: deep learning under glass.

Grow any classic network on your own data, watch every number, and ship the result. Every network is a plain
``torch.nn.Module``::

    import glasshouse as gh

    run = gh.run("digits")                      # explore, prepare, train, evaluate, report, bundle
    run.metrics["test"]["accuracy"]
    gh.load(run.bundle).predict("photo.png")

    gh.run(gh.Experiment(data={"source": "people.csv", "target": "income"}, model="mlp"))
    gh.run("recipe:names-by-language")          # one for every family and purpose: gh.recipes.names()
    gh.fit(my_module, (inputs, targets), epochs=20)
    gh.sweep("digits", {"training.learning_rate": {"from": 1e-4, "to": 1e-1, "scale": "log"}})
    gh.show("swish")                            # equation, picture, use, a worked number
    print(gh.explain(my_module, inputs[:1], targets[:1]))
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glasshouse import (
        activations,
        clipping,
        data,
        estimators,
        initializers,
        layers,
        losses,
        metrics,
        models,
        optimizers,
        recipes,
        regularizers,
        schedules,
    )
    from glasshouse.concepts import show
    from glasshouse.evaluation import compare
    from glasshouse.experiment import Experiment, Run
    from glasshouse.explain.face import Explain
    from glasshouse.project import dream, fit, resume, run, sweep
    from glasshouse.ship import load

    explain: Explain

__version__ = "0.1.0"

__all__ = [
    "Experiment",
    "Run",
    "activations",
    "clipping",
    "compare",
    "data",
    "dream",
    "estimators",
    "explain",
    "fit",
    "initializers",
    "layers",
    "load",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "recipes",
    "regularizers",
    "resume",
    "run",
    "schedules",
    "show",
    "sweep",
]

# Imported when first asked for: torch alone takes more than a second, and help texts need none of it.
_HOMES = {
    "Experiment": "glasshouse.experiment",
    "Run": "glasshouse.experiment",
    "compare": "glasshouse.evaluation",
    "dream": "glasshouse.project",
    "fit": "glasshouse.project",
    "load": "glasshouse.ship",
    "resume": "glasshouse.project",
    "run": "glasshouse.project",
    "show": "glasshouse.concepts",
    "sweep": "glasshouse.project",
}

# Folders that are called by their own name: gh.activations.Swish, gh.layers.Conv2d ...
_FOLDERS = (
    "activations",
    "clipping",
    "data",
    "estimators",
    "explain",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "recipes",
    "regularizers",
    "schedules",
)


def __getattr__(name: str) -> Any:
    if name in _FOLDERS:
        return import_module(f"glasshouse.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
