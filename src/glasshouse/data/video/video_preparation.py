"""From the frames of videos to the numbers that a network takes, fitted on the training videos alone."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.errors import BundleError
from glasshouse.data.images.image_preparation import ImagePreparation
from glasshouse.data.preparation import Preparation
from glasshouse.data.raw import Raw, RawClips, RawImages
from glasshouse.data.settings import DataSettings
from glasshouse.data.video.frames_folder import read_videos


class VideoPreparation(Preparation):
    """Scale the levels of every frame as those of pictures are: one mean and spread for all frames.

    Args:
        frames: How many there are in a video.
        images: What a single frame becomes.
    """

    kind: ClassVar[str] = "videos"

    def __init__(self, frames: int, images: ImagePreparation) -> None:
        self.frames = frames
        self.images = images

    @classmethod
    def fit(cls, raw: RawClips, rows: NDArray[np.int64], settings: DataSettings) -> Self:
        """Learn mean and spread from the frames of the training videos.

        Args:
            raw: All videos.
            rows: The training rows; no other video is looked at.
            settings: ``prepare.scaling`` is used.

        Raises:
            SettingError: The scaling is one for tables only.
        """
        count = raw.values.shape[1]
        frames = (rows[:, np.newaxis] * count + np.arange(count)).reshape(-1)
        return cls(count, ImagePreparation.fit(_as_images(raw), frames, settings))

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Frames, channels, height and width."""
        return (self.frames, *self.images.input_shape)

    def transform(self, raw: Raw) -> NDArray[np.float32]:
        """Prepare videos: float32, shape (videos, frames, channels, height, width).

        Raises:
            BundleError: They are no videos, or of another form.
        """
        if not isinstance(raw, RawClips) or raw.kind != "videos" or raw.values.shape[1:] != self.input_shape:
            raise BundleError(
                f"{raw.origin} holds no videos of shape {self.input_shape}",
                expected="videos as those that were trained on (frames, channels, height, width)",
                fix="read the videos with the preparation's own read",
            )
        return self.images.transform(_as_images(raw)).reshape(len(raw), *self.input_shape)

    def read(self, source: Any) -> RawClips:
        """Read videos to predict, brought to the form of the training videos.

        Args:
            source: A folder of numbered pictures, a folder of such folders, a list of them, or an array of
                8-bit levels of shape ([videos,] frames, height, width[, 3]).

        Raises:
            DataError: There are no frames, or too few.
            BundleError: An array has another form.
        """
        return read_videos(source, self.input_shape)

    def describe(self) -> list[dict[str, Any]]:
        """One entry, for the video."""
        (image,) = self.images.describe()
        becomes = f"{self.frames} frames, each {image['becomes']}"
        return [
            {
                "name": "video",
                "kind": "video",
                "becomes": becomes,
                "features": self.frames * image["features"],
            }
        ]

    def to_dict(self) -> dict[str, Any]:
        """The fitted state in plain JSON types."""
        return {"kind": self.kind, "frames": self.frames, "images": self.images.to_dict()}

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """The preparation that :meth:`to_dict` described.

        Raises:
            BundleError: The state is not one of videos.
        """
        frames, images = state.get("frames"), state.get("images")
        if not isinstance(frames, int) or frames < 1 or not isinstance(images, dict):
            raise BundleError(
                f"a stored preparation of videos with frames = {frames!r}",
                expected="a number of frames, and what a frame becomes",
                fix="the bundle or checkpoint was changed: restore it from a copy",
            )
        return cls(frames, ImagePreparation.from_dict(images))


def _as_images(raw: RawClips) -> RawImages:
    """All frames of all videos, one behind the other."""
    return RawImages(raw.values.reshape(-1, *raw.values.shape[2:]), None, raw.origin)
