"""The table of all models."""

from __future__ import annotations

from glasshouse.core.concept import Catalogue
from glasshouse.models import cnn, lenet5, mlp, perceptron, stack

MODELS = Catalogue(
    "model",
    [
        perceptron.CONCEPT,
        mlp.CONCEPT,
        stack.CONCEPT,
        cnn.CONCEPT,
        lenet5.CONCEPT,
    ],
)
