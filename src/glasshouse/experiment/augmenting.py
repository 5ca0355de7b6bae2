"""Random changes to training rows, as far as they make sense for what rows are and what is learnt of them."""

from __future__ import annotations

from typing import cast

import torch

from glasshouse.core.errors import SettingError
from glasshouse.data.images.augment import Augmenter
from glasshouse.data.images.augment_pairs import PairAugmenter, Targets
from glasshouse.data.images.image_preparation import ImagePreparation
from glasshouse.data.preparation import Preparation
from glasshouse.data.settings import PICTURE_TASKS, AugmentSettings
from glasshouse.data.sound.augment import SoundAugmenter
from glasshouse.data.sound.sound_preparation import SoundPreparation
from glasshouse.data.video.augment import VideoAugmenter
from glasshouse.data.video.video_preparation import VideoPreparation
from glasshouse.training.batches import Augment, AugmentsPairs

OF_SOUNDS = ("time_shift", "gain", "noise", "time_mask", "frequency_mask")
OF_PICTURES = (
    *("flip_horizontal", "flip_vertical", "shift", "rotate", "zoom", "crop"),
    *("brightness", "contrast", "noise", "erase"),
)
OF_VIDEOS = (*OF_PICTURES, "flip_time")
FOR_SOUNDS = {
    "flip_horizontal": "a sound played backwards is another sound; data.augment.time_shift moves it in time",
    "flip_vertical": "high and low would change places; data.augment.frequency_mask hides some pitches",
    "shift": "a sound that is moved in pitch is another one; data.augment.time_shift moves it in time",
    "rotate": "time and pitch would mix; data.augment.time_shift moves a sound in time",
    "zoom": "tempo and pitch would change; data.augment.time_shift moves a sound in time",
    "crop": "tempo and pitch would change; data.augment.time_mask hides a part",
    "brightness": "what is light in a spectrogram is loud; take data.augment.gain, in decibels",
    "contrast": "what is light in a spectrogram is loud; take data.augment.gain, in decibels",
    "erase": "data.augment.time_mask and data.augment.frequency_mask hide whole moments and bands",
    "flip_time": "a sound played backwards is another sound; data.augment.time_shift moves it in time",
}
"""What to do instead, where a change is for pictures and rows are sounds."""
FOR_PICTURES = {
    "flip_time": "a single picture has no time; data.augment.flip_horizontal mirrors it",
    "time_shift": "a picture is moved by data.augment.shift",
    "gain": "light is changed by data.augment.brightness and data.augment.contrast",
    "time_mask": "parts of a picture are hidden by data.augment.erase",
    "frequency_mask": "parts of a picture are hidden by data.augment.erase",
}
"""What to do instead, where a change is for sounds or videos and rows are not."""


def augmenter(
    settings: AugmentSettings, preparation: Preparation | None, task: str
) -> Augment | AugmentsPairs:
    """What changes batches of training rows at random.

    Args:
        settings: With at least one change switched on.
        preparation: Of the rows; ``None`` where they came prepared.
        task: What is learnt of them.

    Raises:
        SettingError: Rows are no pictures, sounds or videos, or a change makes no sense for them.

    Example:
        >>> pictures = ImagePreparation("none", (1, 8, 8), [0.0], [1.0])
        >>> type(augmenter(AugmentSettings(shift=0.1), pictures, "segmentation")).__name__
        'PairAugmenter'
    """
    if isinstance(preparation, SoundPreparation):
        _refuse(settings, "sounds", OF_SOUNDS, FOR_SOUNDS)
        silence, spread = (torch.from_numpy(each) for each in (preparation.silence, preparation.decibels))
        return SoundAugmenter(settings, silence, spread, preparation.steps)
    if isinstance(preparation, VideoPreparation):
        _refuse(settings, "videos", OF_VIDEOS, FOR_PICTURES)
        return VideoAugmenter(settings, torch.from_numpy(preparation.images.black))
    if not isinstance(preparation, ImagePreparation):
        raise SettingError(
            "data.augment on data that are no pictures, sounds or videos",
            expected="pictures (a folder of them, digits, fashion-mnist ...), sounds or videos",
            fix="remove the settings below [data.augment]",
        )
    _refuse(settings, "pictures", OF_PICTURES, FOR_PICTURES)
    black = torch.from_numpy(preparation.black)
    if task not in PICTURE_TASKS:
        return Augmenter(settings, black)
    if task == "image_to_image":
        _refuse_lighting(settings)
    return PairAugmenter(settings, black, cast(Targets, task))


def _refuse(settings: AugmentSettings, rows: str, known: tuple[str, ...], instead: dict[str, str]) -> None:
    """Refuse a change that is for other rows, and say what does the like."""
    for name in settings.chosen:
        if name not in known:
            raise SettingError(
                f"data.augment.{name} for {rows}",
                expected=f"one of {', '.join(known)}",
                fix=f"leave data.augment.{name} out: {instead[name]}",
            )


def _refuse_lighting(settings: AugmentSettings) -> None:
    """Refuse light that is changed in the input alone, where light is what is learnt."""
    for name in ("brightness", "contrast"):
        if name in settings.chosen:
            raise SettingError(
                f"data.augment.{name} with data.task = 'image_to_image'",
                expected="changes that move both sides (flips, shift, rotate, zoom, crop), noise or erase",
                fix=f"leave data.augment.{name} out: it would change the input, and the levels that are to "
                "come out would stay behind",
            )
