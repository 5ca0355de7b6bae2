"""Activation maximization: a picture is drawn from noise that excites one unit, or one class, the most."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from glasshouse.attribution.dream import Ascent, Dream, climb, unit_mean
from glasshouse.attribution.layer_output import layer_output
from glasshouse.core.checks import number, whole_number
from glasshouse.core.errors import SettingError
from glasshouse.core.seeds import derive
from glasshouse.models.outputs import evaluating

BLUR = 0.5
"""Standard deviation of the blur between rounds, in pixels."""


def maximise(
    network: nn.Module,
    shape: Sequence[int],
    unit: int,
    layer: str | None = None,
    ascent: Ascent | None = None,
    *,
    levels: tuple[torch.Tensor, torch.Tensor] | None = None,
    blur: float = BLUR,
) -> Dream:
    r"""Draw what a unit is looking for.

    .. math:: x^* = \arg\max_x s_u(x)

    The ascent begins in faint noise around the middle between black and white. Between rounds of steps the
    picture is blurred a little: without it, fine noise that excites the unit by accident wins over shapes.

    Args:
        network: Any network that takes pictures.
        shape: Of a picture: channels, height, width.
        unit: A class, or a feature map of ``layer``, from 0.
        layer: Name of the layer; ``None`` for the network's outputs, so that the unit is a class.
        ascent: ``octaves`` counts the rounds, each of so many ``steps``; ``scale`` is not used.
        levels: Black and white per channel, shape (channels, 1, 1); by default 0 and 1.
        blur: Standard deviation in pixels, from 0.

    Returns:
        The picture, and the unit's value before each step, by round.

    Raises:
        UnknownNameError: There is no such layer.
        SettingError: There is no such unit.
        ModelError: The unit's gradient vanishes.

    Source:
        Erhan, Bengio, Courville and Vincent 2009, Visualizing higher-layer features of a deep network;
        Simonyan, Vedaldi and Zisserman 2014, arXiv 1312.6034 (classes); Yosinski et al. 2015, arXiv
        1506.06579 (the blur).

    Example:
        >>> _ = torch.manual_seed(0)
        >>> network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))
        >>> found = maximise(network, (1, 8, 8), unit=2, ascent=Ascent(octaves=2, steps=5, jitter=1))
        >>> found.layer, found.scores[-1][-1] > found.scores[0][0]
        ('class 2', True)
    """
    ascent = ascent or Ascent(octaves=8, steps=16, step=0.02, jitter=1)
    whole_number("unit", unit, at_least=0)
    number("blur", blur, at_least=0)
    if len(shape) != 3:
        raise SettingError(
            f"shape = {tuple(shape)}", expected="channels, height and width", fix="give three numbers"
        )
    device = next((each.device for each in network.parameters()), torch.device("cpu"))
    low, high = levels if levels else (torch.zeros(shape[0], 1, 1), torch.ones(shape[0], 1, 1))
    low, high = low.to(device), high.to(device)
    chance = torch.Generator().manual_seed(derive(ascent.seed, "maximise") % 2**63)
    noise = torch.randn(1, *shape, generator=chance).to(device)
    picture = (low + high) / 2 + 0.05 * (high - low) * noise

    def score(pictures: torch.Tensor) -> torch.Tensor:
        given = network(pictures) if layer is None else layer_output(network, layer, pictures)
        return unit_mean(unit)(given.flatten(1) if given.dim() < 3 else given)

    scores, rounds = [], []
    with evaluating(network):
        for place in range(ascent.octaves):
            if place and blur:
                picture = blurred(picture, blur)
            picture, climbed = climb(score, picture, ascent, (low, high), chance)
            scores.append(climbed)
            rounds.append(picture[0].cpu())
    name = f"class {unit}" if layer is None else f"{layer}, unit {unit}"
    size = (int(shape[1]), int(shape[2]))
    return Dream(rounds[-1], name, [size] * ascent.octaves, scores, rounds)


def blurred(picture: torch.Tensor, deviation: float) -> torch.Tensor:
    """Pictures (N, channels, height, width) under a round normal window; their edges are continued.

    Example:
        >>> spot = torch.zeros(1, 1, 5, 5)
        >>> spot[0, 0, 2, 2] = 1.0
        >>> round(float(blurred(spot, 0.5).sum()), 4)
        1.0
    """
    reach = max(1, round(3 * deviation))
    places = torch.arange(-reach, reach + 1, device=picture.device, dtype=picture.dtype)
    window = torch.exp(-places.square() / (2 * deviation**2))
    window = window / window.sum()
    channels = picture.shape[1]
    padded = F.pad(picture, [reach] * 4, mode="replicate")
    across = F.conv2d(padded, window.reshape(1, 1, 1, -1).expand(channels, 1, 1, -1), groups=channels)
    return F.conv2d(across, window.reshape(1, 1, -1, 1).expand(channels, 1, -1, 1), groups=channels)
