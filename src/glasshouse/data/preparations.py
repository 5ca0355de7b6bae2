"""Which preparation goes with which kind of data, when it is fitted and when it comes back from a file."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import BundleError
from glasshouse.data.encoders.table_preparation import TablePreparation
from glasshouse.data.images.image_preparation import ImagePreparation
from glasshouse.data.music.frames_preparation import FramesPreparation
from glasshouse.data.preparation import Preparation
from glasshouse.data.raw import Raw
from glasshouse.data.series.series_preparation import SeriesPreparation
from glasshouse.data.settings import DataSettings
from glasshouse.data.sound.sound_preparation import SoundPreparation
from glasshouse.data.strokes.strokes_preparation import StrokesPreparation
from glasshouse.data.text.caption_preparation import CaptionPreparation
from glasshouse.data.text.pair_preparation import PairPreparation
from glasshouse.data.text.tag_preparation import TagPreparation
from glasshouse.data.text.text_preparation import TextPreparation
from glasshouse.data.video.video_preparation import VideoPreparation

_KINDS: dict[str, type[Preparation]] = {
    each.kind: each
    for each in (
        TablePreparation,
        ImagePreparation,
        TextPreparation,
        SeriesPreparation,
        PairPreparation,
        FramesPreparation,
        TagPreparation,
        CaptionPreparation,
        StrokesPreparation,
        SoundPreparation,
        VideoPreparation,
    )
}


WINDOWS = ("forecast", "reconstruction")
"""Tasks that see windows of a series as steps with one scale, whatever the model."""


def fit_preparation(
    raw: Raw, rows: NDArray[np.int64], settings: DataSettings, steps: bool = False
) -> Preparation:
    """Learn how raw values become numbers, from the given rows alone.

    Args:
        raw: All rows.
        rows: The training rows, int64.
        settings: ``prepare`` says how.
        steps: Whether windows of a series stay steps, one behind the other, as networks for sequences take
            them; else they are rows of numbers.

    Raises:
        SettingError: The scaling does not fit the kind of data.
        DataError: No column is left to learn from.

    Example:
        >>> import numpy as np
        >>> from glasshouse.data import fit_preparation, load
        >>> from glasshouse.data.settings import DataSettings
        >>> settings = DataSettings(source="digits")
        >>> digits = load(settings)
        >>> preparation = fit_preparation(digits, np.arange(1000), settings)
        >>> preparation.transform(digits).shape
        (1797, 1, 8, 8)
    """
    if settings.task == "captioning":
        return CaptionPreparation.fit(raw, rows, settings)
    if raw.kind == "images":
        return ImagePreparation.fit(raw, rows, settings)
    if raw.kind == "sounds":
        return SoundPreparation.fit(raw, rows, settings, steps)
    if raw.kind == "videos":
        return VideoPreparation.fit(raw, rows, settings)
    if settings.task == "strokes":
        return StrokesPreparation.fit(raw, rows)
    if settings.task == "frames":
        return FramesPreparation.fit(raw, rows)
    if settings.task == "tagging":
        return TagPreparation.fit(raw, rows, settings)
    if settings.task == "translation":
        return PairPreparation.fit(raw, rows, settings)
    if raw.layout is not None and raw.layout.series is not None and (steps or settings.task in WINDOWS):
        return SeriesPreparation.fit(raw, rows, settings)
    if settings.prepare.text not in ("auto", "counts"):
        return TextPreparation.fit(raw, rows, settings)
    return TablePreparation.fit(raw, rows, settings)


def preparation_from_dict(state: dict[str, Any]) -> Preparation:
    """The preparation whose :meth:`~glasshouse.data.preparation.Preparation.to_dict` gave ``state``.

    Args:
        state: Plain JSON types, as a bundle's ``preprocessing.json`` holds them.

    Raises:
        BundleError: The state names no kind of preparation, or does not fit it.

    Example:
        >>> from glasshouse.data import preparation_from_dict
        >>> state = {"kind": "images", "scaling": "min-max", "input_shape": [1, 8, 8],
        ...          "mean": [0.0], "spread": [255.0]}
        >>> preparation_from_dict(state).input_shape
        (1, 8, 8)
    """
    kind = state.get("kind") if isinstance(state, dict) else None
    if kind not in _KINDS:
        raise BundleError(
            f"a stored preparation of the kind {kind!r}",
            expected=f"one of {', '.join(sorted(_KINDS))}",
            fix="the file was changed or comes from a newer Glasshouse: restore it, or update Glasshouse",
        )
    return _KINDS[kind].from_dict(state)
