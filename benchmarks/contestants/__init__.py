"""The trainers that are timed: one file each, one function ``train`` each.

``train(task, ends)`` builds the task's network, trains it for the task's epochs with Adam at a learning rate
of 0.001, tells ``ends`` when an epoch is over, and returns the loss over all rows at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec


@dataclass(frozen=True)
class Contestant:
    """A trainer.

    Args:
        title: In tables.
        module: The file in this folder.
        packages: What must be installed, by import name.
        pictures_only: Whether there is nothing to measure on tables.
    """

    title: str
    module: str
    packages: tuple[str, ...] = ()
    pictures_only: bool = False

    @property
    def missing(self) -> str | None:
        """The first package that is not installed."""
        return next((each for each in self.packages if find_spec(each) is None), None)


REFERENCE = "tutorial"

CONTESTANTS = {
    "tutorial": Contestant("PyTorch tutorial loop (the reference)", "tutorial_loop"),
    "in_memory": Contestant("PyTorch by hand: tensors in memory, fused Adam", "in_memory_loop"),
    "channels_last": Contestant("the same, channels_last", "channels_last_loop", pictures_only=True),
    "glasshouse": Contestant("**Glasshouse**", "glasshouse_train"),
    "glasshouse_unwatched": Contestant("**Glasshouse**, `watch.probes = false`", "glasshouse_unwatched"),
    "lightning": Contestant("Lightning, barebones", "lightning_trainer", ("pytorch_lightning",)),
    "skorch": Contestant("skorch, no callbacks", "skorch_classifier", ("skorch",)),
    "keras": Contestant("Keras 3 on torch", "keras_fit", ("keras",)),
    "hugging_face": Contestant(
        "Hugging Face Trainer, no logging", "hugging_face_trainer", ("transformers", "accelerate")
    ),
}
