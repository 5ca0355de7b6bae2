"""Errata about convolutions, pooling and their sizes."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from errata.close import close, random
from errata.entry import Proof


def side(n: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """The side of the map that PyTorch makes."""
    picture = torch.zeros(1, 1, n, n)
    return F.conv2d(picture, torch.zeros(1, 1, kernel, kernel), stride=stride, padding=padding).shape[-1]


def counted_twice() -> Proof:
    """16 x 16 with two zeros on every side and a 3 x 3 kernel."""
    right, padded = side(16, 3, padding=2), F.pad(torch.zeros(1, 1, 16, 16), (2,) * 4).shape[-1]
    return Proof(
        {"right": right, "padded": padded, "twice": (padded - 3 + 2 * 2) + 1},
        {
            "18": right == 18 == padded - 3 + 1,
            "21 is not even what twice the padding gives": padded - 3 + 4 + 1 == 22,
        },
    )


def same_padding() -> Proof:
    """(F - 1) / 2 zeros: sizes for odd and even kernels, and for stride 2."""
    odd, strided, even = side(8, 3, padding=1), side(8, 3, 2, 1), side(8, 4, padding=1)
    return Proof(
        {"odd": odd, "strided": strided, "even": even},
        {"it keeps the size for odd kernels and stride 1": (odd, strided, even) == (8, 4, 7)},
    )


def shrinking() -> Proof:
    """Sides after a 3 x 3 kernel, with and without padding."""
    valid, same, full = side(28, 3), side(28, 3, padding=1), side(28, 3, padding=2)
    return Proof(
        {"valid": valid, "same": same, "full": full},
        {"it may shrink, stay and grow": (valid, same, full) == (26, 28, 30)},
    )


def strided_same() -> Proof:
    """6 x 6, kernel 3, padding 1, stride 2."""
    return Proof({"side": side(6, 3, 2, 1)}, {"it is 3": side(6, 3, 2, 1) == 3})


def padded_picture() -> Proof:
    """Ones of 5 x 5 with a rim of zeros."""
    padded = F.pad(torch.ones(5, 5), (1, 1, 1, 1))
    return Proof(
        {"numbers": padded.numel(), "ones": int(padded.sum())},
        {"49 numbers, 25 ones": padded.numel() == 49 and int(padded.sum()) == 25},
    )


def moved_turned_scaled() -> Proof:
    """A convolution of a picture that was moved, turned and enlarged."""
    picture, kernel = torch.zeros(1, 1, 16, 16, dtype=torch.float64), random(1, 1, 3, 3, seed=7)
    picture[0, 0, 5:9, 5:9] = random(4, 4, seed=8)
    out = F.conv2d(picture, kernel, padding=1)
    moved = F.conv2d(picture.roll((2, 3), (2, 3)), kernel, padding=1)
    turned = F.conv2d(picture.rot90(1, (2, 3)), kernel, padding=1)
    large = F.conv2d(picture.repeat_interleave(2, 2).repeat_interleave(2, 3), kernel, padding=1)
    return Proof(
        {"turned": float((turned - out.rot90(1, (2, 3))).abs().max())},
        {
            "a moved picture gives the moved map": close(moved, out.roll((2, 3), (2, 3))),
            "and not the same map": not close(moved, out, 0.1),
            "a turned one does not give the turned map": not close(turned, out.rot90(1, (2, 3)), 0.1),
            "nor an enlarged one the enlarged map": not close(
                large, out.repeat_interleave(2, 2).repeat_interleave(2, 3), 0.1
            ),
        },
    )


def pooled_moves() -> Proof:
    """Max pooling of a point that moves by one pixel, within its window and out of it."""

    def pooled(column: int) -> torch.Tensor:
        row = torch.zeros(1, 1, 8)
        row[0, 0, column] = 1
        return F.max_pool1d(row, 2)

    return Proof(
        {},
        {
            "within a window nothing changes": torch.equal(pooled(2), pooled(3)),
            "across its edge it does": not torch.equal(pooled(3), pooled(4)),
        },
    )


def what_max_pooling_drops() -> Proof:
    """Two maps with the same pooled map."""
    one, other = torch.tensor([[[1.0, 6.0], [5.0, 2.0]]]), torch.tensor([[[6.0, 0.0], [0.0, 0.0]]])
    return Proof(
        {"pooled": float(F.max_pool2d(one, 2))},
        {"different maps, one result": torch.equal(F.max_pool2d(one, 2), F.max_pool2d(other, 2))},
    )


def twelve_filters() -> Proof:
    """32 x 32 x 3 and 12 filters of 3 x 3."""
    picture = torch.zeros(1, 3, 32, 32)
    same = torch.nn.Conv2d(3, 12, 3, padding=1)(picture).shape[-1]
    valid = torch.nn.Conv2d(3, 12, 3)(picture).shape[-1]
    return Proof({"same": same, "valid": valid}, {"32 with padding, 30 without": (same, valid) == (32, 30)})


def one_dimension() -> Proof:
    """A kernel along time."""
    out = F.conv1d(torch.zeros(1, 4, 100), torch.zeros(8, 4, 5))
    return Proof({"steps": out.shape[-1]}, {"it runs": out.shape[-1] == 96})
