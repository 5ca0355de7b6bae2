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
        module: The file in this folder.
        packages: What must be installed, by import name.
        on: What it can be measured on.
        settings: Further arguments of its ``train``.
        without_torch: Whether it can train without PyTorch in its process.
    """

    title: str
    module: str
    packages: tuple[str, ...] = ()
    on: Literal["all", "pictures", "rows"] = "all"
    settings: Mapping[str, Any] = field(default_factory=dict)
    without_torch: bool = False

    @property
    def missing(self) -> str | None:
        """The first package that is not installed."""
        return next((each for each in self.packages if find_spec(each) is None), None)

    def takes(self, shape: tuple[int, ...]) -> bool:
        """Whether it can be measured on samples of such a shape."""
        return self.on in ("all", "pictures" if len(shape) == 3 else "rows")


REFERENCE = "tutorial"

CONTESTANTS = {
    "tutorial": Contestant("PyTorch tutorial loop (the reference)", "tutorial_loop"),
    "in_memory": Contestant("PyTorch by hand: tensors in memory, fused Adam", "in_memory_loop"),
    "channels_last": Contestant("the same, channels_last", "channels_last_loop", on="pictures"),
    "glasshouse": Contestant("**Glasshouse**", "glasshouse_train"),
    "glasshouse_unwatched": Contestant(
        "**Glasshouse**, `watch.probes = false`", "glasshouse_train", settings={"watch": {"probes": False}}
    ),
    "scikit_learn": Contestant(
        "scikit-learn MLPClassifier", "scikit_learn_mlp", ("sklearn",), on="rows", without_torch=True
    ),
    "lightning": Contestant("Lightning, barebones", "lightning_trainer", ("pytorch_lightning",)),
    "skorch": Contestant("skorch, no callbacks", "skorch_classifier", ("skorch",)),
    "keras": Contestant("Keras 3 on torch", "keras_fit", ("keras",)),
    "hugging_face": Contestant(
        "Hugging Face Trainer, no logging", "hugging_face_trainer", ("transformers", "accelerate")
    ),
    "jax": Contestant("JAX, jitted", "jax_scan", ("jax",), without_torch=True),
}

ENGINES = {
    "glasshouse_autograd": Contestant(
        "**Glasshouse**, autograd", "glasshouse_train", settings={"engine": "autograd"}
    ),
    "glasshouse_dense": Contestant(
        "**Glasshouse**, dense", "glasshouse_train", on="rows", settings={"engine": "dense"}
    ),
    "glasshouse_fused": Contestant(
        "**Glasshouse**, fused", "glasshouse_train", ("numba",), on="rows", settings={"engine": "fused"}
    ),
}
"""Glasshouse by each of its engines; convolutions go through autograd."""
