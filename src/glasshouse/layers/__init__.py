"""Layers: the parts of which networks are made. One file each; this table lists them all."""

from glasshouse.core.concept import Catalogue
from glasshouse.layers import (
    adaptive_average_pool,
    adaptive_max_pool,
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
    l2_pool,
    layer_norm,
    linear,
    max_pool,
    min_pool,
    pad,
    pixel_shuffle,
    rms_norm,
    sum_pool,
    upsample,
)
from glasshouse.layers.adaptive_average_pool import adaptive_average_pool as AdaptiveAveragePool
from glasshouse.layers.adaptive_max_pool import adaptive_max_pool as AdaptiveMaxPool
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
from glasshouse.layers.l2_pool import L2Pool
from glasshouse.layers.layer_norm import layer_norm as LayerNorm
from glasshouse.layers.linear import linear as Linear
from glasshouse.layers.max_pool import max_pool as MaxPool
from glasshouse.layers.min_pool import MinPool
from glasshouse.layers.pad import Pad
from glasshouse.layers.pixel_shuffle import PixelShuffle
from glasshouse.layers.rms_norm import rms_norm as RMSNorm
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
    ],
)

__all__ = [
    "LAYERS",
    "AdaptiveAveragePool",
    "AdaptiveMaxPool",
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
    "GlobalAveragePool",
    "GlobalMaxPool",
    "GroupNorm",
    "L2Pool",
    "LayerNorm",
    "Linear",
    "MaxPool",
    "MinPool",
    "Pad",
    "PixelShuffle",
    "RMSNorm",
    "SumPool",
    "Upsample",
]
