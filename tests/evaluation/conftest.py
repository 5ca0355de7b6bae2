"""Small prepared data and answers to them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
import torch

from glasshouse.data.parts import OutputScale, Part, Prepared
from glasshouse.data.raw import Column, RawImages, RawTable, Target
from glasshouse.evaluation import Answered
from glasshouse.metrics import Prediction

Case = tuple[dict[str, Answered], Prepared]


@pytest.fixture
def classified() -> Callable[..., Case]:
    """Make data with classes, and answers that are right four times in five."""

    def make(classes: int = 3, rows: int = 90, scores_only: bool = False) -> Case:
        generator = np.random.default_rng(0)
        target = np.arange(rows) % classes
        inputs = torch.from_numpy(
            (np.eye(classes)[target] + generator.normal(scale=0.5, size=(rows, classes))).astype(np.float32)
        )
        cuts = {"train": slice(0, rows // 3), "validation": slice(rows // 3, 2 * rows // 3)}
        cuts["test"] = slice(2 * rows // 3, rows)
        parts, answered = {}, {}
        for name, cut in cuts.items():
            numbers, truth = np.arange(rows)[cut], target[cut]
            parts[name] = Part(inputs[cut], torch.from_numpy(truth), numbers)
            scores = generator.normal(size=(len(truth), classes))
            scores[np.arange(len(truth)), truth] += 2.0
            probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
            chance = None if scores_only else probabilities
            answered[name] = Answered(truth, Prediction(scores.argmax(axis=1), chance, scores), numbers)
        names = tuple(f"class {k}" for k in range(classes))
        return answered, Prepared(
            parts["train"],
            parts["validation"],
            parts["test"],
            "classification",
            (classes,),
            classes,
            names,
            "kind",
        )

    return make


@pytest.fixture
def measured() -> Case:
    """Data with numbers to predict, and answers that are somewhat off."""
    generator = np.random.default_rng(0)
    target = 100 + 20 * generator.normal(size=120)
    scale = OutputScale(centre=100.0, spread=20.0)
    inputs = torch.from_numpy(np.stack([target, generator.normal(size=120)], axis=1).astype(np.float32))
    parts, answered = {}, {}
    for name, cut in {"train": slice(0, 60), "validation": slice(60, 90), "test": slice(90, 120)}.items():
        numbers, truth = np.arange(120)[cut], target[cut]
        standard = torch.from_numpy(((truth - 100) / 20).astype(np.float32)[:, None])
        parts[name] = Part(inputs[cut], standard, numbers)
        values = truth + 5 * generator.normal(size=len(truth))
        answered[name] = Answered(truth, Prediction(values=values), numbers)
    return answered, Prepared(
        parts["train"], parts["validation"], parts["test"], "regression", (2,), 1, (), "price", scale
    )


@pytest.fixture
def table() -> RawTable:
    """Raw rows to go with the answers."""
    frame = pl.DataFrame(
        {"size": np.arange(120, dtype=float), "name": [f"row {k}" for k in range(120)], "unused": ["x"] * 120}
    )
    columns = (
        Column("size", "number"),
        Column("name", "text"),
        Column("unused", "category", ignored_because="the same in every row"),
    )
    return RawTable(frame, columns, None, origin="rows.csv")


@pytest.fixture
def images() -> RawImages:
    """Raw images to go with the answers."""
    pixels = np.random.default_rng(0).integers(256, size=(120, 3, 5, 4)).astype(np.uint8)
    target = Target("kind", "classification", np.arange(120) % 3, ("a", "b", "c"))
    return RawImages(pixels, target, "photos", files=tuple(f"photos/{k}.png" for k in range(120)))
