"""N-grams: how often a token follows the few before it, counted, as a baseline for language models."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PAD = 0


class NGrams:
    r"""Counts of runs of tokens, mixed from long to short (Witten and Bell).

    .. math:: p(w \mid h) = \frac{c(h w) + T(h)\, p(w \mid h')}{c(h) + T(h)}

    With h the tokens before, h' the same without the first of them, c how often something occurs, T(h) how
    many different tokens follow h; below the shortest history every token is equally likely. Everything is
    counted on the training text; each distribution adds up to 1.

    Args:
        text: Token numbers of the training text, in order, shape (T,).
        tokens: How many numbers a token can have.
        order: Length of a run, from 1 (single tokens).

    Source:
        Witten and Bell 1991, The zero-frequency problem.

    Example:
        >>> counted = NGrams(np.array([2, 3, 2, 3, 2]), tokens=4, order=2)
        >>> counted.probabilities(np.array([2, 3]), [2, 3]).round(3).tolist()
        [0.833, 0.786]
    """

    def __init__(self, text: NDArray[np.int64], tokens: int, order: int) -> None:
        self.tokens = tokens
        self.order = order
        self._runs: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        self._before: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = []
        for length in range(1, order + 1):
            runs, counts = np.unique(_runs(text, length, tokens), return_counts=True)
            histories, starts = np.unique(runs // tokens, return_index=True)
            totals = np.add.reduceat(counts, starts)
            kinds = np.diff(np.append(starts, len(runs)))
            self._runs.append((runs, counts))
            self._before.append((histories, totals, kinds))

    def probabilities(self, targets: NDArray[np.int64], before: list[int]) -> NDArray[np.float64]:
        """The probability of each token of a text, given the true ones before it.

        Args:
            targets: The tokens to foretell, in order.
            before: Tokens that stand in front of them; at least one less than the order, or what there is.
        """
        text = np.concatenate([np.array(before[-(self.order - 1) or len(before) :], np.int64), targets])
        start = len(text) - len(targets)
        found = np.full(len(targets), 1.0 / self.tokens)
        for length in range(1, self.order + 1):
            runs, counts = self._runs[length - 1]
            histories, totals, kinds = self._before[length - 1]
            numbers = np.full(len(targets), -1, dtype=np.int64)
            whole = _runs(text, length, self.tokens)
            first = max(0, length - 1 - start)  # targets with too little in front of them keep what they have
            numbers[first:] = whole[start + first - (length - 1) :]
            count = _looked_up(numbers, runs, counts)
            total = _looked_up(numbers // self.tokens, histories, totals)
            kind = _looked_up(numbers // self.tokens, histories, kinds)
            known = (total > 0) & (numbers >= 0)
            mixed = (count + kind * found) / np.maximum(total + kind, 1)
            found = np.where(known, mixed, found)
        return found


def _runs(text: NDArray[np.int64], length: int, tokens: int) -> NDArray[np.int64]:
    """The number of every run of a length: its tokens as digits, the last one last."""
    numbers = np.zeros(max(0, len(text) - length + 1), dtype=np.int64)
    for place in range(length):
        numbers = numbers * tokens + text[place : place + len(numbers)]
    return numbers


def _looked_up(
    numbers: NDArray[np.int64], keys: NDArray[np.int64], values: NDArray[np.int64]
) -> NDArray[np.int64]:
    places = np.minimum(np.searchsorted(keys, numbers), len(keys) - 1)
    found: NDArray[np.int64] = np.where(keys[places] == numbers, values[places], 0)
    return found
