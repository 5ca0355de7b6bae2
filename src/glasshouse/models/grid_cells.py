"""Objects as cells of a grid: the cell that holds an object's centre answers for it."""

from __future__ import annotations

from typing import NamedTuple

import torch

BOX = 5
"""Numbers of a box: place to the right and down in its cell, roots of width and height, confidence."""


class Cells(NamedTuple):
    """What a grid should say.

    Args:
        holds: Whether a cell holds an object's centre, bool (N, S, T).
        place: Where in its cell the centre lies, to the right and down, from 0 to 1, (N, S, T, 2).
        size: Width and height as shares of the picture, (N, S, T, 2).
        kind: The object's class, int64 (N, S, T); 0 where there is none.
    """

    holds: torch.Tensor
    place: torch.Tensor
    size: torch.Tensor
    kind: torch.Tensor


def encoded(objects: torch.Tensor, rows: int, columns: int) -> Cells:
    """Objects as a grid. Of several whose centres share a cell, the largest stays.

    Args:
        objects: Class (-1 for none), centre to the right and down, width, height, shape (N, slots, 5).
        rows: Of the grid.
        columns: Of the grid.

    Example:
        >>> cells = encoded(torch.tensor([[[1, 0.75, 0.25, 0.5, 0.25]]]), 2, 2)
        >>> cells.holds[0].tolist(), cells.place[0, 0, 1].tolist(), int(cells.kind[0, 0, 1])
        ([[False, True], [False, False]], [0.5, 0.5], 1)
    """
    count = len(objects)
    holds = torch.zeros(count, rows, columns, dtype=torch.bool, device=objects.device)
    place = objects.new_zeros(count, rows, columns, 2)
    size = objects.new_zeros(count, rows, columns, 2)
    kind = torch.zeros(count, rows, columns, dtype=torch.int64, device=objects.device)
    area = torch.where(objects[..., 0] >= 0, objects[..., 3] * objects[..., 4], -1.0)
    order = area.argsort(dim=1, stable=True)
    grid = objects.new_tensor([columns, rows])
    most = torch.tensor([columns - 1, rows - 1], device=objects.device)
    for slot in order.unbind(dim=1):  # from small to large, so that the larger one is written last
        picked = objects[torch.arange(count, device=objects.device), slot]
        there = torch.nonzero(picked[:, 0] >= 0).flatten()
        given = picked[there]
        scaled = given[:, 1:3] * grid
        cell = torch.minimum(scaled.floor().long().clamp(min=0), most)
        at = (there, cell[:, 1], cell[:, 0])
        holds[at] = True
        place[at] = scaled - cell
        size[at] = given[:, 3:5]
        kind[at] = given[:, 0].long()
    return Cells(holds, place, size, kind)


def decoded(outputs: torch.Tensor) -> torch.Tensor:
    """A network's maps as boxes in the picture, one for each cell.

    Args:
        outputs: Maps (N, 5 + classes, S, T): place in the cell, roots of the sides, confidence, classes.

    Returns:
        (N, S T, 5 + classes): centre to the right and down, width and height as shares of the picture,
        confidence and a share for every class, all from 0 to 1.

    Example:
        >>> maps = torch.tensor([0.5, 0.5, 0.5, 0.5, 0.9, 1.0]).view(1, 6, 1, 1).expand(1, 6, 1, 2)
        >>> [[round(each, 2) for each in box] for box in decoded(maps)[0].tolist()]
        [[0.25, 0.5, 0.25, 0.25, 0.9, 1.0], [0.75, 0.5, 0.25, 0.25, 0.9, 1.0]]
    """
    rows, columns = outputs.shape[2:]
    right = torch.arange(columns, dtype=outputs.dtype, device=outputs.device).view(1, 1, 1, columns)
    down = torch.arange(rows, dtype=outputs.dtype, device=outputs.device).view(1, 1, rows, 1)
    across = (outputs[:, 0:1] + right) / columns
    along = (outputs[:, 1:2] + down) / rows
    sides = outputs[:, 2:4].clamp(min=0).square()
    boxes = torch.cat([across, along, sides, outputs[:, 4:]], dim=1).clamp(0, 1)
    return boxes.flatten(2).transpose(1, 2)
