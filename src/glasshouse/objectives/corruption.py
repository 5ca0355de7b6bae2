"""Corruptions: what is done to a row before a network is to mend it."""

from __future__ import annotations

from typing import Literal

import torch

Corruption = Literal["gaussian", "masking", "salt_and_pepper"]


def corrupt(
    inputs: torch.Tensor,
    corruption: Corruption,
    amount: float,
    span: tuple[float, float] = (0.0, 1.0),
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    r"""A corrupted copy of rows.

    .. math:: \tilde x = x + a\varepsilon \;\text{(gaussian)},\quad
        \tilde x_i = 0 \text{ with chance } a \;\text{(masking)},\quad
        \tilde x_i = \text{low or high, with chance } a/2 \text{ each} \;\text{(salt and pepper)}

    Args:
        inputs: Shape (N, ...).
        corruption: Which.
        amount: Standard deviation of gaussian noise, or the share of numbers that is changed.
        span: Lowest and highest number, for salt and pepper.
        generator: Where chance comes from, on the CPU; ``None`` takes the global one.

    Source:
        Vincent et al. 2008, Extracting and composing robust features with denoising autoencoders.

    Example:
        >>> chance = torch.Generator().manual_seed(0)
        >>> masked = corrupt(torch.ones(1, 1000), "masking", 0.3, generator=chance)
        >>> int((masked == 0).sum()) in range(250, 350)
        True
    """
    if corruption == "gaussian":
        if generator is None:
            return inputs + amount * torch.randn_like(inputs)
        return inputs + amount * torch.randn(inputs.shape, generator=generator).to(inputs)
    if generator is None:
        chance = torch.rand_like(inputs)
    else:
        chance = torch.rand(inputs.shape, generator=generator).to(inputs)
    if corruption == "masking":
        return inputs * (chance >= amount)
    low, high = span
    peppered = torch.where(chance < amount / 2, torch.as_tensor(low).to(inputs), inputs)
    return torch.where(chance > 1 - amount / 2, torch.as_tensor(high).to(inputs), peppered)
