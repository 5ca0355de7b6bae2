"""The verdict on a network that gives rows back: how much it keeps, and against what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from glasshouse.evaluation.paired import Difference


def reconstruction_verdict(
    part: str,
    rows: str,
    things: str,
    value: float,
    interval: tuple[float, float] | None,
    widths: tuple[int, int],
    against: tuple[float, Difference] | None,
) -> str:
    """Put the result into words.

    Args:
        part: Which part was judged.
        rows: How many rows, as people write it.
        things: ``"rows"`` or ``"images"``.
        value: Share of the variance that is kept.
        interval: Its 95 % interval, where there is one.
        widths: Numbers of the code and of a row.
        against: The share that principal components of the code's width keep, and the paired difference.

    Example:
        >>> reconstruction_verdict("test", "360", "images", 0.9, None, (8, 64), None)
        'Keeps 90.0 % of the variance of 360 test images, through 8 numbers for 64.'
    """
    code, numbers = widths
    where = f"{rows} {'training' if part == 'train' else part} {things}"
    sure = f" (95 % interval {100 * interval[0]:.1f} to {100 * interval[1]:.1f} %)" if interval else ""
    if value != value:
        return f"The {where} are all equal: there is no variance to keep."
    said = (
        f"Keeps {100 * value:.1f} % of the variance of {where}{sure}, through {code} numbers for {numbers}."
    )
    if code >= numbers:
        said += " A code that wide could hand rows through unchanged: the error alone says little."
    if against is not None:
        said += " " + _comparison(*against)
    caution = {
        "validation": " There is no test part, and validation chose the best epoch: expect a little less on "
        "new data.",
        "train": " These are the rows it was trained on: this says nothing about new data.",
    }
    return said + caution.get(part, "")


def standing_out(measured: Mapping[str, float], baselines: Sequence[Mapping[str, Any]]) -> str:
    """How well errors put unusual rows first, in a sentence; empty where nobody said which are.

    Args:
        measured: The metrics of the part that was judged.
        baselines: With their ``metrics``.

    Example:
        >>> simple = {"name": "mean row", "metrics": {"average_precision": 0.5}}
        >>> standing_out({"average_precision": 0.8}, [simple]).split(";")[0]
        ' Unusual ones stand out with an average precision of 0.800'
    """
    if "average_precision" not in measured:
        return ""
    known = [each for each in baselines if "average_precision" in each["metrics"]]
    best = max(known, key=lambda each: float(each["metrics"]["average_precision"]))
    own, other = measured["average_precision"], best["metrics"]["average_precision"]
    said = f" Unusual ones stand out with an average precision of {own:.3f}; by the best simple score, "
    said += f"{best['name']}, {other:.3f}."
    return said if own > other else f"{said} The simple score does better."


def _comparison(value: float, difference: Difference) -> str:
    points = f"{100 * abs(difference.value):.1f} points"
    span = f"95 % interval {_points(difference.low)} to {_points(difference.high)}"
    other = f"principal components of the same width keep {100 * value:.1f} %"
    if not difference.decided:
        return f"As good as linear: {other}, and the difference may be chance ({span})."
    if difference.value < 0:
        return f"Linear is better: {other}, {points} more ({span})."
    return f"That is {points} more than linear, and more than chance explains: {other} ({span})."


def _points(share: float) -> str:
    return f"{share * 100:+.1f}".replace("-", "−")
