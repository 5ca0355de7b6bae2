"""The trainers that are measured: one file each, one function ``train`` each.

``train(task, ends)`` builds the task's network, trains it for the task's epochs with Adam at a learning rate
of 0.001, tells ``ends`` when an epoch is over, and returns loss and accuracy at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, Literal


@dataclass(frozen=True)
class Contestant:
    """A trainer.

    Args:
        title: In tables.
        short: In figures, where there is little room.
        module: The file in this folder.
        packages: What must be installed, by import name.
        on: What it can be measured on.
        settings: Further arguments of its ``train``.
    """

    title: str
    short: str
    module: str
    packages: tuple[str, ...] = ()
    on: Literal["all", "pictures", "rows"] = "all"
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def missing(self) -> str | None:
        """The first package that is not installed."""
        return next((each for each in self.packages if find_spec(each) is None), None)

    def takes(self, shape: tuple[int, ...]) -> bool:
        """Whether it can be measured on samples of such a shape."""
        return self.on in ("all", "pictures" if len(shape) == 3 else "rows")


REFERENCE = "tutorial"

TRAIN = "glasshouse_train"
CONTESTANTS = {
    "tutorial": Contestant("PyTorch tutorial loop (the reference)", "tutorial loop", "tutorial_loop"),
    "in_memory": Contestant(
        "PyTorch by hand: tensors in memory, fused Adam", "PyTorch by hand", "in_memory_loop"
    ),
    "channels_last": Contestant(
        "the same, channels_last", "by hand, channels_last", "channels_last_loop", on="pictures"
    ),
    "glasshouse": Contestant("**Glasshouse**", "Glasshouse", TRAIN),
    "glasshouse_unwatched": Contestant(
        "**Glasshouse**, `watch.probes = false`",
        "Glasshouse, no probes",
        TRAIN,
        settings={"watch": {"probes": False}},
    ),
    "scikit_learn": Contestant(
        "scikit-learn MLPClassifier", "scikit-learn", "scikit_learn_mlp", ("sklearn",), on="rows"
    ),
    "lightning": Contestant("Lightning, barebones", "Lightning", "lightning_trainer", ("pytorch_lightning",)),
    "skorch": Contestant("skorch, no callbacks", "skorch", "skorch_classifier", ("skorch",)),
    "keras": Contestant("Keras 3 on torch", "Keras 3 on torch", "keras_fit", ("keras",)),
    "hugging_face": Contestant(
        "Hugging Face Trainer, no logging",
        "Hugging Face Trainer",
        "hugging_face_trainer",
        ("transformers", "accelerate"),
    ),
    "jax": Contestant("JAX, jitted", "JAX, jitted", "jax_scan", ("jax",)),
}

ENGINES = {
    "glasshouse_autograd": Contestant(
        "**Glasshouse**, autograd", "Glasshouse, autograd", TRAIN, settings={"engine": "autograd"}
    ),
    "glasshouse_dense": Contestant(
        "**Glasshouse**, dense", "Glasshouse, dense", TRAIN, on="rows", settings={"engine": "dense"}
    ),
    "glasshouse_fused": Contestant(
        "**Glasshouse**, fused",
        "Glasshouse, fused",
        TRAIN,
        ("numba",),
        on="rows",
        settings={"engine": "fused"},
    ),
}
"""Glasshouse by each of its engines; convolutions go through autograd."""
