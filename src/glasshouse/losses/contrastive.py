"""Contrastive loss: pairs of one class are pulled together, others pushed apart up to a margin."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from glasshouse.core.arithmetic import Quantity, maximum
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import DataError
from glasshouse.core.worked import worked_forward
from glasshouse.losses.compared_rows import Distances, compared_rows, distance, refuse_no_comparisons
from glasshouse.losses.contract import Loss

WHAT = "two rows of the batch, and 1 where they are the same class, else 0"


class Contrastive(Loss):
    r"""Half the squared distance of a pair of one class, or half the squared shortfall to a margin.

    .. math:: L = \frac{1}{2M} \sum_m s_m d_m^2 + (1 - s_m) \max(0,\; \mu - d_m)^2,\quad
        d_m = \lVert e_{i_m} - e_{j_m} \rVert

    Args:
        margin: :math:`\mu`, above 0: pairs of two classes that lie farther apart are left alone.

    Shapes: outputs (N, K), the embeddings of a batch; targets (M, 3) int64: two rows of the batch, and
        whether they are of one class; result a scalar.

    Raises:
        SettingError: ``margin`` is not above 0.
        ModelError: In the forward pass, when outputs and targets don't belong together.
        DataError: In the forward pass, when targets name no rows.

    Source:
        Hadsell, Chopra and LeCun 2006, Dimensionality reduction by learning an invariant mapping; the Siamese
        network is that of Bromley et al. 1993, Signature verification using a "Siamese" time delay neural
        network.

    Example:
        >>> e = torch.tensor([[0.0, 0.0], [0.6, 0.8], [0.3, 0.4]])
        >>> float(Contrastive()(e, torch.tensor([[0, 1, 1], [0, 2, 0]])))
        0.3125
    """

    meaning = "embedding"

    def __init__(self, margin: float = 1.0) -> None:
        super().__init__()
        self.margin = number("margin", margin, above=0)

    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Embeddings (N, K) and pairs (M, 3) to a scalar."""
        if not self.looked_at:
            refuse_no_comparisons(outputs, targets, 2, WHAT)
            refuse_half_same(targets)
            self.looked_at = True
        d = distance(outputs, targets, (0, 1))
        same = targets[:, 2].to(d.dtype)
        short = (self.margin - d).clamp_min(0)
        return (same * d.square() + (1 - same) * short.square()).mean() / 2


def refuse_half_same(targets: torch.Tensor) -> None:
    """Refuse pairs that are neither of one class nor of two.

    Raises:
        DataError: The last number of a target is neither 0 nor 1.
    """
    odd = (targets[:, 2] != 0) & (targets[:, 2] != 1)
    if bool(odd.any()):
        raise DataError(
            f"a pair marked {int(targets[odd][0, 2])}",
            expected="1 for rows of one class, 0 for rows of two",
            fix="give (row, other, same) as targets",
        )


def value(d: Distances, same: Quantity, margin: float) -> Quantity:
    """``s d^2 / 2 + (1 - s) max(0, m - d)^2 / 2``; a plain 0 or 1 leaves one of the two."""
    if isinstance(same, float):
        return d[0] ** 2 / 2 if same else maximum(0.0, margin - d[0]) ** 2 / 2
    return (same * d[0] ** 2 + (1 - same) * maximum(0.0, margin - d[0]) ** 2) / 2


def slopes(d: Distances, same: Quantity, margin: float) -> Sequence[Quantity]:
    """``d`` for a pair of one class, ``-max(0, m - d)`` for one of two."""
    if isinstance(same, float):
        return [d[0] if same else -maximum(0.0, margin - d[0])]
    return [same * d[0] - (1 - same) * maximum(0.0, margin - d[0])]


RULE = compared_rows(value, slopes, ((0, 1),), "margin")

CONCEPT = Concept(
    name="contrastive",
    kind="loss",
    summary="Pulls pairs of one class together and pushes others apart, up to a margin.",
    build=Contrastive,
    aliases=("contrastive_loss", "siamese_loss", "pair_loss"),
    equation=r"L = \frac{1}{2M} \sum_m s_m d_m^2 + (1 - s_m) \max(0, \mu - d_m)^2",
    derivative=(
        r"\partial L / \partial e_i = \frac1M (e_i - e_j) \text{ for a pair of one class},\; "
        r"-\frac1M \max(0, \mu - d) \frac{e_i - e_j}{d} \text{ for one of two}"
    ),
    symbols={
        "e": "embeddings of the batch (N, K): one encoder gives them all",
        "d": "Euclidean distance of the two rows of a pair",
        "s": "1 where the two rows are of one class, else 0",
        r"\mu": "margin, above 0; 1 unless set",
        "M": "pairs",
    },
    when="Verification and retrieval: whether two rows show the same, also of classes never trained on.",
    pitfalls=(
        "Without pairs of two classes everything collapses into one point, with loss 0.",
        "Most pairs of two classes soon lie beyond the margin and teach nothing: draw near ones "
        "(objective.negatives).",
    ),
    conventions=(
        "The factor 1/2 is the paper's; its Y is 1 for pairs of two classes, here 1 is the same class.",
        "Between equal rows the distance has no slope; it is taken as 0.",
    ),
    source="Hadsell, Chopra and LeCun 2006, Dimensionality reduction by learning an invariant mapping.",
    facts={"task": "verification"},
    rule=RULE,
    worked=worked_forward(
        Contrastive,
        RULE,
        inputs={
            "outputs": [[0.0, 0.0], [0.6, 0.8], [0.3, 0.4]],
            "targets": [[0, 1, 1], [0, 2, 0]],
        },
        output="loss",
    ),
)
