"""Principal components: the best linear code of a given width, against which autoencoders have to stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from glasshouse.core.seeds import derive, numpy_stream

MOST_ROWS = 20_000
"""Rows that the components are fitted on; of more, so many are drawn."""
EXACT = 2_000
"""Numbers per row up to which the decomposition is exact; beyond, a randomised one is within a hair of it."""


@dataclass(frozen=True)
class PrincipalComponents:
    """The mean row and the directions of largest variance.

    Args:
        mean: Shape (D,).
        components: Orthonormal rows, shape (K, D).
        about: How they were found, for the reader.
    """

    mean: NDArray[np.float64]
    components: NDArray[np.float64]
    about: str

    def reconstruct(self, inputs: torch.Tensor) -> NDArray[np.float64]:
        """Rows projected onto the components and back, shape (N, D)."""
        centred = inputs.flatten(1).double().numpy() - self.mean
        back: NDArray[np.float64] = centred @ self.components.T @ self.components + self.mean
        return back

    def errors(self, inputs: torch.Tensor, seen: torch.Tensor | None = None) -> NDArray[np.float64]:
        """Mean squared error over each row's numbers.

        Args:
            inputs: Rows (N, ...).
            seen: What is projected instead: corrupted rows, say.
        """
        shown = inputs if seen is None else seen
        pieces = []
        for rows, given in zip(torch.split(inputs, 2048), torch.split(shown, 2048), strict=True):
            apart = self.reconstruct(given) - rows.flatten(1).double().numpy()
            pieces.append(np.square(apart).mean(axis=1))
        return np.concatenate(pieces)


def principal_components(inputs: torch.Tensor, width: int, seed: int) -> PrincipalComponents | None:
    """Fit them on training rows.

    Args:
        inputs: Rows (N, ...).
        width: Number of components, from 1.
        seed: For drawing rows, and for the randomised decomposition of very wide ones.

    Returns:
        ``None`` where there are no fewer components than numbers or rows: then nothing would be lost.

    Source:
        Pearson 1901; Halko, Martinsson and Tropp 2011 (randomised).

    Example:
        >>> line = torch.arange(4.0).reshape(4, 1) * torch.tensor([[1.0, 2.0]])
        >>> found = principal_components(line, width=1, seed=0)
        >>> float(found.errors(line).max()) < 1e-12
        True
    """
    rows, numbers = len(inputs), inputs[0].numel()
    if width >= min(rows, numbers):
        return None
    about = "the same number of linear coordinates, fitted on the training rows"
    if rows > MOST_ROWS:
        drawn = np.sort(numpy_stream(seed, "principal components").choice(rows, MOST_ROWS, replace=False))
        inputs = inputs[torch.from_numpy(drawn)]
        about += f", of which {MOST_ROWS:,} were drawn"
    flat = inputs.flatten(1).double().numpy()
    solver = "full" if numbers <= EXACT else "randomized"
    fitted = PCA(width, svd_solver=solver, random_state=derive(seed, "pca") % 2**32).fit(flat)
    return PrincipalComponents(fitted.mean_, fitted.components_, about)
