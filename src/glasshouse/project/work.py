"""What is to be trained and measured, however it came about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import nn

from glasshouse.data.parts import Prepared
from glasshouse.data.preparation import Preparation
from glasshouse.data.raw import Raw
from glasshouse.objectives import Objective
from glasshouse.training.batches import Batches


@dataclass(frozen=True)
class Work:
    """What is to be trained and measured, however it came about.

    Args:
        prepared: The data as tensors.
        network: The network, with its first weights.
        objective: How a batch becomes a loss.
        model: The model's name and settings; ``None`` for a network of the user's own.
        raw, preparation: What the tensors were made of; ``None`` for bare tensors.
        batches: The training part in batches; ``None`` to cut it as the experiment says.
        notes: What was done to the network before training, in sentences.
    """

    prepared: Prepared
    network: nn.Module
    objective: Objective
    model: dict[str, Any] | None = None
    raw: Raw | None = None
    preparation: Preparation | None = None
    batches: Batches | None = None
    notes: tuple[str, ...] = ()
