"""Keras 3 on torch (KERAS_BACKEND is set by who starts this), pictures channels first as torch likes them."""

from __future__ import annotations

from typing import Any

import keras
import torch
from keras import layers
from measuring.cases import LEARNING_RATE, Score, Task, score
from measuring.clock import EpochEnds
from torch import nn


class Watch(keras.callbacks.Callback):
    """Notes when epochs end."""

    def __init__(self, ends: EpochEnds) -> None:
        super().__init__()
        self._ends = ends

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._ends.note()


def counterpart(network: nn.Module, shape: tuple[int, ...]) -> keras.Sequential:
    """The same network in Keras, with the same first weights."""
    found = [keras.Input(shape)]
    modules = list(network)
    for module, behind in zip(modules, [*modules[1:], None], strict=True):
        activation = "relu" if isinstance(behind, nn.ReLU) else None
        if isinstance(module, nn.Linear):
            found.append(layers.Dense(module.out_features, activation=activation))
        elif isinstance(module, nn.Conv2d):
            edge = "same" if module.padding[0] else "valid"
            found.append(
                layers.Conv2D(module.out_channels, module.kernel_size, padding=edge, activation=activation)
            )
        elif isinstance(module, nn.MaxPool2d):
            found.append(layers.MaxPooling2D(module.kernel_size))
        elif isinstance(module, nn.Flatten):
            # For channels first, Keras would put the channels last; torch leaves them where they are.
            found.append(layers.Flatten(data_format="channels_last"))
    own = keras.Sequential(found)
    # Keras writes (inputs, outputs) and (height, width, inputs, outputs) where torch has outputs first.
    own.set_weights(
        [
            each.detach().permute(*range(2, each.dim()), *range(min(2, each.dim()))[::-1]).numpy()
            for each in network.parameters()
        ]
    )
    return own


def train(task: Task, ends: EpochEnds) -> Score:
    """Train, and say how good the network is at the end."""
    keras.config.set_image_data_format("channels_first")
    keras.utils.set_random_seed(task.seed)
    network = counterpart(task.network(), task.case.input_shape)
    network.compile(
        optimizer=keras.optimizers.Adam(LEARNING_RATE),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    inputs, targets = task.inputs.numpy(), task.targets.numpy()
    network.fit(
        inputs,
        targets,
        batch_size=task.case.batch_size,
        epochs=task.epochs,
        shuffle=True,
        verbose=0,
        callbacks=[Watch(ends)],
    )
    judges, wanted = task.judges
    logits = network.predict(judges.numpy(), batch_size=len(judges), verbose=0)
    return score(torch.from_numpy(logits), wanted)
