"""Rows beside their reconstructions, new rows, ways between rows: what an autoencoder has to show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from glasshouse.core.seeds import derive, numpy_stream
from glasshouse.data.parts import Part
from glasshouse.evaluation.reconstructed import Reconstructed
from glasshouse.models.outputs import mapped

EXAMPLES, WORST, SAMPLES = 12, 8, 24
WAYS, STEPS = 3, 9
COLUMNS = 3
"""Numbers of a row that are named: those that came back worst."""

Pictures = dict[str, NDArray[np.uint8]]
ToPixels = Callable[[NDArray[np.float32]], NDArray[np.uint8]]
"""Prepared pictures (N, C, H, W) to grey (N, H, W) or colour (N, H, W, 3) levels."""


class Gallery:
    """Collects pictures by name while entries are made that refer to them.

    Args:
        to_pixels: From prepared rows to levels; ``None`` where rows are no pictures.
        folder: Where they are to lie in the run folder.
    """

    def __init__(self, to_pixels: ToPixels | None, folder: str = "reconstruction") -> None:
        self.to_pixels = to_pixels
        self.folder = folder
        self.pictures = Pictures()

    def add(self, name: str, rows: torch.Tensor) -> list[str]:
        """Keep pictures of prepared rows, and give their paths in the run folder."""
        if self.to_pixels is None:
            return []
        return self.keep(name, self.to_pixels(rows.contiguous().numpy()))

    def keep(self, name: str, levels: NDArray[np.uint8]) -> list[str]:
        """Keep pictures of levels (N, H, W) or (N, H, W, 3), and give their paths in the run folder."""
        paths = [f"{self.folder}/{name}-{number:02}.png" for number in range(1, len(levels) + 1)]
        self.pictures |= dict(zip(paths, levels, strict=True))
        return paths


def examples(
    network: nn.Module,
    part: Part,
    found: Reconstructed,
    gallery: Gallery,
    names: Sequence[str],
    seed: int,
    seen: Callable[[torch.Tensor], torch.Tensor] | None,
    apart: int = 0,
) -> dict[str, list[dict[str, Any]]]:
    """Some rows drawn at random, and those that came back worst, with their reconstructions.

    Args:
        network: The network.
        part: The rows.
        found: Their errors.
        gallery: Takes the pictures.
        names: Of a row's numbers, for rows that are no pictures.
        seed: For drawing.
        seen: What the network is shown instead: corrupted rows, say.
        apart: For windows of a series, how many steps each has: of the worst, none overlaps another, and all
            are drawn as curves. 0 for other rows.
    """
    drawn = np.sort(numpy_stream(seed, "examples").permutation(len(part))[:EXAMPLES])
    worst = _worst(found, part.rows, apart)
    return {
        name: _entries(
            (name, apart > 0), network, part, found, places, gallery, names, seen if name == "drawn" else None
        )
        for name, places in (("drawn", drawn), ("worst", worst))
    }


def _worst(found: Reconstructed, rows: NDArray[np.int64], apart: int) -> NDArray[np.int64]:
    """Places of the rows with the largest errors, without windows that overlap a worse one."""
    order = np.argsort(-found.errors, kind="stable")
    if not apart:
        return order[:WORST]
    kept: list[int] = []
    for place in order.tolist():
        if len(kept) == WORST:
            break
        if all(abs(int(rows[place]) - int(rows[other])) >= apart for other in kept):
            kept.append(place)
    return np.array(kept, dtype=np.int64)


def _entries(
    kind: tuple[str, bool],
    network: nn.Module,
    part: Part,
    found: Reconstructed,
    places: NDArray[np.int64],
    gallery: Gallery,
    names: Sequence[str],
    seen: Callable[[torch.Tensor], torch.Tensor] | None,
) -> list[dict[str, Any]]:
    name, curves = kind
    rows = part.inputs[torch.from_numpy(places)]
    shown = rows if seen is None else seen(rows)
    back = mapped(network, network, shown).cpu().reshape(rows.shape)
    pictures = {
        "original": gallery.add(f"{name}-original", rows),
        "seen": gallery.add(f"{name}-seen", shown) if seen is not None else [],
        "reconstruction": gallery.add(f"{name}-back", back),
    }
    entries = []
    for number, place in enumerate(places):
        entry: dict[str, Any] = {
            "row": int(part.rows[place]),
            "error": float(found.errors[place]),
            **{key: paths[number] if paths else None for key, paths in pictures.items()},
        }
        if curves:
            entry["curve"] = {
                "is": rows[number].reshape(len(rows[number]), -1)[:, 0].tolist(),
                "back": back[number].reshape(len(back[number]), -1)[:, 0].tolist(),
            }
        if gallery.to_pixels is None:
            entry["numbers"] = _numbers(rows[number], back[number], names)
        entries.append(entry)
    return entries


def _numbers(row: torch.Tensor, back: torch.Tensor, names: Sequence[str]) -> list[dict[str, Any]]:
    """The numbers that came back worst, as they went in and as they came out."""
    one, other = row.flatten().tolist(), back.flatten().tolist()
    order = sorted(range(len(one)), key=lambda place: -abs(one[place] - other[place]))[:COLUMNS]
    return [{"name": names[place], "is": one[place], "back": other[place]} for place in order]


def samples(network: Any, gallery: Gallery, seed: int) -> list[str]:
    """New rows, for networks that have a distribution of codes."""
    if gallery.to_pixels is None or not hasattr(network, "sample"):
        return []
    chance = torch.Generator().manual_seed(derive(seed, "samples"))
    with torch.no_grad():
        drawn: torch.Tensor = network.sample(SAMPLES, chance)
    return gallery.add("sample", drawn.cpu().float())


def ways(network: Any, found: Reconstructed, gallery: Gallery, seed: int) -> list[list[str]]:
    """Straight ways between the codes of pairs of rows, decoded."""
    if gallery.to_pixels is None or found.codes is None or len(found) < 2:
        return []
    pairs = numpy_stream(seed, "ways").permutation(len(found))[: 2 * WAYS]
    strips = []
    for number, (one, other) in enumerate(zip(pairs[::2], pairs[1::2], strict=False), start=1):
        between = straight(found.codes[one], found.codes[other], STEPS)
        rows = mapped(network, network.decode, torch.from_numpy(between)).cpu()
        strips.append(gallery.add(f"way{number}", rows))
    return strips


def straight(one: NDArray[np.float32], other: NDArray[np.float32], steps: int) -> NDArray[np.float32]:
    """Codes on the straight line between two, both ends included.

    Example:
        >>> straight(np.zeros(1, np.float32), np.ones(1, np.float32), 3).tolist()
        [[0.0], [0.5], [1.0]]
    """
    shares = np.linspace(0, 1, steps, dtype=np.float32)[:, None]
    between: NDArray[np.float32] = (1 - shares) * one + shares * other
    return between
