"""Everything that is measured about a network that makes rows, put together into one record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from glasshouse.core.files import plain
from glasshouse.core.seeds import derive, numpy_stream
from glasshouse.data.parts import Part
from glasshouse.evaluation.evaluation import Evaluation
from glasshouse.evaluation.frechet import Eye, frechet_distance, make_eye
from glasshouse.evaluation.generation_verdict import generation_verdict
from glasshouse.evaluation.intervals import LEVEL, wilson
from glasshouse.evaluation.latent import nearest
from glasshouse.evaluation.likeness import collapse, copies, density_and_coverage
from glasshouse.evaluation.mode_coverage import mode_coverage
from glasshouse.evaluation.reconstruction import Question
from glasshouse.evaluation.showing import Gallery
from glasshouse.models.latent_codes import draw
from glasshouse.objectives import Adversarial

MOST = 1000
"""Rows that are compared: so many real ones, and as many made ones."""
SAMPLES, PAIRS, WAYS, STEPS = 40, 8, 4, 9
CODES = 8
"""Codes whose rows are shown over time."""
MOMENTS = 6
"""Epochs that are shown."""
METHOD = (
    "coverage: Wilson's score interval for the share of real rows, with the made rows as they were drawn; "
    "how other made rows would differ is not in it"
)
Rows = NDArray[np.float32]


@dataclass(frozen=True)
class Known:
    """What is known of the distribution, where it was made by a formula.

    Args:
        centres: Of its modes, in prepared units, shape (modes, D).
        spread: Standard deviation of each mode, in prepared units.
    """

    centres: NDArray[np.float64]
    spread: float


@dataclass(frozen=True)
class Making:
    """What is to be measured about a network that makes rows.

    Args:
        question: Network, objective and data.
        exhibits: Rows of the same codes by epoch, as training kept them.
        known: The modes, where they are known.
    """

    question: Question
    exhibits: Mapping[int, Rows] = field(default_factory=dict)
    known: Known | None = None


def evaluate_generation(making: Making) -> Evaluation:
    """Measure how like the data made rows are, and whether they are as varied.

    As many made rows as there are real ones, at most 1,000, are compared with every part; the same goes for
    training rows and for rows drawn from a normal distribution with the training rows' mean and covariance,
    the best and a poor thing that a generator could do.

    Args:
        making: Network, data and what was kept while it learnt.

    Example:
        >>> from glasshouse.data.parts import Prepared
        >>> from glasshouse.models import gan
        >>> from glasshouse.objectives.game import find_game
        >>> rows = torch.randn(60, 2, generator=torch.Generator().manual_seed(0))
        >>> parts = [Part(rows[:40], rows[:40], np.arange(40)), Part(rows[40:], rows[40:], np.arange(40, 60))]
        >>> prepared = Prepared(*parts, None, "reconstruction", (2,), 2, (), "the row itself")
        >>> question = Question(gan(2), Adversarial(find_game("hinge")), prepared, names=("a", "b"))
        >>> [each["name"] for each in evaluate_generation(Making(question)).record["baselines"]]
        ['training rows', 'normal distribution']
    """
    question = making.question
    prepared = question.prepared
    eye = make_eye(prepared.train.inputs, question.labels(prepared.train), question.seed)
    parts = prepared.parts()
    judged = parts[question.judged]
    metrics = {name: _measured(question, part, eye) for name, part in parts.items()}
    rows = compared(judged, question.seed)
    coverage = metrics[question.judged]["coverage"]
    span = None if coverage is None else wilson(round(coverage * len(rows)), len(rows))
    baselines = _baselines(question, rows, eye)
    looked = _looked_at(making, rows, eye)
    record: dict[str, Any] = {
        "task": "generation",
        "target": "rows like these",
        "classes": [],
        "primary": "coverage",
        "metrics": metrics,
        "intervals": {
            "part": question.judged,
            "rows": len(rows),
            "level": LEVEL,
            "method": METHOD,
            "metrics": {} if span is None else {"coverage": span},
        },
        "baselines": baselines,
        "difference": None,
        "generation": looked,
        **dict.fromkeys(("confusion", "per_class", "calibration", "curves", "residuals", "mistaken")),
        "mistakes": [],
    }
    gallery = Gallery(question.to_pixels, "generation")
    looked["pictures"] = _pictures(making, gallery)
    record["verdict"] = generation_verdict(record, "pictures" if question.to_pixels else "rows")
    return Evaluation(plain(record), gallery.pictures, _no_predictions())


def compared(part: Part, seed: int) -> torch.Tensor:
    """Real rows of a part, at most so many."""
    drawn = np.sort(numpy_stream(seed, "compared").permutation(len(part))[:MOST])
    return part.inputs[torch.from_numpy(drawn)]


def _measured(question: Question, part: Part, eye: Eye) -> dict[str, float | None]:
    """The metrics of a part: likeness, and what the discriminator thinks."""
    real = compared(part, question.seed)
    made = draw(question.network, len(real), derive(question.seed, "measured"))
    told = question.objective.judge(question.network, part)
    names = {"real": "said_of_real", "fake": "said_of_made"}
    said = {names.get(name, name): value for name, value in told.parts.items()}
    return {**likeness(real, made, eye), "discriminator_loss": told.loss, **said}


def likeness(real: torch.Tensor, made: torch.Tensor, eye: Eye) -> dict[str, float | None]:
    """How like real rows made ones are: coverage and density, where there are enough, and their distance."""
    features = eye.look(real), eye.look(made)
    density, coverage = None, None
    if len(real) > 5:
        density, coverage = density_and_coverage(features[0], features[1])
    distance = frechet_distance(*features) if len(real) > 1 else None
    return {"coverage": coverage, "density": density, "frechet": distance}


def _baselines(question: Question, real: torch.Tensor, eye: Eye) -> list[dict[str, Any]]:
    """The best that could be, and what a mean and a covariance alone would do."""
    train = question.prepared.train.inputs
    drawn = numpy_stream(question.seed, "like training").permutation(len(train))[: len(real)]
    flat = train.flatten(1).double().numpy()
    covariance = np.atleast_2d(np.cov(flat, rowvar=False))
    values, vectors = np.linalg.eigh(covariance)
    noise = numpy_stream(question.seed, "normal").standard_normal((len(real), flat.shape[1]))
    normal = flat.mean(axis=0) + noise * np.sqrt(np.clip(values, 0, None)) @ vectors.T
    like = {
        "training rows": (
            train[torch.from_numpy(drawn)],
            "are what a generator would give that has learnt the data, and learnt them by heart",
        ),
        "normal distribution": (
            torch.from_numpy(normal).float().reshape(real.shape),
            "draws rows from the mean and the covariance of the training rows",
        ),
    }
    return [
        {"name": name, "about": about, "metrics": likeness(real, rows, eye)}
        for name, (rows, about) in like.items()
    ]


def _looked_at(making: Making, real: torch.Tensor, eye: Eye) -> dict[str, Any]:
    """What the report tells beside the metrics."""
    question = making.question
    train = compared(question.prepared.train, question.seed)
    made = draw(question.network, len(real), derive(question.seed, "measured"))
    numbers = [each.flatten(1).numpy() for each in (train, real, made)]
    assert isinstance(question.objective, Adversarial)
    looked: dict[str, Any] = {
        "features": eye.about,
        "collapse": collapse(numbers[1], numbers[2]) if len(real) > 1 else None,
        "copies": copies(*numbers) if question.judged != "train" else None,
        "classes": _classes(question, eye, real, made),
        "modes": None,
        "modes_over_time": [],
        "points": _points(making) if question.prepared.input_shape == (2,) else None,
        "game": {
            "name": question.objective.game.name,
            "optimum": question.objective.optimum,
            "probabilities": question.objective.game.probabilities,
        },
    }
    if making.known is not None:
        count = max(MOST, 100 * len(making.known.centres))
        many = draw(question.network, count, derive(question.seed, "modes"))
        looked["modes"] = mode_coverage(many.numpy(), making.known.centres, making.known.spread)
        looked["modes_over_time"] = [
            {"epoch": epoch, "found": told["found"], "clean": told["clean"]}
            for epoch, rows in making.exhibits.items()
            for told in [mode_coverage(rows, making.known.centres, making.known.spread)]
        ]
    return looked


def _classes(question: Question, eye: Eye, real: torch.Tensor, made: torch.Tensor) -> dict[str, Any] | None:
    """How made rows fall into classes, by the small classifier, beside real ones."""
    target = None if question.raw is None else question.raw.target
    if eye.classify is None or target is None:
        return None
    count = len(target.classes)
    counts = [np.bincount(eye.classify(rows), minlength=count) for rows in (real, made)]
    shares = [each / each.sum() for each in counts]
    least = 0.1 * shares[0]
    return {
        "names": list(target.classes),
        "real": shares[0].tolist(),
        "made": shares[1].tolist(),
        "found": int(((shares[1] >= least) & (shares[1] > 0)).sum()),
        "distance": float(np.abs(shares[0] - shares[1]).sum() / 2),
        "accuracy": eye.accuracy,
    }


def _points(making: Making) -> dict[str, Any]:
    """Rows of two numbers, to be drawn: real ones, and made ones over time."""
    train = compared(making.question.prepared.train, making.question.seed)[:500]
    return {
        "names": list(making.question.names),
        "real": train.tolist(),
        "moments": [
            {"epoch": epoch, "made": making.exhibits[epoch][:500].tolist()} for epoch in _moments(making)
        ],
    }


def _moments(making: Making) -> list[int]:
    """Some of the epochs that were kept: about even steps on a logarithmic scale, the last one included."""
    kept = list(making.exhibits)
    if len(kept) <= MOMENTS:
        return kept
    wanted = np.geomspace(kept[0], kept[-1], MOMENTS)
    nearest_ones = [min(kept, key=lambda epoch, at=at: abs(epoch - at)) for at in wanted]  # type: ignore[misc]  # a default
    spare = [epoch for epoch in kept if epoch not in nearest_ones]
    chosen = dict.fromkeys(nearest_ones)
    for epoch in spare:
        if len(chosen) >= MOMENTS:
            break
        chosen[epoch] = None
    return sorted(chosen)


def _pictures(making: Making, gallery: Gallery) -> dict[str, Any] | None:
    """Samples, the same codes over time, ways between codes, and the training rows nearest to samples."""
    if gallery.to_pixels is None:
        return None
    question = making.question
    shape = question.prepared.input_shape
    samples = draw(question.network, SAMPLES, derive(question.seed, "shown"))
    ways = draw(question.network, WAYS, derive(question.seed, "ways"), STEPS)
    train = compared(question.prepared.train, question.seed)
    beside = train.flatten(1).numpy()
    places, _ = nearest(samples[:PAIRS].flatten(1).numpy(), beside, 1)
    over_time = [
        {
            "epoch": epoch,
            "pictures": gallery.add(
                f"epoch{epoch:05}", torch.from_numpy(making.exhibits[epoch][:CODES].reshape(-1, *shape))
            ),
        }
        for epoch in _moments(making)
    ]
    return {
        "samples": gallery.add("sample", samples),
        "nearest": gallery.add("nearest", train[torch.from_numpy(places[:, 0])]),
        "ways": [
            gallery.add(f"way{number}", way) for number, way in enumerate(torch.split(ways, STEPS), start=1)
        ],
        "over_time": over_time,
    }


def _no_predictions() -> pl.DataFrame:
    """Nothing is said about single rows."""
    schema = {"part": pl.String, "row": pl.Int64, "target": pl.Float64, "prediction": pl.Float64}
    return pl.DataFrame(schema=schema)
