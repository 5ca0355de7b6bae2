"""The verdict: one honest sentence or two on how good the network is, and against what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from glasshouse.evaluation.baselines import Baseline
from glasshouse.evaluation.intervals import Interval
from glasshouse.evaluation.paired import Difference

PRIMARY = {"classification": "accuracy", "regression": "r2"}
"""The metric that a verdict speaks of."""


def best_baseline(
    found: Sequence[Baseline], measured: Mapping[str, Mapping[str, float]], metric: str
) -> Baseline | None:
    """The baseline with the highest primary metric; of equals the first."""
    return max(found, key=lambda each: measured[each.name].get(metric, float("-inf")), default=None)


def verdict(
    task: str,
    part: str,
    things: str,
    value: float,
    interval: Interval | None,
    rows: int,
    against: tuple[str, float, Difference] | None,
) -> str:
    """Put the result into words.

    Args:
        task: ``"classification"`` or ``"regression"``.
        part: Which part was judged: ``"test"``, ``"validation"`` or ``"train"``.
        things: What rows are: ``"rows"`` or ``"images"``.
        value: Accuracy or R² of the network.
        interval: Its 95 % interval, where there is one.
        rows: How many rows were judged.
        against: Name and value of the best baseline, and the paired difference from it.
    """
    where = f"{rows:,} {'training' if part == 'train' else part} {things}"
    sure = f" (95 % interval {_span(interval)})" if interval else ""
    if task == "classification":
        said = f"Right for {_percent(value)} of {where}{sure}."
    elif value != value:
        said = f"The {where} all have one value, or there is only one: R² says nothing there."
    else:
        said = f"Explains {_percent(value)} of the variance of {where}{sure}."
    if against is not None and value == value:
        said += " " + _comparison(*against)
    caution = {
        "validation": " There is no test part, and validation chose the best epoch: expect a little less on "
        "new data.",
        "train": " These are the rows it was trained on: this says nothing about new data.",
    }
    return said + caution.get(part, "")


def _comparison(name: str, value: float, difference: Difference) -> str:
    points = f"{abs(difference.value) * 100:.1f} points"
    span = f"95 % interval {_points(difference.low)} to {_points(difference.high)}"
    baseline = f"the best baseline, {name} ({_percent(value)})"
    if difference.value == 0:
        return f"That is the same as {baseline}; the rows cannot tell which is better."
    side = "more" if difference.value > 0 else "less"
    if not difference.decided:
        return f"That is {points} {side} than {baseline}, but that may be chance: its {span} includes 0."
    if difference.value < 0:
        return f"That is {points} less than {baseline}: the simple model does better ({span})."
    return f"That is {points} more than {baseline}, and more than chance explains ({span})."


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"


def _span(interval: Interval) -> str:
    return f"{interval[0] * 100:.1f} to {interval[1] * 100:.1f} %"


def _points(share: float) -> str:
    return f"{share * 100:+.1f}".replace("-", "−")
