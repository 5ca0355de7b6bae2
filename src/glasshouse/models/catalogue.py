"""The table of all models."""

from __future__ import annotations

from glasshouse.core.concept import Catalogue
from glasshouse.models import cnn, lenet5, mlp, perceptron

MODELS = Catalogue(
    "model",
    [
        perceptron.CONCEPT,
        mlp.CONCEPT,
        cnn.CONCEPT,
        lenet5.CONCEPT,
    ],
)
