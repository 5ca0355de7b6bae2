"""Bag of tokens: how often each token occurs, without their order, as a baseline for sequence models."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glasshouse.data.parts import Part

PAIRS_UP_TO = 200
"""Tokens up to which pairs of neighbours are counted as well: of characters, single ones say little."""
MOST_PAIRS = 4_000
"""Most pairs that are counted: those that occur in most training rows."""


class BagOfTokens:
    r"""Counts of tokens, and for small vocabularies of pairs, damped by a logarithm, rows of length 1.

    .. math:: x_w = 1 + \ln n_w \;\text{where } n_w > 0,\quad x \leftarrow x / \lVert x \rVert

    Args:
        part: The training part, whose pairs are those that count.
        tokens: How many numbers a token can have.

    Example:
        >>> import torch
        >>> part = Part(torch.tensor([[2, 2, 3, 0]]), torch.tensor([0]), np.arange(1))
        >>> BagOfTokens(part, 300)(part).toarray()[0, 2:4].round(3).tolist()
        [0.861, 0.509]
    """

    def __init__(self, part: Part, tokens: int) -> None:
        self.tokens = tokens
        self._pairs: dict[int, int] = {}
        if tokens <= PAIRS_UP_TO:
            rows, numbers = _pairs(part, tokens)
            seen = np.unique(np.stack([rows, numbers]), axis=1)[1]
            found, counts = np.unique(seen, return_counts=True)
            often = found[np.argsort(-counts, kind="stable")][:MOST_PAIRS]
            self._pairs = {int(pair): tokens + place for place, pair in enumerate(often)}

    @property
    def about(self) -> str:
        """What is counted, in words."""
        return "counts of tokens and of neighbouring pairs" if self._pairs else "counts of tokens"

    def __call__(self, part: Part) -> Any:
        """The counts of a part's rows as a sparse matrix (rows, tokens + pairs)."""
        from scipy.sparse import coo_matrix  # takes a moment to import: only texts need it

        tokens = part.inputs.numpy()
        rows, places = np.nonzero(tokens)
        columns = tokens[rows, places]
        if self._pairs:
            more_rows, numbers = _pairs(part, self.tokens)
            known = np.array([self._pairs.get(int(each), -1) for each in numbers], dtype=np.int64)
            rows = np.concatenate([rows, more_rows[known >= 0]])
            columns = np.concatenate([columns, known[known >= 0]])
        shape = (len(tokens), self.tokens + len(self._pairs))
        counts = coo_matrix((np.ones(len(rows)), (rows, columns)), shape=shape).tocsr()
        counts.data = 1 + np.log(counts.data)
        lengths = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)).ravel())
        counts.data /= np.repeat(np.maximum(lengths, 1e-12), np.diff(counts.indptr))
        return counts


def _pairs(part: Part, tokens: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row and number of every pair of neighbours, padding left out; the first has one with nothing."""
    array = part.inputs.numpy()
    before = np.concatenate([np.zeros((len(array), 1), dtype=np.int64), array[:, :-1]], axis=1)
    rows, places = np.nonzero(array)
    return rows, before[rows, places] * tokens + array[rows, places]
