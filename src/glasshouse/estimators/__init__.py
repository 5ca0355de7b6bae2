"""scikit-learn's faces of the networks: estimators for pipelines, searches and cross-validation."""

from __future__ import annotations

from glasshouse.estimators.autoencoder_transformer import AutoencoderTransformer
from glasshouse.estimators.network_classifier import NetworkClassifier
from glasshouse.estimators.network_regressor import NetworkRegressor
from glasshouse.estimators.perceptron_classifier import PerceptronClassifier
from glasshouse.estimators.search import GlasshouseSearchCV

__all__ = [
    "AutoencoderTransformer",
    "GlasshouseSearchCV",
    "NetworkClassifier",
    "NetworkRegressor",
    "PerceptronClassifier",
]
