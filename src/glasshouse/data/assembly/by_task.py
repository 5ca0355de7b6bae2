"""Raw data, split and preparation put together into what a network is trained and judged on."""

from __future__ import annotations

import math

import numpy as np
import torch

from glasshouse.core.errors import DataError, UsageError
from glasshouse.data.assembly.divided import Rows, divided
from glasshouse.data.assembly.inputs import inputs_of
from glasshouse.data.assembly.next_step import next_frames, next_points, next_steps, next_tokens
from glasshouse.data.assembly.output_scale import output_scale
from glasshouse.data.assembly.picture_targets import picture_targets
from glasshouse.data.assembly.texts import captioned, text_pairs
from glasshouse.data.parts import OutputScale, Part, Prepared, Split
from glasshouse.data.preparation import Preparation
from glasshouse.data.raw import Raw, RawTable, Target
from glasshouse.data.settings import PICTURE_TASKS


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
        return next_tokens(raw, split, preparation)
    if task == "strokes" and isinstance(raw, RawTable):
        return next_points(raw, split, preparation)
    if task == "captioning":
        return captioned(raw, split, preparation)
    if task == "frames" and isinstance(raw, RawTable):
        return next_frames(raw, split, preparation)
    if task in ("translation", "tagging") and isinstance(raw, RawTable):
        return text_pairs(raw, split, preparation, "tagging" if task == "tagging" else "translation")
    if task == "forecast" and isinstance(raw, RawTable):
        return next_steps(raw, split, preparation)
    if task in PICTURE_TASKS:
        return picture_targets(raw, split, preparation)
    target = raw.target
    if target is None:
        raise UsageError(
            f"{raw.origin} has no target",
            expected="a column or classes to predict",
            fix="name data.target, or learn the rows themselves: data.task = 'reconstruction'",
        )
    scale = output_scale(target, split.train, raw.origin) if target.task == "regression" else None
    return Prepared(
        *divided(raw, split, lambda rows, name: _part(raw, target, rows, preparation, scale, name)),
        task="verification" if task == "verification" else target.task,
        input_shape=preparation.input_shape,
        outputs=len(target.classes) if target.task == "classification" else 1,
        classes=target.classes,
        target_name=target.name,
        scale=scale,
        tokens=preparation.tokens,
    )


def _own_targets(raw: Raw, split: Split, preparation: Preparation) -> Prepared:
    """Parts whose targets are their inputs: the same tensor, not a copy."""

    def part(rows: Rows, name: str) -> Part:
        inputs = inputs_of(raw.take(rows), preparation, name)
        return Part(inputs, inputs, rows)

    return Prepared(
        *divided(raw, split, part),
        task="reconstruction",
        input_shape=preparation.input_shape,
        outputs=math.prod(preparation.input_shape),
        classes=(),
        target_name="the row itself",
    )


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
