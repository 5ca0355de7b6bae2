"""Everything that is measured about a network that gives rows back, put together into one record."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from torch import nn

from glasshouse.core.files import plain
from glasshouse.data.parts import Part, Prepared
from glasshouse.data.raw import Raw
from glasshouse.evaluation.evaluation import Evaluation
from glasshouse.evaluation.intervals import LEVEL
from glasshouse.evaluation.latent import neighbours_agree, plane, used
from glasshouse.evaluation.odd_windows import average_precision, in_time, is_series, last_value_errors
from glasshouse.evaluation.paired import Difference, error_difference
from glasshouse.evaluation.principal_components import PrincipalComponents, principal_components
from glasshouse.evaluation.reconstructed import Reconstructed, reconstruct
from glasshouse.evaluation.reconstruction_verdict import reconstruction_verdict, standing_out
from glasshouse.evaluation.row_means import METHOD, mean_interval, share_interval
from glasshouse.evaluation.showing import Gallery, ToPixels, examples, samples, ways
from glasshouse.evaluation.unusual import calibrated, unusual
from glasshouse.objectives import Denoising, Elbo, Objective
from glasshouse.objectives.elbo import negative_elbo


@dataclass(frozen=True)
class Question:
    """What is to be measured.

    Args:
        network: The trained network.
        objective: What it was trained by.
        prepared: The data.
        raw: The data as read, for classes; ``None`` where there are tensors only.
        normal: The class that was trained on, where only one was.
        to_pixels: From prepared rows to pictures; ``None`` where rows are none.
        names: Of a row's numbers.
        seed: For what is drawn.
    """

    network: nn.Module
    objective: Objective
    prepared: Prepared
    raw: Raw | None = None
    normal: str | None = None
    to_pixels: ToPixels | None = None
    names: Sequence[str] = ()
    seed: int = 0

    @property
    def judged(self) -> str:
        """The part that all but the metrics are of."""
        parts = self.prepared.parts()
        return next(name for name in ("test", "validation", "train") if name in parts)

    @property
    def things(self) -> str:
        """What rows are."""
        if self.to_pixels is not None:
            return "images"
        return "windows" if is_series(self.raw) else "rows"

    def usual(self, part: Part) -> NDArray[np.bool_] | None:
        """Which rows of a part are normal; ``None`` where nobody said."""
        labels = self.labels(part)
        if self.normal is None or labels is None or self.raw is None or self.raw.target is None:
            return None
        usual: NDArray[np.bool_] = labels == self.raw.target.classes.index(self.normal)
        return usual

    def labels(self, part: Part) -> NDArray[np.int64] | None:
        """The classes of a part's rows, where the data have classes."""
        target = None if self.raw is None else self.raw.target
        if target is None or target.task != "classification":
            return None
        labels: NDArray[np.int64] = target.values[part.rows]
        return labels


def evaluate_reconstruction(question: Question) -> Evaluation:
    """Measure how well a network gives rows back, and set it against principal components of the same width.

    Metrics are those of every part. All else is of the test part, or of the validation part where there is no
    test part, or of the training part where that is all there is.

    Args:
        question: Network, data and what is known about them.

    Raises:
        NonFiniteError: A reconstruction is NaN or infinite.

    Example:
        >>> import torch
        >>> from glasshouse.models import autoencoder
        >>> from glasshouse.losses import LOSSES
        >>> from glasshouse.objectives import Reconstruction
        >>> rows = torch.randn(20, 3, generator=torch.Generator().manual_seed(0))
        >>> part = Part(rows, rows, np.arange(20))
        >>> prepared = Prepared(part, None, None, "reconstruction", (3,), 3, (), "the row itself")
        >>> network, objective = autoencoder(3, hidden=[], code=1), Reconstruction(LOSSES.build("mse"))
        >>> question = Question(network, objective, prepared, names=("a", "b", "c"))
        >>> [each["name"] for each in evaluate_reconstruction(question).record["baselines"]]
        ['mean row', 'principal components']
    """
    parts = question.prepared.parts()
    found = {name: reconstruct(question.network, part) for name, part in parts.items()}
    judged, part = found[question.judged], parts[question.judged]
    metrics = {name: {**_measured(each), **_further(question, parts[name])} for name, each in found.items()}
    spans = {
        "mse": mean_interval(judged.errors),
        "r2": share_interval(judged.errors, judged.spreads),
    }
    spans["rmse"] = None if spans["mse"] is None else (math.sqrt(spans["mse"][0]), math.sqrt(spans["mse"][1]))
    width = judged.codes.shape[1] if judged.codes is not None else question.prepared.outputs
    components = principal_components(question.prepared.train.inputs, width, question.seed)
    usual = question.usual(part)
    metrics[question.judged] |= average_precision(judged.errors, usual)
    known = {name: span for name, span in spans.items() if span is not None}
    record = {
        "task": "reconstruction",
        "target": question.prepared.target_name,
        "classes": [],
        "primary": "r2",
        "metrics": metrics,
        "intervals": {
            "part": question.judged,
            "rows": len(judged),
            "level": LEVEL,
            "method": METHOD,
            "metrics": known,
        },
        **_against(question, judged, part, components, width, known.get("r2"), usual),
        **dict.fromkeys(("confusion", "per_class", "calibration", "curves", "residuals", "mistaken")),
        "mistakes": [],
    }
    gallery = Gallery(question.to_pixels)
    record["reconstruction"] = _looked_at(question, found, part, components, gallery, usual)
    record["verdict"] += standing_out(metrics[question.judged], record["baselines"])
    return Evaluation(plain(record), gallery.pictures, _predictions(found))


def _measured(found: Reconstructed) -> dict[str, float]:
    return {"mse": found.mse, "rmse": math.sqrt(found.mse), "r2": found.r2}


def _further(question: Question, part: Part) -> dict[str, float]:
    """What the objective itself says of a part: the bound in nats, the activity of the code ..."""
    if isinstance(question.objective, Elbo):
        bound = negative_elbo(question.network, part.inputs)
        return {"negative_elbo": bound["loss"], "surprise": bound["reconstruction"], "kl": bound["kl"]}
    told = question.objective.judge(question.network, part).parts
    return {name: value for name, value in told.items() if name in ("activity", "jacobian")}


def _against(
    question: Question,
    judged: Reconstructed,
    part: Part,
    components: PrincipalComponents | None,
    width: int,
    span: tuple[float, float] | None,
    usual: NDArray[np.bool_] | None,
) -> dict[str, Any]:
    """Baselines with their metrics, the paired difference from principal components, and the verdict."""
    mean = question.prepared.train.inputs.flatten(1).mean(dim=0)
    of_mean = (part.inputs.flatten(1) - mean).double().square().mean(dim=1).numpy()
    baselines = [_baseline("mean row", "always gives the mean training row", of_mean, judged, usual)]
    difference: Difference | None = None
    if components is not None:
        errors = components.errors(part.inputs)
        baselines.append(_baseline("principal components", components.about, errors, judged, usual))
        difference = error_difference(judged.errors, errors, judged.spreads)
    numbers = question.prepared.outputs
    against = None
    if difference is not None:
        against = (baselines[-1]["metrics"]["r2"], difference)
    words = reconstruction_verdict(
        question.judged, f"{len(judged):,}", question.things, judged.r2, span, (width, numbers), against
    )
    if is_series(question.raw) and usual is not None and part.inputs.dim() == 3:
        told = average_precision(last_value_errors(part.inputs), usual)
        about = "each step is foretold to be as the one before it: no reconstruction, but its error tells too"
        baselines.append({"name": "last value", "about": about, "metrics": told})
    apart = None
    if difference is not None:
        apart = {"baseline": "principal components", **difference.to_dict()}
    return {"baselines": baselines, "difference": apart, "verdict": words}


def _baseline(
    name: str,
    about: str,
    errors: NDArray[np.float64],
    judged: Reconstructed,
    usual: NDArray[np.bool_] | None,
) -> dict[str, Any]:
    as_if = Reconstructed(errors, judged.spreads, None, judged.rows)
    metrics = {**_measured(as_if), **average_precision(errors, usual)}
    return {"name": name, "about": about, "metrics": metrics}


def _looked_at(
    question: Question,
    found: dict[str, Reconstructed],
    part: Part,
    components: PrincipalComponents | None,
    gallery: Gallery,
    usual: NDArray[np.bool_] | None,
) -> dict[str, Any]:
    """What the report draws: pictures, codes, errors."""
    judged, seed = found[question.judged], question.seed
    labels = question.labels(part)
    noisy = question.objective.corrupted if isinstance(question.objective, Denoising) else None
    steps = part.inputs.shape[1] if is_series(question.raw) and part.inputs.dim() == 3 else 0
    looked: dict[str, Any] = {
        "examples": examples(question.network, part, judged, gallery, question.names, seed, noisy, steps),
        "samples": samples(question.network, gallery, seed),
        "ways": ways(question.network, judged, gallery, seed),
        "unusual": {**unusual(found, question.judged, usual), "normal": question.normal},
        "series": in_time(question.raw, judged.rows, judged.errors, usual, calibrated(found)[1]),
        "denoising": _denoised(question, part, components),
        "code": None,
    }
    if judged.codes is not None:
        target = None if question.raw is None else question.raw.target
        looked["code"] = {
            **used(judged.codes, isinstance(question.objective, Elbo)),
            "plane": plane(judged.codes, labels, seed),
            "classes": [] if labels is None or target is None else list(target.classes),
            "neighbours": _neighbours(question, found["train"], judged, part, labels),
        }
    return looked


def _denoised(
    question: Question, part: Part, components: PrincipalComponents | None
) -> dict[str, Any] | None:
    """Errors from the clean rows, of what noisy ones became: by the network, by nothing, by components."""
    objective = question.objective
    if not isinstance(objective, Denoising):
        return None
    noisy = objective.corrupted(part.inputs)
    left = (noisy - part.inputs).flatten(1).double().square().mean()
    return {
        "corruption": objective.corruption,
        "amount": objective.amount,
        "network": reconstruct(question.network, part, objective.corrupted).mse,
        "noise": float(left),
        "principal components": None
        if components is None
        else float(components.errors(part.inputs, noisy).mean()),
    }


def _neighbours(
    question: Question,
    train: Reconstructed,
    judged: Reconstructed,
    part: Part,
    labels: NDArray[np.int64] | None,
) -> dict[str, float] | None:
    """How often the nearest training row has the same class, by code and by the row's own numbers."""
    trained = question.labels(question.prepared.train)
    if labels is None or trained is None or train.codes is None or judged.codes is None:
        return None
    rows = [each.inputs.flatten(1).numpy() for each in (part, question.prepared.train)]
    return {
        "code": neighbours_agree(judged.codes, labels, train.codes, trained, question.seed),
        "rows": neighbours_agree(rows[0], labels, rows[1], trained, question.seed),
    }


def _predictions(found: dict[str, Reconstructed]) -> pl.DataFrame:
    """One row per row: ``prediction`` is its error, ``target`` that of the part's mean row."""
    frames = [
        pl.DataFrame(
            {
                "part": pl.Series([name], dtype=pl.String).new_from_index(0, len(each)),
                "row": pl.Series(each.rows, dtype=pl.Int64),
                "target": pl.Series(each.spreads),
                "prediction": pl.Series(each.errors),
            }
        )
        for name, each in found.items()
    ]
    return pl.concat(frames)
