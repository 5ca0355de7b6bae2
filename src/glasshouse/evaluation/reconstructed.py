"""How well a network gives back the rows of one part, and the codes that it gave them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from glasshouse.core.errors import NonFiniteError
from glasshouse.data.parts import Part
from glasshouse.models.outputs import batches_of, evaluating


@dataclass(frozen=True)
class Reconstructed:
    r"""The rows of a part by their errors.

    Args:
        errors: Mean squared error over a row's numbers, float64, shape (rows,).
        spreads: The same of the part's mean row, shape (rows,): what is lost when nothing is known.
        codes: The code of each row, float32, shape (rows, K); ``None`` where the network has none.
        rows: Row numbers in the raw data, int64, shape (rows,).
    """

    errors: NDArray[np.float64]
    spreads: NDArray[np.float64]
    codes: NDArray[np.float32] | None
    rows: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.errors)

    @property
    def mse(self) -> float:
        """Mean squared error per number."""
        return float(self.errors.mean())

    @property
    def r2(self) -> float:
        """Share of the variance that the reconstructions keep; NaN where all rows are equal."""
        total = float(self.spreads.sum())
        return 1 - float(self.errors.sum()) / total if total > 0 else float("nan")


def reconstruct(
    network: nn.Module, part: Part, seen: Callable[[torch.Tensor], torch.Tensor] | None = None
) -> Reconstructed:
    """Let a network give back every row of a part, batch by batch.

    Args:
        network: On any device; with ``encode`` and ``decode`` the codes are kept.
        part: The rows.
        seen: What the network is shown instead of the rows: corrupted ones, say. Errors are those from the
            rows as they are.

    Raises:
        NonFiniteError: A reconstruction is NaN or infinite; the first such row is named.

    Example:
        >>> rows = torch.tensor([[0.0, 0.0], [2.0, 2.0]])
        >>> found = reconstruct(nn.ReLU(), Part(rows, rows, np.arange(2)))
        >>> found.mse, found.r2
        (0.0, 1.0)
    """
    coder: Any = network if all(hasattr(network, each) for each in ("encode", "decode")) else None
    shown = part.inputs if seen is None else seen(part.inputs)
    errors, codes = [], []
    start = 0
    with evaluating(network), torch.no_grad():
        for batch in batches_of(network, shown):
            code = coder.encode(batch) if coder is not None else None
            outputs = coder.decode(code) if coder is not None else network(batch)
            rows = part.inputs[start : start + len(batch)].flatten(1).double()
            errors.append((outputs.flatten(1).double().cpu() - rows).square().mean(dim=1))
            if code is not None:
                codes.append(code.flatten(1).float().cpu())
            start += len(batch)
    found = torch.cat(errors).numpy()
    if not np.isfinite(found).all():
        lost = np.flatnonzero(~np.isfinite(found))
        raise NonFiniteError(
            f"the reconstructions of {len(lost)} of {len(found)} rows are NaN or infinite, the first of them "
            f"row {int(part.rows[lost[0]])}",
            expected="finite outputs for every row",
            fix="train again with a lower learning rate, or with training.clip_norm = 1.0",
        )
    every = torch.cat(codes).numpy() if codes else None
    return Reconstructed(found, spreads_of(part.inputs), every, part.rows)


def spreads_of(inputs: torch.Tensor) -> NDArray[np.float64]:
    """Mean squared distance of every row's numbers from the mean row."""
    flat = inputs.flatten(1)
    mean = flat.mean(dim=0, dtype=torch.float64)
    pieces = [(rows.double() - mean).square().mean(dim=1) for rows in torch.split(flat, 4096)]
    spreads: NDArray[np.float64] = torch.cat(pieces).numpy()
    return spreads
