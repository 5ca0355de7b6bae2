"""Pieces of a network, each worked out number by number: a convolution, a cell, an optimizer's steps."""

from __future__ import annotations

from glasshouse.explain.pieces.attention import attention
from glasshouse.explain.pieces.batch_norm import batch_norm
from glasshouse.explain.pieces.cells import gru_step, lstm_step, rnn_step
from glasshouse.explain.pieces.convolution import convolution
from glasshouse.explain.pieces.dropout import dropout
from glasshouse.explain.pieces.gradient_descent import gradient_descent
from glasshouse.explain.pieces.neuron import neuron
from glasshouse.explain.pieces.padding import padding
from glasshouse.explain.pieces.perceptron import perceptron
from glasshouse.explain.pieces.piece import Line, Piece
from glasshouse.explain.pieces.pooling import pooling
from glasshouse.explain.pieces.softmax_cross_entropy import softmax_cross_entropy
from glasshouse.explain.pieces.updates import updates

__all__ = [
    "Line",
    "Piece",
    "attention",
    "batch_norm",
    "convolution",
    "dropout",
    "gradient_descent",
    "gru_step",
    "lstm_step",
    "neuron",
    "padding",
    "perceptron",
    "pooling",
    "rnn_step",
    "softmax_cross_entropy",
    "updates",
]
