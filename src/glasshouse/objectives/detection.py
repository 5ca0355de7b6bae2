"""Detection: objects and their boxes, found by the cells of a grid."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import nn

from glasshouse.core.errors import SettingError
from glasshouse.data.parts import Part, Prepared
from glasshouse.losses.contract import Meaning
from glasshouse.models.grid_cells import BOX, Cells, decoded, encoded
from glasshouse.models.outputs import batches_of, evaluating
from glasshouse.objectives.contract import Judged, Objective, Step
from glasshouse.objectives.settings import ObjectiveSettings

COORDINATES, EMPTY = 5.0, 0.5
"""What places and sizes count, and how sure cells without an object are, in the paper."""


class Detection(Objective):
    r"""The loss of YOLO's first version with one box for each cell: five sums of squares.

    .. math:: L = \frac1N \sum_n \Big( 5 \sum_{obj} (x - \hat x)^2 + (y - \hat y)^2
        + 5 \sum_{obj} (\sqrt w - \sqrt{\hat w})^2 + (\sqrt h - \sqrt{\hat h})^2
        + \sum_{obj} (c - \hat c)^2 + \tfrac12 \sum_{noobj} \hat c^2
        + \sum_{obj} \sum_k (p_k - \hat p_k)^2 \Big)

    The sums over *obj* are over cells that hold the centre of an object; what such a cell is to be sure of,
    c, is the overlap of its box with the object, through which no gradient flows. The five are recorded as
    ``place``, ``size``, ``sure``, ``empty`` and ``kind``.

    Args:
        classes: How many classes there are, K.

    Source:
        Redmon et al. 2016, You only look once, equation 3, arXiv 1506.02640.

    Example:
        >>> maps = torch.zeros(1, 6, 2, 2)
        >>> objects = torch.tensor([[[0, 0.25, 0.25, 0.25, 0.25]]])
        >>> {name: round(float(part), 2) for name, part in Detection(1).terms(maps, objects).items()}
        {'place': 2.5, 'size': 2.5, 'sure': 0.0, 'empty': 0.0, 'kind': 1.0}
    """

    meaning: Meaning = "grid"

    def __init__(self, classes: int) -> None:
        self.classes = classes

    def __call__(self, network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> Step:
        """The loss of a batch of pictures, and its five parts."""
        outputs = network(inputs)
        terms = self.terms(outputs, targets)
        loss = torch.stack(list(terms.values())).sum()
        return Step(loss, outputs, {name: each.detach() for name, each in terms.items()})

    def value(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The mean over the pictures."""
        return torch.stack(list(self.terms(outputs, targets).values())).sum()

    def terms(self, outputs: torch.Tensor, targets: torch.Tensor) -> dict[str, torch.Tensor]:
        """The five parts, each with its weight, a mean over the pictures.

        Args:
            outputs: Maps (N, 5 + classes, S, T).
            targets: Objects (N, slots, 5).
        """
        cells = encoded(targets, *outputs.shape[2:])
        said = outputs.movedim(1, -1)
        holds, count = cells.holds, len(outputs)
        there = said[holds]
        sure = overlap(outputs.detach(), cells)[holds]
        wanted = nn.functional.one_hot(cells.kind[holds], self.classes).to(said.dtype)
        squares = {
            "place": COORDINATES * (there[:, 0:2] - cells.place[holds]).square(),
            "size": COORDINATES * (there[:, 2:4] - cells.size[holds].sqrt()).square(),
            "sure": (there[:, 4] - sure).square(),
            "empty": EMPTY * said[..., 4][~holds].square(),
            "kind": (there[:, BOX:] - wanted).square(),
        }
        return {name: each.sum() / count for name, each in squares.items()}

    def outputs(self, prepared: Prepared) -> int:
        """How many classes a network must tell apart; it gives five numbers more for each cell."""
        return prepared.outputs

    def judge(
        self, network: nn.Module, part: Part, autocast: AbstractContextManager[None] | None = None
    ) -> Judged:
        """The mean over a whole part, and its five parts."""
        totals: dict[str, float] = {}
        start = 0
        with evaluating(network), torch.no_grad(), autocast or nullcontext():
            for batch in batches_of(network, part.inputs):
                outputs = network(batch).float()
                targets = part.targets[start : start + len(batch)].to(outputs.device)
                for name, each in self.terms(outputs, targets).items():
                    totals[name] = totals.get(name, 0.0) + float(each) * len(batch)
                start += len(batch)
        parts = {name: total / len(part) for name, total in totals.items()}
        return Judged(sum(parts.values()), torch.empty(0), parts)


def overlap(outputs: torch.Tensor, cells: Cells) -> torch.Tensor:
    """Intersection over union of every cell's box and its object's, (N, S, T); 0 where there is none.

    Args:
        outputs: Maps (N, 5 + classes, S, T).
        cells: What the grid should say.
    """
    rows, columns = outputs.shape[2:]
    boxes = decoded(outputs).reshape(len(outputs), rows, columns, -1)
    grid = boxes.new_tensor([columns, rows])
    right, down = (torch.arange(each, device=outputs.device) for each in (columns, rows))
    corner = torch.stack(torch.meshgrid(right, down, indexing="xy"), dim=-1)
    centre = (cells.place + corner) / grid
    low = torch.maximum(boxes[..., :2] - boxes[..., 2:4] / 2, centre - cells.size / 2)
    high = torch.minimum(boxes[..., :2] + boxes[..., 2:4] / 2, centre + cells.size / 2)
    both = (high - low).clamp(min=0).prod(dim=-1)
    either = boxes[..., 2:4].prod(dim=-1) + cells.size.prod(dim=-1) - both
    return torch.where(cells.holds, both / either.clamp(min=1e-9), 0.0)


def build_detection(settings: ObjectiveSettings, prepared: Prepared) -> Detection:
    """Detection, which has a loss of its own.

    Args:
        settings: The ``[objective]`` section.
        prepared: The data.

    Raises:
        SettingError: Another loss is named.
    """
    if settings.loss not in ("auto", "grid"):
        raise SettingError(
            f"objective.loss = {settings.loss!r} for detection",
            expected="no loss: that of a grid of cells belongs to the objective",
            fix="leave objective.loss out",
        )
    return Detection(prepared.outputs)
