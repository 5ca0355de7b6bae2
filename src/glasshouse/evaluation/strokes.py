"""Everything that is measured about strokes of a pen, put together into one record."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from glasshouse.core.files import plain
from glasshouse.core.seeds import derive, numpy_stream
from glasshouse.data.parts import Part, Prepared
from glasshouse.evaluation.evaluation import Evaluation
from glasshouse.evaluation.row_means import symmetric_interval
from glasshouse.evaluation.surprise import judged_part, surprise_evaluation
from glasshouse.models.outputs import evaluating
from glasshouse.objectives.strokes import surprise_by_drawing

BIASES = (0.0, 0.5, 2.0)
"""How far drawings that are shown lean towards what is likely."""
SHOWN = 6
METHOD = "Student's t over the drawings"

Numbers = NDArray[np.float64]


def evaluate_strokes(network: Any, prepared: Prepared, seed: int) -> Evaluation:
    """Measure the surprise per point, set it against single Gaussians, and let the network draw.

    Args:
        network: The trained network.
        prepared: Drawings.
        seed: For what is drawn.
    """
    parts = prepared.parts()
    judged = judged_part(prepared)
    totals = {name: surprise_by_drawing(network, part).numpy() for name, part in parts.items()}
    counts = {name: points_of(part) for name, part in parts.items()}
    metrics = {name: {"nats": float(totals[name].sum() / counts[name].sum())} for name in parts}
    baselines = [
        {"name": name, "about": about, "metrics": {"nats": value}}
        for name, about, value in single_gaussians(prepared.train, parts[judged])
    ]
    span = symmetric_interval(totals[judged] / counts[judged])
    verdict = _verdict(judged, int(counts[judged].sum()), len(parts[judged]), metrics[judged], baselines)
    told = {name: (totals[name], counts[name]) for name in parts}
    found = surprise_evaluation(prepared, told, metrics, baselines, span, verdict, METHOD)
    found.record["strokes"] = plain({"true": _some(parts[judged], seed), "drawn": _drawn(network, seed)})
    return found


def points_of(part: Part) -> Numbers:
    """How many points each drawing has."""
    counts: Numbers = (part.targets[..., 2] >= 0).sum(dim=1).double().numpy()
    return counts


def single_gaussians(train: Part, judged: Part) -> list[tuple[str, str, float]]:
    r"""The surprise per point of two methods that fit one Gaussian, in closed form.

    .. math:: -\ln p = \ln 2 \pi + \tfrac12 \ln \lvert \Sigma \rvert + \tfrac12 r^\top \Sigma^{-1} r,\quad
        r = x_t - \mu \;\text{or}\; r = x_t - A (1, x_{t-1}, e_{t-1})

    The pen is lifted with the same chance everywhere.

    Args:
        train: Drawings that they are fitted to.
        judged: Drawings that are judged.

    Returns:
        Name, what it does, nats per point.
    """
    (before, points), (seen, truth) = _flat(train), _flat(judged)
    lifted = float(np.clip(points[:, 2].mean(), 1e-6, 1 - 1e-6))
    pens = -np.where(truth[:, 2] > 0, math.log(lifted), math.log(1 - lifted))
    found = []
    for name, about, known, shown in (
        ("one Gaussian", "one distribution for all steps", before[:, :1], seen[:, :1]),
        (
            "the step before",
            "a linear function of the step before, and what is left is Gaussian",
            before,
            seen,
        ),
    ):
        solution = np.linalg.lstsq(known, points[:, :2], rcond=None)[0]
        left = points[:, :2] - known @ solution
        covariance = left.T @ left / len(left) + 1e-9 * np.eye(2)
        off = truth[:, :2] - shown @ solution
        squares = (off @ np.linalg.inv(covariance) * off).sum(axis=1)
        logarithm = math.log(2 * math.pi) + 0.5 * np.linalg.slogdet(covariance)[1]
        found.append((name, about, float((logarithm + 0.5 * squares + pens).mean())))
    return found


def _flat(part: Part) -> tuple[Numbers, Numbers]:
    """What is known before each point (1, and the point before), and the points, of all drawings."""
    inside = part.targets[..., 2] >= 0
    before, points = part.inputs[inside].double().numpy(), part.targets[inside].double().numpy()
    return np.column_stack([np.ones(len(before)), before]), points


def _verdict(
    part: str, points: int, rows: int, measured: dict[str, float], baselines: list[dict[str, Any]]
) -> str:
    best = min(baselines, key=lambda each: float(each["metrics"]["nats"]))
    apart = best["metrics"]["nats"] - measured["nats"]
    said = (
        f"Surprised by {measured['nats']:.3f} nats at each of {points:,} points of {rows:,} "
        f"{'training' if part == 'train' else part} drawings, in prepared units. That is {abs(apart):.3f} "
        f"{'less' if apart >= 0 else 'more'} than the best single Gaussian, {best['name']} "
        f"({best['metrics']['nats']:.3f})."
    )
    return said if apart >= 0 else f"{said} The Gaussian does better."


def paths_of(points: Numbers) -> list[list[list[float]]]:
    """The lines of a drawing: places of the pen from lift to lift.

    Args:
        points: Shape (points, 3).

    Example:
        >>> paths_of(np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 1.0, 0.0]]))
        [[[0.0, 0.0], [1.0, 0.0]], [[1.0, 1.0], [2.0, 2.0]]]
    """
    places = np.vstack([np.zeros(2), points[:, :2].cumsum(axis=0)])
    cuts = np.flatnonzero(points[:, 2] > 0.5) + 2
    lines = [each for each in np.split(places, cuts) if len(each)]
    return [np.round(each, 4).tolist() for each in lines]


def _some(part: Part, seed: int) -> list[list[list[list[float]]]]:
    drawn = np.sort(numpy_stream(seed, "strokes").permutation(len(part))[:SHOWN])
    targets = part.targets[drawn].double().numpy()
    return [paths_of(each[each[:, 2] >= 0]) for each in targets]


def _drawn(network: Any, seed: int) -> list[dict[str, Any]]:
    """Drawings of the network, with the same chance at every bias."""
    found = []
    with evaluating(network), torch.no_grad():
        for bias in BIASES:
            chance = torch.Generator().manual_seed(derive(seed, "strokes"))
            rows = network.sample(SHOWN, chance, bias).double().numpy()
            found.append({"bias": bias, "paths": [paths_of(each) for each in rows]})
    return found
