"""One WAV file as samples: 8, 16, 24 or 32 bits, any number of channels, mixed to one."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import DataError

WIDTHS = (1, 2, 3, 4)
"""Bytes of a sample that are understood."""


class Sound(NamedTuple):
    """Samples of one channel, int16, and how many there are per second."""

    samples: NDArray[np.int16]
    rate: int


def is_wav(path: Path) -> bool:
    """Whether a file's ending is that of a WAV file."""
    return path.suffix.lower() in (".wav", ".wave")


def read_wav(path: Path) -> Sound:
    """Read a WAV file of plain samples (PCM); several channels are mixed to their mean.

    Args:
        path: The file.

    Raises:
        DataError: It is compressed, damaged, empty, or no WAV file; what to do is said.

    Example:
        >>> path = getfixture("tmp_path") / "beep.wav"
        >>> with wave.open(str(path), "wb") as file:
        ...     file.setparams((2, 2, 8000, 0, "NONE", ""))
        ...     file.writeframes(np.array([[100, 300], [-200, 0]], dtype="<i2").tobytes())
        >>> samples, rate = read_wav(path)
        >>> samples.tolist(), rate
        ([200, -100], 8000)
    """
    try:
        with wave.open(str(path), "rb") as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            held = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        told = str(error) or "it ends too early"
        raise DataError(
            f"{path} cannot be read as a WAV file: {told}",
            expected="plain samples (PCM) of 8, 16, 24 or 32 bits; compressed sounds and floats are none",
            fix="convert it, for example: ffmpeg -i SOUND -c:a pcm_s16le SOUND.wav",
        ) from error
    whole = len(held) // (channels * width) * channels * width
    if width not in WIDTHS or not whole:
        raise DataError(
            f"{path} holds {len(held)} bytes in samples of {8 * width} bits",
            expected="one sample or more of 8, 16, 24 or 32 bits",
            fix="check the file, or remove it",
        )
    mixed = _numbers(held[:whole], width).reshape(-1, channels).mean(axis=1)
    return Sound(np.clip(np.rint(mixed), -32768, 32767).astype(np.int16), rate)


def _numbers(held: bytes, width: int) -> NDArray[np.float64]:
    """Samples in units of 16-bit ones."""
    if width == 1:  # the only width whose silence is 128 and not 0
        return (np.frombuffer(held, dtype=np.uint8).astype(np.float64) - 128) * 256
    if width == 2:
        return np.frombuffer(held, dtype="<i2").astype(np.float64)
    if width == 4:
        return np.frombuffer(held, dtype="<i4") / 65536.0
    bytes_of = np.frombuffer(held, dtype=np.uint8).reshape(-1, 3).astype(np.int32)
    whole = (bytes_of[:, 0] | (bytes_of[:, 1] << 8) | (bytes_of[:, 2] << 16)) << 8 >> 8
    return whole / 256.0
