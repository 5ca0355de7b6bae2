"""Drawn faces: an identity is a set of proportions, and every picture of it has its own pose and light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glasshouse.core.seeds import numpy_stream
from glasshouse.data.images.arrays import images_from_arrays
from glasshouse.data.raw import RawImages
from glasshouse.data.settings import DataSettings

IDENTITIES, PICTURES, SIDE = 100, 20, 32
Numbers = NDArray[np.float64]

PROPORTIONS: dict[str, tuple[float, float]] = {
    "face_width": (0.55, 0.80),
    "face_height": (0.74, 0.96),
    "skin": (0.55, 0.95),
    "hair": (0.02, 0.45),
    "hair_line": (-0.72, -0.36),
    "eye_distance": (0.21, 0.40),
    "eye_height": (-0.24, -0.04),
    "eye_width": (0.08, 0.15),
    "eye_opening": (0.04, 0.09),
    "brow_height": (0.12, 0.22),
    "brow_thickness": (0.02, 0.06),
    "brow_tilt": (-0.35, 0.35),
    "nose_length": (0.18, 0.40),
    "nose_width": (0.05, 0.15),
    "mouth_height": (0.36, 0.56),
    "mouth_width": (0.15, 0.34),
    "lips": (0.03, 0.08),
}
"""What makes an identity: the range of each proportion, where the picture reaches from -1 to 1, down and to
the right. Skin and hair are levels from 0, black, to 1, white."""


def faces(settings: DataSettings) -> RawImages:
    """2,000 grey pictures of 32 x 32 pixels: twenty of each of a hundred faces.

    Nobody is shown: the pictures are drawn from numbers. Between two pictures of one face lie a turn of the
    head, shifts, another size, an expression, light from another side, another background, and noise.

    Args:
        settings: The data section.

    Example:
        >>> found = faces(DataSettings(source="faces"))
        >>> found.pixels.shape, len(found.target.classes)
        ((2000, 1, 32, 32), 100)
    """
    pixels, labels = drawn_faces(IDENTITIES, PICTURES, numpy_stream(0, "faces"))
    return images_from_arrays(
        (pixels, labels),
        None,
        settings,
        origin="faces",
        class_names=[f"face {number:03}" for number in range(1, IDENTITIES + 1)],
        target_name="identity",
    )


def drawn_faces(
    identities: int, pictures: int, generator: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Pictures of so many identities, and whose each is.

    Args:
        identities: How many faces, from 1.
        pictures: How many pictures of each, from 1.
        generator: The source of chance.

    Returns:
        Levels (identities * pictures, 1, 32, 32) and labels.

    Example:
        >>> levels, labels = drawn_faces(3, 2, np.random.default_rng(0))
        >>> levels.shape, labels.tolist()
        ((6, 1, 32, 32), [0, 0, 1, 1, 2, 2])
    """
    own = {name: generator.uniform(*ends, identities) for name, ends in PROPORTIONS.items()}
    labels = np.repeat(np.arange(identities), pictures)
    face = {name: values[labels][:, None, None] for name, values in own.items()}
    count = len(labels)
    shot = _Shot.taken(count, generator)
    picture = _lit(_features(face, shot), shot) + generator.normal(0.0, 0.03, (count, SIDE, SIDE))
    levels = np.clip(np.rint(255 * picture), 0, 255).astype(np.uint8)[:, np.newaxis]
    return levels, labels


@dataclass(frozen=True)
class _Shot:
    """What differs between pictures of one face; coordinates (pictures, height, width)."""

    x: Numbers
    y: Numbers
    turn: Numbers
    smile: Numbers
    opening: Numbers
    background: Numbers
    light: Numbers

    @classmethod
    def taken(cls, count: int, generator: np.random.Generator) -> _Shot:
        def some(low: float, high: float) -> Numbers:
            return generator.uniform(low, high, (count, 1, 1))

        at = (np.arange(SIDE) + 0.5) / SIDE * 2 - 1
        right, down = at[None, None, :] - some(-0.1, 0.1), at[None, :, None] - some(-0.1, 0.1)
        angle, size = some(-0.2, 0.2), some(0.88, 1.12)
        x = (np.cos(angle) * right + np.sin(angle) * down) / size
        y = (np.cos(angle) * down - np.sin(angle) * right) / size
        side, height = some(-0.35, 0.35), some(-0.25, 0.25)
        light = some(0.75, 1.1) + side * at[None, None, :] + height * at[None, :, None]
        return cls(x, y, some(-0.12, 0.12), some(-0.25, 0.25), some(0.0, 0.05), some(0.0, 0.4), light)


def _features(face: dict[str, Numbers], shot: _Shot) -> Numbers:
    """The face in even light."""
    x, y = shot.x, shot.y
    # What stands out of the face moves more when the head turns.
    inner, nose = x - shot.turn, x - 1.4 * shot.turn
    skin, hair = face["skin"], face["hair"]
    head = _inside(_ellipse(x, y, face["face_width"], face["face_height"]))
    crown = _inside(_ellipse(x, y + 0.06, face["face_width"] + 0.07, face["face_height"] + 0.05))
    picture = _over(shot.background + 0 * x, hair, crown * _inside(y - 0.1))
    picture = _over(picture, skin, head)
    picture = _over(picture, hair, head * _inside(y - face["hair_line"] - 0.15 * x**2))
    for sign in (-1, 1):
        across, down = sign * inner - face["eye_distance"], y - face["eye_height"]
        white = _inside(_ellipse(across, down, face["eye_width"], face["eye_opening"]))
        iris = _inside(_ellipse(across, down, 0.05, face["eye_opening"]))
        picture = _over(_over(picture, 0.98, white), 0.05, iris)
        brow = down + face["brow_height"] + face["brow_tilt"] * across
        line = np.maximum(np.abs(brow) - face["brow_thickness"], np.abs(across) - face["eye_width"] - 0.03)
        picture = _over(picture, 0.6 * hair, _inside(line))
    tip = face["eye_height"] + face["nose_length"]
    bridge = np.maximum(np.abs(nose) - 0.35 * face["nose_width"], np.abs(y - (tip - 0.12)) - 0.12)
    wings = _ellipse(nose, y - tip, face["nose_width"], 0.05)
    picture = _over(picture, 0.72 * skin, _inside(np.minimum(bridge, wings)))
    bend = y - face["mouth_height"] + shot.smile * (inner / 0.3) ** 2 * 0.3
    mouth = np.maximum(np.abs(bend) - face["lips"] - shot.opening, np.abs(inner) - face["mouth_width"])
    return _over(picture, 0.45 * skin, _inside(mouth))


def _lit(picture: Numbers, shot: _Shot) -> Numbers:
    return picture * shot.light


def _ellipse(x: Numbers, y: Numbers, width: Numbers | float, height: Numbers | float) -> Numbers:
    """About the distance from an ellipse's edge, below 0 inside."""
    radius = np.sqrt((x / width) ** 2 + (y / height) ** 2)
    return (radius - 1) * np.minimum(width, height)


def _inside(distance: Numbers) -> Numbers:
    """1 inside, 0 outside, and over the breadth of a pixel something between."""
    return np.clip(0.5 - distance * SIDE / 2, 0.0, 1.0)


def _over(picture: Numbers, level: Numbers | float, cover: Numbers) -> Numbers:
    return picture * (1 - cover) + level * cover
