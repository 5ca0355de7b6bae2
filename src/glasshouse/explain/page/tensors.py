"""Tensors for a page: base64 of their bytes, each block once, the smallest first until the page is full."""

from __future__ import annotations

import base64
import math
from typing import Any

import torch
import torch.nn.functional as F

OVERVIEW = 48
"""Rows and columns at most of the picture that stands for a tensor whose numbers are left out."""


class Store:
    """Blocks of bytes that the tensors of a page share, and the room that is left for them.

    Args:
        room: Bytes of base64 text that all tensors may take together.
    """

    def __init__(self, room: float) -> None:
        self.room = room
        self.blocks: list[str] = []
        self._known: dict[tuple[str, bytes], int] = {}
        self.left_out = 0

    def put(self, tensor: torch.Tensor, exact: bool = True) -> dict[str, Any]:
        """A tensor as the page reads it; without its numbers where there is no room.

        Args:
            tensor: The tensor.
            exact: Whether numbers of float64 keep all their digits; else they are stored in float32.

        Example:
            >>> store = Store(100)
            >>> store.put(torch.tensor([1.0, 2.0]))
            {'shape': [2], 'type': 'f4', 'block': 0}
            >>> store.put(torch.zeros(1000))["left_out"]
            True
        """
        name, data = _bytes(tensor.detach().cpu(), exact)
        shape = list(tensor.shape)
        key = (name, data)
        if key not in self._known:
            size = 4 * math.ceil(len(data) / 3)
            if size > self.room:
                self.left_out += 1
                return {"shape": shape, "left_out": True, **_overview(tensor)}
            self.room -= size
            self._known[key] = len(self.blocks)
            self.blocks.append(base64.b64encode(data).decode())
        return {"shape": shape, "type": name, "block": self._known[key]}


def plain_number(number: float) -> float | str:
    """A number that JSON can hold.

    Args:
        number: The number.

    Example:
        >>> plain_number(0.5), plain_number(float("-inf"))
        (0.5, '-inf')
    """
    if math.isfinite(number):
        return number
    return "nan" if number != number else "inf" if number > 0 else "-inf"


def _bytes(tensor: torch.Tensor, exact: bool) -> tuple[str, bytes]:
    if not tensor.is_floating_point():
        small = tensor.numel() == 0 or int(tensor.min()) >= 0
        if small and (tensor.numel() == 0 or int(tensor.max()) < 256):
            return "u1", tensor.to(torch.uint8).contiguous().numpy().tobytes()
        return "i4", tensor.to(torch.int32).contiguous().numpy().tobytes()
    single = tensor.float()
    if not exact or bool(((single.double() == tensor.double()) | tensor.isnan()).all()):
        return "f4", single.contiguous().numpy().tobytes()
    return "f8", tensor.double().contiguous().numpy().tobytes()


def _overview(tensor: torch.Tensor) -> dict[str, Any]:
    """A small picture of a large tensor and what can be said of its numbers in short."""
    numbers = tensor.detach().double()
    rows = numbers.reshape(numbers.shape[0] if numbers.dim() > 1 else 1, -1)
    sizes = (min(OVERVIEW, rows.shape[0]), min(OVERVIEW, rows.shape[1]))
    picture = F.adaptive_avg_pool2d(rows[None, None], sizes)[0, 0]
    return {
        "overview": {
            "shape": list(sizes),
            "numbers": [plain_number(float(f"{each:.4g}")) for each in picture.flatten().tolist()],
            "smallest": plain_number(float(numbers.min())),
            "largest": plain_number(float(numbers.max())),
            "mean": plain_number(float(numbers.mean())),
            "norm": plain_number(float(numbers.norm())),
        }
    }
