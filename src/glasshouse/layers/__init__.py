"""Layers: the parts of which networks are made. One file each; this table lists them all."""

from glasshouse.core.concept import Catalogue
from glasshouse.layers import (
    adaptive_average_pool,
    adaptive_max_pool,
    additive_attention,
    average_pool,
    batch_norm,
    conv1d,
    conv1x1,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    depthwise_separable,
    dropout,
    embedding,
    flatten,
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
    min_pool,
    multihead_attention,
    multiplicative_attention,
    pad,
    pixel_shuffle,
    positional_encoding,
    rms_norm,
    rnn,
    rnn_cell,
    scaled_dot_product_attention,
    sum_pool,
    upsample,
)
from glasshouse.layers.adaptive_average_pool import adaptive_average_pool as AdaptiveAveragePool
from glasshouse.layers.adaptive_max_pool import adaptive_max_pool as AdaptiveMaxPool
from glasshouse.layers.additive_attention import AdditiveAttention
from glasshouse.layers.average_pool import average_pool as AveragePool
from glasshouse.layers.batch_norm import batch_norm as BatchNorm
from glasshouse.layers.conv1d import Conv1d
from glasshouse.layers.conv1x1 import conv1x1 as Conv1x1
from glasshouse.layers.conv2d import Conv2d
from glasshouse.layers.conv3d import Conv3d
from glasshouse.layers.conv_transpose1d import ConvTranspose1d
from glasshouse.layers.conv_transpose2d import ConvTranspose2d
from glasshouse.layers.depthwise_separable import DepthwiseSeparable
from glasshouse.layers.dropout import dropout as Dropout
from glasshouse.layers.embedding import Embedding
from glasshouse.layers.flatten import flatten as Flatten
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
from glasshouse.layers.min_pool import MinPool
from glasshouse.layers.multihead_attention import multihead_attention as MultiheadAttention
from glasshouse.layers.multiplicative_attention import MultiplicativeAttention
from glasshouse.layers.pad import Pad
from glasshouse.layers.pixel_shuffle import PixelShuffle
from glasshouse.layers.positional_encoding import PositionalEncoding
from glasshouse.layers.reset_before_gru_cell import ResetBeforeGRUCell
from glasshouse.layers.rms_norm import rms_norm as RMSNorm
from glasshouse.layers.rnn import rnn as RNN
from glasshouse.layers.rnn_cell import rnn_cell as RNNCell
from glasshouse.layers.scaled_dot_product_attention import ScaledDotProductAttention
from glasshouse.layers.sum_pool import SumPool
from glasshouse.layers.upsample import Upsample

LAYERS = Catalogue(
    "layer",
    [
        linear.CONCEPT,
        conv1d.CONCEPT,
        conv2d.CONCEPT,
        conv3d.CONCEPT,
        conv1x1.CONCEPT,
        depthwise_separable.CONCEPT,
        conv_transpose1d.CONCEPT,
        conv_transpose2d.CONCEPT,
        pad.CONCEPT,
        upsample.CONCEPT,
        pixel_shuffle.CONCEPT,
        flatten.CONCEPT,
        embedding.CONCEPT,
        max_pool.CONCEPT,
        min_pool.CONCEPT,
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
    "Conv1d",
    "Conv1x1",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "DepthwiseSeparable",
    "Dropout",
    "Embedding",
    "Flatten",
    "GRUCell",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "GroupNorm",
    "L2Pool",
    "LSTMCell",
    "LayerNorm",
    "Linear",
    "MaxPool",
    "MinPool",
    "MultiheadAttention",
    "MultiplicativeAttention",
    "Pad",
    "PixelShuffle",
    "PositionalEncoding",
    "RMSNorm",
    "RNNCell",
    "ResetBeforeGRUCell",
    "ScaledDotProductAttention",
    "SumPool",
    "Upsample",
    "set_forget_bias",
]
