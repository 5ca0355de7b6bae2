"""The answers of every family are those of the literal arithmetic with the same weights."""

from __future__ import annotations

import functools

import pytest
import torch

from glasshouse import models

from . import literal

NARROW = {"classes": 5, "width": 0.125}


def dense(variant, side):
    return {**NARROW, "size": (side, side), "variant": variant}


CASES = {
    "lenet of Caffe": (
        lambda: models.lenet5(classes=5, size=(20, 20), variant="caffe"),
        literal.caffe_lenet,
        (1, 20),
    ),
    "alexnet in two towers": (lambda: models.alexnet(**dense("grouped", 67)), literal.alexnet, (3, 67)),
    "caffenet": (lambda: models.alexnet(**dense("caffenet", 83)), literal.caffenet, (3, 83)),
    "zfnet": (lambda: models.zfnet(**dense("paper", 64)), literal.zfnet, (3, 64)),
    "vgg13": (lambda: models.vgg13(**NARROW, size=(32, 32)), literal.vgg13, (3, 32)),
    "vgg13 with batch norm": (
        lambda: models.vgg13(**NARROW, size=(32, 32), batch_norm=True),
        literal.vgg13,
        (3, 32),
    ),
    "googlenet": (lambda: models.googlenet(**NARROW, size=(75, 75)), literal.googlenet, (3, 75)),
    "googlenet with side heads": (
        lambda: models.googlenet(**NARROW, size=(80, 80), auxiliary=True),
        literal.googlenet,
        (3, 80),
    ),
    "resnet18": (lambda: models.resnet18(**NARROW), literal.resnet18, (3, 45)),
    "resnet18, option A": (
        lambda: models.resnet18(**NARROW, shortcut="identity"),
        literal.resnet18,
        (3, 45),
    ),
    "resnet50, stride in the 3x3": (lambda: models.resnet50(**NARROW), literal.resnet50, (3, 45)),
    "resnet50, stride in the first 1x1": (
        lambda: models.resnet50(**NARROW, variant="1"),
        functools.partial(literal.resnet50, strided=0),
        (3, 45),
    ),
    "cifar_resnet20, option A": (
        lambda: models.cifar_resnet20(classes=5, width=0.5),
        literal.cifar_resnet20,
        (3, 17),
    ),
    "cifar_resnet20, option B": (
        lambda: models.cifar_resnet20(classes=5, width=0.5, shortcut="projection"),
        literal.cifar_resnet20,
        (3, 17),
    ),
    "mobilenet": (lambda: models.mobilenet(**NARROW), literal.mobilenet, (3, 50)),
}


def lived_in(network):
    """Weights, biases and statistics as after training: nothing is zero or one by chance."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, tensor in [*network.named_parameters(), *network.named_buffers()]:
            if "running_var" in name or (tensor.dim() == 1 and name.endswith("weight")):
                tensor.uniform_(0.5, 1.5, generator=generator)
            elif tensor.is_floating_point() and tensor.dim() == 1:
                tensor.normal_(std=0.3, generator=generator)
            elif tensor.is_floating_point():
                tensor.normal_(std=(2 / tensor[0].numel()) ** 0.5, generator=generator)
    return network.double().eval()


@pytest.mark.parametrize(("make", "arithmetic", "shape"), CASES.values(), ids=CASES)
def test_answers_are_those_of_the_literal_arithmetic(make, arithmetic, shape):
    torch.manual_seed(0)
    network = lived_in(make())
    channels, side = shape
    x = torch.randn(2, channels, side, side, dtype=torch.float64)
    with torch.no_grad():
        found, wanted = network(x), arithmetic(network.state_dict(), x)
    assert float(wanted.std()) > 1e-3  # the pictures are told apart: the comparison is of something
    assert torch.allclose(found, wanted, rtol=1e-9, atol=1e-9)
