"""Side heads: classifiers in the middle of a network whose losses help while it trains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

WEIGHT = 0.3
"""What the loss of one side head counts, beside 1 for the output."""


class WithSideHeads(nn.Module):
    r"""Layers one after the other, with classifiers beside some of them that run in training only.

    The module gives its main output, as any other. The outputs of its side heads wait until an objective
    takes them: :meth:`take_auxiliary_outputs` gives them once, and :class:`glasshouse.objectives.Supervised`
    adds their losses:

    .. math:: L = \ell(y, t) + 0.3 \sum_h \ell(y_h, t)

    Any module with that method and an ``auxiliary_weight`` is treated so; it need not be of this class.

    Args:
        layers: The network in its order, by name.
        heads: By the name of the layer whose output a head reads.

    Shapes: as of the layers.

    Source:
        Szegedy et al. 2015, Going deeper with convolutions, section 5, arXiv 1409.4842.

    Example:
        >>> layers = {"first": nn.Linear(4, 3), "output": nn.Linear(3, 2)}
        >>> network = WithSideHeads(layers, {"first": nn.Linear(3, 2)})
        >>> network(torch.zeros(5, 4)).shape, [each.shape for each in network.take_auxiliary_outputs()]
        (torch.Size([5, 2]), [torch.Size([5, 2])])
        >>> network.eval()(torch.zeros(5, 4)).shape, network.take_auxiliary_outputs()
        (torch.Size([5, 2]), [])
    """

    auxiliary_weight = WEIGHT

    def __init__(self, layers: Mapping[str, nn.Module], heads: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self._order = tuple(layers)
        for name, layer in layers.items():
            self.add_module(name, layer)
        self.auxiliary = nn.ModuleDict(dict(heads))
        self._waiting: list[torch.Tensor] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Through all layers; in training the side heads look on."""
        waiting = []
        for name in self._order:
            x = getattr(self, name)(x)
            if self.training and name in self.auxiliary:
                waiting.append(self.auxiliary[name](x))
        if self.training:
            self._waiting = waiting
        return x

    def take_auxiliary_outputs(self) -> Sequence[torch.Tensor]:
        """What the side heads gave in the last forward pass in training; they are forgotten with that."""
        taken, self._waiting = self._waiting, []
        return taken
