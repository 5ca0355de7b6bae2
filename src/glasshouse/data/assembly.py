"""Raw data, split and preparation put together into the tensors that a network is trained and judged on."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from glasshouse.core.errors import DataError, UsageError
from glasshouse.data.music.frames_preparation import BEHIND, FramesPreparation
from glasshouse.data.parts import OutputScale, Part, Prepared, Split
from glasshouse.data.preparation import Preparation
from glasshouse.data.raw import Raw, RawTable, Target
from glasshouse.data.series.series_preparation import SeriesPreparation
from glasshouse.data.settings import PICTURE_TASKS
from glasshouse.data.strokes.strokes_preparation import BEHIND as NO_PEN
from glasshouse.data.strokes.strokes_preparation import StrokesPreparation
from glasshouse.data.text.caption_preparation import CaptionPreparation
from glasshouse.data.text.pair_preparation import PairPreparation

Rows = NDArray[np.int64]
"""Numbers of raw rows."""


def assemble(raw: Raw, split: Split, preparation: Preparation, task: str = "auto") -> Prepared:
    r"""Prepare every part and put it into memory.

    Images are laid out channels last, as convolutions like them. Numbers to predict are standardised with
    mean and standard deviation of the training part, :math:`t = (y - \text{centre}) / \text{spread}`.

    Args:
        raw: All rows, with a target.
        split: Which rows belong to which part.
        preparation: Fitted on the training rows.
        task: ``"reconstruction"`` makes every row its own target; a target that there is stays aside.
            ``"language"`` makes the next token the target of every token. ``"verification"`` keeps classes as
            targets, between which pairs are drawn. ``"segmentation"``,
            ``"image_to_image"`` and ``"detection"`` have masks, pictures and boxes as targets.

    Returns:
        Parts without rows are ``None``.

    Raises:
        UsageError: There is no target.
        DataError: A prepared value or a target is NaN or infinite, or all training targets are equal; part,
            row and column are named.

    Example:
        >>> from glasshouse.data import assemble, divide, fit_preparation, load
        >>> from glasshouse.data.settings import DataSettings
        >>> settings = DataSettings(source="digits")
        >>> raw = load(settings)
        >>> split = divide(raw, settings.split, seed=0)
        >>> prepared = assemble(raw, split, fit_preparation(raw, split.train, settings))
        >>> prepared.input_shape, prepared.outputs
        ((1, 8, 8), 10)
    """
    if task == "reconstruction":
        return _own_targets(raw, split, preparation)
    if task == "language":
        return _next_tokens(raw, split, preparation)
    if task == "strokes" and isinstance(raw, RawTable):
        return _next_points(raw, split, preparation)
    if task == "captioning":
        return _captioned(raw, split, preparation)
    if task == "frames" and isinstance(raw, RawTable):
        return _next_frames(raw, split, preparation)
    if task in ("translation", "tagging") and isinstance(raw, RawTable):
        return _pairs(raw, split, preparation, "tagging" if task == "tagging" else "translation")
    if task == "forecast" and isinstance(raw, RawTable):
        return _next_steps(raw, split, preparation)
    if task in PICTURE_TASKS:
        return _pictures(raw, split, preparation)
    target = raw.target
    if target is None:
        raise UsageError(
            f"{raw.origin} has no target",
            expected="a column or classes to predict",
            fix="name data.target, or learn the rows themselves: data.task = 'reconstruction'",
        )
    scale = _output_scale(target, split.train, raw.origin) if target.task == "regression" else None
    return Prepared(
        *_divided(raw, split, lambda rows, name: _part(raw, target, rows, preparation, scale, name)),
        task="verification" if task == "verification" else target.task,
        input_shape=preparation.input_shape,
        outputs=len(target.classes) if target.task == "classification" else 1,
        classes=target.classes,
        target_name=target.name,
        scale=scale,
        tokens=preparation.tokens,
    )


def _pictures(raw: Raw, split: Split, preparation: Preparation) -> Prepared:
    """Pictures and what is to be learnt of each: a mask, a picture with levels from 0 to 1, or boxes."""
    target = raw.target
    if target is None:
        raise UsageError(
            f"{raw.origin} has no masks, pictures or boxes to learn",
            expected="a target for every picture",
            fix="give a folder with inputs and targets",
        )

    def part(rows: Rows, name: str) -> Part:
        values = torch.from_numpy(target.values[rows])
        if target.task == "segmentation":
            values = values.long()
        elif target.task == "image_to_image":
            values = (values.float() / 255).contiguous(memory_format=torch.channels_last)
        return Part(inputs_of(raw.take(rows), preparation, name), values, rows)

    return Prepared(
        *_divided(raw, split, part),
        task=target.task,
        input_shape=preparation.input_shape,
        outputs=target.values.shape[1] if target.task == "image_to_image" else len(target.classes),
        classes=target.classes,
        target_name=target.name,
    )


class _Divided(NamedTuple):
    """The parts in the order in which they are prepared."""

    train: Part
    validation: Part | None
    test: Part | None


def _divided(raw: Raw, split: Split, part: Callable[[Rows, str], Part]) -> _Divided:
    """The three parts by what makes one; those without rows are ``None``.

    Raises:
        DataError: The training part has no rows.
    """
    if not len(split.train):
        raise DataError(f"{raw.origin}: the training part has no rows", fix="make data.split shares smaller")
    return _Divided(
        part(split.train, "training"),
        part(split.validation, "validation") if len(split.validation) else None,
        part(split.test, "test") if len(split.test) else None,
    )


def _own_targets(raw: Raw, split: Split, preparation: Preparation) -> Prepared:
    """Parts whose targets are their inputs: the same tensor, not a copy."""

    def part(rows: Rows, name: str) -> Part:
        inputs = inputs_of(raw.take(rows), preparation, name)
        return Part(inputs, inputs, rows)

    return Prepared(
        *_divided(raw, split, part),
        task="reconstruction",
        input_shape=preparation.input_shape,
        outputs=math.prod(preparation.input_shape),
        classes=(),
        target_name="the row itself",
    )


def _next_tokens(raw: Raw, split: Split, preparation: Preparation) -> Prepared:
    """Pieces of a text whose targets are their own tokens, one step later; over the edge of a part nothing
    is looked at, so that its last step has no target.
    """

    def part(rows: Rows, name: str) -> Part:
        inputs = inputs_of(raw.take(rows), preparation, name)
        later = torch.cat([inputs.flatten()[1:], inputs.new_zeros(1)])
        return Part(inputs, later.reshape(inputs.shape), rows)

    return Prepared(
        *_divided(raw, split, part),
        task="language",
        input_shape=preparation.input_shape,
        outputs=preparation.tokens,
        classes=preparation.token_names,
        target_name="the next character",
        tokens=preparation.tokens,
    )


def _next_steps(raw: RawTable, split: Split, preparation: Preparation) -> Prepared:
    """Windows and the next steps of the target, in the scale of the variable that is forecast."""
    assert raw.target is not None, "a forecast without a target"
    ahead = raw.ahead
    assert ahead is not None, "a forecast without what comes"
    assert isinstance(preparation, SeriesPreparation), "a forecast of no series"
    name = raw.target.name
    column = preparation.variables.index(name) if name in preparation.variables else None
    scale = (
        _output_scale(raw.target, split.train, raw.origin)
        if column is None
        else OutputScale(preparation.centre[column], preparation.spread[column])
    )

    def part(rows: Rows, part_name: str) -> Part:
        scaled = ((ahead[rows] - scale.centre) / scale.spread).astype(np.float32)
        return Part(inputs_of(raw.take(rows), preparation, part_name), torch.from_numpy(scaled), rows)

    return Prepared(
        *_divided(raw, split, part),
        task="forecast",
        input_shape=preparation.input_shape,
        outputs=ahead.shape[1],
        classes=(),
        target_name=name,
        scale=scale,
        series_column=column,
    )


def _pairs(
    raw: RawTable, split: Split, preparation: Preparation, task: Literal["translation", "tagging"]
) -> Prepared:
    """Texts and their translations, each with its end; or sequences and their tags."""
    assert isinstance(preparation, PairPreparation), "a translation of no pairs"

    def part(rows: Rows, name: str) -> Part:
        taken = raw.take(rows)
        wanted = torch.from_numpy(preparation.translations(taken))
        return Part(inputs_of(taken, preparation, name), wanted, rows)

    return Prepared(
        *_divided(raw, split, part),
        task=task,
        input_shape=preparation.input_shape,
        outputs=len(preparation.wanted),
        classes=(),
        target_name=preparation.target,
        tokens=preparation.tokens,
    )


def _next_points(raw: RawTable, split: Split, preparation: Preparation) -> Prepared:
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
        *_divided(raw, split, part),
        task="strokes",
        input_shape=preparation.input_shape,
        outputs=preparation.input_shape[1],
        classes=(),
        target_name="the next point",
    )


def _captioned(raw: Raw, split: Split, preparation: Preparation) -> Prepared:
    """Pictures or rows and their captions, each with its end."""
    assert isinstance(preparation, CaptionPreparation), "captions of nothing"

    def part(rows: Rows, name: str) -> Part:
        taken = raw.take(rows)
        return Part(inputs_of(taken, preparation, name), torch.from_numpy(preparation.captions(taken)), rows)

    return Prepared(
        *_divided(raw, split, part),
        task="captioning",
        input_shape=preparation.input_shape,
        outputs=len(preparation.words),
        classes=(),
        target_name="caption",
    )


def _next_frames(raw: RawTable, split: Split, preparation: Preparation) -> Prepared:
    """Pieces with silence in front, and what sounds at every step; behind the end targets are below 0."""
    assert isinstance(preparation, FramesPreparation), "frames of no music"

    def part(rows: Rows, name: str) -> Part:
        taken = raw.take(rows)
        frames = inputs_of(taken, preparation, name)
        before = torch.cat([torch.zeros_like(frames[:, :1]), frames[:, :-1]], dim=1)
        behind = torch.arange(frames.shape[1]) >= torch.from_numpy(preparation.lengths(taken))[:, None]
        return Part(before, frames.masked_fill(behind.unsqueeze(2), BEHIND), rows)

    return Prepared(
        *_divided(raw, split, part),
        task="frames",
        input_shape=preparation.input_shape,
        outputs=preparation.input_shape[1],
        classes=(),
        target_name="the next frame",
    )


def inputs_of(raw: Raw, preparation: Preparation, part: str = "") -> torch.Tensor:
    """Prepared rows as a tensor: float32 (tokens int64), finite, images channels last.

    Args:
        raw: The rows, which may have no target.
        preparation: Fitted on the training rows.
        part: What to call the rows in messages.

    Raises:
        DataError: A prepared value is NaN or infinite.
    """
    array = preparation.transform(raw)
    with np.errstate(invalid="ignore"):
        # a sum is NaN or infinite if any value is; looking for it costs no memory
        total = array.sum(dtype=np.float64)
    if not np.isfinite(total):
        _refuse_non_finite(array, raw, preparation, part)
    inputs = torch.from_numpy(array)
    return inputs.contiguous(memory_format=torch.channels_last) if inputs.ndim == 4 else inputs


def _part(
    raw: Raw,
    target: Target,
    rows: Rows,
    preparation: Preparation,
    scale: OutputScale | None,
    name: str,
) -> Part:
    inputs = inputs_of(raw.take(rows), preparation, name)
    values = target.values[rows]
    if scale is None:
        return Part(inputs, torch.from_numpy(values.astype(np.int64)), rows)
    if not np.isfinite(values).all():
        row = rows[int(np.flatnonzero(~np.isfinite(values))[0])]
        raise DataError(
            f"{raw.origin}: the target {target.name!r} is {target.values[row]} in row {row}",
            expected="a finite number in every row",
            fix="correct or remove the row",
        )
    standardised = (values.astype(np.float64) - scale.centre) / scale.spread
    return Part(inputs, torch.from_numpy(standardised.astype(np.float32)[:, np.newaxis]), rows)


def _output_scale(target: Target, train: Rows, origin: str) -> OutputScale:
    values = target.values[train].astype(np.float64)
    spread = float(values.std()) if len(values) else 0.0
    if spread == 0.0:
        raise DataError(
            f"{origin}: the target {target.name!r} is the same in every training row",
            expected="numbers that differ",
            fix="choose another target, or another split",
        )
    return OutputScale(centre=float(values.mean()), spread=spread)


def _refuse_non_finite(array: NDArray[Any], raw: Raw, preparation: Preparation, part: str) -> None:
    wrong = np.argwhere(~np.isfinite(array))
    if not len(wrong):
        return  # the sum overflowed, the values did not
    row, feature = int(wrong[0][0]), int(wrong[0][1])
    names = getattr(preparation, "feature_names", None)
    named = repr(names[feature]) if names is not None else str(feature)
    where = f"row {row} of the {part} part, feature {named}" if part else f"row {row}, feature {named}"
    raise DataError(
        f"{raw.origin}: {len(wrong)} prepared values are NaN or infinite, the first in {where}",
        expected="finite numbers",
        fix="look for extreme values in that column, or set data.prepare.scaling = 'quantile'",
    )
