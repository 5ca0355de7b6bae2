"""Everything that is measured about a forecast, put together into one record."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import nn

from glasshouse.core.files import plain
from glasshouse.data.parts import OutputScale, Part, Prepared
from glasshouse.evaluation.evaluation import Evaluation
from glasshouse.evaluation.forecast_baselines import Shown, simple_forecasts
from glasshouse.evaluation.intervals import LEVEL
from glasshouse.evaluation.row_means import METHOD, mean_interval
from glasshouse.models.outputs import outputs_of

Numbers = NDArray[np.float64]
DRAWN = 240
"""Most windows of the judged part whose forecasts are drawn."""
UNUSUAL = 0.999
"""Share of the training windows whose error is not unusual."""
LISTED = 20
"""Most unusual windows that are listed."""


@dataclass(frozen=True)
class Forecasts:
    """What a network said about the windows of a part, beside what came, in the target's unit.

    Args:
        said, came: (windows, steps ahead).
    """

    said: Numbers
    came: Numbers

    @property
    def squares(self) -> Numbers:
        """The mean squared error of each window."""
        squares: Numbers = ((self.said - self.came) ** 2).mean(axis=1)
        return squares

    def measured(self, unit: float) -> dict[str, float]:
        """Errors; ``mase`` is the mean size of the error in units of the naive error in training."""
        errors = np.abs(self.said - self.came)
        return {
            "rmse": math.sqrt(float(self.squares.mean())),
            "mae": float(errors.mean()),
            "mase": float(errors.mean()) / unit if unit > 0 else math.nan,
        }


def evaluate_forecast(
    network: nn.Module, prepared: Prepared, scale: OutputScale, season: int = 0
) -> Evaluation:
    """Measure forecasts, and set them against simple methods on the same windows.

    Args:
        network: The trained network.
        prepared: Windows and the next steps, in the order of time.
        scale: How outputs become numbers in the target's unit.
        season: Length of the season in steps; 0 to look for one in the training windows.
    """
    parts = prepared.parts()
    judged = next(name for name in ("test", "validation", "train") if name in parts)
    found = {name: asked(network, part, scale) for name, part in parts.items()}
    shown = {name: _shown(prepared, part, scale) for name, part in parts.items()}
    unit = float(np.abs(shown["train"].past[:, -1:] - shown["train"].truth[:, :1]).mean())
    metrics = {name: each.measured(unit) for name, each in found.items()}
    span = mean_interval(found[judged].squares)
    simple = simple_forecasts(shown["train"], shown[judged], shown.get("validation"), season)
    beside = [(each, Forecasts(each.values, found[judged].came)) for each in simple]
    baselines = [
        {"name": each.name, "about": each.about, "metrics": measured.measured(unit)}
        for each, measured in beside
    ]
    record = {
        "task": "forecast",
        "target": prepared.target_name,
        "classes": [],
        "primary": "rmse",
        "metrics": metrics,
        "intervals": {
            "part": judged,
            "rows": len(parts[judged]),
            "level": LEVEL,
            "method": METHOD,
            "metrics": {} if span is None else {"rmse": (math.sqrt(span[0]), math.sqrt(span[1]))},
        },
        "baselines": baselines,
        "difference": None,
        "verdict": _verdict(judged, prepared, metrics[judged], baselines, found[judged], beside),
        **dict.fromkeys(("confusion", "per_class", "calibration", "curves", "residuals", "mistaken")),
        "mistakes": [],
        "forecast": {
            **_drawn(found[judged], parts[judged]),
            "ahead": _by_step(found[judged], beside),
            "unusual": _unusual(found, parts, judged),
        },
    }
    return Evaluation(plain(record), {}, _predictions(found, parts))


def asked(network: nn.Module, part: Part, scale: OutputScale) -> Forecasts:
    """What a network says about the windows of a part, in the target's unit."""
    said = outputs_of(network, part.inputs).cpu().double().reshape(len(part), -1).numpy()
    came = part.targets.double().reshape(len(part), -1).numpy()
    return Forecasts(said * scale.spread + scale.centre, came * scale.spread + scale.centre)


def _shown(prepared: Prepared, part: Part, scale: OutputScale) -> Shown:
    inputs = part.inputs.double()
    last = inputs[:, -1:]
    windows = torch.cat([(inputs - last)[:, :-1].flatten(1), last.flatten(1)], dim=1).numpy()
    column = prepared.series_column if prepared.series_column is not None else 0
    past = inputs[:, :, column].numpy() * scale.spread + scale.centre
    truth = part.targets.double().reshape(len(part), -1).numpy() * scale.spread + scale.centre
    return Shown(windows, past, truth)


def _verdict(
    judged: str,
    prepared: Prepared,
    measured: dict[str, float],
    baselines: list[dict[str, Any]],
    found: Forecasts,
    beside: list[tuple[Any, Forecasts]],
) -> str:
    steps = found.came.shape[1]
    ahead = "the next step" if steps == 1 else f"the next {steps} steps"
    said = (
        f"Off by {measured['rmse']:.4g} (root mean square) over {ahead} of {prepared.target_name!r}, in "
        f"{len(found.came):,} {'training' if judged == 'train' else judged} windows."
    )
    best = min(range(len(baselines)), key=lambda place: baselines[place]["metrics"]["rmse"])
    other = baselines[best]["metrics"]["rmse"]
    share = 1 - measured["rmse"] / other if other > 0 else 0.0
    side = "less" if share >= 0 else "more"
    said += (
        f" That is {abs(share) * 100:.1f} % {side} than the best simple method, "
        f"{baselines[best]['name']} ({other:.4g})."
    )
    apart = beside[best][1].squares - found.squares
    error = float(apart.std(ddof=1)) / math.sqrt(len(apart)) if len(apart) > 1 else math.inf
    if abs(float(apart.mean())) < 2 * error:
        said += " The windows cannot tell which is better."
    elif share < 0:
        said += " The simple method does better."
    return said


def _drawn(found: Forecasts, part: Part) -> dict[str, Any]:
    """The first step ahead over time, and the last one where there are several."""
    first = max(0, len(found.came) - DRAWN)
    return {
        "rows": part.rows[first:].tolist(),
        "came": found.came[first:, 0].tolist(),
        "said": found.said[first:, 0].tolist(),
        "steps": found.came.shape[1],
    }


def _by_step(found: Forecasts, beside: list[tuple[Any, Forecasts]]) -> list[dict[str, Any]]:
    """The error of each step ahead, of the network and of every simple method."""

    def rmse(each: Forecasts) -> list[float]:
        errors: list[float] = np.sqrt(((each.said - each.came) ** 2).mean(axis=0)).tolist()
        return errors

    return [
        {"name": "this network", "rmse": rmse(found)},
        *({"name": simple.name, "rmse": rmse(each)} for simple, each in beside),
    ]


def _unusual(found: dict[str, Forecasts], parts: dict[str, Part], judged: str) -> dict[str, Any]:
    """Windows after which something came that is further off than nearly all of training was."""
    errors = {name: np.abs(each.said - each.came).mean(axis=1) for name, each in found.items()}
    threshold = float(np.quantile(errors["train"], UNUSUAL))
    flagged = np.flatnonzero(errors[judged] > threshold)
    worst = flagged[np.argsort(-errors[judged][flagged], kind="stable")][:LISTED]
    return {
        "threshold": threshold,
        "share": UNUSUAL,
        "count": len(flagged),
        "rows": len(errors[judged]),
        "worst": [
            {
                "row": int(parts[judged].rows[place]),
                "came": float(found[judged].came[place, 0]),
                "said": float(found[judged].said[place, 0]),
                "error": float(errors[judged][place]),
            }
            for place in worst
        ],
    }


def _predictions(found: dict[str, Forecasts], parts: dict[str, Part]) -> pl.DataFrame:
    """One row per window and step ahead."""
    frames = []
    for name, each in found.items():
        steps = each.came.shape[1]
        frames.append(
            pl.DataFrame(
                {
                    "part": pl.Series([name], dtype=pl.String).new_from_index(0, each.came.size),
                    "row": np.repeat(parts[name].rows, steps),
                    "ahead": np.tile(np.arange(1, steps + 1), len(each.came)),
                    "target": each.came.ravel(),
                    "prediction": each.said.ravel(),
                }
            )
        )
    return pl.concat(frames)
