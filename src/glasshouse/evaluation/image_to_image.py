"""Everything that is measured about pictures that come out, put together into one record."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import polars as pl
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import nn

from glasshouse.core.errors import NonFiniteError
from glasshouse.core.files import plain
from glasshouse.data.images.degrade import enlarged
from glasshouse.data.parts import Part, Prepared
from glasshouse.evaluation.evaluation import Evaluation
from glasshouse.evaluation.intervals import LEVEL
from glasshouse.evaluation.paired import score_difference
from glasshouse.evaluation.picture_examples import examples
from glasshouse.evaluation.row_means import mean_interval, symmetric_interval
from glasshouse.evaluation.showing import Gallery, ToPixels
from glasshouse.metrics.psnr import psnr_of
from glasshouse.models.outputs import batches_of, evaluating, outputs_of
from glasshouse.objectives.image_to_image import squared_errors

METHOD = "Student's t on the pictures' own ratios; for errors the same on a logarithmic scale"
Errors = NDArray[np.float64]


class Simple(NamedTuple):
    """A way to give pictures without learning.

    Args:
        name: What it is called.
        about: What it does.
        pictures: Levels from 0 to 1, float32, shape (N, C, H, W), or (1, C, H, W) for all.
    """

    name: str
    about: str
    pictures: torch.Tensor


def evaluate_image_to_image(
    network: nn.Module, prepared: Prepared, to_pixels: ToPixels | None, levels: NDArray[np.uint8] | None
) -> Evaluation:
    """Measure the error of levels, and set it against what can be had without learning.

    Args:
        network: The trained network.
        prepared: Pictures, and those that are to come out.
        to_pixels: From prepared inputs to levels; ``None`` where that is not possible.
        levels: The inputs as they were read, levels of all rows of the data; ``None`` for bare tensors.
    """
    parts = prepared.parts()
    judged = next(name for name in ("test", "validation", "train") if name in parts)
    part = parts[judged]
    errors = {name: errors_of(network, each) for name, each in parts.items()}
    metrics = {name: measured(*each) for name, each in errors.items()}
    simple = simple_pictures(prepared, part, levels)
    others = {each.name: _errors(each.pictures, part.targets) for each in simple}
    baselines: list[dict[str, Any]] = [
        {"name": each.name, "about": each.about, "metrics": measured(*others[each.name])} for each in simple
    ]
    best = max(baselines, key=lambda each: float(each["metrics"]["psnr"]))
    squared, absolute = errors[judged]
    scores = psnr_of(squared)
    beside = score_difference("psnr", "picture", scores, psnr_of(others[str(best["name"])][0]))
    spans = {
        "psnr": symmetric_interval(scores),
        "mse": mean_interval(squared),
        "mae": mean_interval(absolute),
    }
    gallery = Gallery(to_pixels, "examples")
    record = {
        "task": "image_to_image",
        "target": prepared.target_name,
        "classes": [],
        "primary": "psnr",
        "metrics": metrics,
        "intervals": {
            "part": judged,
            "rows": len(part),
            "level": LEVEL,
            "method": METHOD,
            "metrics": {name: span for name, span in spans.items() if span is not None},
        },
        "baselines": baselines,
        "difference": {"baseline": best["name"], **beside.to_dict()},
        "verdict": _verdict(judged, metrics[judged]["psnr"], spans["psnr"], len(part), best, beside.value),
        **dict.fromkeys(("confusion", "per_class", "calibration", "curves", "residuals", "mistaken")),
        "mistakes": [],
        "pictures": _pictures(network, part, scores, simple[0], gallery),
    }
    return Evaluation(plain(record), gallery.pictures, _predictions(errors, parts))


def errors_of(network: nn.Module, part: Part) -> tuple[Errors, Errors]:
    """Mean squared and mean absolute error of every picture, levels cut off at black and white.

    Raises:
        NonFiniteError: A picture is NaN or infinite.
    """
    squared, absolute, start = [], [], 0
    with evaluating(network), torch.no_grad():
        for batch in batches_of(network, part.inputs):
            outputs = network(batch).float().cpu()
            targets = part.targets[start : start + len(batch)]
            squared.append(squared_errors(outputs, targets))
            absolute.append((outputs.clamp(0, 1).double() - targets.double()).abs().flatten(1).mean(dim=1))
            start += len(batch)
    found = torch.cat(squared).numpy(), torch.cat(absolute).numpy()
    if not np.isfinite(found[0]).all():
        lost = np.flatnonzero(~np.isfinite(found[0]))
        raise NonFiniteError(
            f"{len(lost)} of {len(found[0])} pictures that came out are NaN or infinite, the first of them "
            f"row {int(part.rows[lost[0]])}",
            expected="finite levels for every picture",
            fix="train again with a lower learning rate, or with training.clip_norm = 1.0",
        )
    return found


def _errors(pictures: torch.Tensor, targets: torch.Tensor) -> tuple[Errors, Errors]:
    """The same for pictures that are there already."""
    absolute = (pictures.double() - targets.double()).abs().flatten(1).mean(dim=1)
    return squared_errors(pictures, targets).numpy(), absolute.numpy()


def measured(squared: Errors, absolute: Errors) -> dict[str, float]:
    """The metrics of a part: the mean of the pictures' ratios and errors."""
    return {
        "psnr": float(psnr_of(squared).mean()),
        "mse": float(squared.mean()),
        "mae": float(absolute.mean()),
    }


def simple_pictures(prepared: Prepared, part: Part, levels: NDArray[np.uint8] | None) -> list[Simple]:
    """What can be had without learning: the input itself, also blurred, enlarged where it is smaller, grey in
    every channel where the target has colours; and the mean training picture.

    Args:
        prepared: Its training targets are averaged.
        part: What is judged.
        levels: The inputs as they were read; ``None`` where nobody knows them: only the mean is left then.
    """
    mean = prepared.train.targets.double().mean(dim=0, keepdim=True).float()
    averaged = Simple("mean picture", "always gives the mean training picture", mean)
    channels = part.targets.shape[1]
    if levels is None or levels.shape[1] not in (1, channels):
        return [averaged]
    given = levels[part.rows]
    factor = prepared.factor
    if factor > 1:
        given = enlarged(given, factor)
        name, about = "bicubic", f"enlarges the input {factor} times by bicubic interpolation"
    elif levels.shape[1] < channels:
        name, about = "grey", "copies the grey input into every channel"
    else:
        name, about = "the input", "gives back the input as it is"
    pictures = (torch.from_numpy(given).float() / 255).expand(-1, channels, -1, -1)
    found = [Simple(name, about, pictures), averaged]
    if name == "the input":
        blurred = F.avg_pool2d(F.pad(pictures, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
        found.insert(1, Simple("blurred", "gives each pixel the mean of its 3 x 3 neighbourhood", blurred))
    return found


def _verdict(
    part: str, psnr: float, span: tuple[float, float] | None, rows: int, best: dict[str, Any], ahead: float
) -> str:
    told = f" (95 % interval {span[0]:.2f} to {span[1]:.2f})" if span else ""
    part = "training" if part == "train" else part
    side = "above" if ahead >= 0 else "below"
    return (
        f"Pictures that come out have a peak signal-to-noise ratio of {psnr:.2f} dB on average{told}, over "
        f"{rows:,} {part} images. That is {abs(ahead):.2f} dB {side} the best simple method, {best['name']} "
        f"({best['metrics']['psnr']:.2f})."
    )


def _pictures(
    network: nn.Module, part: Part, scores: Errors, beside: Simple, gallery: Gallery
) -> dict[str, Any]:
    """What the report shows, the interpolated picture among it where inputs are smaller."""
    shown = beside.name == "bicubic"

    def further(places: NDArray[np.int64]) -> dict[str, NDArray[np.uint8]]:
        at = torch.from_numpy(places.copy())
        found = {"target": as_levels(part.targets[at])}
        if shown:
            found[beside.name] = as_levels(beside.pictures[at])
        return {**found, "answer": as_levels(outputs_of(network, part.inputs[at]).cpu())}

    return {
        "kind": "image_to_image",
        "score": "PSNR of the picture",
        "baseline": "what bicubic interpolation makes of it" if shown else "",
        "groups": examples(scores, part.rows, part.inputs, gallery, further),
    }


def as_levels(pictures: torch.Tensor) -> NDArray[np.uint8]:
    """Levels from 0 to 255, (N, H, W) or (N, H, W, 3), of pictures from 0 to 1.

    Example:
        >>> as_levels(torch.tensor([[[[0.0, 0.5], [1.0, 2.0]]]])).tolist()
        [[[0, 128], [255, 255]]]
    """
    levels = (255 * pictures.clamp(0, 1)).round().to(torch.uint8).numpy()
    found: NDArray[np.uint8] = levels[:, 0] if levels.shape[1] == 1 else levels.transpose(0, 2, 3, 1)
    return np.ascontiguousarray(found)


def _predictions(errors: dict[str, tuple[Errors, Errors]], parts: dict[str, Part]) -> pl.DataFrame:
    """One row per picture: ``prediction`` is its ratio, ``target`` the mean level of what is right, by which
    runs on other pictures are told.
    """
    frames = [
        pl.DataFrame(
            {
                "part": [name] * len(part),
                "row": part.rows,
                "target": part.targets.flatten(1).double().mean(dim=1).numpy(),
                "prediction": psnr_of(errors[name][0]),
            }
        )
        for name, part in parts.items()
    ]
    return pl.concat(frames)
