"""How probable a deep belief network finds rows, at least, and what it has learnt to see in them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from numpy.typing import NDArray

from glasshouse.core.files import plain
from glasshouse.core.seeds import derive
from glasshouse.evaluation.evaluation import Evaluation
from glasshouse.evaluation.likelihood import independent, lead, look_inside, partition_of
from glasshouse.evaluation.reconstruction import Question, evaluate_reconstruction
from glasshouse.evaluation.showing import Gallery
from glasshouse.models.annealed_importance_sampling import CHAINS, TEMPERATURES
from glasshouse.models.dbn import DeepBeliefNetwork
from glasshouse.models.outputs import mapped

DRAWS = 10
"""Of the hidden units of every row, where a layer is too large for all its states."""


def evaluate_bound(question: Question) -> Evaluation:
    """All that is measured of networks that give rows back, and a lower bound of how probable rows are to it.

    The baseline is a machine without hidden units, whose likelihood is exact.

    Args:
        question: A deep belief network, its data, and what is known about them.

    Example:
        >>> import numpy as np
        >>> from glasshouse.data.parts import Part, Prepared
        >>> from glasshouse.models import dbn
        >>> from glasshouse.objectives import ContrastiveDivergence
        >>> rows = (torch.rand(20, 3, generator=torch.Generator().manual_seed(0)) > 0.5).float()
        >>> part = Part(rows, rows, np.arange(20))
        >>> prepared = Prepared(part, None, None, "reconstruction", (3,), 3, (), "")
        >>> network, objective = dbn(3, hidden=[2, 2], visible="binary"), ContrastiveDivergence()
        >>> question = Question(network, objective, prepared, names=("a", "b", "c"))
        >>> evaluate_bound(question).record["primary"]
        'bound'
    """
    network = question.network
    assert isinstance(network, DeepBeliefNetwork)
    evaluation = evaluate_reconstruction(question)
    record: dict[str, Any] = dict(evaluation.record)
    parts = question.prepared.parts()
    train = question.prepared.train.inputs
    found = partition_of(network.top, mapped(network, network.below_top, train).cpu(), question.seed)
    bounds: dict[str, NDArray[Any]] = {}
    if found.method != "pseudo":
        for name, part in parts.items():
            chance = torch.Generator().manual_seed(derive(question.seed, "bound", name))
            told = mapped(network, lambda rows: network.bound(rows, found.value, DRAWS, chance), part.inputs)  # noqa: B023 - it is asked at once
            bounds[name] = told.double().cpu().numpy()
            record["metrics"][name] = {"bound": float(bounds[name].mean()), **record["metrics"][name]}
    gallery = Gallery(question.to_pixels)
    record["energy"] = {
        "method": found.method,
        "log_partition": found.value,
        "low": found.low,
        "high": found.high,
        "effective": found.effective,
        "chains": CHAINS,
        "temperatures": TEMPERATURES,
        **look_inside(question, network, network.stack()[0].weight, gallery),
    }
    record["reconstruction"]["samples"] = []  # they stand with the energy, as ends of chains
    if bounds:
        alone = independent(train, parts[question.judged], network.visible)
        lead(record, question, bounds[question.judged], alone, found, "bound")
    return replace(evaluation, record=plain(record), pictures={**evaluation.pictures, **gallery.pictures})
