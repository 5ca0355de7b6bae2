"""How probable a restricted Boltzmann machine finds rows, and what it has learnt to see in them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from glasshouse.core.files import plain
from glasshouse.core.seeds import derive
from glasshouse.data.parts import Part
from glasshouse.evaluation.evaluation import Evaluation
from glasshouse.evaluation.reconstruction import Question, evaluate_reconstruction
from glasshouse.evaluation.row_means import symmetric_interval
from glasshouse.evaluation.showing import Gallery
from glasshouse.models.annealed_importance_sampling import (
    CHAINS,
    TEMPERATURES,
    BaseRates,
    annealed_log_partition,
)
from glasshouse.models.dbn import DeepBeliefNetwork
from glasshouse.models.outputs import mapped
from glasshouse.models.partition_function import MOST_UNITS, log_partition, smaller_side
from glasshouse.models.pseudo_likelihood import log_pseudo_likelihood
from glasshouse.models.rbm import RestrictedBoltzmannMachine

MOST_WEIGHTS = 1_000_000
"""Up to which annealing takes less than a minute on one core."""
MOST_LOOKED_AT = 10**9
"""Rows times weights up to which every number of a row counts in the pseudo-likelihood."""
UNITS, DREAMS, CHANCE_STEPS = 64, 6, (1, 10, 100, 1000)
"""Hidden units that are drawn; chains that are followed, and after how many Gibbs steps each is seen."""

Method = Literal["exact", "annealed", "pseudo"]
WORDS = {
    "exact": "exact, every state of the smaller layer gone through",
    "annealed": "estimated by annealed importance sampling",
    "pseudo": "the pseudo-likelihood, because the machine is too large for an estimate of its likelihood",
}


@dataclass(frozen=True)
class Partition:
    """The partition function of a machine, and how it came about.

    Args:
        method: ``"exact"``, ``"annealed"`` or ``"pseudo"``, which has none.
        value: Its logarithm.
        low, high: Where that may lie; ``value`` where it is exact.
        effective: Chains of even weight that the estimate is worth.

    Example:
        >>> Partition("exact", 3.0, 3.0, 3.0).effective is None
        True
    """

    method: Method
    value: float
    low: float
    high: float
    effective: float | None = None


def partition_of(network: RestrictedBoltzmannMachine, train: torch.Tensor, seed: int) -> Partition:
    """The logarithm of the partition function: exact with up to 20 units on the smaller side, else annealed.

    Args:
        network: The machine.
        train: Training rows (N, ...), whose base rates annealing begins with.
        seed: Of the experiment.

    Example:
        >>> found = partition_of(RestrictedBoltzmannMachine((3,), 2, "binary"), torch.ones(4, 3), 0)
        >>> found.method, found.low == found.high
        ('exact', True)
    """
    if smaller_side(network) <= MOST_UNITS:
        value = log_partition(network)
        return Partition("exact", value, value, value)
    if network.weight.numel() > MOST_WEIGHTS:
        return Partition("pseudo", math.nan, math.nan, math.nan)
    base = BaseRates.of(train, network.visible)
    found = annealed_log_partition(network, base, seed=derive(seed, "annealing"))
    return Partition("annealed", found.log_partition, found.low, found.high, found.effective)


def evaluate_likelihood(question: Question) -> Evaluation:
    """All that is measured of networks that give rows back, and how probable rows are to this one.

    The baseline is the machine without hidden units: every number is drawn by itself, with the mean (and
    spread) that it has in the training rows.

    Args:
        question: A restricted Boltzmann machine, its data, and what is known about them.

    Example:
        >>> from glasshouse.data.parts import Prepared
        >>> from glasshouse.models import rbm
        >>> from glasshouse.objectives import ContrastiveDivergence
        >>> rows = (torch.rand(20, 3, generator=torch.Generator().manual_seed(0)) > 0.5).float()
        >>> part = Part(rows, rows, np.arange(20))
        >>> prepared = Prepared(part, None, None, "reconstruction", (3,), 3, (), "")
        >>> network, objective = rbm(3, hidden=2, visible="binary"), ContrastiveDivergence()
        >>> question = Question(network, objective, prepared, names=("a", "b", "c"))
        >>> found = evaluate_likelihood(question).record
        >>> found["primary"], found["baselines"][0]["name"]
        ('log_likelihood', 'independent numbers')
    """
    network = question.network
    assert isinstance(network, RestrictedBoltzmannMachine)
    evaluation = evaluate_reconstruction(question)
    record: dict[str, Any] = dict(evaluation.record)
    parts = question.prepared.parts()
    train = question.prepared.train.inputs
    found = partition_of(network, train, question.seed)
    free = {name: mapped(network, network.free_energy, each.inputs) for name, each in parts.items()}
    energies = {name: each.double().cpu().numpy() for name, each in free.items()}
    for name, each in energies.items():
        of_part = {"free_energy": float(each.mean())}
        if found.method != "pseudo":
            of_part = {"log_likelihood": float(-each.mean()) - found.value, **of_part}
        of_part["pseudo_likelihood"] = _pseudo(question, network, parts[name])
        record["metrics"][name] = {**of_part, **record["metrics"][name]}
    gallery = Gallery(question.to_pixels)
    record["energy"] = {
        "method": found.method,
        "log_partition": found.value,
        "low": found.low,
        "high": found.high,
        "effective": found.effective,
        "chains": CHAINS,
        "temperatures": TEMPERATURES,
        **look_inside(question, network, network.weight, gallery),
    }
    record["reconstruction"]["samples"] = []  # they stand with the energy, as ends of chains
    if found.method != "pseudo":
        alone = independent(train, parts[question.judged], network.visible)
        lead(record, question, -energies[question.judged] - found.value, alone, found)
    return replace(evaluation, record=plain(record), pictures={**evaluation.pictures, **gallery.pictures})


def _pseudo(question: Question, network: RestrictedBoltzmannMachine, part: Part) -> float:
    """The pseudo-likelihood of a part: of all numbers, or where that takes long of one of each row."""
    rows = part.inputs.to(network.weight.device)
    long = len(part) * network.weight.numel() > MOST_LOOKED_AT
    return log_pseudo_likelihood(network, rows, derive(question.seed, "pseudo") if long else None)


def independent(train: torch.Tensor, part: Part, visible: str) -> NDArray[np.float64]:
    """The log-likelihood of every row of a part, where each number is drawn by itself, shape (rows,).

    Args:
        train: The rows that give means (and spreads).
        part: The rows that are judged.
        visible: ``"binary"`` or ``"gaussian"``.
    """
    base = BaseRates.of(train, visible)
    flat = part.inputs.flatten(1).double()
    if base.variance is None:
        logs = flat @ base.bias
    else:
        logs = -0.5 * ((flat - base.bias).square() / base.variance).sum(dim=1)
    told: NDArray[np.float64] = (logs - base.log_partition(0)).numpy()
    return told


def lead(
    record: dict[str, Any],
    question: Question,
    logs: NDArray[np.float64],
    alone: NDArray[np.float64],
    found: Partition,
    name: str = "log_likelihood",
) -> None:
    """Let the likelihood lead the record, in place: its interval, its baseline, the verdict.

    Args:
        record: Of an evaluation.
        question: What was asked.
        logs: Log-likelihood of every judged row, or its bound.
        alone: The same where every number is drawn by itself.
        found: How the partition function came about.
        name: Of the metric: ``"log_likelihood"`` or ``"bound"``.
    """
    record["primary"] = name
    span = symmetric_interval(logs)
    if span is not None:
        record["intervals"]["metrics"][name] = span
    about = "draws every number by itself, with the mean that it has in the training rows"
    baseline = {
        "name": "independent numbers",
        "about": about,
        "metrics": {name: float(alone.mean())},
    }
    record["baselines"] = [baseline, *record["baselines"]]
    record["difference"] = None  # how rows come back is not what this network is for
    record["verdict"] = verdict(question, logs, alone, found, name == "bound")


def verdict(
    question: Question,
    logs: NDArray[np.float64],
    alone: NDArray[np.float64],
    found: Partition,
    bound: bool = False,
) -> str:
    """Put the likelihood into words.

    Args:
        question: What was asked.
        logs: Log-likelihood of every judged row.
        alone: The same where every number is drawn by itself.
        found: How the partition function came about.
        bound: Whether the likelihood may be larger than that.
    """
    part = "training" if question.judged == "train" else question.judged
    things = "images" if question.to_pixels is not None else "rows"
    mean = f"{logs.mean():.2f}".replace("-", "−")
    is_ = "is at least" if bound else "is"
    said = f"The log-likelihood of {len(logs):,} {part} {things} {is_} {mean} nats on average"
    said += " (the top machine: " if bound else " ("
    said += WORDS[found.method]
    if found.method == "annealed":
        said += f", ln Z between {found.low:.2f} and {found.high:.2f}"
    said += "). "
    gain = symmetric_interval(logs - alone)
    value = float((logs - alone).mean())
    interval = f" (95 % interval {gain[0]:+.2f} to {gain[1]:+.2f})".replace("-", "−") if gain else ""
    if gain and gain[0] > 0:
        said += f"That is {value:.2f} nats more than with every number drawn by itself{interval}."
    elif gain and gain[1] < 0:
        said += f"Numbers drawn by themselves do better, by {-value:.2f} nats{interval}."
    else:
        said += f"That is as good as with every number drawn by itself{interval}."
    if question.judged == "train":
        said += " These are the rows it was trained on: this says nothing about new data."
    return said


def look_inside(
    question: Question,
    network: RestrictedBoltzmannMachine | DeepBeliefNetwork,
    weight: torch.Tensor,
    gallery: Gallery,
) -> Mapping[str, Any]:
    """Weights of the hidden units as pictures, and chains that begin at rows of the judged part.

    Args:
        question: What was asked.
        network: Whose chains and samples they are.
        weight: Of the hidden units next to the rows, shape (H, D).
        gallery: Takes the pictures.
    """
    if gallery.to_pixels is None:
        return {"units": [], "dreams": [], "samples": [], "steps": []}
    weights = weight.detach().cpu()
    # The units with the longest weights first: those of short ones say little.
    order = weights.norm(dim=1).argsort(descending=True, stable=True)[:UNITS]
    units = []
    for place in order.tolist():
        path = f"{gallery.folder}/unit-{place + 1:03}.png"
        gallery.pictures[path] = as_levels(weights[place].reshape(network.shape))
        units.append(path)
    chance = torch.Generator().manual_seed(derive(question.seed, "dreams"))
    rows = question.prepared.parts()[question.judged].inputs[:DREAMS].to(weight.device)
    columns, gone = [gallery.add("dream-0000", rows.cpu())], 0
    for steps in CHANCE_STEPS:
        rows, gone = network.chain(rows, steps - gone, chance), steps
        columns.append(gallery.add(f"dream-{steps:04}", rows.cpu()))
    samples = network.sample(24, chance).detach().cpu().float()
    return {
        "units": units,
        "dreams": [list(each) for each in zip(*columns, strict=True)],
        "steps": [0, *CHANCE_STEPS],
        "samples": gallery.add("sample", samples),
    }


def as_levels(weights: torch.Tensor) -> NDArray[np.uint8]:
    """The weights of a unit as a picture: grey is 0, white its largest size, black minus that.

    Args:
        weights: Shape (C, H, W).

    Returns:
        Levels of shape (H, W), or (H, W, 3) for three channels.

    Example:
        >>> as_levels(torch.tensor([[[0.0, 2.0, -2.0]]])).tolist()
        [[128, 255, 0]]
    """
    largest = float(weights.abs().max()) or 1.0
    levels = (127.5 * (1 + weights / largest)).round().clamp(0, 255).byte().numpy()
    picture: NDArray[np.uint8] = (
        levels[0] if len(levels) == 1 else np.ascontiguousarray(levels.transpose(1, 2, 0))
    )
    return picture
