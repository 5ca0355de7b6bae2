"""Dreaming with a network, a run or a bundle: pictures in, pictures out."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import nn

from glasshouse.attribution import Dream, dream, layer_output, maximise
from glasshouse.attribution.dream import Ascent, Score, guided_by, unit_mean
from glasshouse.attribution.layer_output import telling_layer
from glasshouse.core.errors import DataError, ModelError, SettingError, UsageError
from glasshouse.core.files import read_json, write_atomic
from glasshouse.core.names import suggestions, unknown_name
from glasshouse.data.images.image_preparation import ImagePreparation
from glasshouse.data.preparations import preparation_from_dict
from glasshouse.experiment import Run
from glasshouse.experiment.sampling import rebuilt
from glasshouse.models.outputs import evaluating
from glasshouse.ship import load
from glasshouse.ship.bundle import Bundle

Source = nn.Module | Run | Bundle | Path | str
"""A network, or a run or bundle that holds one."""
LARGEST = 512
"""Pixels of the longer side beyond which a picture is made smaller, where nothing else is asked for."""


class Picture:
    """A picture that came of looking into a network.

    Args:
        pixels: Levels from 0 to 255, (height, width) or, in colour, (height, width, 3).
    """

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        self.pixels = pixels

    @property
    def image(self) -> Image.Image:
        """The picture, for Pillow."""
        return Image.fromarray(self.pixels)

    def save(self, path: Path | str) -> Path:
        """Write the picture as a PNG file.

        Raises:
            UsageError: The name has another ending.
            StorageError: It cannot be written.
        """
        path = Path(path)
        if path.suffix.lower() != ".png":
            raise UsageError(
                f"{path.name!r} for a picture", expected="a name that ends in .png", fix="rename it"
            )
        stream = io.BytesIO()
        self.image.save(stream, format="PNG")
        write_atomic(path, stream.getvalue())
        return path


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


@dataclass(frozen=True)
class Sleeper:
    """A network, and how pixels become what it takes.

    Args:
        network: The network.
        channels: 1 for grey, 3 for colour.
        mean, spread: Levels are prepared as (level - mean) / spread, one number per channel.
        size: Height and width of its training pictures, where they are known.
        classes: Names of its classes, where they are known.
    """

    network: nn.Module
    channels: int
    mean: Sequence[float]
    spread: Sequence[float]
    size: tuple[int, int] | None = None
    classes: tuple[str, ...] = ()

    def prepared(self, pixels: NDArray[np.uint8]) -> torch.Tensor:
        """Levels (height, width[, 3]) as the network takes them, (channels, height, width)."""
        levels = torch.from_numpy(pixels.astype(np.float32))
        levels = levels[None] if levels.dim() == 2 else levels.permute(2, 0, 1)
        return (levels - self._column(self.mean)) / self._column(self.spread)

    def pixels(self, picture: torch.Tensor) -> NDArray[np.uint8]:
        """Levels of a picture in the network's units."""
        levels = (picture * self._column(self.spread) + self._column(self.mean)).round().clamp(0, 255)
        shown = levels.byte().numpy()
        return shown[0] if self.channels == 1 else np.ascontiguousarray(shown.transpose(1, 2, 0))

    @property
    def levels(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Black and white in the network's units."""
        black = (0 - self._column(self.mean)) / self._column(self.spread)
        return black, (255 - self._column(self.mean)) / self._column(self.spread)

    def _column(self, numbers: Sequence[float]) -> torch.Tensor:
        return torch.tensor(numbers, dtype=torch.float32).reshape(-1, 1, 1)


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


def sleeper_of(source: Source) -> Sleeper:
    """The network of a source, and how pixels become what it takes.

    Raises:
        UsageError: It takes no pictures.
    """
    if isinstance(source, nn.Module):
        channels = _channels(source)
        return Sleeper(source, channels, [0.0] * channels, [255.0] * channels)
    if isinstance(source, Bundle) or not (isinstance(source, Run) or (Path(source) / "status.json").exists()):
        bundle = source if isinstance(source, Bundle) else load(source, backend="torch")
        return _asleep(bundle.module(), bundle.preparation, bundle.schema.classes)
    run = source if isinstance(source, Run) else Run(source)
    state = (run.record("preparation") or {}).get("state")
    experiment = run.experiment
    network = run.network or rebuilt(experiment.model, run.path, run.best_weights(), experiment.seed)
    evaluation = read_json(run.path / "evaluation.json") if (run.path / "evaluation.json").exists() else {}
    classes = tuple(evaluation.get("classes") or ())
    return _asleep(network, None if state is None else preparation_from_dict(state), classes)


def _asleep(network: nn.Module, preparation: object, classes: tuple[str, ...]) -> Sleeper:
    if not isinstance(preparation, ImagePreparation):
        raise UsageError(
            "a network that takes no pictures",
            expected="one that was trained on pictures",
            fix="train one: glasshouse run digits --model cnn",
        )
    channels, height, width = preparation.input_shape
    return Sleeper(network, channels, preparation.mean, preparation.spread, (height, width), classes)


def _channels(network: nn.Module) -> int:
    """Of the pictures that a network's first convolution takes."""
    first = next((each for each in network.modules() if isinstance(each, nn.Conv2d)), None)
    if first is None or first.in_channels not in (1, 3):
        raise ModelError(
            f"a {type(network).__name__} whose first convolution takes no picture of 1 or 3 channels",
            expected="a network that looks at grey or colour pictures",
            fix="train a cnn, lenet5, googlenet ...",
        )
    return first.in_channels


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


def read_pixels(image: Any, channels: int, size: int | None) -> NDArray[np.uint8]:
    """Levels of a picture, in the colour that a network takes.

    Args:
        image: A file, a Pillow image, or an array of levels (height, width[, 1 or 3]).
        channels: 1 for grey, 3 for colour.
        size: Its longer side in pixels; ``None`` for as it is, 512 at the most.

    Raises:
        DataError: It cannot be read, or is no picture.
    """
    if isinstance(image, (str, Path)):
        try:
            with Image.open(image) as opened:
                picture = ImageOps.exif_transpose(opened)
                picture.load()
        except (OSError, UnidentifiedImageError) as error:
            raise DataError(
                f"{image} cannot be read as a picture: {error}",
                expected="a PNG, JPEG or other picture file",
                fix="check the path and the file",
            ) from error
    elif isinstance(image, Image.Image):
        picture = image
    else:
        picture = _from_array(np.asarray(image))
    picture = picture.convert("L" if channels == 1 else "RGB")
    longer = max(picture.size)
    due = min(longer, LARGEST) if size is None else size
    if due != longer:
        sides = [max(1, round(side * due / longer)) for side in picture.size]
        picture = picture.resize((sides[0], sides[1]), Image.Resampling.BICUBIC)
    return np.asarray(picture, dtype=np.uint8)


def _from_array(levels: NDArray[Any]) -> Image.Image:
    shape = levels.shape
    flat = levels[:, :, 0] if levels.ndim == 3 and shape[2] == 1 else levels
    if levels.dtype != np.uint8 or flat.ndim not in (2, 3) or (flat.ndim == 3 and shape[2] != 3):
        raise DataError(
            f"a picture of shape {shape} and type {levels.dtype}",
            expected="levels from 0 to 255 (uint8) of shape (height, width) or (height, width, 3)",
            fix="convert it, or hand the path of a picture file",
        )
    return Image.fromarray(np.ascontiguousarray(flat))
