"""Keras 3 on torch (KERAS_BACKEND is set by who starts this), pictures channels first as torch likes them."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers
from measuring.cases import LEARNING_RATE, Task
from measuring.clock import EpochEnds


class Watch(keras.callbacks.Callback):
    """Notes when epochs end."""

    def __init__(self, ends: EpochEnds) -> None:
        super().__init__()
        self._ends = ends

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._ends.note()


def mlp(inputs: int, *units: int) -> keras.Sequential:
    """Dense layers with ReLU between them."""
    hidden = [layers.Dense(each, activation="relu") for each in units[:-1]]
    return keras.Sequential([keras.Input((inputs,)), *hidden, layers.Dense(units[-1])])


def lenet5() -> keras.Sequential:
    """The same LeNet-5 as everybody's."""
    return keras.Sequential(
        [
            keras.Input((1, 28, 28)),
            layers.Conv2D(6, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(16, 5, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(120, activation="relu"),
            layers.Dense(84, activation="relu"),
            layers.Dense(10),
        ]
    )


NETWORKS = {"tiny": lambda: mlp(4, 64, 32, 3), "mlp": lambda: mlp(784, 256, 128, 10), "lenet5": lenet5}


def train(task: Task, ends: EpochEnds) -> float:
    """Train, and return the loss at the end."""
    keras.config.set_image_data_format("channels_first")
    keras.utils.set_random_seed(task.seed)
    network = NETWORKS[task.case.name]()
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
    return float(network.evaluate(inputs, targets, batch_size=len(inputs), verbose=0))
