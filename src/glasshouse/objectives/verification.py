"""Verification: one encoder for both rows of a pair, and a loss of the distance between what it gives."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Literal

import torch
from torch import nn

from glasshouse.core.concept import read_spec
from glasshouse.core.errors import DataError, SettingError
from glasshouse.core.seeds import derive
from glasshouse.data.parts import Part, Prepared
from glasshouse.losses import LOSSES, Contrastive, Triplet
from glasshouse.losses.contract import Meaning
from glasshouse.models.outputs import outputs_of
from glasshouse.objectives.contract import Judged, Objective, Step
from glasshouse.objectives.settings import ObjectiveSettings

Negatives = Literal["random", "semi_hard", "hard"]
SUITED = ("contrastive", "triplet")
MOST_JUDGED = 2000
"""Rows of a part between which comparisons are drawn when it is judged."""


class Verification(Objective):
    r"""Make rows of one class near and rows of two classes far, by comparing the rows of a batch.

    .. math:: e = f(x),\quad L = \ell(\lVert e_i - e_j \rVert)

    The network is Siamese: both rows of a pair go through the same weights, so a batch goes through once and
    its embeddings are compared. Each pair of one class gets a row of another class set against it. With
    ``"semi_hard"`` that is the nearest one that lies farther away than the pair, and where none does, the
    farthest.

    Args:
        loss: :class:`~glasshouse.losses.Contrastive` or :class:`~glasshouse.losses.Triplet`.
        codes: Numbers of an embedding, from 1.
        negatives: How the row of another class is chosen.
        false_alarms: Share of pairs of two classes that may be taken for one, which evaluation measures by.

    Source:
        Bromley et al. 1993, Signature verification using a "Siamese" time delay neural network; Hadsell,
        Chopra and LeCun 2006; Schroff, Kalenichenko and Philbin 2015, section 3.2 (semi-hard negatives),
        arXiv 1503.03832.

    Example:
        >>> rows, classes = torch.eye(4), torch.tensor([0, 0, 1, 1])
        >>> step = Verification(Contrastive())(nn.Identity(), rows, classes)
        >>> step.loss.shape, round(float(step.parts["distance_same"]), 4)
        (torch.Size([]), 1.4142)
    """

    meaning: Meaning = "embedding"

    def __init__(
        self,
        loss: Contrastive | Triplet,
        codes: int = 32,
        negatives: Negatives = "semi_hard",
        false_alarms: float = 0.01,
    ) -> None:
        self.loss = loss
        self.codes = codes
        self.negatives: Negatives = negatives
        self.false_alarms = false_alarms

    def __call__(self, network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> Step:
        """The loss of a batch: a mean over the comparisons that its classes allow."""
        embeddings = network(inputs)
        triplets = drawn_triplets(embeddings.detach(), targets, self.negatives)
        if not len(triplets):  # a last batch may hold one class only, or no class twice
            return Step(embeddings.sum() * 0, embeddings)
        loss = self.loss(embeddings, self.compared(triplets))
        return Step(loss, embeddings, self._distances(embeddings.detach(), triplets))

    def compared(self, triplets: torch.Tensor) -> torch.Tensor:
        """Triplets (M, 3) of anchor, positive and negative as the targets that the loss takes."""
        if isinstance(self.loss, Triplet):
            return triplets
        one = torch.ones_like(triplets[:, :1])
        same = torch.cat([triplets[:, :2], one], dim=1)
        return torch.cat([same, torch.cat([triplets[:, ::2], 0 * one], dim=1)])

    def _distances(self, embeddings: torch.Tensor, triplets: torch.Tensor) -> dict[str, torch.Tensor]:
        anchor, positive, negative = embeddings[triplets].unbind(1)
        return {
            "distance_same": (anchor - positive).norm(dim=1).mean(),
            "distance_different": (anchor - negative).norm(dim=1).mean(),
        }

    def weight(self, targets: torch.Tensor) -> float:
        """Rows: every one of them is compared with others."""
        return float(len(targets))

    def outputs(self, prepared: Prepared) -> int:
        """Numbers of an embedding, whatever the classes."""
        return self.codes

    def value(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The loss of embeddings; comparisons are drawn by chance, the same ones for the same classes."""
        triplets = judged_triplets(targets)
        return self.loss(outputs, self.compared(triplets)) if len(triplets) else outputs.sum() * 0

    def judge(
        self, network: nn.Module, part: Part, autocast: AbstractContextManager[None] | None = None
    ) -> Judged:
        """The loss over a part, with rows of other classes drawn by chance and not by how near they are."""
        outputs = outputs_of(network, part.inputs, autocast)
        with torch.no_grad():
            targets = part.targets.to(outputs.device)
            triplets = judged_triplets(targets)
            if not len(triplets):
                return Judged(0.0, outputs)
            parts = {name: float(each) for name, each in self._distances(outputs, triplets).items()}
            return Judged(float(self.loss(outputs, self.compared(triplets))), outputs, parts)


def drawn_triplets(
    embeddings: torch.Tensor,
    targets: torch.Tensor,
    negatives: Negatives,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    """Every pair of one class in a batch, each with a row of another class.

    Args:
        embeddings: Of the batch (N, K), without a history.
        targets: Classes (N,).
        negatives: ``"random"``, ``"semi_hard"`` or ``"hard"``.
        generator: The source of chance; ``None`` for PyTorch's own.

    Returns:
        Anchors, positives and negatives as rows of the batch, int64 (M, 3).

    Example:
        >>> e = torch.tensor([[0.0], [1.0], [1.5], [0.2]])
        >>> drawn_triplets(e, torch.tensor([0, 0, 1, 1]), "semi_hard")[0].tolist()
        [0, 1, 2]
        >>> drawn_triplets(e, torch.tensor([0, 0, 1, 1]), "hard")[0].tolist()
        [0, 1, 3]
    """
    same = targets[:, None] == targets[None, :]
    anchors, positives = (same & ~torch.eye(len(same), dtype=torch.bool, device=same.device)).nonzero().T
    has_other = (~same).any(dim=1)[anchors]
    anchors, positives = anchors[has_other], positives[has_other]
    if not len(anchors):
        return torch.empty(0, 3, dtype=torch.int64, device=targets.device)
    if negatives == "random":
        # Drawn on the CPU: the same ones for the same seed, wherever the network lies.
        chances = (~same).float().cpu()[anchors.cpu()]
        chosen = torch.multinomial(chances, 1, generator=generator)[:, 0].to(targets.device)
        return torch.stack([anchors, positives, chosen], dim=1)
    apart = torch.cdist(embeddings.float(), embeddings.float())
    own = same[anchors]
    others = apart[anchors].masked_fill(own, float("inf"))
    nearest = others.argmin(dim=1)
    if negatives == "hard":
        return torch.stack([anchors, positives, nearest], dim=1)
    beyond = others.masked_fill(others <= apart[anchors, positives][:, None], float("inf"))
    farthest = apart[anchors].masked_fill(own, -1.0).argmax(dim=1)
    chosen = torch.where(beyond.isinf().all(dim=1), farthest, beyond.argmin(dim=1))
    return torch.stack([anchors, positives, chosen], dim=1)


def judged_triplets(targets: torch.Tensor) -> torch.Tensor:
    """For up to 2,000 rows a row of the same and one of another class, drawn from a fixed seed.

    Args:
        targets: Classes (N,).

    Returns:
        Triplets (M, 3), on the device of the targets.

    Example:
        >>> judged_triplets(torch.tensor([0, 0, 1])).tolist()
        [[0, 1, 2], [1, 0, 2]]
    """
    chance = torch.Generator().manual_seed(derive(0, "judged pairs"))
    classes = targets.cpu()
    order = classes.argsort(stable=True)
    ordered = classes[order]
    starts = torch.searchsorted(ordered, classes)
    sizes = torch.searchsorted(ordered, classes, right=True) - starts
    usable = ((sizes > 1) & (sizes < len(classes))).nonzero()[:, 0]
    drawn = torch.randperm(len(usable), generator=chance)[:MOST_JUDGED].sort().values
    anchors = usable[drawn]
    place = torch.empty_like(order)
    place[order] = torch.arange(len(order))

    def some(count: torch.Tensor) -> torch.Tensor:
        return (torch.rand(len(anchors), generator=chance, dtype=torch.float64) * count).long()

    first, size = starts[anchors], sizes[anchors]
    # One of the class's other places: those from the anchor's own on are moved up by one.
    other = some(size - 1)
    other += (other >= place[anchors] - first).long()
    beside = some(len(classes) - size)
    beside += torch.where(beside >= first, size, 0)
    triplets = torch.stack([anchors, order[first + other], order[beside]], dim=1)
    return triplets.to(targets.device)


def build_verification(settings: ObjectiveSettings, prepared: Prepared) -> Verification:
    """Learning what is alike, by the loss that an experiment names.

    Args:
        settings: The ``[objective]`` section.
        prepared: The data, with classes.

    Raises:
        UnknownNameError: There is no such loss.
        SettingError: The loss compares no rows.
        DataError: No class of the training part has two rows.

    Example:
        >>> import numpy as np
        >>> part = Part(torch.zeros(4, 2), torch.tensor([0, 0, 1, 1]), np.arange(4))
        >>> prepared = Prepared(part, None, None, "verification", (2,), 2, ("a", "b"), "who")
        >>> build_verification(ObjectiveSettings(name="verification", loss="triplet"), prepared).loss
        Triplet()
    """
    spec = "contrastive" if settings.loss == "auto" else settings.loss
    name, _ = read_spec(spec, "loss")
    if LOSSES.find(name).name not in SUITED:
        raise SettingError(
            f"loss {name!r} for verification",
            expected="one of " + ", ".join(SUITED),
            fix="set objective.loss to 'contrastive'",
        )
    if not len(judged_triplets(prepared.train.targets)):
        raise DataError(
            f"{len(prepared.train)} training rows of which no two have the same {prepared.target_name!r}, or "
            "all have",
            expected="two or more classes with two or more rows each",
            fix="give more rows of every class",
        )
    loss: Contrastive | Triplet = LOSSES.build(spec)
    return Verification(loss, settings.codes, settings.negatives, settings.false_alarms)
