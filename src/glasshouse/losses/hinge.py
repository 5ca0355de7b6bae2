"""Hinge loss: the true class shall win by a margin."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F

from glasshouse.core.arithmetic import Quantity, choose, maximum
from glasshouse.core.checks import number, one_of
from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward
from glasshouse.losses import checks
from glasshouse.losses.by_class import Outputs, by_class, first_largest, share_sum
from glasshouse.losses.contract import Loss


class Hinge(Loss):
    r"""How much the true class falls short of winning by a margin.

    .. math:: L = \frac1N \sum_n \max\left(0,\; m + \max_{k \ne y_n} s_{nk} - s_{n y_n}\right)

    For two classes whose scores differ by s this is max(0, m - t s) with t = -1 or 1, the hinge of support
    vector machines.

    Args:
        margin: m, above 0.
        squared: Whether the shortfall is squared.
        against: ``"worst"``: the true class is compared with its best rival (Crammer and Singer).
            ``"all"``: with every rival, and the mean over all classes is taken (Weston and Watkins; PyTorch's
            multi-margin loss).

    Shapes: outputs (N, classes) scores; targets (N,) int64 class indices; result a scalar.

    Raises:
        SettingError: ``margin`` is not above 0, or ``against`` is another word.
        DataError: In the forward pass, when targets are no class indices.
        ModelError: In the forward pass, when outputs and targets don't belong together.

    Source:
        Crammer and Singer 2001, On the algorithmic implementation of multiclass kernel-based vector machines;
        Weston and Watkins 1999; for two classes Cortes and Vapnik 1995, Support-vector networks.

    Example:
        >>> float(Hinge()(torch.tensor([[2.0, 1.5, 0.0]]), torch.tensor([0])))
        0.5
    """

    meaning = "scores"

    def __init__(self, margin: float = 1.0, squared: bool = False, against: str = "worst") -> None:
        super().__init__()
        self.margin = number("margin", margin, above=0)
        self.squared = squared
        self.against = one_of("against", against, ("worst", "all"))

    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Scores (N, classes) and class indices (N,) to a scalar."""
        if not self.looked_at:
            checks.class_indices(outputs, targets)
            checks.known_classes(targets, outputs.shape[1])
            self.looked_at = True
        if self.against == "all":
            return F.multi_margin_loss(outputs, targets, p=2 if self.squared else 1, margin=self.margin)
        true = targets.unsqueeze(1)
        # The margin goes to the rivals; the true class competes without it, so the shortfall is 0 or more.
        raised = outputs + self.margin
        raised = raised.scatter(1, true, outputs.gather(1, true))
        shortfall = raised.max(dim=1).values - outputs.gather(1, true).squeeze(1)
        return (shortfall.square() if self.squared else shortfall).mean()


def value(s: Outputs, t: Sequence[Quantity], margin: float, squared: bool, against: str) -> Quantity:
    """The shortfall, or its square."""
    true = share_sum(t, s)
    if against == "worst":
        shortfall = maximum(*_raised(s, t, margin)) - true
        return shortfall**2 if squared else shortfall
    rivals = [
        (1 - hit) * maximum(0.0, margin - true + each) ** (2 if squared else 1)
        for each, hit in zip(s, t, strict=True)
        if not (isinstance(hit, float) and hit == 1)
    ]
    return sum(rivals[1:], rivals[0]) / len(s) if rivals else 0.0


def slopes(
    s: Outputs, t: Sequence[Quantity], margin: float, squared: bool, against: str
) -> Sequence[Quantity]:
    """1 for the winner and -1 for the true class, times twice the shortfall where it is squared."""
    true = share_sum(t, s)
    if against == "worst":
        raised = _raised(s, t, margin)
        factor = 2 * (maximum(*raised) - true) if squared else 1.0
        return [factor * (won - hit) for won, hit in zip(first_largest(raised), t, strict=True)]
    each = []
    for score, hit in zip(s, t, strict=True):
        shortfall = margin - true + score
        steep = 2 * shortfall if squared else 1.0
        each.append((1 - hit) * choose(shortfall > 0, steep, 0.0) / len(s))
    whole = sum(each[1:], each[0])
    return [one - hit * whole for one, hit in zip(each, t, strict=True)]


def _raised(s: Outputs, t: Sequence[Quantity], margin: float) -> list[Quantity]:
    return [
        each if isinstance(hit, float) and hit == 1 else each + margin * (1 - hit)
        for each, hit in zip(s, t, strict=True)
    ]


RULE = by_class(value, slopes, "margin", "squared", "against", letter="s")

CONCEPT = Concept(
    name="hinge",
    kind="loss",
    summary="How much the true class falls short of winning by a margin; 0 once it does.",
    build=Hinge,
    aliases=("multiclass_hinge", "svm_loss", "max_margin"),
    equation=r"L = \frac1N \sum_n \max(0,\; m + \max_{k \ne y_n} s_{nk} - s_{n y_n})",
    derivative=(
        r"\partial L / \partial s_{nk} = \frac1N ([k \text{ wins}] - [k = y_n]) \text{ where the margin is "
        r"missed},\; 0 \text{ else}"
    ),
    symbols={
        "s": "scores (N, classes): any numbers",
        "y": "true classes (N)",
        "m": "margin, above 0; 1 unless set",
    },
    when="Where only the right answer counts, not a probability: linear support vector machines.",
    pitfalls=("It gives no probabilities.", "Samples beyond the margin teach nothing any more."),
    conventions=(
        "At the corner, exactly on the margin, the slope is 0; of equal rivals the first gets it.",
        'against = "all" divides by the number of classes, as PyTorch does; the paper does not.',
    ),
    source="Cortes and Vapnik 1995, Support-vector networks; Crammer and Singer 2001.",
    facts={"task": "classification"},
    rule=RULE,
    worked=worked_forward(Hinge, RULE, inputs={"outputs": [[2.0, 1.5, 0.0]], "targets": [0]}, output="loss"),
)
