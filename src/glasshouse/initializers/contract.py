"""What an initializer is: a function that fills a weight tensor in place."""

from __future__ import annotations

from typing import Protocol

import torch


class Initializer(Protocol):
    """Fills a tensor in place, drawing only from the generator (or the global one when there is none)."""

    def __call__(self, tensor: torch.Tensor, generator: torch.Generator | None = None) -> None:
        """Overwrite the numbers of ``tensor``."""
        ...
