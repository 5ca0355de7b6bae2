"""Successive halving: many trials for a few epochs, the better part of them for more, the best to the end."""

from __future__ import annotations

import math
from typing import NamedTuple

from glasshouse.core.errors import SettingError


class Rung(NamedTuple):
    """A number of epochs at which trials are compared.

    Args:
        epochs: Passes that a trial has then been trained for.
        keep: How many trials go on.
    """

    epochs: int
    keep: int


def rungs_of(trials: int, epochs: int, factor: int, rungs: int) -> list[Rung]:
    r"""The rungs of a bracket: epochs grow by the factor as trials shrink by it.

    .. math:: e_r = \lceil E / \eta^{R - 1 - r} \rceil,\quad n_{r+1} = \lceil n_0 / \eta^{r+1} \rceil

    Args:
        trials: How many begin.
        epochs: How many the last ones are trained for.
        factor: Of how many trials one goes on, :math:`\eta`, from 2.
        rungs: How many rungs, :math:`R`, from 2.

    Raises:
        SettingError: There are fewer epochs than rungs.

    Source:
        Jamieson and Talwalkar 2016, Non-stochastic best arm identification and hyperparameter optimization.

    Example:
        >>> [tuple(each) for each in rungs_of(27, 90, factor=3, rungs=3)]
        [(10, 9), (30, 3), (90, 3)]
    """
    if epochs < rungs:
        raise SettingError(
            f"{rungs} rungs in {epochs} epochs",
            expected="at least as many epochs as rungs",
            fix=f"set training.epochs to {factor ** (rungs - 1)} or more, or rungs to 2",
        )
    found = []
    for place in range(rungs):
        left = rungs - 1 - place
        after = place + 1 if left else place  # at the last rung nobody is given up any more
        found.append(Rung(math.ceil(epochs / factor**left), math.ceil(trials / factor**after)))
    return found
