"""Cross-entropy from logits: the loss of classifiers."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F

from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import SettingError
from glasshouse.losses.contract import Loss


class CrossEntropy(Loss):
    r"""Cross-entropy between the softmax of the logits and the true class.

    .. math:: L = \frac{\sum_n w_{y_n} \left(-\ln \operatorname{softmax}(z_n)_{y_n}\right)}{\sum_n w_{y_n}}

    Computed by log-sum-exp, so large logits do not overflow.

    Args:
        class_weights: One positive weight per class, or ``None`` for equal ones.
        label_smoothing: Share of the target spread evenly over all classes, from 0 to below 1.

    Shapes: outputs (N, classes) logits; targets (N,) int64 class indices; result a scalar, in nats.

    Raises:
        SettingError: A weight is not positive, or the smoothing is outside its range.

    Source:
        Bridle 1990, Probabilistic interpretation of feedforward classification network outputs. Label
        smoothing: Szegedy et al. 2016, Rethinking the Inception architecture.

    Example:
        >>> round(float(CrossEntropy()(torch.tensor([[2.0, 1.0, 0.1]]), torch.tensor([0]))), 4)
        0.417
    """

    meaning = "logits"

    class_weights: torch.Tensor | None

    def __init__(
        self, class_weights: Sequence[float] | torch.Tensor | None = None, label_smoothing: float = 0.0
    ) -> None:
        super().__init__()
        weights = None if class_weights is None else torch.as_tensor(class_weights, dtype=torch.float32)
        if weights is not None and not bool((weights > 0).all()):
            raise SettingError(
                f"class_weights = {weights.tolist()}",
                expected="one positive number per class",
                fix="leave rare classes in with a large weight; remove a class from the data to ignore it",
            )
        self.register_buffer("class_weights", weights, persistent=False)
        self.label_smoothing = number("label_smoothing", label_smoothing, at_least=0, below=1)

    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Logits (N, classes) and class indices (N,) to a scalar."""
        return F.cross_entropy(
            outputs, targets, weight=self.class_weights, label_smoothing=self.label_smoothing
        )

    def weight(self, targets: torch.Tensor) -> float:
        """Sum of the weights of the true classes."""
        if self.class_weights is None:
            return float(len(targets))
        return float(self.class_weights[targets].sum())


CONCEPT = Concept(
    name="cross_entropy",
    kind="loss",
    summary="Surprise at the true class under the softmax of the logits.",
    build=CrossEntropy,
    aliases=("categorical_cross_entropy", "sparse_categorical_cross_entropy", "softmax_cross_entropy"),
    equation=r"L = -\frac1N \sum_n \ln \operatorname{softmax}(z_n)_{y_n}",
    derivative=r"\partial L / \partial z_{nk} = \frac1N (\operatorname{softmax}(z_n)_k - [k = y_n])",
    when="Classification, two classes or many.",
    pitfalls=("It takes logits: a softmax before it makes learning slow and the loss wrong.",),
    source="Bridle 1990, Probabilistic interpretation of feedforward classification network outputs.",
    facts={"task": "classification"},
)
