"""Units that are zero or one by chance."""

from __future__ import annotations

import torch


def coins(shares: torch.Tensor, generator: torch.Generator | None = None) -> torch.Tensor:
    """Ones with given probabilities, zeros else.

    Args:
        shares: From 0 to 1, on any device.
        generator: Where chance comes from, on the CPU, so that a seed means the same everywhere; ``None`` for
            the global one.

    Example:
        >>> coins(torch.tensor([0.0, 1.0]))
        tensor([0., 1.])
    """
    where = shares.device if generator is None else "cpu"
    chance = torch.rand(shares.shape, generator=generator, dtype=shares.dtype, device=where)
    chance = chance.to(shares.device)
    return (chance < shares).to(shares.dtype)
