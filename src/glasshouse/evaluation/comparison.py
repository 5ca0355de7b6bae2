"""Runs side by side: what was set differently, what came of it, and whether the difference is chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from glasshouse.core.errors import StorageError, UsageError
from glasshouse.core.files import plain
from glasshouse.evaluation.paired import (
    Difference,
    error_difference,
    paired_difference,
    return_difference,
    score_difference,
)
from glasshouse.experiment.run import Run
from glasshouse.metrics import METRICS, Prediction

PICTURE_SCORES = {"segmentation": "picture_iou", "image_to_image": "psnr", "detection": "picture_overlap"}
"""What the answers to single pictures are compared by."""
UNITS = {
    "accuracy": "points of accuracy",
    "return": "of return",
    "picture_iou": "points of mean IoU",
    "picture_overlap": "points of overlap",
    "psnr": "dB of PSNR",
}
"""What differences are in, by metric."""


def compare(runs: Sequence[Run]) -> dict[str, Any]:
    """Compare runs by their records.

    Args:
        runs: Two or more runs, finished or not.

    Returns:
        ``runs`` (their names) and ``about`` (path, state and the part that was judged, of each), ``settings``
        (those that differ, by dotted key), ``metrics`` (by part and name, one value per run, ``None`` where a
        run has none), ``paired``: each further run against the first, on the same rows, with a 95 % interval
        of the difference; and ``verdicts``, a sentence for each pair, which also says where runs cannot be
        paired and why.

    Raises:
        UsageError: There are fewer than two runs.
        StorageError: A record is damaged.

    Example:
        >>> compare([])
        Traceback (most recent call last):
        ...
        glasshouse.core.errors.UsageError: 0 runs to compare
          expected: two or more
          fix: name two run folders: glasshouse compare RUN RUN
    """
    if len(runs) < 2:
        raise UsageError(
            f"{len(runs)} run{'' if len(runs) == 1 else 's'} to compare",
            expected="two or more",
            fix="name two run folders: glasshouse compare RUN RUN",
        )
    records = [run.record("evaluation") for run in runs]
    paired = [
        {"runs": [runs[0].name, other.name], **_paired(runs[0], other, records[0], record)}
        for other, record in zip(runs[1:], records[1:], strict=True)
    ]
    found = {
        "runs": [run.name for run in runs],
        "about": [_about(run, record) for run, record in zip(runs, records, strict=True)],
        "settings": _differing([_flat(run.experiment.model_dump(mode="json")) for run in runs]),
        "metrics": _side_by_side([record["metrics"] if record else {} for record in records]),
        "paired": paired,
        "verdicts": [each["sentence"] for each in paired],
    }
    return dict(plain(found))


def _about(run: Run, record: Mapping[str, Any] | None) -> dict[str, Any]:
    part = record["intervals"]["part"] if record else None
    return {"path": str(run.path), "state": run.status["state"], "part": part}


def _flat(values: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Nested settings by dotted key."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        dotted = f"{above}.{key}" if above else str(key)
        found |= _flat(value, dotted) if isinstance(value, Mapping) and value else {dotted: value}
    return found


def _differing(settings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    keys = list(dict.fromkeys(key for each in settings for key in each))
    rows = [{"key": key, "values": [each.get(key) for each in settings]} for key in keys]
    return [row for row in rows if any(value != row["values"][0] for value in row["values"])]


def _side_by_side(measured: Sequence[Mapping[str, Mapping[str, float | None]]]) -> list[dict[str, Any]]:
    rows = []
    for part in ("train", "validation", "test"):
        names = dict.fromkeys(name for each in measured for name in each.get(part, {}))
        for name in sorted(names, key=lambda each: list(METRICS).index(each) if each in METRICS else 99):
            values = [each.get(part, {}).get(name) for each in measured]
            better = METRICS[name].facts["better"] if name in METRICS else None
            rows.append({"part": part, "metric": name, "values": values, "better": better})
    return rows


def _paired(
    first: Run, second: Run, one: Mapping[str, Any] | None, other: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The paired difference of two runs, second minus first, or why there is none."""
    if one is None or other is None:
        missing = first.name if one is None else second.name
        return {"difference": None, "sentence": f"{missing} has no evaluation yet."}
    if (one["task"], one["target"]) != (other["task"], other["target"]):
        return {"difference": None, "sentence": "The runs predict different things."}
    part = one["intervals"]["part"]
    if part != other["intervals"]["part"]:
        return {"difference": None, "sentence": "The runs were judged on different parts of the data."}
    both = _answers(first, part).join(_answers(second, part), on="row", suffix="_second")
    rows = max(one["intervals"]["rows"], other["intervals"]["rows"])
    same = both["target"].to_list() == both["target_second"].to_list() and one["classes"] == other["classes"]
    if both.height < rows or not same:
        words = f"The runs were judged on different {part} rows, so their answers cannot be paired."
        return {"difference": None, "sentence": words}
    target = both["target"].to_numpy()
    if one["task"] == "reconstruction":
        errors = [both[name].to_numpy() for name in ("prediction_second", "prediction")]
        difference = error_difference(errors[0], errors[1], target)
        return {
            "difference": difference.to_dict(),
            "sentence": _sentence(first, second, part, difference),
        }
    if one["task"] == "control":
        returns = [both[name].to_numpy() for name in ("prediction_second", "prediction")]
        difference = return_difference(*returns)
        return {"difference": difference.to_dict(), "sentence": _sentence(first, second, part, difference)}
    if one["task"] in PICTURE_SCORES:
        scores = [both[name].to_numpy() for name in ("prediction_second", "prediction")]
        difference = score_difference(PICTURE_SCORES[one["task"]], "picture", *scores)
        return {"difference": difference.to_dict(), "sentence": _sentence(first, second, part, difference)}
    answers = [_prediction(both[name], one["task"]) for name in ("prediction_second", "prediction")]
    # whether a pair is the same is a question of two classes
    task = "classification" if one["task"] == "verification" else one["task"]
    difference = paired_difference(target, answers[0], answers[1], task, seed=0)
    return {"difference": difference.to_dict(), "sentence": _sentence(first, second, part, difference)}


def _answers(run: Run, part: str) -> pl.DataFrame:
    path = run.path / "predictions.parquet"
    try:
        frame = pl.read_parquet(path, columns=["part", "row", "target", "prediction"])
    except (OSError, pl.exceptions.PolarsError) as error:
        raise StorageError(
            f"{path} cannot be read: {error}",
            expected="the predictions of a finished run",
            fix="restore it from a copy, or run again",
        ) from error
    return frame.filter(pl.col("part") == part).drop("part").sort("row")


def _prediction(answers: pl.Series, task: str) -> Prediction:
    if task in ("classification", "verification"):
        return Prediction(labels=answers.to_numpy())
    return Prediction(values=answers.to_numpy())


def _sentence(first: Run, second: Run, part: str, found: Difference) -> str:
    things = "episodes" if found.metric == "return" else "rows"
    where = f"on the same {found.rows:,} {part} {things}"
    if found.value == 0:
        return f"{first.name} and {second.name} do equally well {where}."
    better, worse = (second.name, first.name) if found.value > 0 else (first.name, second.name)
    ends = sorted([abs(found.low), abs(found.high)]) if found.decided else [found.low, found.high]
    unit = 100 if found.metric in ("accuracy", "picture_iou", "picture_overlap") else 1
    low, high = (f"{end * unit:.{1 if unit == 100 else 3}f}".replace("-", "−") for end in ends)
    name = UNITS.get(found.metric, "of R²")
    amount = f"{abs(found.value) * unit:.{1 if unit == 100 else 3}f} {name}"
    if found.decided:
        return f"{better} is better than {worse} by {amount} {where} (95 % interval {low} to {high})."
    return (
        f"{better} is ahead of {worse} by {amount} {where}, but that may be chance: the 95 % interval of the "
        f"difference, {low} to {high}, includes 0."
    )
