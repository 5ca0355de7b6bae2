"""What is asked of a network that learnt rows, and what is known about these: pictures, names, modes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glasshouse.data.builtin.toys import MODES
from glasshouse.data.encoders.table_preparation import TablePreparation
from glasshouse.data.images.image_preparation import ImagePreparation
from glasshouse.data.parts import Prepared
from glasshouse.data.preparation import Preparation
from glasshouse.evaluation import (
    Known,
    Question,
)
from glasshouse.evaluation.showing import ToPixels
from glasshouse.project.stages import Stage
from glasshouse.project.work import Work


def question_of(stage: Stage, work: Work) -> Question:
    """What is asked of a network that learnt rows without a target."""
    prepared = work.prepared
    return Question(
        network=stage.job.network,
        objective=stage.job.objective,
        prepared=prepared,
        raw=work.raw,
        normal=stage.experiment.data.normal,
        to_pixels=to_pixels(prepared, work.preparation),
        names=number_names(prepared, work.preparation),
        seed=stage.experiment.seed,
    )


def to_pixels(prepared: Prepared, preparation: Preparation | None) -> ToPixels | None:
    """What makes pictures of prepared rows again; ``None`` where rows are no pictures.

    Bare tensors of one or three channels are drawn from their lowest number to their highest.
    """
    shape = prepared.input_shape
    if len(shape) != 3 or shape[0] not in (1, 3):
        return None
    low, high = float(prepared.train.inputs.min()), float(prepared.train.inputs.max())

    def drawn(rows: NDArray[np.float32]) -> NDArray[np.uint8]:
        levels = preparation.levels(rows) if isinstance(preparation, ImagePreparation) else None
        if levels is None:
            shares = (rows - low) / ((high - low) or 1.0)
            levels = np.clip(np.rint(255 * shares), 0, 255).astype(np.uint8)
        return levels[:, 0] if shape[0] == 1 else np.ascontiguousarray(levels.transpose(0, 2, 3, 1))

    return drawn


def number_names(prepared: Prepared, preparation: Preparation | None) -> Sequence[str]:
    """What the numbers of a row are called."""
    names = getattr(preparation, "feature_names", None)
    return names if names is not None else [f"input[{place}]" for place in range(prepared.outputs)]


def known_modes(work: Work) -> Known | None:
    """The modes of built-in data that were made to have some, as the network sees them."""
    raw, preparation = work.raw, work.preparation
    if raw is None or raw.origin not in MODES or not isinstance(preparation, TablePreparation):
        return None
    modes, encoders = MODES[raw.origin], preparation.encoders
    if [each.column for each in encoders] != ["x1", "x2"] or preparation.input_shape != (2,):
        return None
    columns = [
        each.transform(pl.Series(each.column, at)) for each, at in zip(encoders, modes.centres.T, strict=True)
    ]
    # One spread for both axes: they were scaled alike, but for chance.
    scale = np.mean(
        [np.ptp(column) / np.ptp(at) for column, at in zip(columns, modes.centres.T, strict=True)]
    )
    return Known(np.concatenate(columns, axis=1), float(modes.spread * scale))
