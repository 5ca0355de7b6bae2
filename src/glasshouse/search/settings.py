"""How a sweep searches: strategy, number of trials, folds and seeds."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from glasshouse.core.settings import Count, Settings

StrategyName = Literal["grid", "random", "tpe", "halving"]


class SweepSettings(Settings):
    """How a sweep searches."""

    strategy: StrategyName = Field(
        "random",
        description="One of grid, random, tpe, halving. grid: every combination; tpe: Optuna's, which looks "
        "where trials were good; halving: random points of which the worst are given up early.",
    )
    trials: Count = Field(256, description="Most points of the space that are tried, from 1")
    folds: int = Field(
        5, ge=1, description="Parts of the rows, each held out once, from 1. 1: the experiment's own split."
    )
    seeds: int = Field(3, ge=1, description="First weights and orders of rows per fold, from 1")
    score: Literal["metric", "loss"] = Field(
        "metric",
        description="One of metric, loss: what trials are compared by (metric: what the report of a run puts "
        "first, as accuracy for classes, r2 for numbers, nats for a language, bleu for a translation)",
    )
    outer_folds: int = Field(
        0,
        ge=0,
        description="Folds of nested cross-validation, from 2: the whole search is repeated without each of "
        "them, and its winner judged on it. 0: none.",
    )
    factor: int = Field(3, ge=2, description="For halving: of how many trials one survives a rung, from 2")
    rungs: int = Field(3, ge=2, description="For halving: at how many epochs trials are compared, from 2")

    @field_validator("outer_folds")
    @classmethod
    def _not_one(cls, value: int) -> int:
        if value == 1:
            raise ValueError("0 for none, or a whole number from 2")
        return value
