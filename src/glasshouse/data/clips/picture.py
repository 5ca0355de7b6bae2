"""A clip as one picture: the spectrogram of a sound, the frames of a video."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from glasshouse.data.raw import RawClips

MOST_FRAMES = 9
GAP = 1
"""Pixels between two frames."""


def clip_picture(raw: RawClips, row: int) -> NDArray[np.uint8]:
    """Something to look at, for reports.

    Args:
        raw: The clips.
        row: Which one.

    Returns:
        Levels, height x width, or height x width x 3 for colour. Of sounds the log-mel spectrogram, low pitch
        at the bottom; of videos up to nine frames, line by line.
    """
    if raw.kind == "sounds":
        return sound_picture(raw.values[row], raw.rate)
    return sheet_of_frames(raw.values[row])


def sound_picture(samples: NDArray[np.int16], rate: int) -> NDArray[np.uint8]:
    """The usual log-mel spectrogram of a sound: black 80 decibels below a full-scale sine, white at it."""
    from glasshouse.data.settings import SoundSettings
    from glasshouse.data.sound.spectrogram import FLOOR, Spectrogram  # late: PyTorch takes seconds to import

    found = Spectrogram.of(SoundSettings(), rate, len(samples))(samples[np.newaxis])[0]
    shares = np.clip(1 - found[::-1] / FLOOR, 0, 1)
    levels: NDArray[np.uint8] = np.rint(255 * shares).astype(np.uint8)
    return levels


def sheet_of_frames(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Up to nine frames of a video, evenly spaced, as a square sheet.

    Args:
        frames: Levels (frames, channels, height, width).

    Example:
        >>> sheet_of_frames(np.zeros((4, 1, 5, 5), dtype=np.uint8)).shape
        (11, 11)
    """
    count = min(MOST_FRAMES, len(frames))
    chosen = frames[np.linspace(0, len(frames) - 1, count).round().astype(int)]
    columns = math.ceil(math.sqrt(count))
    lines = -(-count // columns)
    channels, height, width = chosen.shape[1:]
    sheet = np.full(
        (channels, lines * (height + GAP) - GAP, columns * (width + GAP) - GAP), 255, dtype=np.uint8
    )
    for place, frame in enumerate(chosen):
        top, left = place // columns * (height + GAP), place % columns * (width + GAP)
        sheet[:, top : top + height, left : left + width] = frame
    return sheet[0] if channels == 1 else np.ascontiguousarray(sheet.transpose(1, 2, 0))
