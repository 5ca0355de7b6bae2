"""An optimizer's written-out update against the optimizer that trains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from glasshouse.core.concept import Concept
from glasshouse.testing.case import ConformanceError, close

RATES = (1e-8, 0.01, 1.0, 1e6)
"""Learning rates that are tried: hardly any step, an ordinary one, and absurd ones."""


def check_update(
    concept: Concept, *, steps: int = 10, rates: Sequence[float] = RATES, **settings: Any
) -> None:
    """The update moves weights as the built optimizer does, step by step, and its arithmetic gives the same.

    Args:
        concept: The optimizer's concept.
        steps: How many steps.
        rates: Learning rates that are tried.
        settings: Further settings with which it is built.

    Raises:
        ConformanceError: A weight differs after some step.

    Example:
        >>> from glasshouse.optimizers import OPTIMIZERS
        >>> check_update(OPTIMIZERS["adam"], weight_decay=0.1)
    """
    if concept.rule is None:
        raise ConformanceError(f"{concept.kind} {concept.name}: the card has no rule")
    for rate in rates:
        generator = torch.Generator().manual_seed(0)
        weight = torch.nn.Parameter(torch.randn(3, 2, generator=generator, dtype=torch.float64))
        optimizer = concept.build([weight], learning_rate=rate, **settings)
        update = concept.rule(optimizer.param_groups[0])
        w = weight.detach().clone()
        state = update.start(w)
        for t in range(1, steps + 1):
            # Gradients from tiny to large, with an exact zero: where an epsilon matters and where it doesn't.
            g = torch.randn(3, 2, generator=generator, dtype=torch.float64) * 10.0 ** (t % 7 - 4)
            g[0, 0] = 0.0
            where = f"optimizer {concept.name} ({settings}, learning_rate={rate}), step {t}"
            written = [(place, update.expand(w, g, state, t, place)) for place in ((0, 0), (2, 1))]
            w, state = update.step(w, g, state, t)
            weight.grad = g.clone()
            optimizer.step()
            close(where, w, weight.detach(), 1e-10)
            for place, expression in written:
                value = torch.tensor(expression.value, dtype=torch.float64)
                close(f"{where}: {expression}", value, w[place], 1e-10)
