"""Random changes to batches of training images: each a few tensor operations on the whole batch."""

from __future__ import annotations

import torch

from glasshouse.data.images.moves import Moves
from glasshouse.data.settings import AugmentSettings


class Augmenter:
    """Change every image of a batch at random, in the ways that the settings switch on.

    The order is: flips, rotation and zoom (in one resampling), shift, crop, contrast, brightness, noise,
    erasing.
    All chance comes from the generator that is handed in and is drawn on the CPU, so the same generator state
    gives the same images on every device, and the global random state is never touched.

    Args:
        settings: Which changes, and how large.
        fill: What a black pixel is after preparation, shape (channels,): it fills what comes into view from
            outside, and what is erased.

    Example:
        >>> import torch
        >>> from glasshouse.data import Augmenter
        >>> from glasshouse.data.settings import AugmentSettings
        >>> augment = Augmenter(AugmentSettings(flip_horizontal=True, shift=0.1), fill=torch.zeros(3))
        >>> augment(torch.rand(8, 3, 32, 32), torch.Generator().manual_seed(0)).shape
        torch.Size([8, 3, 32, 32])
    """

    def __init__(self, settings: AugmentSettings, fill: torch.Tensor) -> None:
        self.settings = settings
        self.fill = fill

    def __call__(self, batch: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Change a batch.

        Args:
            batch: Prepared images, shape (images, channels, height, width); it is left as it is.
            generator: A generator on the CPU.

        Returns:
            A batch of the same shape, type, device and memory layout; ``batch`` itself if nothing is on.
        """
        moves = Moves.drawn(self.settings, batch, generator)
        return self.changed(batch, moves, generator)

    def changed(
        self, batch: torch.Tensor, moves: Moves, generator: torch.Generator, drawn_out: bool = False
    ) -> torch.Tensor:
        """Move a batch as it was drawn, and change its light at random.

        Args:
            batch: As for a call.
            moves: Drawn for it.
            generator: A generator on the CPU.
            drawn_out: Whether edges are drawn out where something comes into view, in place of black.
        """
        chosen = self.settings
        fill = self.fill.to(batch).view(1, -1, 1, 1)
        images = moves.of_pictures(batch, None if drawn_out else fill)
        if chosen.contrast:
            images = contrast(images, 1.0 + _between(images, generator, chosen.contrast))
        if chosen.brightness:
            images = brighten(images, _between(images, generator, chosen.brightness))
        if chosen.noise:
            images = add_noise(images, chosen.noise, generator)
        if chosen.erase:
            images = erase(images, *_squares(images, chosen.erase, generator), fill)
        return laid_out_like(images, batch)


def contrast(images: torch.Tensor, factors: torch.Tensor) -> torch.Tensor:
    """Stretch each image about its own mean.

    Args:
        images: Shape (images, channels, height, width).
        factors: 1 leaves an image as it is; shape (images,).
    """
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    return mean + (images - mean) * factors.view(-1, 1, 1, 1)


def brighten(images: torch.Tensor, amounts: torch.Tensor) -> torch.Tensor:
    """Add one amount to all pixels of an image.

    Args:
        images: Shape (images, channels, height, width).
        amounts: In the units of the prepared images, shape (images,).
    """
    return images + amounts.view(-1, 1, 1, 1)


def add_noise(images: torch.Tensor, spread: float, generator: torch.Generator) -> torch.Tensor:
    """Add independent Gaussian noise to every pixel.

    Args:
        images: Shape (images, channels, height, width).
        spread: Standard deviation, in the units of the prepared images.
        generator: The source of chance, on the CPU.
    """
    noise = torch.randn(images.shape, generator=generator)
    return images + (spread * noise).to(images)


def erase(
    images: torch.Tensor, tops: torch.Tensor, lefts: torch.Tensor, sides: torch.Tensor, fill: torch.Tensor
) -> torch.Tensor:
    """Cover a square of each image.

    Args:
        images: Shape (images, channels, height, width).
        tops: First row of the square, shape (images,).
        lefts: First column, shape (images,).
        sides: Side in pixels; 0 covers nothing; shape (images,).
        fill: What covers it, shape (1, channels, 1, 1).

    Source: Z. Zhong et al.: Random erasing data augmentation (2017); T. DeVries, G. Taylor: Cutout (2017).
    """
    row = torch.arange(images.shape[2], device=images.device)
    column = torch.arange(images.shape[3], device=images.device)
    tops, lefts, sides = tops.view(-1, 1), lefts.view(-1, 1), sides.view(-1, 1)
    in_rows = (row >= tops) & (row < tops + sides)
    in_columns = (column >= lefts) & (column < lefts + sides)
    covered = in_rows.unsqueeze(2) & in_columns.unsqueeze(1)
    return torch.where(covered.unsqueeze(1), fill, images)


def _squares(
    images: torch.Tensor, share: float, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Top, left and side of squares that cover up to a share of the area and lie inside the image."""
    height, width = images.shape[2:]
    draws = torch.rand(3, len(images), generator=generator)
    sides = (draws[0] * share * height * width).sqrt().clamp(max=min(height, width)).round()
    tops = (draws[1] * (height - sides + 1)).floor()
    lefts = (draws[2] * (width - sides + 1)).floor()
    return tops.to(images.device), lefts.to(images.device), sides.to(images.device)


def _between(images: torch.Tensor, generator: torch.Generator, most: float) -> torch.Tensor:
    """One number per image, from ``-most`` to ``most``."""
    draws = torch.rand(len(images), generator=generator)
    return (-most + 2 * most * draws).to(images)


def laid_out_like(images: torch.Tensor, batch: torch.Tensor) -> torch.Tensor:
    """Images in the memory layout of a batch of the same shape."""
    if images.stride() == batch.stride():
        return images
    return torch.empty_like(batch).copy_(images)
