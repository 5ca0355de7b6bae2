"""The table of all models."""

from __future__ import annotations

from glasshouse.core.concept import Catalogue
from glasshouse.models.actor_critic import CONCEPT as ACTOR_CRITIC
from glasshouse.models.alexnet import CONCEPT as ALEXNET
from glasshouse.models.autoencoder import CONCEPT as AUTOENCODER
from glasshouse.models.captioner import CONCEPT as CAPTIONER
from glasshouse.models.cifar_resnet import CONCEPTS as CIFAR_RESNETS
from glasshouse.models.cnn import CONCEPT as CNN
from glasshouse.models.cnn3d import CONCEPT as CNN3D
from glasshouse.models.contractive_autoencoder import CONCEPT as CONTRACTIVE_AUTOENCODER
from glasshouse.models.convolutional_autoencoder import CONCEPT as CONVOLUTIONAL_AUTOENCODER
from glasshouse.models.dbn import CONCEPT as DBN
from glasshouse.models.dcgan import CONCEPT as DCGAN
from glasshouse.models.denoising_autoencoder import CONCEPT as DENOISING_AUTOENCODER
from glasshouse.models.espcn import CONCEPT as ESPCN
from glasshouse.models.gan import CONCEPT as GAN
from glasshouse.models.googlenet import CONCEPT as GOOGLENET
from glasshouse.models.grid_detector import CONCEPT as GRID_DETECTOR
from glasshouse.models.handwriting import CONCEPT as HANDWRITING
from glasshouse.models.language_model import CONCEPT as LANGUAGE_MODEL
from glasshouse.models.lenet5 import CONCEPT as LENET5
from glasshouse.models.lrcn import CONCEPT as LRCN
from glasshouse.models.mlp import CONCEPT as MLP
from glasshouse.models.mobilenet import CONCEPT as MOBILENET
from glasshouse.models.perceptron import CONCEPT as PERCEPTRON
from glasshouse.models.q_network import CONCEPT as Q_NETWORK
from glasshouse.models.rbm import CONCEPT as RBM
from glasshouse.models.recurrent import CONCEPT as RECURRENT
from glasshouse.models.recurrent_autoencoder import CONCEPT as RECURRENT_AUTOENCODER
from glasshouse.models.resnet import CONCEPTS as RESNETS
from glasshouse.models.seq2seq import CONCEPT as SEQ2SEQ
from glasshouse.models.sparse_autoencoder import CONCEPT as SPARSE_AUTOENCODER
from glasshouse.models.stack import CONCEPT as STACK
from glasshouse.models.transformer import CONCEPT as TRANSFORMER
from glasshouse.models.transformer_decoder import CONCEPT as TRANSFORMER_DECODER
from glasshouse.models.transformer_seq2seq import CONCEPT as TRANSFORMER_SEQ2SEQ
from glasshouse.models.unet import CONCEPT as UNET
from glasshouse.models.variational_autoencoder import CONCEPT as VARIATIONAL_AUTOENCODER
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
        UNET,
        ESPCN,
        GRID_DETECTOR,
        AUTOENCODER,
        SPARSE_AUTOENCODER,
        DENOISING_AUTOENCODER,
        CONTRACTIVE_AUTOENCODER,
        CONVOLUTIONAL_AUTOENCODER,
        VARIATIONAL_AUTOENCODER,
        RECURRENT_AUTOENCODER,
        RECURRENT,
        TRANSFORMER,
        LRCN,
        CNN3D,
        LANGUAGE_MODEL,
        TRANSFORMER_DECODER,
        SEQ2SEQ,
        TRANSFORMER_SEQ2SEQ,
        CAPTIONER,
        HANDWRITING,
        RBM,
        DBN,
        GAN,
        DCGAN,
        Q_NETWORK,
        ACTOR_CRITIC,
    ],
)
