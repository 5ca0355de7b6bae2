"""Videos as folders of numbered pictures: one folder per class, in it one folder per video."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import BundleError, DataError
from glasshouse.data.clips.class_folders import class_folders, folders
from glasshouse.data.images.file import (
    Broken,
    default_size,
    in_parallel,
    is_image_name,
    load_pixels,
    look,
)
from glasshouse.data.images.tree import TEST_NAMES, TRAIN_NAMES, VALIDATION_NAMES
from glasshouse.data.raw import RawClips, Target
from glasshouse.data.settings import DataSettings

MOST_FRAMES = 16
"""Frames of a video where nobody said how many."""
LEAST_FRAMES = 2
NUMBER = re.compile(r"(\d+)")
PARTS = frozenset({*TRAIN_NAMES, *TEST_NAMES, *VALIDATION_NAMES})


def holds_videos(folder: Path) -> bool:
    """Whether a folder holds classes with a folder of numbered pictures for every video.

    ``folder/CLASS/VIDEO/003.png`` are videos; ``folder/train/CLASS/003.png`` are pictures of a training part.
    """
    inner = folders(folder)
    parts = [path for path in inner if path.name.lower() in PARTS]
    classes = [path for part in parts for path in folders(part)] if parts else inner
    return bool(classes) and all(
        any(numbered(video) for video in folders(each)) and not frames_of(each) for each in classes
    )


def numbered(folder: Path) -> bool:
    """Whether a folder holds pictures whose names end in numbers, as frames of a video do."""
    frames = frames_of(folder)
    return len(frames) >= LEAST_FRAMES and all(NUMBER.search(each.stem) for each in frames)


def frames_of(folder: Path) -> list[Path]:
    """The pictures in a folder, in the order of their numbers: frame 10 comes behind frame 9."""
    found = [path for path in folder.iterdir() if path.is_file() and is_image_name(path)]
    return sorted(found, key=_by_number)


def _by_number(path: Path) -> tuple[list[Any], str]:
    pieces = NUMBER.split(path.stem)
    return [int(each) if place % 2 else each for place, each in enumerate(pieces)], path.name


def videos_below(folder: Path) -> list[Path]:
    """The folders of frames in the folder of a class."""
    return [each for each in folders(folder) if frames_of(each)]


def read_video_folder(folder: Path, settings: DataSettings) -> RawClips:
    """Read a folder with one folder per class, and in it one folder of numbered pictures per video.

    Args:
        folder: The folder; it may hold ``train`` and ``test``.
        settings: ``test``, ``size`` and ``video.frames`` are used.

    Raises:
        DataError: A frame cannot be read, or a video has fewer frames than are wanted.
    """
    given = Path(settings.test).expanduser() if settings.test is not None else None
    found = class_folders(folder, videos_below, "videos, each a folder of numbered pictures", given)
    clips = [frames_of(each.path) for each in found.recordings]
    shortest = min(len(each) for each in clips)
    count = min(shortest, MOST_FRAMES) if settings.video.frames == "auto" else int(settings.video.frames)
    chosen = [_chosen(frames, count) for frames in clips]
    looks = in_parallel(look, [frames[0] for frames in chosen])
    heads = [_whole(frames[0], seen) for frames, seen in zip(chosen, looks, strict=True)]
    channels = 1 if all(each.grey for each in heads) else 3
    size = settings.size or default_size(
        np.array([(each.height, each.width) for each in heads], dtype=np.int64)
    )
    test = np.array([each.test for each in found.recordings])
    lengths = [len(each) for each in clips]
    told = f"videos have {shortest} to {max(lengths)} frames; {count} of each were taken, evenly spaced"
    return RawClips(
        kind="videos",
        values=np.stack([_pixels(frames, channels, size) for frames in chosen]),
        target=Target("class", "classification", np.array(found.labels, dtype=np.int64), found.classes),
        origin=str(folder),
        files=tuple(os.path.relpath(each.path, folder) for each in found.recordings),
        given_test=test if test.any() else None,
        notes=(told,) if max(lengths) > count else (),
    )


def read_videos(source: Any, shape: tuple[int, ...]) -> RawClips:
    """Read videos to predict, brought to the form of those that were trained on.

    Args:
        source: A folder of frames, a folder of such folders, a list of them, raw videos, or an array of 8-bit
            levels of shape ([videos,] frames, height, width[, 3]).
        shape: Frames, channels, height and width.

    Raises:
        DataError: There are no frames, or too few.
        BundleError: An array has another form.
    """
    if isinstance(source, RawClips):
        return source
    listed = isinstance(source, Sequence) and all(isinstance(each, (str, Path)) for each in source)
    if isinstance(source, (str, Path)) or (listed and len(source)):
        named = [source] if isinstance(source, (str, Path)) else source
        places = [Path(each).expanduser() for each in named]
        lost = [path for path in places if not path.is_dir()]
        if lost:
            raise DataError(
                f"{lost[0]} is no folder",
                expected="a folder of numbered pictures, or a folder of such folders",
                fix="write the frames of the video out as pictures: ffmpeg -i VIDEO FOLDER/%04d.png",
            )
        videos = [each for path in places for each in ([path] if frames_of(path) else videos_below(path))]
        if not videos:
            raise DataError(
                f"{places[0]} holds no pictures",
                expected="a folder of numbered pictures, or a folder of such folders",
                fix="check the path",
            )
        clips = [
            _pixels(_chosen(frames_of(each), shape[0]), shape[1], (shape[2], shape[3])) for each in videos
        ]
        files = tuple(str(each) for each in videos)
        return RawClips("videos", np.stack(clips), None, files[0], files=files)
    return RawClips("videos", _levels(np.asarray(source), shape), None, "an array")


def _levels(array: NDArray[Any], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    frames, channels, height, width = shape
    last = () if channels == 1 else (3,)
    due = (frames, height, width, *last)
    videos = array[np.newaxis] if array.shape == due else array
    if videos.dtype != np.uint8 or videos.shape[1:] != due or not len(videos):
        raise BundleError(
            f"an array of shape {array.shape} and type {array.dtype}",
            expected=f"levels from 0 to 255 (uint8) of shape (videos, {', '.join(map(str, due))})",
            fix="bring frames to that size, and take as many of them",
        )
    if channels == 1:
        return videos[:, :, np.newaxis]
    return np.ascontiguousarray(videos.transpose(0, 1, 4, 2, 3))


def _chosen(frames: list[Path], count: int) -> list[Path]:
    if len(frames) < count:
        raise DataError(
            f"{frames[0].parent} has {len(frames)} frames",
            expected=f"{count} or more",
            fix=f"set data.video.frames = {len(frames)}, or leave the video out",
        )
    return [frames[place] for place in np.linspace(0, len(frames) - 1, count).round().astype(int)]


def _pixels(frames: list[Path], channels: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    loaded = in_parallel(lambda path: load_pixels(path, channels, size), frames)
    return np.stack([_whole(path, pixels) for path, pixels in zip(frames, loaded, strict=True)])


def _whole(path: Path, found: Any) -> Any:
    """What was read of a frame. A video without one of its frames would be another video."""
    if isinstance(found, Broken):
        raise DataError(
            f"{path} cannot be read: {found.reason}",
            expected="every frame of every video to be readable",
            fix="repair the file, or remove the folder of its video",
        )
    return found
