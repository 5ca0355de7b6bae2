"""scikit-learn's MLPClassifier: one partial_fit per epoch, which shuffles and cuts as everybody does."""

from __future__ import annotations

import torch
from measuring.cases import LEARNING_RATE, Task, loss_of
from measuring.clock import EpochEnds
from sklearn.neural_network import MLPClassifier
from torch import nn


def train(task: Task, ends: EpochEnds) -> float:
    """Train, and return the loss at the end."""
    network = task.network()
    layers = [each for each in network if isinstance(each, nn.Linear)]
    model = MLPClassifier(
        hidden_layer_sizes=[each.out_features for each in layers[:-1]],
        alpha=0.0,
        batch_size=task.case.batch_size,
        learning_rate_init=LEARNING_RATE,
        random_state=task.seed,
    )
    inputs, targets = task.inputs.flatten(1).numpy(), task.targets.numpy()
    for _ in range(task.epochs):
        model.partial_fit(inputs, targets, classes=range(task.case.classes))
        ends.note()
    # Two classes have one output there: the second one's score, where the first one's is 0.
    with torch.no_grad():
        for layer, weight, bias in zip(layers, model.coefs_, model.intercepts_, strict=True):
            layer.weight.zero_()
            layer.bias.zero_()
            layer.weight[-weight.shape[1] :] = torch.from_numpy(weight.T)
            layer.bias[-len(bias) :] = torch.from_numpy(bias)
    return loss_of(network, task)
