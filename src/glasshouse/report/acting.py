"""The figures of training in a world: returns, lengths, values against what came, errors, and chance."""

from __future__ import annotations

from typing import Any

import polars as pl

from glasshouse.plot import curves, learning_rate, reward_curve
from glasshouse.report import numbers
from glasshouse.report.records import Records
from glasshouse.report.section import drawn

Drawn = dict[str, Any] | None


def acting_figures(records: Records, best: int | None) -> list[Drawn]:
    """Figures over the steps in the world.

    Args:
        records: Of a run in a world, with at least one epoch.
        best: The epoch that was kept.
    """
    history = records.history
    steps = steps_in_world(records)
    rate = None
    if not records.steps.is_empty():
        rate = drawn(
            learning_rate(records.steps), "Learning rate", "How far an update goes, as the schedule set it."
        )
    return [
        _returns(records, steps, best),
        _lengths(history, steps),
        _values(history, steps),
        _errors(history, steps),
        _chance(records, steps),
        rate,
    ]


def steps_in_world(records: Records) -> list[float]:
    """At every epoch's end, the steps made in the world, the warm-up included."""
    settings = (records.experiment or {}).get("data", {}).get("acting", {})
    warmup, steps = settings.get("warmup"), settings.get("steps")
    known = isinstance(warmup, int) and isinstance(steps, int)
    return [float(warmup + steps * each if known else each) for each in records.history["epoch"]]


def _returns(records: Records, steps: list[float], best: int | None) -> Drawn:
    history = records.history
    band = (history["validation_lowest"].to_list(), history["validation_highest"].to_list())
    marks = []
    explored = records.json.get("exploration")
    if explored:
        marks.append((explored["random"]["return"], "random"))
        if explored["world"]["solved"] is not None:
            marks.append((explored["world"]["solved"], "solved"))
    acted = _known(history, steps, "train_return")
    at = steps[best - 1] if best and best <= len(steps) else None
    figure = reward_curve(steps, history["validation_return"].to_list(), band, acted, marks, at)
    count = (records.experiment or {}).get("data", {}).get("acting", {}).get("episodes", "some")
    caption = (
        f"Greedy: {count} episodes without chance in what is done, always the same ones; the line is their "
        "mean, the band reaches from the lowest to the highest. Exploring: the episodes that the network "
        "learns from, in which chance has a part."
    )
    return drawn(figure, "Returns", caption)


def _lengths(history: pl.DataFrame, steps: list[float]) -> Drawn:
    lines = [("greedy", steps, history["validation_length"].to_list())]
    acted = _known(history, steps, "train_length")
    if acted[0]:
        lines.append(("exploring", *acted))
    if len({value for _, _, values in lines for value in values}) == 1:
        return None  # every episode lasts until time runs out: there is nothing to see
    figure = curves(lines, "steps in the world", "steps per episode", zero=True)
    return drawn(figure, "Lengths of episodes", "Mean number of steps until an episode ends.")


def _values(history: pl.DataFrame, steps: list[float]) -> Drawn:
    lines = [
        ("expected", steps, history["validation_expected"].to_list()),
        ("came", steps, history["validation_came"].to_list()),
    ]
    last = history.row(-1, named=True)
    caption = (
        "At the start of the greedy episodes: what the network expects from its own actions, and the "
        f"discounted rewards that came. In the end {numbers.number(last['validation_expected'], 3)} against "
        f"{numbers.number(last['validation_came'], 3)}. Far above what comes, it deceives itself: it takes "
        "the largest of values with errors for true. Where time runs out, what would have come later is "
        "not in “came”, so a little above is right."
    )
    return drawn(
        curves(lines, "steps in the world", "discounted return"), "What it expects, and what comes", caption
    )


def _errors(history: pl.DataFrame, steps: list[float]) -> Drawn:
    figure = curves(
        [("", steps, history["validation_td_error"].to_list())],
        "steps in the world",
        "mean |error|",
        zero=True,
    )
    caption = (
        "Temporal-difference error on the steps of the greedy episodes: how far a value lies from reward and "
        "discounted value one step later. It need not fall: the targets grow with the values."
    )
    return drawn(figure, "Disagreement with itself", caption)


def _chance(records: Records, steps: list[float]) -> Drawn:
    history = records.history
    known = _known(history, steps, "train_explore")
    if not known[0] or len(set(known[1])) == 1:
        return None
    caption = "The share of actions that are drawn at random while it learns."
    return drawn(
        curves([("", *known)], "steps in the world", "share", filled=True, zero=True), "Chance", caption
    )


def _known(history: pl.DataFrame, steps: list[float], column: str) -> tuple[list[float], list[float]]:
    """Places and values of a column, without epochs in which no episode ended."""
    if column not in history.columns:
        return [], []
    pairs = [(step, value) for step, value in zip(steps, history[column], strict=True) if value is not None]
    return [step for step, _ in pairs], [value for _, value in pairs]
