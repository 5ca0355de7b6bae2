"""Random changes to batches of training videos: one draw for all frames of a video."""

from __future__ import annotations

import torch

from glasshouse.data.images.augment import Augmenter
from glasshouse.data.settings import AugmentSettings


class VideoAugmenter:
    """Change every video of a batch at random, all its frames alike.

    Noise alone is drawn for each frame by itself. Playing backwards comes first.

    Args:
        settings: Which changes, and how large; ``flip_time`` plays half of the videos backwards.
        fill: What a black pixel is after preparation, shape (channels,).

    Example:
        >>> augment = VideoAugmenter(AugmentSettings(flip_horizontal=True), torch.zeros(1))
        >>> augment(torch.rand(4, 5, 1, 8, 8), torch.Generator().manual_seed(0)).shape
        torch.Size([4, 5, 1, 8, 8])
    """

    def __init__(self, settings: AugmentSettings, fill: torch.Tensor) -> None:
        self.settings = settings
        self.fill = fill

    def __call__(self, batch: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Change a batch.

        Args:
            batch: Prepared videos, shape (videos, frames, channels, height, width); it is left as it is.
            generator: A generator on the CPU.

        Returns:
            A batch of the same shape, type and device.
        """
        frames = batch.shape[1]
        if self.settings.flip_time:
            backwards = (torch.rand(len(batch), generator=generator) < 0.5).to(batch.device)
            batch = torch.where(backwards.view(-1, 1, 1, 1, 1), batch.flip(1), batch)
        # The frames as channels of one picture: whatever is drawn for a picture is drawn for a video.
        pictures = batch.flatten(1, 2)
        changed = Augmenter(self.settings, self.fill.repeat(frames))(pictures, generator)
        return changed.reshape(batch.shape)
