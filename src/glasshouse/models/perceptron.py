"""Perceptron: one layer of threshold units, trained by Rosenblatt's rule."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn

from glasshouse.core.checks import whole_number
from glasshouse.core.concept import Concept


class Perceptron(nn.Module):
    r"""Linear threshold units: the class with the largest weighted sum wins.

    .. math:: z = W x + b,\quad \hat y = [z > 0] \;\text{(two classes)},\quad
        \hat y = \arg\max_k z_k \;\text{(more)}

    Two classes need one unit; its sum is given as the pair of scores :math:`(-z/2, z/2)`, whose difference
    is z. Together with the perceptron criterion, batch size 1 and plain gradient descent this is Rosenblatt's
    rule: on a wrong answer the weights change by :math:`\pm \eta x`, on a right one not at all. The weights
    start at zero.

    Args:
        inputs: Number of input features, or the shape of one sample, which is then flattened.
        outputs: Number of classes, from 2.

    Shapes: (N, *inputs) to (N, outputs) scores.

    Raises:
        SettingError: There are fewer than two classes.

    Source:
        Rosenblatt 1958, The perceptron: a probabilistic model for information storage.

    Example:
        >>> Perceptron(2, 2)(torch.ones(1, 2))
        tensor([[-0., 0.]], grad_fn=<CatBackward0>)
    """

    def __init__(self, inputs: int | Sequence[int], outputs: int) -> None:
        super().__init__()
        whole_number("outputs", outputs, at_least=2)
        width = inputs if isinstance(inputs, int) else math.prod(inputs)
        self.flatten = nn.Flatten()
        self.linear = nn.Linear(width, 1 if outputs == 2 else outputs)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Samples (N, *inputs) to scores (N, outputs)."""
        z: torch.Tensor = self.linear(self.flatten(x))
        return torch.cat([-z / 2, z / 2], dim=1) if z.shape[1] == 1 else z


CONCEPT = Concept(
    name="perceptron",
    kind="model",
    summary="One layer of threshold units, trained by Rosenblatt's rule.",
    build=Perceptron,
    aliases=("rosenblatt", "linear_threshold_unit"),
    equation=r"\hat y = [W x + b > 0]",
    when="To see the first learning machine, and where it must fail (XOR).",
    pitfalls=("On classes that no line separates it never comes to rest.", "It gives no probabilities."),
    source="Rosenblatt 1958, The perceptron.",
    facts={
        "takes": "vector",
        "year": 1958,
        "task": "classification",
        "input": (784,),
        "classes": 10,
        "parameters": 7_850,
        "macs": 7_840,
        "defaults": {
            "objective.loss": "perceptron_criterion",
            "training.optimizer": "sgd",
            "training.learning_rate": 1.0,
            "training.batch_size": 1,
            "training.schedule": "constant",
        },
    },
)
