"""Random changes to pictures and to what is to be learnt of them: both sides are moved alike."""

from __future__ import annotations

from typing import Literal

import torch

from glasshouse.data.images.augment import Augmenter, laid_out_like
from glasshouse.data.images.moves import Moves
from glasshouse.data.settings import AugmentSettings

Targets = Literal["segmentation", "image_to_image", "detection"]


class PairAugmenter:
    """Change every picture of a batch at random, and move its target with it.

    Flips, shifts, rotations, zooms and crops are drawn once and done to both sides: masks by the nearest
    pixel, so that classes stay whole; pictures by interpolation; boxes by their corners. Light, noise and
    blanks change the input alone.

    What comes into view from outside is black, and nothing is there to be found. Of segmentation it is the
    edge, drawn out on both sides: every pixel must have a class, and black has none.

    Args:
        settings: Which changes, and how large.
        fill: What a black pixel of the input is after preparation, shape (channels,).
        task: What targets are.

    Example:
        >>> augment = PairAugmenter(AugmentSettings(flip_horizontal=True), torch.zeros(3), "segmentation")
        >>> pictures, masks = torch.rand(4, 3, 8, 8), torch.zeros(4, 8, 8, dtype=torch.long)
        >>> inputs, targets = augment.pair(pictures, masks, torch.Generator().manual_seed(0))
        >>> inputs.shape, targets.dtype
        (torch.Size([4, 3, 8, 8]), torch.int64)
    """

    def __init__(self, settings: AugmentSettings, fill: torch.Tensor, task: Targets) -> None:
        self.task = task
        self._augment = Augmenter(settings, fill)

    def pair(
        self, inputs: torch.Tensor, targets: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Change a batch.

        Args:
            inputs: Prepared pictures, shape (N, channels, height, width); they are left as they are.
            targets: Class indices of pixels (N, height, width); levels from 0 to 1 of pictures (N, channels,
                height, width), or larger by a whole factor; or objects (N, slots, 5).
            generator: A generator on the CPU.

        Returns:
            Both, of the same shapes, types and devices.
        """
        moves = Moves.drawn(self._augment.settings, inputs, generator)
        if self.task == "segmentation":
            return self._augment.changed(inputs, moves, generator, drawn_out=True), moves.of_masks(targets)
        changed = self._augment.changed(inputs, moves, generator)
        if self.task == "detection":
            return changed, moves.of_boxes(targets)
        black = targets.new_zeros(1, targets.shape[1], 1, 1)
        return changed, laid_out_like(moves.of_pictures(targets, black), targets)
