"""Batches in which a few rows of one class stand together, so that there are pairs to compare."""

from __future__ import annotations

import torch

from glasshouse.core.seeds import derive
from glasshouse.data.parts import Part
from glasshouse.training.batches import Augment, AugmentsPairs, InMemoryBatches


class ClassBatches(InMemoryBatches):
    """The rows of a part in an order in which those of one class come in small groups.

    Every row is shown once in an epoch. The rows of each class are shuffled and cut into groups, and the
    groups are shuffled: a batch of 64 rows in groups of 4 holds up to 16 classes with 6 pairs each.

    Args:
        part: Inputs and classes of the rows.
        batch_size: Rows per batch.
        together: Rows of one class that stand together, from 2.
        accumulate: Batches per step.
        seed: Seed of the experiment.
        device: Where the network is.
        augment: Random changes to the inputs of a batch.

    Raises:
        SettingError: The batch is larger than the part.

    Source:
        Hermans, Beyer and Leibe 2017, In defense of the triplet loss for person re-identification, arXiv
        1703.07737, section 2.

    Example:
        >>> import numpy as np
        >>> part = Part(torch.zeros(8, 1), torch.tensor([0, 1] * 4), np.arange(8))
        >>> batches = ClassBatches(part, batch_size=4, together=2)
        >>> classes = part.targets[batches.order(0)]
        >>> bool((classes[::2] == classes[1::2]).all())
        True
    """

    def __init__(
        self,
        part: Part,
        batch_size: int,
        together: int,
        *,
        accumulate: int = 1,
        seed: int = 0,
        device: torch.device | None = None,
        augment: Augment | AugmentsPairs | None = None,
    ) -> None:
        super().__init__(part, batch_size, accumulate=accumulate, seed=seed, device=device, augment=augment)
        self._together = together
        classes = part.targets.cpu()
        known = sorted(set(classes.tolist()))
        self._of_class = [(classes == each).nonzero()[:, 0] for each in known]

    def order(self, number: int) -> torch.Tensor:
        """The row numbers of an epoch in the order in which they are shown."""
        generator = torch.Generator().manual_seed(derive(self._seed, "groups", number))
        groups = []
        for rows in self._of_class:
            shuffled = rows[torch.randperm(len(rows), generator=generator)]
            groups += list(torch.split(shuffled, self._together))
        placed = torch.randperm(len(groups), generator=generator).tolist()
        return torch.cat([groups[place] for place in placed]).to(self._targets.device)
