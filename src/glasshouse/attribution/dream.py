"""DeepDream: a picture is changed until a layer sees more of what it already saw a little of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import nn

from glasshouse.attribution.layer_output import layer_output
from glasshouse.core.checks import number, whole_number
from glasshouse.core.errors import ModelError, SettingError
from glasshouse.core.seeds import derive
from glasshouse.models.outputs import evaluating

STEP = 1.5 / 255
"""Mean change of a number per step, as a share of the way from black to white."""
LEAST_SIDE = 4
"""Pixels a side below which an octave shows nothing."""

Score = Callable[[torch.Tensor], torch.Tensor]
"""From what a layer gave to the number that is to rise."""


@dataclass(frozen=True)
class Dream:
    """What came of dreaming.

    Args:
        picture: Shape (channels, height, width), in the units of what was given.
        layer: Whose activations rose.
        sizes: Height and width of every octave, the smallest first.
        scores: What was to rise, before each step and at the end, by octave.
        octaves: The picture at the end of every octave.
    """

    picture: torch.Tensor
    layer: str
    sizes: list[tuple[int, int]]
    scores: list[list[float]]
    octaves: list[torch.Tensor] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Ascent:
    """How to climb.

    Args:
        octaves: Sizes of the picture that are gone through, from 1.
        scale: From one size to the next, above 1.
        steps: Steps in each size, from 1.
        step: Mean change of a number per step, above 0, as a share of the way from low to high.
        jitter: Pixels by which the picture is shifted at most before each step, from 0, so that no grid of
            the network's strides shows.
        seed: Of the shifts.
    """

    octaves: int = 4
    scale: float = 1.4
    steps: int = 10
    step: float = STEP
    jitter: int = 32
    seed: int = 0

    def __post_init__(self) -> None:
        whole_number("octaves", self.octaves, at_least=1)
        number("scale", self.scale, above=1)
        whole_number("steps", self.steps, at_least=1)
        number("step", self.step, above=0)
        whole_number("jitter", self.jitter, at_least=0)


def dream(
    network: nn.Module,
    picture: torch.Tensor,
    layer: str,
    ascent: Ascent | None = None,
    *,
    score: Score | None = None,
    levels: tuple[torch.Tensor, torch.Tensor] | None = None,
) -> Dream:
    r"""Change a picture by gradient ascent on what a layer gives, from a small size to the full one.

    .. math:: x \leftarrow x + \eta \frac{g}{\overline{|g|}},\quad g = \nabla_x \tfrac12 \lVert a(x) \rVert^2

    The norm of the activations a makes strong ones stronger: whatever the layer sees a little of, it will see
    more of. The gradient is divided by its mean size, so that steps are of one length in every octave. What a
    smaller octave has drawn is enlarged and carried on as detail. The network's weights, mode and random
    states stay as they are.

    Args:
        network: Any convolutional network.
        picture: Shape (channels, height, width), prepared as the network takes it. Its size may be another
            than that of the training pictures, because nothing behind the layer runs.
        layer: Name of the layer.
        ascent: Octaves and steps; by default those of the source.
        score: Another thing to climb: from what the layer gave, (1, maps, height, width), to a scalar.
        levels: Black and white per channel, shape (channels, 1, 1): what goes beyond is cut off, and steps
            are measured by their distance. By default the picture's own least and largest number.

    Raises:
        UnknownNameError: There is no such layer.
        ModelError: An octave is too small for the layer, or the gradient vanishes everywhere.
        SettingError: The picture has not three axes, or is smaller than its octaves.

    Source:
        Mordvintsev, Olah and Tyka 2015, Inceptionism: going deeper into neural networks, and the program
        published with it.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> network, picture = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU()), torch.rand(1, 12, 12)
        >>> found = dream(network, picture, "1", Ascent(octaves=2, steps=3, jitter=2))
        >>> found.sizes, found.picture.shape, found.scores[-1][-1] > found.scores[-1][0]
        ([(9, 9), (12, 12)], torch.Size([1, 12, 12]), True)
    """
    ascent = ascent or Ascent()
    if picture.dim() != 3:
        raise SettingError(
            f"a picture of shape {tuple(picture.shape)}",
            expected="channels, height and width",
            fix="hand one picture, without a batch axis",
        )
    device = next((each.device for each in network.parameters()), torch.device("cpu"))
    base = picture.detach().float().to(device).unsqueeze(0)
    low, high = (each.to(device) for each in levels) if levels else (base.min(), base.max())
    sizes = octave_sizes((picture.shape[1], picture.shape[2]), ascent)
    chance = torch.Generator().manual_seed(derive(ascent.seed, "dream") % 2**63)
    detail = torch.zeros(1, base.shape[1], *sizes[0], device=device)
    scores, octaves = [], []
    with evaluating(network):
        for size in sizes:
            shown = resized(base, size)
            detail = resized(detail, size)
            changed, climbed = climb(
                lambda x: (score or half_squares)(layer_output(network, layer, x)),
                shown + detail,
                ascent,
                (low, high),
                chance,
            )
            detail = changed - shown
            scores.append(climbed)
            octaves.append(changed[0].cpu())
    return Dream(octaves[-1], layer, sizes, scores, octaves)


def half_squares(activations: torch.Tensor) -> torch.Tensor:
    """Half the sum of the squares: its gradient is the activations themselves."""
    return 0.5 * activations.square().sum()


def unit_mean(unit: int) -> Score:
    """The mean of one feature map.

    Args:
        unit: Its number, from 0.

    Raises:
        SettingError: When it is asked: the layer has no such map.

    Example:
        >>> float(unit_mean(1)(torch.tensor([[[[1.0]], [[5.0]]]])))
        5.0
    """

    def score(activations: torch.Tensor) -> torch.Tensor:
        if not 0 <= unit < activations.shape[1]:
            raise SettingError(
                f"unit = {unit} of a layer with {activations.shape[1]}",
                expected=f"a whole number from 0 to {activations.shape[1] - 1}",
                fix="choose one of these",
            )
        return activations[:, unit].mean()

    return score


def guided_by(guide: torch.Tensor) -> Score:
    r"""Likeness to what the layer saw in another picture: every place takes the guide's best match.

    .. math:: \sum_p \max_q \langle a_p, b_q \rangle

    Args:
        guide: What the layer gave for the other picture, shape (1, maps, height, width).
    """
    features = guide.detach()[0].flatten(1)

    def score(activations: torch.Tensor) -> torch.Tensor:
        products = activations[0].flatten(1).T @ features
        return products.max(dim=1).values.sum()

    return score


def climb(
    score: Score,
    picture: torch.Tensor,
    ascent: Ascent,
    levels: tuple[torch.Tensor, torch.Tensor],
    chance: torch.Generator,
) -> tuple[torch.Tensor, list[float]]:
    """Some steps uphill.

    Args:
        score: From a picture (1, channels, height, width) to a scalar.
        picture: Where to begin.
        ascent: Steps, their length, and jitter.
        levels: Black and white.
        chance: Where shifts are drawn from.

    Returns:
        The picture, and the score before each step and at the end.
    """
    low, high = levels
    scores = []
    for _ in range(ascent.steps):
        shift = [jitter(side, ascent.jitter, chance) for side in picture.shape[2:]]
        moved = torch.roll(picture, shift, dims=(2, 3)).requires_grad_(True)
        with torch.enable_grad():
            value = score(moved)
            (slope,) = torch.autograd.grad(value, moved)
        scores.append(float(value.detach()))
        size = slope.abs().mean()
        if not bool(size > 0):
            raise ModelError(
                "the gradient is zero everywhere: the layer sees nothing in this picture",
                expected="activations that the picture can change",
                fix="choose another layer or picture; of units that are dead nothing can be dreamt",
            )
        stepped = moved.detach() + ascent.step * (high - low) * slope / size
        picture = torch.roll(stepped, [-each for each in shift], dims=(2, 3))
        picture = torch.minimum(torch.maximum(picture, low), high)
    with torch.no_grad():
        scores.append(float(score(picture)))
    return picture, scores


def jitter(side: int, most: int, chance: torch.Generator) -> int:
    """A shift of at most so many pixels, and less than the side."""
    most = min(most, side - 1)
    return int(torch.randint(-most, most + 1, (), generator=chance))


def octave_sizes(size: tuple[int, int], ascent: Ascent) -> list[tuple[int, int]]:
    """Height and width of every octave, the smallest first; each is rounded from the one above it.

    Raises:
        SettingError: The smallest would be next to nothing.

    Example:
        >>> octave_sizes((224, 224), Ascent())
        [(81, 81), (114, 114), (160, 160), (224, 224)]
    """
    sizes = [size]
    for _ in range(ascent.octaves - 1):
        height, width = sizes[-1]
        sizes.append((round(height / ascent.scale), round(width / ascent.scale)))
    if min(sizes[-1]) < LEAST_SIDE:
        raise SettingError(
            f"{ascent.octaves} octaves of a picture of {size[0]} x {size[1]} pixels",
            expected=f"a smallest one of at least {LEAST_SIDE} pixels a side; "
            f"these would end at {sizes[-1][0]} x {sizes[-1][1]}",
            fix="ask for fewer octaves, or take a larger picture",
        )
    return sizes[::-1]


def resized(picture: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """The picture in another size, linearly between its pixels, corners on corners."""
    if tuple(picture.shape[2:]) == size:
        return picture
    return F.interpolate(picture, size, mode="bilinear", align_corners=True)
