"""``gh.explain`` is a folder that can be called: it explains a network, its attributes single pieces."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from torch import nn

from glasshouse.core.concept import Spec
from glasshouse.explain.explanation import Explanation
from glasshouse.explain.run import Loss, explain


class Explain(ModuleType):
    """The class of the module ``glasshouse.explain``.

    Example:
        >>> import torch
        >>> import glasshouse as gh
        >>> explanation = gh.explain(nn.Linear(2, 1), torch.ones(1, 2))
        >>> explanation.badges
        {'checked': 1}
    """

    def __call__(
        self,
        model: nn.Module,
        x: Any,
        y: Any = None,
        loss: Loss = "cross_entropy",
        optimizer: Spec | None = None,
    ) -> Explanation:
        """The same as :func:`glasshouse.explain.run.explain`.

        Args:
            model: The module.
            x: What it is given.
            y: The target for the loss.
            loss: Name of a loss, or a function of output and target.
            optimizer: Name of an optimizer.
        """
        return explain(model, x, y, loss, optimizer)
