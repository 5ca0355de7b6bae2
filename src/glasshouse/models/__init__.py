"""Models: the networks of the course as plain modules. One file each; the catalogue lists them all."""

from __future__ import annotations

from glasshouse.models.build import build_model
from glasshouse.models.catalogue import MODELS
from glasshouse.models.cnn import cnn
from glasshouse.models.ledger import Layer, ledger
from glasshouse.models.lenet5 import lenet5
from glasshouse.models.mlp import mlp
from glasshouse.models.perceptron import Perceptron
from glasshouse.models.stack import stack

__all__ = ["MODELS", "Layer", "Perceptron", "build_model", "cnn", "ledger", "lenet5", "mlp", "stack"]
