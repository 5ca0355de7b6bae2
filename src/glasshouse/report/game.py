"""Figures of a game of two: how both losses went, and what the discriminator said of either kind of rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from matplotlib.figure import Figure

from glasshouse.plot import curves
from glasshouse.report.records import Records
from glasshouse.report.section import drawn

Lines = list[tuple[str, list[float], list[float]]]


def game_figures(records: Records) -> list[dict[str, Any] | None]:
    """Both losses, and the discriminator's mean answers; nothing where training was no game."""
    history = records.history
    if "train_generator_loss" not in history.columns:
        return []
    game = ((records.json.get("evaluation") or {}).get("generation") or {}).get("game") or {}
    return [_losses(history, game.get("optimum")), _answers(history, game.get("probabilities", True))]


def updates(steps: int, objective: Mapping[str, Any]) -> str:
    """How often either side was moved, in words.

    Args:
        steps: Of the run.
        objective: The section of the experiment.

    Example:
        >>> updates(10, {"discriminator_steps": 3, "generator_steps": 1})
        '10 of the discriminator, 4 of the generator'
    """
    generator = -(-steps // objective["discriminator_steps"]) * objective["generator_steps"]
    return f"{steps:,} of the discriminator, {generator:,} of the generator"


def _losses(history: pl.DataFrame, optimum: float | None) -> dict[str, Any] | None:
    columns = {"train_discriminator_loss": "discriminator", "train_generator_loss": "generator"}
    lines = _lines(history, columns)
    caption = (
        "Mean per epoch. Neither has to fall: each side is measured against the other one of the day, so "
        "that even losses mean an even game."
    )
    if optimum is not None and lines:
        lines.append(("cannot tell", lines[0][1], [optimum] * len(lines[0][1])))
        caption += f" A discriminator that can tell nothing has a loss of {optimum:.3g}."
    return drawn(_figure(lines, "loss"), "Both losses", caption)


def _answers(history: pl.DataFrame, probabilities: bool) -> dict[str, Any] | None:
    lines = _lines(history, {"train_real": "real rows", "train_fake": "made rows"})
    if probabilities and lines:
        lines.append(("cannot tell", lines[0][1], [0.5] * len(lines[0][1])))
    what = "How probable the discriminator found it that a row is real" if probabilities else "Its scores"
    caption = f"{what}, mean over real rows and over made ones. Where both meet, it cannot tell them apart."
    return drawn(_figure(lines, "says"), "What the discriminator says", caption)


def _lines(history: pl.DataFrame, columns: dict[str, str]) -> Lines:
    found = []
    for column, name in columns.items():
        if column in history.columns:
            known = history.select("epoch", column).drop_nulls()
            found.append((name, known["epoch"].cast(pl.Float64).to_list(), known[column].to_list()))
    return [each for each in found if each[1]]


def _figure(lines: Lines, up: str) -> Figure | None:
    if not lines or len(lines[0][1]) < 2:
        return None
    return curves(lines, "epoch", up)
