"""BLEU: how many runs of words a translation shares with those that people wrote."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence

ORDER = 4
Tokens = Sequence[Hashable]


def bleu(said: Sequence[Tokens], references: Sequence[Sequence[Tokens]], order: int = ORDER) -> float:
    r"""The BLEU of a whole corpus, from 0 to 1.

    .. math:: \text{BLEU} = \min\!\left(1, e^{1 - r/c}\right) \prod_{n=1}^{4} p_n^{1/4}

    With p the share of the translations' runs of n words that stand in a reference, each counted at most as
    often as it stands in one; c the words of all translations, r those of the references that are nearest in
    length (of equals the shorter). Nothing is smoothed: without a single shared run of some length it is 0.

    Args:
        said: A translation for each text.
        references: The right translations of each text, at least one.
        order: Longest run that counts, from 1.

    Source:
        Papineni, Roukos, Ward and Zhu 2002, BLEU: a method for automatic evaluation of machine translation.

    Example:
        >>> said = ["the the the cat".split()]
        >>> round(bleu(said, [["the cat sat down".split()]], order=1), 3)
        0.5
    """
    shared, possible = [0] * order, [0] * order
    length = wanted = 0
    for words, rights in zip(said, references, strict=True):
        length += len(words)
        wanted += min((abs(len(each) - len(words)), len(each)) for each in rights)[1]
        for n in range(1, order + 1):
            most: Counter[Tokens] = Counter()
            for each in rights:
                most |= _runs(each, n)
            found = _runs(words, n)
            shared[n - 1] += sum(min(count, most[run]) for run, count in found.items())
            possible[n - 1] += sum(found.values())
    if not length or min(shared) == 0:
        return 0.0
    mean = sum(math.log(a / b) for a, b in zip(shared, possible, strict=True)) / order
    return math.exp(mean + min(0.0, 1 - wanted / length))


def _runs(words: Tokens, n: int) -> Counter[Tokens]:
    return Counter(tuple(words[at : at + n]) for at in range(len(words) - n + 1))
