"""Random moves of pictures: mirrored, turned, scaled, shifted, cut, and whatever belongs to them alike."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from glasshouse.data.images.boxes import LEAST
from glasshouse.data.settings import AugmentSettings


@dataclass(frozen=True)
class Moves:
    """What is drawn for every picture of a batch, to be done to the picture, its mask, its boxes.

    All chance comes from the generator that is handed in and is drawn on the CPU. What is switched off is
    ``None``. The order is: flips, rotation and zoom (in one resampling), shift, crop.

    Args:
        height: Of the pictures that it was drawn for.
        width: Likewise.
        mirrored: Whether left and right change sides, bool (N,).
        overturned: Whether top and bottom do, bool (N,).
        degrees: Angles, counterclockwise, (N,).
        zooms: Factors above 0; above 1 enlarges; (N,).
        rows: Pixels downwards, int64 (N,).
        columns: Pixels to the right, int64 (N,).
        windows: What is left of a picture that is cut: its left and upper edge and its side, as shares of the
            picture's, (N, 3).

    Example:
        >>> settings = AugmentSettings(flip_horizontal=True, shift=0.25)
        >>> moves = Moves.drawn(settings, torch.zeros(4, 1, 8, 8), torch.Generator().manual_seed(0))
        >>> moves.of_pictures(torch.rand(4, 1, 8, 8), torch.zeros(1, 1, 1, 1)).shape
        torch.Size([4, 1, 8, 8])
    """

    height: int
    width: int
    mirrored: torch.Tensor | None = None
    overturned: torch.Tensor | None = None
    degrees: torch.Tensor | None = None
    zooms: torch.Tensor | None = None
    rows: torch.Tensor | None = None
    columns: torch.Tensor | None = None
    windows: torch.Tensor | None = None

    @classmethod
    def drawn(cls, chosen: AugmentSettings, pictures: torch.Tensor, generator: torch.Generator) -> Moves:
        """Draw moves for the pictures of a batch.

        Args:
            chosen: Which moves, and how large.
            pictures: Shape (N, channels, height, width); only the shape counts.
            generator: A generator on the CPU.
        """
        count, height, width = len(pictures), pictures.shape[2], pictures.shape[3]
        mirrored = _coin(count, generator) if chosen.flip_horizontal else None
        overturned = _coin(count, generator) if chosen.flip_vertical else None
        degrees = zooms = rows = columns = windows = None
        if chosen.rotate or chosen.zoom:
            degrees = _between(count, generator, chosen.rotate)
            zooms = 1.0 + _between(count, generator, chosen.zoom)
        if chosen.shift:
            rows = _whole_between(count, generator, chosen.shift * height)
            columns = _whole_between(count, generator, chosen.shift * width)
        if chosen.crop:
            draws = torch.rand(3, count, generator=generator)
            side = 1 - chosen.crop * draws[0]
            windows = torch.stack([draws[1] * (1 - side), draws[2] * (1 - side), side], dim=1)
        return cls(height, width, mirrored, overturned, degrees, zooms, rows, columns, windows)

    def of_pictures(
        self, pictures: torch.Tensor, fill: torch.Tensor | None, nearest: bool = False
    ) -> torch.Tensor:
        """Move pictures.

        Args:
            pictures: Shape (N, channels, height, width); or larger by a whole factor, as pictures are that
                are to come out larger than they go in.
            fill: What comes into view from outside, shape (1, channels, 1, 1); ``None`` draws the edges out.
            nearest: Whether a pixel is that of the nearest place, for numbers that cannot be mixed.
        """
        device, factor = pictures.device, pictures.shape[2] // self.height
        if self.mirrored is not None:
            pictures = flip(pictures, self.mirrored.to(device), axis=3)
        if self.overturned is not None:
            pictures = flip(pictures, self.overturned.to(device), axis=2)
        if self.degrees is not None and self.zooms is not None:
            degrees, zooms = self.degrees.to(pictures), self.zooms.to(pictures)
            pictures = rotate_and_zoom(pictures, degrees, zooms, fill, nearest)
        if self.rows is not None and self.columns is not None:
            pictures = shift(pictures, factor * self.rows, factor * self.columns, fill)
        if self.windows is not None:
            pictures = crop(pictures, self.windows.to(pictures), nearest)
        return pictures

    def of_masks(self, masks: torch.Tensor) -> torch.Tensor:
        """Move class indices of pixels (N, height, width): they stay whole, and edges are drawn out."""
        moved = self.of_pictures(masks.unsqueeze(1).to(torch.float32), None, nearest=True)
        return moved.squeeze(1).to(masks.dtype)

    def of_boxes(self, objects: torch.Tensor) -> torch.Tensor:
        """Move boxes, and clip them at the picture's edges.

        A box that is turned becomes the upright one around it, which is larger. What is left of an object
        when less than a fifth of its box is in the picture does not count.

        Args:
            objects: Class (-1 for none), centre to the right and down, width, height as shares of the
                picture, shape (N, slots, 5).

        Example:
            >>> moves = Moves(8, 8, mirrored=torch.tensor([True]))
            >>> moves.of_boxes(torch.tensor([[[2, 0.25, 0.5, 0.5, 0.25]]])).tolist()
            [[[2.0, 0.75, 0.5, 0.5, 0.25]]]
        """
        half = objects[..., 3:5] / 2
        low, high = objects[..., 1:3] - half, objects[..., 1:3] + half
        for axis, chosen in enumerate((self.mirrored, self.overturned)):
            if chosen is not None:
                low, high = _mirrored(low, high, chosen.to(low.device), axis)
        if self.degrees is not None and self.zooms is not None:
            low, high = self._turned(low, high, self.degrees.to(low), self.zooms.to(low))
        if self.rows is not None and self.columns is not None:
            by = torch.stack([self.columns / self.width, self.rows / self.height], dim=1)
            by = by.to(low).unsqueeze(1)
            low, high = low + by, high + by
        if self.windows is not None:
            windows = self.windows.to(low).unsqueeze(1)
            low, high = ((each - windows[..., :2]) / windows[..., 2:] for each in (low, high))
        return _clipped(objects, low, high)

    def _turned(
        self, low: torch.Tensor, high: torch.Tensor, degrees: torch.Tensor, zooms: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The upright boxes around turned ones; angles are those of pixels, whatever the sides are."""
        sides = low.new_tensor([self.width, self.height])
        angle = torch.deg2rad(degrees).view(-1, 1, 1)
        corners = torch.stack(
            [
                torch.stack([x[..., 0], y[..., 1]], dim=-1)
                for x, y in ((low, low), (low, high), (high, low), (high, high))
            ],
            dim=-2,
        )
        right, down = ((corners - 0.5) * sides).unbind(dim=-1)
        # rows run downwards, so a turn against the clock has this sign
        turned = torch.stack(
            [
                torch.cos(angle) * right + torch.sin(angle) * down,
                torch.cos(angle) * down - torch.sin(angle) * right,
            ],
            dim=-1,
        )
        places = turned * zooms.view(-1, 1, 1, 1) / sides + 0.5
        return places.amin(dim=-2), places.amax(dim=-2)


def flip(images: torch.Tensor, chosen: torch.Tensor, axis: int) -> torch.Tensor:
    """Mirror the chosen images.

    Args:
        images: Shape (images, channels, height, width).
        chosen: Which ones, bool, shape (images,).
        axis: 3 swaps left and right, 2 top and bottom.
    """
    return torch.where(chosen.view(-1, 1, 1, 1), images.flip(axis), images)


def shift(
    images: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor, fill: torch.Tensor | None
) -> torch.Tensor:
    """Move each image by whole pixels, which blurs nothing.

    Each result is a window of the image's own size, cut out of the image in a frame of filling.

    Args:
        images: Shape (images, channels, height, width).
        rows: Pixels downwards, int64, shape (images,), on the CPU.
        columns: Pixels to the right, likewise.
        fill: What comes into view, shape (1, channels, 1, 1); ``None`` draws the edges out.
    """
    count, channels, height, width = images.shape
    if fill is None:
        down = (torch.arange(height) - rows.view(-1, 1)).clamp(0, height - 1).to(images.device)
        right = (torch.arange(width) - columns.view(-1, 1)).clamp(0, width - 1).to(images.device)
        each = torch.arange(count, device=images.device).view(-1, 1, 1)
        # the axes that are picked from come first
        return images.permute(0, 2, 3, 1)[each, down.unsqueeze(2), right.unsqueeze(1)].permute(0, 3, 1, 2)
    most_down, most_right = int(rows.abs().max()), int(columns.abs().max())
    # channels last, so that a window is copied in long runs
    framed = images.new_empty(count, height + 2 * most_down, width + 2 * most_right, channels)
    framed.copy_(fill.permute(0, 2, 3, 1).expand_as(framed))
    framed[:, most_down : most_down + height, most_right : most_right + width] = images.permute(0, 2, 3, 1)
    windows = framed.unfold(1, height, 1).unfold(2, width, 1).permute(0, 1, 2, 4, 5, 3)
    which = (torch.arange(count), most_down - rows, most_right - columns)
    return windows[tuple(each.to(images.device) for each in which)].permute(0, 3, 1, 2)


def rotate_and_zoom(
    images: torch.Tensor,
    degrees: torch.Tensor,
    zooms: torch.Tensor,
    fill: torch.Tensor | None,
    nearest: bool = False,
) -> torch.Tensor:
    r"""Turn each image about its centre and scale it.

    A pixel of the result at :math:`p` from the centre is read at :math:`R(-\theta)\, p / z`, with bilinear
    interpolation, or at the nearest place.

    Args:
        images: Shape (images, channels, height, width).
        degrees: Angles :math:`\theta`, counterclockwise, shape (images,).
        zooms: Factors :math:`z` above 0; above 1 enlarges; shape (images,).
        fill: What comes into view, shape (1, channels, 1, 1); ``None`` draws the edges out.
        nearest: Whether neighbours are not mixed.
    """
    height, width = images.shape[2:]
    angle = torch.deg2rad(degrees)
    cosine, sine = torch.cos(angle) / zooms, torch.sin(angle) / zooms
    zero = torch.zeros_like(cosine)
    # the grid runs from -1 to 1 along both sides, so an angle in pixels is skewed unless the image is square
    upper = torch.stack([cosine, -sine * (height / width), zero], dim=1)
    lower = torch.stack([sine * (width / height), cosine, zero], dim=1)
    places = F.affine_grid(torch.stack([upper, lower], dim=1), list(images.shape), align_corners=False)
    mode = "nearest" if nearest else "bilinear"
    if fill is None:
        return F.grid_sample(images, places, mode, "border", align_corners=False)
    # grid_sample fills with zeros only: move the filling to zero and back
    turned = F.grid_sample(images - fill, places, mode, "zeros", align_corners=False)
    return turned + fill


def crop(images: torch.Tensor, windows: torch.Tensor, nearest: bool = False) -> torch.Tensor:
    """Cut a window out of each image and scale it to the image's size.

    Args:
        images: Shape (images, channels, height, width).
        windows: Left and upper edge and side as shares of the image's, shape (images, 3).
        nearest: Whether neighbours are not mixed.
    """
    left, top, side = windows.unbind(dim=1)
    zero = torch.zeros_like(side)
    # a place from -1 to 1 in the window lies there in the image, whose places run from -1 to 1 too
    upper = torch.stack([side, zero, 2 * left + side - 1], dim=1)
    lower = torch.stack([zero, side, 2 * top + side - 1], dim=1)
    places = F.affine_grid(torch.stack([upper, lower], dim=1), list(images.shape), align_corners=False)
    return F.grid_sample(images, places, "nearest" if nearest else "bilinear", "border", align_corners=False)


def _mirrored(
    low: torch.Tensor, high: torch.Tensor, chosen: torch.Tensor, axis: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Boxes whose picture changes sides along an axis, 0 to the right and 1 down."""
    along = torch.arange(2, device=low.device) == axis
    which = chosen.view(-1, 1, 1) & along
    return torch.where(which, 1 - high, low), torch.where(which, 1 - low, high)


def _clipped(objects: torch.Tensor, low: torch.Tensor, high: torch.Tensor) -> torch.Tensor:
    """Boxes between two corners, cut off at the picture's edges; -1 in the slots of those that are lost."""
    within = low.clamp(0, 1), high.clamp(0, 1)
    left = (within[1] - within[0]).prod(dim=-1) / (high - low).prod(dim=-1).clamp(min=1e-12)
    kept = (objects[..., 0] >= 0) & (left >= LEAST)
    moved = torch.cat([objects[..., :1], (within[0] + within[1]) / 2, within[1] - within[0]], dim=-1)
    return torch.where(kept.unsqueeze(-1), moved, -1.0).to(objects.dtype)


def _coin(count: int, generator: torch.Generator) -> torch.Tensor:
    return torch.rand(count, generator=generator) < 0.5


def _between(count: int, generator: torch.Generator, most: float) -> torch.Tensor:
    """One number each from ``-most`` to ``most``, drawn even from a point: so zooms are the same with and
    without rotation.
    """
    return -most + 2 * most * torch.rand(count, generator=generator)


def _whole_between(count: int, generator: torch.Generator, most: float) -> torch.Tensor:
    """One whole number each from ``-most`` to ``most``, each equally likely."""
    pixels = math.floor(most)
    return torch.randint(-pixels, pixels + 1, (count,), generator=generator)
