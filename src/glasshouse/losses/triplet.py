"""Triplet loss: a row shall lie nearer to one of its own class than to one of another, by a margin."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from glasshouse.core.arithmetic import Quantity, choose, maximum
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward
from glasshouse.losses.compared_rows import Distances, compared_rows, distance, refuse_no_comparisons
from glasshouse.losses.contract import Loss

WHAT = "a row of the batch, another of its class, and one of another class"


class Triplet(Loss):
    r"""How much the row of another class falls short of being farther away by a margin.

    .. math:: L = \frac1M \sum_m \max(0,\; d(a_m, p_m) - d(a_m, n_m) + \mu)

    Args:
        margin: :math:`\mu`, above 0.
        squared: Whether distances are squared, as in the paper; PyTorch's triplet margin loss does not.

    Shapes: outputs (N, K), the embeddings of a batch; targets (M, 3) int64: anchor, positive and negative as
        rows of the batch; result a scalar.

    Raises:
        SettingError: ``margin`` is not above 0.
        ModelError: In the forward pass, when outputs and targets don't belong together.
        DataError: In the forward pass, when targets name no rows.

    Source:
        Schroff, Kalenichenko and Philbin 2015, FaceNet: a unified embedding for face recognition and
        clustering, arXiv 1503.03832; before it Weinberger and Saul 2009, Distance metric learning for large
        margin nearest neighbor classification.

    Example:
        >>> e = torch.tensor([[0.0, 0.0], [0.3, 0.4], [0.6, 0.0]])
        >>> round(float(Triplet(margin=0.2)(e, torch.tensor([[0, 1, 2]]))), 6)
        0.1
    """

    meaning = "embedding"

    def __init__(self, margin: float = 0.2, squared: bool = False) -> None:
        super().__init__()
        self.margin = number("margin", margin, above=0)
        self.squared = squared

    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Embeddings (N, K) and triplets (M, 3) to a scalar."""
        if not self.looked_at:
            refuse_no_comparisons(outputs, targets, 3, WHAT)
            self.looked_at = True
        own, other = distance(outputs, targets, (0, 1)), distance(outputs, targets, (0, 2))
        if self.squared:
            own, other = own.square(), other.square()
        return (own - other + self.margin).clamp_min(0).mean()


def value(d: Distances, _last: Quantity, margin: float, squared: bool) -> Quantity:
    """``max(0, d_p - d_n + m)``, of the distances or of their squares."""
    own, other = (d[0] ** 2, d[1] ** 2) if squared else d
    return maximum(0.0, own - other + margin)


def slopes(d: Distances, _last: Quantity, margin: float, squared: bool) -> Sequence[Quantity]:
    """1 and -1 where the margin is missed, else 0; times twice the distance where they are squared."""
    own, other = (d[0] ** 2, d[1] ** 2) if squared else d
    missed = own - other + margin > 0
    steep = (2 * d[0], -2 * d[1]) if squared else (1.0, -1.0)
    return [choose(missed, each, 0.0) for each in steep]


RULE = compared_rows(value, slopes, ((0, 1), (0, 2)), "margin", "squared")

CONCEPT = Concept(
    name="triplet",
    kind="loss",
    summary="A row shall lie nearer to one of its class than to one of another, by a margin.",
    build=Triplet,
    aliases=("triplet_loss", "triplet_margin", "facenet_loss"),
    equation=r"L = \frac1M \sum_m \max(0,\; d(a_m, p_m) - d(a_m, n_m) + \mu)",
    derivative=(
        r"\partial L / \partial e_p = -\frac1M \frac{e_a - e_p}{d(a, p)},\; "
        r"\partial L / \partial e_n = \frac1M \frac{e_a - e_n}{d(a, n)} "
        r"\text{ where the margin is missed},\; 0 \text{ else}"
    ),
    symbols={
        "e": "embeddings of the batch (N, K): one encoder gives them all",
        "a": "anchor",
        "p": "positive: another row of the anchor's class",
        "n": "negative: a row of another class",
        "d": "Euclidean distance of two embeddings",
        r"\mu": "margin, above 0; 0.2 unless set",
        "M": "triplets",
    },
    when="Verification and retrieval where only the order of distances counts, not how large they are.",
    pitfalls=(
        "Triplets that are met already teach nothing: draw negatives that are near, but not the nearest "
        "(objective.negatives = 'semi_hard').",
        "The nearest negatives of all from the first step on tend to pull everything into one point.",
    ),
    conventions=(
        "PyTorch's TripletMarginLoss adds 1e-6 to every difference; this adds nothing.",
        "FaceNet squares the distances, on embeddings of length 1: squared = true.",
        "Exactly on the margin, and between equal rows, the slope is taken as 0.",
    ),
    source=(
        "Schroff, Kalenichenko and Philbin 2015, FaceNet: a unified embedding for face recognition and "
        "clustering, arXiv 1503.03832."
    ),
    facts={"task": "verification"},
    rule=RULE,
    worked=worked_forward(
        Triplet,
        RULE,
        inputs={"outputs": [[0.0, 0.0], [0.3, 0.4], [0.6, 0.0]], "targets": [[0, 1, 2]]},
        settings={"margin": 0.2},
        output="loss",
    ),
)
