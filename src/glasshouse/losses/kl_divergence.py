"""Kullback-Leibler divergence: how far the network's shares are from the ones wanted."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F

from glasshouse.core.arithmetic import Quantity, choose, log
from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward
from glasshouse.losses import checks
from glasshouse.losses.by_class import Outputs, by_class, log_sum_exp, softmax
from glasshouse.losses.contract import Loss


class KLDivergence(Loss):
    r"""Divergence of the softmax of the logits from the shares wanted.

    .. math:: L = \frac1N \sum_n \sum_k t_{nk} \ln \frac{t_{nk}}{\operatorname{softmax}(z_n)_k}

    It is the cross-entropy less the entropy of the targets: 0 when the shares are met, and the cross-entropy
    itself when the targets are class indices.

    Shapes: outputs (N, classes) logits; targets (N, classes) shares, or (N,) int64 class indices; result a
    scalar, in nats.

    Raises:
        DataError: In the forward pass, when targets are neither.
        ModelError: In the forward pass, when outputs and targets don't belong together.

    Source:
        Kullback and Leibler 1951, On information and sufficiency.

    Example:
        >>> z = torch.tensor([[0.0, 0.0]])
        >>> round(float(KLDivergence()(z, torch.tensor([[0.9, 0.1]]))), 4)
        0.3681
        >>> float(KLDivergence()(z, torch.tensor([[0.5, 0.5]])))
        0.0
    """

    meaning = "logits"

    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Logits (N, classes) and shares (N, classes) or class indices (N,) to a scalar."""
        soft = targets.is_floating_point() and targets.shape == outputs.shape
        if not self.looked_at:
            if soft:
                checks.shares(targets)
            else:
                checks.class_indices(outputs, targets)
                checks.known_classes(targets, outputs.shape[1])
            checks.logits(outputs)
            self.looked_at = True
        if not soft:
            return F.cross_entropy(outputs, targets)
        return F.kl_div(F.log_softmax(outputs, 1), targets.to(outputs.dtype), reduction="batchmean")


def value(z: Outputs, t: Sequence[Quantity]) -> Quantity:
    """``sum of t (ln t - ln p)``."""
    normalizer = log_sum_exp(z)
    each = [
        choose(wanted > 0, wanted * (log(wanted) - (logit - normalizer)), 0.0)
        for wanted, logit in zip(t, z, strict=True)
    ]
    return sum(each[1:], each[0])


def slopes(z: Outputs, t: Sequence[Quantity]) -> Sequence[Quantity]:
    """``p - t``."""
    return [share - wanted for share, wanted in zip(softmax(z), t, strict=True)]


RULE = by_class(value, slopes)

CONCEPT = Concept(
    name="kl_divergence",
    kind="loss",
    summary="How far the softmax of the logits is from the shares that are wanted.",
    build=KLDivergence,
    aliases=("kullback_leibler", "relative_entropy", "kl"),
    equation=r"L = \frac1N \sum_n \sum_k t_{nk} \ln \frac{t_{nk}}{\operatorname{softmax}(z_n)_k}",
    derivative=r"\partial L / \partial z_{nk} = \frac1N (\operatorname{softmax}(z_n)_k - t_{nk})",
    symbols={
        "z": "logits (N, classes)",
        "t": "shares wanted (N, classes), from 0 to 1 and together 1",
        "N": "samples in the batch",
    },
    when="Targets that are shares: answers of many people, or outputs of a larger network (distillation).",
    pitfalls=(
        "It is not symmetric: swapping targets and outputs gives another number.",
        "Its gradient is that of the cross-entropy; only its zero lies elsewhere.",
    ),
    conventions=(
        "A share of 0 adds 0: t ln t goes to 0.",
        "PyTorch's KLDivLoss divides by all numbers unless told batchmean; this divides by the samples.",
    ),
    source="Kullback and Leibler 1951, On information and sufficiency.",
    facts={"task": "classification", "targets": "shares"},
    rule=RULE,
    worked=worked_forward(
        KLDivergence,
        RULE,
        inputs={"outputs": [[0.0, 0.0]], "targets": [[0.9, 0.1]]},
        output="loss",
    ),
)
