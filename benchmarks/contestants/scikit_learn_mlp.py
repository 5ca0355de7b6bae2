"""scikit-learn's MLPClassifier, judged as everybody is: its weights are copied into the torch network."""

from __future__ import annotations

import torch
from measuring.cases import LEARNING_RATE, Score, Task, scored
from measuring.clock import EpochEnds
from torch import nn

from contestants.scikit_learn_fit import fit


def train(task: Task, ends: EpochEnds, double: bool = False) -> Score:
    """Train, and say how good the network is at the end.

    Args:
        task: What is to be learnt.
        ends: Told when an epoch is over.
        double: Whether rows are handed over in float64, as NumPy and scikit-learn's own scalers make them.
    """
    network = task.network()
    layers = [each for each in network if isinstance(each, nn.Linear)]
    model = fit(
        task.inputs.flatten(1).numpy().astype("float64" if double else "float32", copy=False),
        task.targets.numpy(),
        [each.out_features for each in layers[:-1]],
        batch_size=task.case.batch_size,
        epochs=task.epochs,
        learning_rate=LEARNING_RATE,
        seed=task.seed,
        note=ends.note,
    )
    # Two classes have one output there: the second one's score, where the first one's is 0.
    with torch.no_grad():
        for layer, weight, bias in zip(layers, model.coefs_, model.intercepts_, strict=True):
            layer.weight.zero_()
            layer.bias.zero_()
            layer.weight[-weight.shape[1] :] = torch.from_numpy(weight.T).float()
            layer.bias[-len(bias) :] = torch.from_numpy(bias).float()
    return scored(network, task)
