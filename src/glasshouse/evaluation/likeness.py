"""Whether made rows are like real ones, as different from each other, and no copies."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glasshouse.evaluation.latent import nearest

NEIGHBOURS = 5
"""A real row's neighbourhood reaches to its fifth nearest real row."""
CLOSE = 0.01
"""Share of real rows whose nearest other real row is closer than what counts as a duplicate."""

Rows = NDArray[Any]


def density_and_coverage(real: Rows, made: Rows, neighbours: int = NEIGHBOURS) -> tuple[float, float]:
    r"""How deep made rows lie among real ones, and how many real ones have a made row near them.

    With :math:`B_i` the ball around real row i up to its k-th nearest real row,

    .. math:: \text{density} = \frac{1}{k M} \sum_j \sum_i [y_j \in B_i],\quad
        \text{coverage} = \frac{1}{N} \sum_i \left[\exists j: y_j \in B_i\right]

    Where both come from one distribution the density is 1 on average, and the coverage with as many made as
    real rows about :math:`1 - 2^{-k}`. A collapsed generator has few rows covered.

    Args:
        real: Shape (N, D), more rows than ``neighbours``.
        made: Shape (M, D).
        neighbours: k, from 1.

    Source:
        Naeem et al. 2020, Reliable fidelity and diversity metrics for generative models, arXiv 2002.09797.

    Example:
        >>> line = np.arange(8.0)[:, None]
        >>> density_and_coverage(line, line + 0.01, neighbours=1)
        (1.875, 1.0)
        >>> density_and_coverage(line, np.zeros((8, 1)), neighbours=1)[1]
        0.25
    """
    _, distances = nearest(real, real, neighbours + 1)
    reach = distances[:, neighbours]
    inside = np.zeros(len(real), dtype=np.int64)
    for rows in np.array_split(made.astype(np.float64), max(1, len(made) // 256)):
        squares = (
            np.square(real.astype(np.float64)).sum(axis=1)[:, None]
            + np.square(rows).sum(axis=1)
            - 2 * real.astype(np.float64) @ rows.T
        )
        # A hair is allowed, because the expanded square loses the last digits.
        inside += (squares <= np.square(reach)[:, None] * (1 + 1e-9) + 1e-12).sum(axis=1)
    return float(inside.sum() / (neighbours * len(made))), float((inside > 0).mean())


def collapse(real: Rows, made: Rows) -> dict[str, float]:
    """Whether made rows are as different from each other as real rows are.

    Args:
        real: Shape (N, D), at least 2.
        made: Shape (N, D): as many, or the comparison would be unfair.

    Returns:
        ``variety``: the mean squared distance of two made rows as a share of that of two real ones; 1 is the
        same, near 0 they are all alike. ``duplicates``: the share of made rows whose nearest other made row
        is closer than 99 in 100 real rows are to theirs; about 0.01 is the same.

    Example:
        >>> spots = np.array([[0.0], [1.0], [2.0], [3.0]])
        >>> collapse(spots, np.full((4, 1), 2.0))
        {'variety': 0.0, 'duplicates': 1.0}
    """
    spreads = [float(each.astype(np.float64).var(axis=0).sum()) for each in (real, made)]
    own, others = (nearest(each, each, 2)[1][:, 1] for each in (made, real))
    close = np.quantile(others, CLOSE)
    return {
        "variety": spreads[1] / spreads[0] if spreads[0] > 0 else 1.0,
        "duplicates": float((own < close).mean()) if close > 0 else float((own <= 0).mean()),
    }


def copies(train: Rows, unseen: Rows, made: Rows) -> dict[str, float]:
    """Whether made rows are copies of training rows: how near their nearest ones are.

    Args:
        train: Training rows (N, D).
        unseen: Real rows that training did not see (M, D).
        made: Made rows (K, D).

    Returns:
        The median distance to the nearest training row of ``made`` rows and of ``unseen`` ones, and
        ``share``: the share of made rows that are nearer to one than 99 in 100 unseen rows are; far above
        0.01, the generator repeats what it saw.

    Example:
        >>> copies(np.array([[0.0], [1.0]]), np.array([[0.5], [1.5]]), np.array([[0.0], [2.0]]))
        {'made': 0.5, 'unseen': 0.5, 'share': 0.5}
    """
    of_made, of_unseen = (nearest(each, train, 1)[1][:, 0] for each in (made, unseen))
    return {
        "made": float(np.median(of_made)),
        "unseen": float(np.median(of_unseen)),
        "share": float((of_made < np.quantile(of_unseen, CLOSE)).mean()),
    }
