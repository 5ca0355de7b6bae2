"""Dreaming with a network, a run or a bundle: pictures in, pictures out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from glasshouse.attribution import Dream, dream, layer_output, maximise
from glasshouse.attribution.dream import Ascent, Score, guided_by, unit_mean
from glasshouse.attribution.layer_output import telling_layer
from glasshouse.core.errors import SettingError, UsageError
from glasshouse.core.names import suggestions, unknown_name
from glasshouse.models.outputs import evaluating
from glasshouse.project.picture import Picture, read_pixels
from glasshouse.project.sleeper import Sleeper, Source, sleeper_of


class Dreamt(Picture):
    """A picture that a network dreamt.

    Args:
        pixels: Levels from 0 to 255, (height, width) or, in colour, (height, width, 3).
        dream: How it came about: sizes, scores, and the picture in the network's units.
    """

    def __init__(self, pixels: NDArray[np.uint8], dream: Dream) -> None:
        super().__init__(pixels)
        self.dream = dream

    def __repr__(self) -> str:
        height, width = self.pixels.shape[:2]
        first, last = self.dream.scores[-1][0], self.dream.scores[-1][-1]
        return f"Dreamt({height} x {width} of {self.dream.layer!r}, from {first:.3g} to {last:.3g})"


def dreamt(
    source: Source,
    image: Any = None,
    layer: str | None = None,
    *,
    unit: int | str | None = None,
    guide: Any = None,
    size: int | None = None,
    **ascent: Any,
) -> Dreamt:
    """Let a network dream: change a picture until a layer sees more of what it sees, or draw from noise.

    Args:
        source: A network, a run, a bundle, or the path of either.
        image: A picture file, a Pillow image, or levels from 0 to 255 as an array (height, width[, 3]).
            ``None`` begins in noise and draws what ``unit`` is looking for.
        layer: Name of the layer. By default GoogLeNet's inception_4c, or a convolution two thirds up; without
            a picture, the network's outputs.
        unit: One feature map of the layer, from 0, instead of all of it; without a picture and a layer a
            class, by number or name.
        guide: Another picture: what the layer sees there is what is dreamt of here.
        size: Longer side of the picture in pixels. By default as it is, 512 at the most.
        **ascent: ``octaves``, ``scale``, ``steps``, ``step`` (a share of the way from black to white),
            ``jitter`` and ``seed``, as in :class:`glasshouse.attribution.dream.Ascent`.

    Raises:
        UnknownNameError: There is no such layer or class.
        UsageError: The network takes no pictures, or there is nothing to begin with.
        DataError: The picture cannot be read.
        GlasshouseError: As :func:`glasshouse.attribution.dream` and
            :func:`glasshouse.attribution.maximise` raise it.

    Example:
        >>> import glasshouse as gh
        >>> _ = torch.manual_seed(0)
        >>> network = gh.models.cnn(classes=3, size=(16, 16), widths=[4, 8])
        >>> grey = np.full((24, 24), 128, dtype=np.uint8)
        >>> grey[8:16, 8:16] = 200
        >>> gh.dream(network, grey, layer="conv2", octaves=2, steps=2).pixels.shape
        (24, 24)
    """
    sleeper = sleeper_of(source)
    climbing = ascent_of(ascent, fresh=image is None)
    if image is None:
        return _from_noise(sleeper, layer, unit, size, climbing)
    chosen = layer or telling_layer(sleeper.network)
    picture = sleeper.prepared(read_pixels(image, sleeper.channels, size))
    found = dream(
        sleeper.network,
        picture,
        chosen,
        climbing,
        score=_score(sleeper, chosen, unit, guide, size),
        levels=sleeper.levels,
    )
    return Dreamt(sleeper.pixels(found.picture), found)


def _from_noise(
    sleeper: Sleeper, layer: str | None, unit: int | str | None, size: int | None, ascent: Ascent
) -> Dreamt:
    if unit is None:
        raise UsageError(
            "neither a picture nor a unit",
            expected="a picture to dream into, or a unit or class to draw from noise",
            fix="give image=FILE, or unit=0",
        )
    number = class_number(unit, sleeper.classes) if layer is None else unit_number(unit)
    side = sleeper.size or (size or 64, size or 64)
    if size is not None and layer is not None:
        side = (size, size)
    found = maximise(sleeper.network, (sleeper.channels, *side), number, layer, ascent, levels=sleeper.levels)
    return Dreamt(sleeper.pixels(found.picture), found)


def _score(
    sleeper: Sleeper, layer: str, unit: int | str | None, guide: Any, size: int | None
) -> Score | None:
    if unit is not None and guide is not None:
        raise SettingError("unit and guide together", expected="one of them", fix="leave one of them out")
    if unit is not None:
        return unit_mean(unit_number(unit))
    if guide is None:
        return None
    other = sleeper.prepared(read_pixels(guide, sleeper.channels, size))
    device = next(sleeper.network.parameters()).device
    with evaluating(sleeper.network), torch.no_grad():
        return guided_by(layer_output(sleeper.network, layer, other[None].to(device)))


def ascent_of(settings: dict[str, Any], fresh: bool) -> Ascent:
    """How to climb.

    Args:
        settings: Those that were given.
        fresh: Whether the picture begins in noise, which asks for more and longer steps.

    Raises:
        SettingError: There is no such setting, or its value lies outside its range.

    Example:
        >>> ascent_of({"steps": 3}, fresh=False).octaves
        4
    """
    known = list(Ascent.__dataclass_fields__)
    for key in settings:
        if key not in known:
            near = suggestions(key, known, most=1)
            raise SettingError(
                f"{key} for a dream",
                expected=", ".join(known),
                fix=f"did you mean {near[0]!r}?" if near else f"leave {key!r} out",
            )
    base: dict[str, Any] = {"octaves": 8, "steps": 16, "step": 0.02, "jitter": 1} if fresh else {}
    return Ascent(**{**base, **settings})


def class_number(unit: int | str, classes: Sequence[str]) -> int:
    """The number of a class that is given by number or name.

    Raises:
        UnknownNameError: No class has that name.

    Example:
        >>> class_number("cat", ("dog", "cat")), class_number(1, ())
        (1, 1)
    """
    if isinstance(unit, str) and unit in classes:
        return list(classes).index(unit)
    if isinstance(unit, str) and classes and not unit.isdigit():
        raise unknown_name(unit, classes, "class")
    return unit_number(unit)


def unit_number(unit: int | str) -> int:
    """The number of a unit.

    Raises:
        SettingError: It is no whole number.
    """
    if isinstance(unit, int) and not isinstance(unit, bool):
        return unit
    if isinstance(unit, str) and unit.isdigit():
        return int(unit)
    raise SettingError(f"unit = {unit!r}", expected="a whole number from 0", fix="give its number")
