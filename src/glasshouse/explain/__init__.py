"""Explaining a network: any module's forward and backward pass, number by number."""

from __future__ import annotations

import sys

from glasshouse.explain.explanation import Explanation
from glasshouse.explain.face import Explain
from glasshouse.explain.pieces import (
    Piece,
    attention,
    batch_norm,
    convolution,
    dropout,
    gradient_descent,
    gru_step,
    lstm_step,
    neuron,
    padding,
    perceptron,
    pooling,
    rnn_step,
    softmax_cross_entropy,
    updates,
)
from glasshouse.explain.run import explain
from glasshouse.explain.shapes import ShapeRow, Shapes, shapes

__all__ = [
    "Explain",
    "Explanation",
    "Piece",
    "ShapeRow",
    "Shapes",
    "attention",
    "batch_norm",
    "convolution",
    "dropout",
    "explain",
    "gradient_descent",
    "gru_step",
    "lstm_step",
    "neuron",
    "padding",
    "perceptron",
    "pooling",
    "rnn_step",
    "shapes",
    "softmax_cross_entropy",
    "updates",
]

# `gh.explain(model, x)` and `gh.explain.Explanation` are the same name: the folder itself can be called.
sys.modules[__name__].__class__ = Explain
