"""The table of all models."""

from __future__ import annotations

from glasshouse.core.concept import Catalogue
from glasshouse.models.alexnet import CONCEPT as ALEXNET
from glasshouse.models.cifar_resnet import CONCEPTS as CIFAR_RESNETS
from glasshouse.models.cnn import CONCEPT as CNN
from glasshouse.models.googlenet import CONCEPT as GOOGLENET
from glasshouse.models.lenet5 import CONCEPT as LENET5
from glasshouse.models.mlp import CONCEPT as MLP
from glasshouse.models.mobilenet import CONCEPT as MOBILENET
from glasshouse.models.perceptron import CONCEPT as PERCEPTRON
from glasshouse.models.resnet import CONCEPTS as RESNETS
from glasshouse.models.stack import CONCEPT as STACK
from glasshouse.models.vgg import CONCEPTS as VGGS
from glasshouse.models.zfnet import CONCEPT as ZFNET

MODELS = Catalogue(
    "model",
    [
        PERCEPTRON,
        MLP,
        STACK,
        CNN,
        LENET5,
        ALEXNET,
        ZFNET,
        *VGGS,
        GOOGLENET,
        *RESNETS,
        *CIFAR_RESNETS,
        MOBILENET,
    ],
)
