"""Codes from which networks make rows: drawing them, and going from one to another."""

from __future__ import annotations

import inspect
from typing import Any

import torch
from torch import nn

from glasshouse.core.checks import whole_number
from glasshouse.core.errors import ModelError
from glasshouse.core.seeds import derive
from glasshouse.models.outputs import evaluating, mapped


def draw(network: nn.Module, count: int, seed: int = 0, steps: int = 1, bias: float = 0.0) -> torch.Tensor:
    """New rows of a network that makes rows of random codes: a GAN, a variational autoencoder.

    Args:
        network: With ``sample(count, generator)``, and for ways with ``decode(codes)``.
        count: How many rows, or ways, from 1.
        seed: Of the codes: the same seed gives the same rows.
        steps: 1 draws single rows. From 2 on, ways of so many rows each are drawn, from one code to another.
        bias: For networks that write with a pen: how far to lean towards what is likely, from 0.

    Returns:
        Prepared rows on the CPU, shape (count * steps, ...), way after way.

    Raises:
        ModelError: The network makes no rows.
        SettingError: A number is no whole number from 1.

    Example:
        >>> from glasshouse.models import gan
        >>> network = gan(2)
        >>> draw(network, 3).shape, draw(network, 3, steps=5).shape
        (torch.Size([3, 2]), torch.Size([15, 2]))
    """
    whole_number("count", count, at_least=1)
    whole_number("steps", steps, at_least=1)
    making: Any = network
    if not callable(getattr(network, "sample", None)):
        raise ModelError(
            f"a {type(network).__name__}, which makes no rows of its own",
            expected="a network that turns random codes into rows",
            fix="train a model that does: gan, dcgan, variational_autoencoder, rbm",
        )
    chance = torch.Generator().manual_seed(derive(seed, "samples"))
    if bias:
        if "bias" not in inspect.signature(making.sample).parameters:
            raise ModelError(
                f"a bias of {bias:g} for a {type(network).__name__}",
                expected="a network that draws step by step: handwriting",
                fix="leave the bias out",
            )
        with evaluating(network), torch.no_grad():
            leaning: torch.Tensor = making.sample(count, chance, bias)
        return leaning.detach().float().cpu()
    if steps == 1:
        with evaluating(network), torch.no_grad():
            rows: torch.Tensor = making.sample(count, chance)
        return rows.detach().float().cpu()
    width = getattr(network, "latent", getattr(network, "code", None))
    if width is None:
        raise ModelError(
            f"ways between codes of a {type(network).__name__}",
            expected="a network whose codes come from a standard normal",
            fix="leave the steps out: single rows can be drawn",
        )
    ends = torch.randn(2, count, width, generator=chance)
    codes = great_circle(ends[0], ends[1], steps).flatten(0, 1)
    return mapped(network, making.decode, codes).cpu()


def great_circle(one: torch.Tensor, other: torch.Tensor, steps: int) -> torch.Tensor:
    r"""Codes on the way from one to another along a great circle, both ends included.

    .. math:: z_t = \frac{\sin((1 - t)\omega)}{\sin \omega} z_0 + \frac{\sin(t \omega)}{\sin \omega} z_1,\quad
        \cos \omega = \frac{z_0^\top z_1}{\lVert z_0 \rVert \lVert z_1 \rVert}

    Half way along a straight line, codes from a standard normal of many dimensions would be shorter than
    nearly all that a generator was trained on; on this way they stay about as long as their ends.

    Args:
        one: Codes (N, K).
        other: Where they go, (N, K).
        steps: Codes on each way, from 2.

    Returns:
        Shape (N, steps, K).

    Source:
        White 2016, Sampling generative networks, arXiv 1609.04468, section 2.1.

    Example:
        >>> great_circle(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]]), 3)[0, 1].round(decimals=4)
        tensor([0.7071, 0.7071])
    """
    share = torch.linspace(0, 1, steps, device=one.device).reshape(1, steps, 1)
    one, other = one.unsqueeze(1), other.unsqueeze(1)
    lengths = one.norm(dim=2, keepdim=True) * other.norm(dim=2, keepdim=True)
    cosine = (one * other).sum(dim=2, keepdim=True) / lengths.clamp_min(1e-12)
    angle = torch.arccos(cosine.clamp(-1, 1))
    sine = torch.sin(angle)
    straight = sine < 1e-4  # the same direction, or the opposite one: there is no great circle to choose
    safe = torch.where(straight, torch.ones_like(sine), sine)
    first = torch.where(straight, 1 - share, torch.sin((1 - share) * angle) / safe)
    second = torch.where(straight, share, torch.sin(share * angle) / safe)
    return first * one + second * other
