"""Folders of WAV files, one folder per class, and sounds to predict."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import BundleError, DataError
from glasshouse.data.clips.class_folders import class_folders
from glasshouse.data.raw import RawClips, Target
from glasshouse.data.settings import DataSettings
from glasshouse.data.sound.wav import Sound, is_wav, read_wav

MOST_SECONDS = 10.0
"""Longest sound where nobody said how long sounds are to be."""


def wavs_below(folder: Path) -> list[Path]:
    """All WAV files below a folder, in the order of their paths."""
    return sorted(path for path in folder.rglob("*") if is_wav(path) and not path.name.startswith("."))


def read_wav_folder(folder: Path, settings: DataSettings) -> RawClips:
    """Read a folder with one folder of WAV files per class.

    Sounds get one length: longer ones are cut at the end, shorter ones are filled up with silence.

    Args:
        folder: The folder; it may hold ``train`` and ``test``, each with a folder per class.
        settings: ``test`` and ``sound.seconds`` are used.

    Raises:
        DataError: A file cannot be read, or has another sampling rate than the first; what to do is said.
    """
    given = Path(settings.test).expanduser() if settings.test is not None else None
    found = class_folders(folder, wavs_below, "WAV files", given)
    sounds = [read_wav(each.path) for each in found.recordings]
    paths = [each.path for each in found.recordings]
    rate = sounds[0].rate
    _refuse_other_rates(paths, sounds, rate, f"{rate:,} samples per second, as {paths[0].name} has")
    longest = max(len(each.samples) for each in sounds)
    length = min(longest, round(MOST_SECONDS * rate))
    if settings.sound.seconds > 0:
        length = max(1, round(settings.sound.seconds * rate))
    test = np.array([each.test for each in found.recordings])
    return RawClips(
        kind="sounds",
        values=_of_length(sounds, length),
        target=Target("class", "classification", np.array(found.labels, dtype=np.int64), found.classes),
        origin=str(folder),
        rate=rate,
        files=tuple(os.path.relpath(path, folder) for path in paths),
        given_test=test if test.any() else None,
        notes=_notes(sounds, length, rate),
    )


def read_sounds(source: Any, rate: int, length: int) -> RawClips:
    """Read sounds to predict, brought to the length of those that were trained on.

    Args:
        source: A WAV file, a folder of them, a list of paths, raw sounds, or an array of samples.
        rate: Samples per second that the network was trained on.
        length: Samples of a sound.

    Raises:
        DataError: A file cannot be read, has another rate, or there is none.
        BundleError: An array is not one of samples.
    """
    if isinstance(source, RawClips):
        return source
    listed = isinstance(source, Sequence) and all(isinstance(each, (str, Path)) for each in source)
    if isinstance(source, (str, Path)) or (listed and len(source)):
        paths = [
            Path(each).expanduser() for each in ([source] if isinstance(source, (str, Path)) else source)
        ]
        if len(paths) == 1 and paths[0].is_dir():
            paths = wavs_below(paths[0])
        lost = [path for path in paths if not path.exists()]
        if lost or not paths:
            raise DataError(
                f"{lost[0]} does not exist" if lost else f"{source} holds no WAV files",
                expected="a WAV file, or a folder of them",
                fix="check the path",
            )
        sounds = [read_wav(path) for path in paths]
        _refuse_other_rates(paths, sounds, rate, f"{rate:,} samples per second, as the training sounds had")
        files = tuple(str(path) for path in paths)
        return RawClips("sounds", _of_length(sounds, length), None, files[0], rate, files)
    waves = [Sound(each, rate) for each in _samples(np.asarray(source))]
    return RawClips("sounds", _of_length(waves, length), None, "an array", rate)


def _samples(array: NDArray[Any]) -> NDArray[np.int16]:
    """Samples in 16 bits, a sound per row."""
    rows = array[np.newaxis] if array.ndim == 1 else array
    floats = rows.dtype.kind == "f"
    if rows.ndim != 2 or not rows.size or not (floats or rows.dtype == np.int16):
        raise BundleError(
            f"an array of shape {array.shape} and type {array.dtype}",
            expected="samples of shape (samples,) or (sounds, samples): int16, or floats from -1 to 1",
            fix="mix channels to one, and bring samples to the range from -1 to 1",
        )
    if not floats:
        return rows.astype(np.int16)
    if not np.abs(rows).max() <= 1:
        raise BundleError(
            f"samples up to {float(np.abs(rows).max()):.3g}",
            expected="floats from -1 to 1",
            fix="divide them by the largest number that their format holds, such as 32768",
        )
    return np.clip(np.rint(32768 * rows.astype(np.float64)), -32768, 32767).astype(np.int16)


def _refuse_other_rates(paths: Sequence[Path], sounds: Sequence[Sound], rate: int, expected: str) -> None:
    for path, sound in zip(paths, sounds, strict=True):
        if sound.rate != rate:
            raise DataError(
                f"{path} has {sound.rate:,} samples per second",
                expected=expected,
                fix=f"convert it: ffmpeg -i {path.name} -ar {rate} -c:a pcm_s16le NEW.wav",
            )


def _of_length(sounds: Sequence[Sound], length: int) -> NDArray[np.int16]:
    values = np.zeros((len(sounds), length), dtype=np.int16)
    for row, sound in enumerate(sounds):
        kept = sound.samples[:length]
        values[row, : len(kept)] = kept
    return values


def _notes(sounds: Sequence[Sound], length: int, rate: int) -> tuple[str, ...]:
    lengths = np.array([len(each.samples) for each in sounds])
    if (lengths == length).all():
        return ()
    cut, filled = int((lengths > length).sum()), int((lengths < length).sum())
    told = [f"{cut:,} cut at the end"] if cut else []
    told += [f"{filled:,} filled up with silence"] if filled else []
    ends = f"{lengths.min() / rate:.3g} to {lengths.max() / rate:.3g} s"
    return (f"sounds are {ends} long; each was brought to {length / rate:.3g} s: {', '.join(told)}",)
