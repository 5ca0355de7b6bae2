"""A trial: one point of the space, trained on every fold with every seed, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

State = Literal["finished", "dropped", "failed"]


@dataclass(frozen=True)
class Asked:
    """A trial that is to be done.

    Args:
        number: From 0; the trial's name.
        settings: A value for every setting that counts, by dotted key.
        claim: The name under which this process has claimed it.
    """

    number: int
    settings: Mapping[str, Any]
    claim: str = ""


@dataclass(frozen=True)
class Trial:
    """A trial that is done.

    Args:
        number: From 0.
        settings: What it was trained with, by dotted key.
        state: ``"finished"``; ``"dropped"`` where halving gave it up before its last epoch; ``"failed"``
            where a network could not be built or its loss overflowed.
        scores: The measure that trials are compared by, of each fold (rows) and seed (columns).
        losses: The loss on the same rows.
        curves: By name (``"train_loss"``, ``"validation_loss"`` ...), for each epoch the ``mean`` over folds
            and seeds and the ``spread``, their standard deviation.
        epochs: Passes that it was trained for.
        parameters: Trainable numbers of its network.
        seconds: Its share of the time of all that were trained together.
        engine: What computed the gradients.
        engine_why: What trained the networks that were trained beside it, and why.
        error: What went wrong, where something did.
        worker: The process that trained it.
        time: When it was done.
    """

    number: int
    settings: Mapping[str, Any]
    state: State
    scores: list[list[float]]
    losses: list[list[float]] = field(default_factory=list)
    curves: Mapping[str, Mapping[str, list[float]]] = field(default_factory=dict)
    epochs: int = 0
    parameters: int = 0
    seconds: float = 0.0
    engine: str = ""
    error: str = ""
    worker: str = ""
    time: str = ""
    engine_why: str = ""

    @property
    def cells(self) -> NDArray[np.float64]:
        """The scores as an array, shape (folds, seeds)."""
        return np.asarray(self.scores, dtype=np.float64)

    @property
    def mean(self) -> float:
        """The mean score over folds and seeds; not-a-number for a trial that failed."""
        return float(self.cells.mean()) if self.scores else float("nan")

    @property
    def spread(self) -> float:
        """The standard deviation of the scores over folds and seeds."""
        cells = self.cells
        return float(cells.std(ddof=1)) if cells.size > 1 else float("nan")

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for the journal."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Trial:
        """The trial that :meth:`to_dict` described."""
        return cls(**record)
