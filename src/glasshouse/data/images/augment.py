"""Random changes to batches of training images: each a few tensor operations on the whole batch."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from glasshouse.data.settings import AugmentSettings


class Augmenter:
    """Change every image of a batch at random, in the ways that the settings switch on.

    The order is: flips, rotation and zoom (in one resampling), shift, contrast, brightness, noise, erasing.
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
        chosen, images = self.settings, batch
        fill = self.fill.to(batch).view(1, -1, 1, 1)
        if chosen.flip_horizontal:
            images = flip(images, _coin(images, generator), axis=3)
        if chosen.flip_vertical:
            images = flip(images, _coin(images, generator), axis=2)
        if chosen.rotate or chosen.zoom:
            angles = _between(images, generator, -chosen.rotate, chosen.rotate)
            zooms = 1.0 + _between(images, generator, -chosen.zoom, chosen.zoom)
            images = rotate_and_zoom(images, angles, zooms, fill)
        if chosen.shift:
            rows = _whole_between(images, generator, chosen.shift * images.shape[2])
            columns = _whole_between(images, generator, chosen.shift * images.shape[3])
            images = shift(images, rows, columns, fill)
        if chosen.contrast:
            images = contrast(images, 1.0 + _between(images, generator, -chosen.contrast, chosen.contrast))
        if chosen.brightness:
            images = brighten(images, _between(images, generator, -chosen.brightness, chosen.brightness))
        if chosen.noise:
            images = add_noise(images, chosen.noise, generator)
        if chosen.erase:
            images = erase(images, *_squares(images, chosen.erase, generator), fill)
        return _laid_out_like(images, batch)


def flip(images: torch.Tensor, chosen: torch.Tensor, axis: int) -> torch.Tensor:
    """Mirror the chosen images.

    Args:
        images: Shape (images, channels, height, width).
        chosen: Which ones, bool, shape (images,).
        axis: 3 swaps left and right, 2 top and bottom.
    """
    return torch.where(chosen.view(-1, 1, 1, 1), images.flip(axis), images)


def shift(
    images: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor, fill: torch.Tensor
) -> torch.Tensor:
    """Move each image by whole pixels, which blurs nothing.

    Each result is a window of the image's own size, cut out of the image in a frame of filling.

    Args:
        images: Shape (images, channels, height, width).
        rows: Pixels downwards, int64, shape (images,), on the CPU.
        columns: Pixels to the right, likewise.
        fill: What comes into view, shape (1, channels, 1, 1).
    """
    count, channels, height, width = images.shape
    down, right = int(rows.abs().max()), int(columns.abs().max())
    # channels last, so that a window is copied in long runs
    framed = images.new_empty(count, height + 2 * down, width + 2 * right, channels)
    framed.copy_(fill.permute(0, 2, 3, 1).expand_as(framed))
    framed[:, down : down + height, right : right + width] = images.permute(0, 2, 3, 1)
    windows = framed.unfold(1, height, 1).unfold(2, width, 1).permute(0, 1, 2, 4, 5, 3)
    which = (torch.arange(count), down - rows, right - columns)
    return windows[tuple(each.to(images.device) for each in which)].permute(0, 3, 1, 2)


def rotate_and_zoom(
    images: torch.Tensor, degrees: torch.Tensor, zooms: torch.Tensor, fill: torch.Tensor
) -> torch.Tensor:
    r"""Turn each image about its centre and scale it, with bilinear interpolation.

    A pixel of the result at :math:`p` from the centre is read at :math:`R(-\theta)\, p / z`.

    Args:
        images: Shape (images, channels, height, width).
        degrees: Angles :math:`\theta`, counterclockwise, shape (images,).
        zooms: Factors :math:`z` above 0; above 1 enlarges; shape (images,).
        fill: What comes into view, shape (1, channels, 1, 1).
    """
    height, width = images.shape[2:]
    angle = torch.deg2rad(degrees)
    cosine, sine = torch.cos(angle) / zooms, torch.sin(angle) / zooms
    zero = torch.zeros_like(cosine)
    # the grid runs from -1 to 1 along both sides, so an angle in pixels is skewed unless the image is square
    upper = torch.stack([cosine, -sine * (height / width), zero], dim=1)
    lower = torch.stack([sine * (width / height), cosine, zero], dim=1)
    places = F.affine_grid(torch.stack([upper, lower], dim=1), list(images.shape), align_corners=False)
    # grid_sample fills with zeros only: move the filling to zero and back
    turned = F.grid_sample(images - fill, places, "bilinear", "zeros", align_corners=False)
    return turned + fill


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


def _coin(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return (torch.rand(len(images), generator=generator) < 0.5).to(images.device)


def _between(images: torch.Tensor, generator: torch.Generator, low: float, high: float) -> torch.Tensor:
    """One number per image, drawn even from a point: so zooms are the same with and without rotation."""
    draws = torch.rand(len(images), generator=generator)
    return (low + (high - low) * draws).to(images)


def _whole_between(images: torch.Tensor, generator: torch.Generator, most: float) -> torch.Tensor:
    """One whole number from ``-most`` to ``most`` per image, each equally likely."""
    pixels = math.floor(most)
    return torch.randint(-pixels, pixels + 1, (len(images),), generator=generator)


def _laid_out_like(images: torch.Tensor, batch: torch.Tensor) -> torch.Tensor:
    if images.stride() == batch.stride():
        return images
    return torch.empty_like(batch).copy_(images)
