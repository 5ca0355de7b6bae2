"""How many of the known modes of a distribution a generator has found, and how cleanly."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

NEAR = 3.0
"""Standard deviations from a mode's centre within which a sample counts as clean."""
LEAST = 0.1
"""Share of its fair share of the samples from which a mode counts as found."""


def mode_coverage(
    samples: NDArray[np.floating[Any]], centres: NDArray[np.float64], spread: float
) -> dict[str, Any]:
    """Count modes that were found, and samples that lie in one.

    A sample is clean where it lies within three standard deviations of the nearest centre. A mode is found
    where it holds at least a tenth of the clean samples that an even hand would give it: a stray sample does
    not make a mode.

    Args:
        samples: Shape (N, D).
        centres: Shape (modes, D).
        spread: Standard deviation of each mode along every axis.

    Returns:
        ``found``, ``modes``, ``clean`` (the share of clean samples), ``counts`` (clean samples by mode), and
        ``divergence``: of the modes' shares among the clean samples from even ones, in nats; ``None`` where
        no sample is clean.

    Source:
        Metz et al. 2017, Unrolled generative adversarial networks, arXiv 1611.02163; Lin et al. 2018, PacGAN,
        arXiv 1712.04086 (the share of high-quality samples).

    Example:
        >>> centres = np.array([[0.0, 0.0], [4.0, 0.0]])
        >>> found = mode_coverage(np.array([[0.1, 0.0], [0.0, 0.1], [2.0, 0.0]]), centres, spread=0.1)
        >>> found["found"], found["modes"], round(found["clean"], 3), found["counts"]
        (1, 2, 0.667, [2, 0])
    """
    apart = np.sqrt(np.square(samples[:, None, :] - centres).sum(axis=2))
    clean = apart.min(axis=1) <= NEAR * spread
    counts = np.bincount(apart.argmin(axis=1)[clean], minlength=len(centres))
    least = max(1.0, LEAST * len(samples) / len(centres))
    divergence = None
    if clean.any():
        shares = counts[counts > 0] / counts.sum()
        divergence = float((shares * np.log(shares * len(centres))).sum())
    return {
        "found": int((counts >= least).sum()),
        "modes": len(centres),
        "clean": float(clean.mean()),
        "counts": counts.tolist(),
        "divergence": divergence,
    }
