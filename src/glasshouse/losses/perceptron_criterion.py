"""The perceptron criterion: the loss whose gradient step is Rosenblatt's rule."""

from __future__ import annotations

import torch

from glasshouse.core.concept import Concept
from glasshouse.losses.contract import Loss


class PerceptronCriterion(Loss):
    r"""How far the winning score lies above the score of the true class.

    .. math:: L = \frac1N \sum_n \left(\max_k s_{nk} - s_{n y_n}\right)

    It is zero for every sample that is classified rightly. One step of gradient descent with batch size 1 and
    learning rate :math:`\eta` is Rosenblatt's rule: nothing happens on a right answer, and on a wrong one
    :math:`\eta x` is added to the weights of the true class and taken from those of the winner.

    Shapes: outputs (N, classes) scores; targets (N,) int64; result a scalar.

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
        true = outputs.gather(1, targets.unsqueeze(1)).squeeze(1)
        winner = outputs.max(dim=1).values  # by index, so that a tie changes one class, not all
        return (winner - true).mean()


CONCEPT = Concept(
    name="perceptron_criterion",
    kind="loss",
    summary="How far the winning score lies above the true class's; its gradient step is Rosenblatt's rule.",
    build=PerceptronCriterion,
    aliases=("perceptron",),
    equation=r"L = \frac1N \sum_n (\max_k s_{nk} - s_{n y_n})",
    derivative=r"\partial L / \partial s_{nk} = \frac1N ([k = \arg\max_j s_{nj}] - [k = y_n])",
    when="To train a perceptron by Rosenblatt's rule.",
    pitfalls=("On classes that no line separates it never comes to rest.", "It gives no probabilities."),
    source="Rosenblatt 1958, The perceptron.",
    facts={"task": "classification"},
)
