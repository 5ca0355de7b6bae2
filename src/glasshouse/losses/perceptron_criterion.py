"""The perceptron criterion: the loss whose gradient step is Rosenblatt's rule."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from glasshouse.core.arithmetic import Quantity, maximum
from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward
from glasshouse.losses import checks
from glasshouse.losses.by_class import Outputs, by_class, first_largest, share_sum
from glasshouse.losses.contract import Loss


class PerceptronCriterion(Loss):
    r"""How far the winning score lies above the score of the true class.

    .. math:: L = \frac1N \sum_n \left(\max_k s_{nk} - s_{n y_n}\right)

    It is zero for every sample that is classified rightly. One step of gradient descent with batch size 1 and
    learning rate :math:`\eta` is Rosenblatt's rule: nothing happens on a right answer, and on a wrong one
    :math:`\eta x` is added to the weights of the true class and taken from those of the winner.

    Shapes: outputs (N, classes) scores; targets (N,) int64; result a scalar.

    Raises:
        DataError: In the forward pass, when targets are no class indices.
        ModelError: In the forward pass, when outputs and targets don't belong together.

    Source:
        Rosenblatt 1958, The perceptron; several classes by Kesler's construction (Nilsson 1965, Learning
        machines).

    Example:
        >>> float(PerceptronCriterion()(torch.tensor([[1.0, 3.0]]), torch.tensor([0])))
        2.0
    """

    meaning = "scores"

    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Scores (N, classes) and class indices (N,) to a scalar."""
        if not self.looked_at:
            checks.class_indices(outputs, targets)
            checks.known_classes(targets, outputs.shape[1])
            self.looked_at = True
        true = outputs.gather(1, targets.unsqueeze(1)).squeeze(1)
        winner = outputs.max(dim=1).values  # by index, so that a tie changes one class, not all
        return (winner - true).mean()


def value(s: Outputs, t: Sequence[Quantity]) -> Quantity:
    """The largest score less the true one."""
    return maximum(*s) - share_sum(t, s)


def slopes(s: Outputs, t: Sequence[Quantity]) -> Sequence[Quantity]:
    """1 for the winner, -1 for the true class, 0 for one that is both."""
    return [won - hit for won, hit in zip(first_largest(s), t, strict=True)]


RULE = by_class(value, slopes, letter="s")

CONCEPT = Concept(
    name="perceptron_criterion",
    kind="loss",
    summary="How far the winning score lies above the true class's; its gradient step is Rosenblatt's rule.",
    build=PerceptronCriterion,
    aliases=("perceptron",),
    equation=r"L = \frac1N \sum_n (\max_k s_{nk} - s_{n y_n})",
    derivative=r"\partial L / \partial s_{nk} = \frac1N ([k = \arg\max_j s_{nj}] - [k = y_n])",
    symbols={"s": "scores (N, classes): any numbers", "y": "true classes (N)", "N": "samples in the batch"},
    conventions=("Of equal largest scores the first wins, so that a tie changes one class, not all.",),
    when="To train a perceptron by Rosenblatt's rule.",
    pitfalls=("On classes that no line separates it never comes to rest.", "It gives no probabilities."),
    source="Rosenblatt 1958, The perceptron.",
    facts={"task": "classification"},
    rule=RULE,
    worked=worked_forward(
        PerceptronCriterion, RULE, inputs={"outputs": [[1.0, 3.0]], "targets": [0]}, output="loss"
    ),
)
