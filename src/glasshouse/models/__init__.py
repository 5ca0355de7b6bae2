"""Models: the networks of the course as plain modules. One file each; the catalogue lists them all."""

from __future__ import annotations

from glasshouse.models.actor_critic import ActorCritic, actor_critic
from glasshouse.models.alexnet import alexnet
from glasshouse.models.autoencoder import Autoencoder, autoencoder
from glasshouse.models.build import build_model
from glasshouse.models.catalogue import MODELS
from glasshouse.models.cifar_resnet import (
    cifar_resnet,
    cifar_resnet8,
    cifar_resnet14,
    cifar_resnet20,
    cifar_resnet32,
    cifar_resnet44,
    cifar_resnet56,
    cifar_resnet110,
)
from glasshouse.models.cnn import cnn
from glasshouse.models.contractive_autoencoder import contractive_autoencoder
from glasshouse.models.convolutional_autoencoder import convolutional_autoencoder
from glasshouse.models.dcgan import dcgan
from glasshouse.models.denoising_autoencoder import denoising_autoencoder
from glasshouse.models.ensemble import Ensemble
from glasshouse.models.freezing import freeze
from glasshouse.models.gan import Gan, gan
from glasshouse.models.googlenet import googlenet
from glasshouse.models.head import replace_head
from glasshouse.models.ledger import Layer, ledger
from glasshouse.models.lenet5 import lenet5
from glasshouse.models.load_weights import load_weights
from glasshouse.models.mlp import mlp
from glasshouse.models.mobilenet import mobilenet
from glasshouse.models.perceptron import Perceptron
from glasshouse.models.q_network import q_network
from glasshouse.models.resnet import resnet, resnet18, resnet34, resnet50, resnet101, resnet152
from glasshouse.models.sparse_autoencoder import sparse_autoencoder
from glasshouse.models.stack import stack
from glasshouse.models.variational_autoencoder import VariationalAutoencoder, variational_autoencoder
from glasshouse.models.vgg import vgg, vgg11, vgg13, vgg16, vgg19
from glasshouse.models.zfnet import zfnet

__all__ = [
    "MODELS",
    "ActorCritic",
    "Autoencoder",
    "Ensemble",
    "Gan",
    "Layer",
    "Perceptron",
    "VariationalAutoencoder",
    "actor_critic",
    "alexnet",
    "autoencoder",
    "build_model",
    "cifar_resnet",
    "cifar_resnet8",
    "cifar_resnet14",
    "cifar_resnet20",
    "cifar_resnet32",
    "cifar_resnet44",
    "cifar_resnet56",
    "cifar_resnet110",
    "cnn",
    "contractive_autoencoder",
    "convolutional_autoencoder",
    "dcgan",
    "denoising_autoencoder",
    "freeze",
    "gan",
    "googlenet",
    "ledger",
    "lenet5",
    "load_weights",
    "mlp",
    "mobilenet",
    "q_network",
    "replace_head",
    "resnet",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "sparse_autoencoder",
    "stack",
    "variational_autoencoder",
    "vgg",
    "vgg11",
    "vgg13",
    "vgg16",
    "vgg19",
    "zfnet",
]
