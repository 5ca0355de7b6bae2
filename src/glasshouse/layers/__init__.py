"""Layers: the parts of which networks are made. One file each; this table lists them all."""

from glasshouse.core.concept import Catalogue
from glasshouse.layers import (
    adaptive_average_pool,
    adaptive_max_pool,
    additive_attention,
    average_pool,
    batch_norm,
    dropout,
    global_average_pool,
    global_max_pool,
    group_norm,
    gru,
    gru_cell,
    l2_pool,
    layer_norm,
    linear,
    lstm,
    lstm_cell,
    max_pool,
    multihead_attention,
    multiplicative_attention,
    positional_encoding,
    rms_norm,
    rnn,
    rnn_cell,
    scaled_dot_product_attention,
    sum_pool,
)
from glasshouse.layers.adaptive_average_pool import adaptive_average_pool as AdaptiveAveragePool
from glasshouse.layers.adaptive_max_pool import adaptive_max_pool as AdaptiveMaxPool
from glasshouse.layers.additive_attention import AdditiveAttention
from glasshouse.layers.average_pool import average_pool as AveragePool
from glasshouse.layers.batch_norm import batch_norm as BatchNorm
from glasshouse.layers.dropout import dropout as Dropout
from glasshouse.layers.global_average_pool import GlobalAveragePool
from glasshouse.layers.global_max_pool import GlobalMaxPool
from glasshouse.layers.group_norm import group_norm as GroupNorm
from glasshouse.layers.gru import gru as GRU
from glasshouse.layers.gru_cell import gru_cell as GRUCell
from glasshouse.layers.l2_pool import L2Pool
from glasshouse.layers.layer_norm import layer_norm as LayerNorm
from glasshouse.layers.linear import linear as Linear
from glasshouse.layers.lstm import lstm as LSTM
from glasshouse.layers.lstm_cell import lstm_cell as LSTMCell
from glasshouse.layers.lstm_cell import set_forget_bias
from glasshouse.layers.max_pool import max_pool as MaxPool
from glasshouse.layers.multihead_attention import multihead_attention as MultiheadAttention
from glasshouse.layers.multiplicative_attention import MultiplicativeAttention
from glasshouse.layers.positional_encoding import PositionalEncoding
from glasshouse.layers.reset_before_gru_cell import ResetBeforeGRUCell
from glasshouse.layers.rms_norm import rms_norm as RMSNorm
from glasshouse.layers.rnn import rnn as RNN
from glasshouse.layers.rnn_cell import rnn_cell as RNNCell
from glasshouse.layers.scaled_dot_product_attention import ScaledDotProductAttention
from glasshouse.layers.sum_pool import SumPool

LAYERS = Catalogue(
    "layer",
    [
        linear.CONCEPT,
        max_pool.CONCEPT,
        average_pool.CONCEPT,
        sum_pool.CONCEPT,
        l2_pool.CONCEPT,
        adaptive_average_pool.CONCEPT,
        adaptive_max_pool.CONCEPT,
        global_average_pool.CONCEPT,
        global_max_pool.CONCEPT,
        batch_norm.CONCEPT,
        layer_norm.CONCEPT,
        group_norm.CONCEPT,
        rms_norm.CONCEPT,
        dropout.CONCEPT,
        rnn_cell.CONCEPT,
        lstm_cell.CONCEPT,
        gru_cell.CONCEPT,
        rnn.CONCEPT,
        lstm.CONCEPT,
        gru.CONCEPT,
        scaled_dot_product_attention.CONCEPT,
        additive_attention.CONCEPT,
        multiplicative_attention.CONCEPT,
        positional_encoding.CONCEPT,
        multihead_attention.CONCEPT,
    ],
)

__all__ = [
    "GRU",
    "LAYERS",
    "LSTM",
    "RNN",
    "AdaptiveAveragePool",
    "AdaptiveMaxPool",
    "AdditiveAttention",
    "AveragePool",
    "BatchNorm",
    "Dropout",
    "GRUCell",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "GroupNorm",
    "L2Pool",
    "LSTMCell",
    "LayerNorm",
    "Linear",
    "MaxPool",
    "MultiheadAttention",
    "MultiplicativeAttention",
    "PositionalEncoding",
    "RMSNorm",
    "RNNCell",
    "ResetBeforeGRUCell",
    "ScaledDotProductAttention",
    "SumPool",
    "set_forget_bias",
]
