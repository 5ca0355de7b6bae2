"""Models: the networks of the course as plain modules. One file each; the catalogue lists them all."""

from __future__ import annotations

from glasshouse.models.actor_critic import ActorCritic, actor_critic
from glasshouse.models.alexnet import alexnet
from glasshouse.models.annealed_importance_sampling import BaseRates, annealed_log_partition
from glasshouse.models.autoencoder import Autoencoder, autoencoder
from glasshouse.models.build import build_model
from glasshouse.models.captioner import Captioner, captioner
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
from glasshouse.models.dbn import DeepBeliefNetwork, dbn
from glasshouse.models.dcgan import dcgan
from glasshouse.models.denoising_autoencoder import denoising_autoencoder
from glasshouse.models.ensemble import Ensemble
from glasshouse.models.espcn import espcn
from glasshouse.models.freezing import freeze
from glasshouse.models.gan import Gan, gan
from glasshouse.models.googlenet import googlenet
from glasshouse.models.grid_detector import grid_detector
from glasshouse.models.handwriting import Handwriting, handwriting
from glasshouse.models.head import replace_head
from glasshouse.models.language_model import LanguageModel, language_model
from glasshouse.models.layerwise_bound import layerwise_bound
from glasshouse.models.ledger import Layer, ledger
from glasshouse.models.lenet5 import lenet5
from glasshouse.models.load_weights import load_weights
from glasshouse.models.mlp import mlp
from glasshouse.models.mobilenet import mobilenet
from glasshouse.models.partition_function import log_partition
from glasshouse.models.perceptron import Perceptron
from glasshouse.models.pseudo_likelihood import log_pseudo_likelihood
from glasshouse.models.q_network import q_network
from glasshouse.models.rbm import RestrictedBoltzmannMachine, rbm
from glasshouse.models.recurrent import Recurrent, recurrent
from glasshouse.models.recurrent_autoencoder import recurrent_autoencoder
from glasshouse.models.resnet import resnet, resnet18, resnet34, resnet50, resnet101, resnet152
from glasshouse.models.seq2seq import Seq2Seq, seq2seq
from glasshouse.models.sparse_autoencoder import sparse_autoencoder
from glasshouse.models.stack import stack
from glasshouse.models.transformer import Transformer, transformer
from glasshouse.models.transformer_decoder import TransformerDecoder, transformer_decoder
from glasshouse.models.transformer_seq2seq import TransformerSeq2Seq, transformer_seq2seq
from glasshouse.models.twin import twin
from glasshouse.models.unet import UNet, unet
from glasshouse.models.variational_autoencoder import VariationalAutoencoder, variational_autoencoder
from glasshouse.models.vgg import vgg, vgg11, vgg13, vgg16, vgg19
from glasshouse.models.zfnet import zfnet

__all__ = [
    "MODELS",
    "ActorCritic",
    "Autoencoder",
    "BaseRates",
    "Captioner",
    "DeepBeliefNetwork",
    "Ensemble",
    "Gan",
    "Handwriting",
    "LanguageModel",
    "Layer",
    "Perceptron",
    "Recurrent",
    "RestrictedBoltzmannMachine",
    "Seq2Seq",
    "Transformer",
    "TransformerDecoder",
    "TransformerSeq2Seq",
    "UNet",
    "VariationalAutoencoder",
    "actor_critic",
    "alexnet",
    "annealed_log_partition",
    "autoencoder",
    "build_model",
    "captioner",
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
    "dbn",
    "dcgan",
    "denoising_autoencoder",
    "espcn",
    "freeze",
    "gan",
    "googlenet",
    "grid_detector",
    "handwriting",
    "language_model",
    "layerwise_bound",
    "ledger",
    "lenet5",
    "load_weights",
    "log_partition",
    "log_pseudo_likelihood",
    "mlp",
    "mobilenet",
    "q_network",
    "rbm",
    "recurrent",
    "recurrent_autoencoder",
    "replace_head",
    "resnet",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "seq2seq",
    "sparse_autoencoder",
    "stack",
    "transformer",
    "transformer_decoder",
    "transformer_seq2seq",
    "twin",
    "unet",
    "variational_autoencoder",
    "vgg",
    "vgg11",
    "vgg13",
    "vgg16",
    "vgg19",
    "zfnet",
]
