"""What a machine more is worth: the bound of the likelihood, measured after every layer of pre-training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from glasshouse.core.files import plain
from glasshouse.core.seeds import derive
from glasshouse.data.parts import Part
from glasshouse.evaluation.likelihood import partition_of
from glasshouse.models import DeepBeliefNetwork, RestrictedBoltzmannMachine
from glasshouse.models.outputs import mapped

DRAWS = 10
"""Of the hidden units of every row, where a layer is too large for all its states."""


def bound_of(
    machines: Sequence[RestrictedBoltzmannMachine], parts: Mapping[str, Part], seen: torch.Tensor, seed: int
) -> dict[str, Any]:
    """The bound that the machines so far give; of a single one the likelihood itself.

    Args:
        machines: From the rows up.
        parts: Rows: those that watch are judged, or the training rows where none watch.
        seen: What the machine on top is trained on, for the estimate of its partition function.
        seed: Of annealing and of the draws.
    """
    found = partition_of(machines[-1], seen, derive(seed, "partition"))
    name = "validation" if "validation" in parts else "train"
    record = {"part": name, "rows": len(parts[name]), "method": found.method, "draws": DRAWS}
    if found.method == "pseudo":
        return {**record, "value": None}
    network, chance = DeepBeliefNetwork(machines), torch.Generator().manual_seed(derive(seed, "draws"))
    bounds = mapped(
        network, lambda rows: network.bound(rows, found.value, DRAWS, chance), parts[name].inputs
    ).double()
    low, high = (float(bounds.mean()) - (end - found.value) for end in (found.high, found.low))
    told: dict[str, Any] = plain({**record, "value": float(bounds.mean()), "low": low, "high": high})
    return told


def told_bound(record: Mapping[str, Any], number: int) -> str:
    """The bound in a sentence.

    Example:
        >>> told_bound({"part": "validation", "rows": 20, "method": "exact", "value": -19.5}, 2)
        'With 2 machines the bound of the log-likelihood is -19.50 nats on 20 validation rows (exact ln Z).'
    """
    machines = "1 machine" if number == 1 else f"{number} machines"
    if record["value"] is None:
        return f"With {machines} the likelihood is not estimated: too many weights."
    what = "the log-likelihood" if number == 1 else "the bound of the log-likelihood"
    return (
        f"With {machines} {what} is {record['value']:.2f} nats on {record['rows']:,} {record['part']} rows "
        f"({record['method']} ln Z)."
    )
