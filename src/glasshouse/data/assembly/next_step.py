"""Parts whose targets are what comes next: tokens, steps of a series, points of a pen, frames of music."""

from __future__ import annotations

import numpy as np
import torch

from glasshouse.data.assembly.divided import Rows, divided
from glasshouse.data.assembly.inputs import inputs_of
from glasshouse.data.assembly.output_scale import output_scale
from glasshouse.data.music.frames_preparation import BEHIND, FramesPreparation
from glasshouse.data.parts import OutputScale, Part, Prepared, Split
from glasshouse.data.preparation import Preparation
from glasshouse.data.raw import Raw, RawTable
from glasshouse.data.series.series_preparation import SeriesPreparation
from glasshouse.data.strokes.strokes_preparation import BEHIND as NO_PEN
from glasshouse.data.strokes.strokes_preparation import StrokesPreparation


def next_tokens(raw: Raw, split: Split, preparation: Preparation) -> Prepared:
    """Pieces of a text whose targets are their own tokens, one step later; over the edge of a part nothing
    is looked at, so that its last step has no target.
    """

    def part(rows: Rows, name: str) -> Part:
        inputs = inputs_of(raw.take(rows), preparation, name)
        later = torch.cat([inputs.flatten()[1:], inputs.new_zeros(1)])
        return Part(inputs, later.reshape(inputs.shape), rows)

    return Prepared(
        *divided(raw, split, part),
        task="language",
        input_shape=preparation.input_shape,
        outputs=preparation.tokens,
        classes=preparation.token_names,
        target_name="the next character",
        tokens=preparation.tokens,
    )


def next_steps(raw: RawTable, split: Split, preparation: Preparation) -> Prepared:
    """Windows and the next steps of the target, in the scale of the variable that is forecast."""
    assert raw.target is not None, "a forecast without a target"
    ahead = raw.ahead
    assert ahead is not None, "a forecast without what comes"
    assert isinstance(preparation, SeriesPreparation), "a forecast of no series"
    name = raw.target.name
    column = preparation.variables.index(name) if name in preparation.variables else None
    scale = (
        output_scale(raw.target, split.train, raw.origin)
        if column is None
        else OutputScale(preparation.centre[column], preparation.spread[column])
    )

    def part(rows: Rows, part_name: str) -> Part:
        scaled = ((ahead[rows] - scale.centre) / scale.spread).astype(np.float32)
        return Part(inputs_of(raw.take(rows), preparation, part_name), torch.from_numpy(scaled), rows)

    return Prepared(
        *divided(raw, split, part),
        task="forecast",
        input_shape=preparation.input_shape,
        outputs=ahead.shape[1],
        classes=(),
        target_name=name,
        scale=scale,
        series_column=column,
    )


def next_points(raw: RawTable, split: Split, preparation: Preparation) -> Prepared:
    """Drawings with a point that moves nowhere in front; behind the end the pen of targets is below 0."""
    assert isinstance(preparation, StrokesPreparation), "strokes of no pen"

    def part(rows: Rows, name: str) -> Part:
        taken = raw.take(rows)
        points = inputs_of(taken, preparation, name)
        before = torch.cat([torch.zeros_like(points[:, :1]), points[:, :-1]], dim=1)
        behind = torch.arange(points.shape[1]) >= torch.from_numpy(preparation.lengths(taken))[:, None]
        points[..., 2] = points[..., 2].masked_fill(behind, NO_PEN)
        return Part(before, points, rows)

    return Prepared(
        *divided(raw, split, part),
        task="strokes",
        input_shape=preparation.input_shape,
        outputs=preparation.input_shape[1],
        classes=(),
        target_name="the next point",
    )


def next_frames(raw: RawTable, split: Split, preparation: Preparation) -> Prepared:
    """Pieces with silence in front, and what sounds at every step; behind the end targets are below 0."""
    assert isinstance(preparation, FramesPreparation), "frames of no music"

    def part(rows: Rows, name: str) -> Part:
        taken = raw.take(rows)
        frames = inputs_of(taken, preparation, name)
        before = torch.cat([torch.zeros_like(frames[:, :1]), frames[:, :-1]], dim=1)
        behind = torch.arange(frames.shape[1]) >= torch.from_numpy(preparation.lengths(taken))[:, None]
        return Part(before, frames.masked_fill(behind.unsqueeze(2), BEHIND), rows)

    return Prepared(
        *divided(raw, split, part),
        task="frames",
        input_shape=preparation.input_shape,
        outputs=preparation.input_shape[1],
        classes=(),
        target_name="the next frame",
    )
