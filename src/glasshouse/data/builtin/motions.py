"""Videos of moving shapes, of which no single frame tells the direction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.seeds import numpy_stream
from glasshouse.data.raw import RawClips, Target
from glasshouse.data.settings import DataSettings

EACH, FRAMES, SIDE = 300, 8, 20
"""Videos of each direction, frames of a video, pixels a side."""
DIRECTIONS = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}


def motions(_settings: DataSettings) -> RawClips:
    """1,200 videos of eight grey frames of 20 x 20 pixels, 300 of each of four directions.

    A disc, a square or a cross begins anywhere and moves by one to two pixels from frame to frame; what
    leaves on one side comes in on the other. So in every frame, by itself, all places are equally likely
    whatever the direction: a network that sees single frames can only guess.

    Example:
        >>> found = motions(DataSettings(source="motions"))
        >>> found.values.shape, found.target.classes
        ((1200, 8, 1, 20, 20), ('up', 'down', 'left', 'right'))
    """
    generator = numpy_stream(0, "motions")
    labels = np.repeat(np.arange(len(DIRECTIONS)), EACH)
    values = np.stack([moving(list(DIRECTIONS.values())[label], generator) for label in labels])
    target = Target("direction", "classification", labels, tuple(DIRECTIONS))
    return RawClips(kind="videos", values=values, target=target, origin="motions")


def moving(direction: tuple[int, int], generator: np.random.Generator) -> NDArray[np.uint8]:
    """One video: levels (frames, 1, height, width).

    Args:
        direction: To the right and down, each -1, 0 or 1.
        generator: The source of chance.

    Example:
        >>> moving((1, 0), np.random.default_rng(0)).shape
        (8, 1, 20, 20)
    """
    start, speed = generator.uniform(0, SIDE, 2), generator.uniform(1.0, 2.0)
    size, shape = generator.uniform(2.0, 4.0), generator.integers(3)
    paper, ink = generator.uniform(0.0, 0.3), generator.uniform(0.6, 1.0)
    at = np.arange(SIDE) + 0.5
    frames = []
    for frame in range(FRAMES):
        x, y = start + speed * frame * np.array(direction)
        # The way around the edge counts where it is shorter.
        across = (at - x + SIDE / 2) % SIDE - SIDE / 2
        down = ((at - y + SIDE / 2) % SIDE - SIDE / 2)[:, None]
        reach = (
            np.hypot(across, down) - size,
            np.maximum(np.abs(across), np.abs(down)) - 0.85 * size,
            np.maximum(np.minimum(np.abs(across), np.abs(down)) - 0.35 * size, np.hypot(across, down) - size),
        )[shape]
        frames.append(paper + (ink - paper) * np.clip(0.5 - reach, 0, 1))
    video = np.stack(frames)[:, None] + generator.normal(0.0, 0.08, (FRAMES, 1, SIDE, SIDE))
    return np.clip(np.rint(255 * video), 0, 255).astype(np.uint8)
