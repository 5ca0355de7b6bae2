"""Side heads help while training and are gone when the network answers."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import glasshouse as gh
from glasshouse import models
from glasshouse.losses import CrossEntropy
from glasshouse.models.auxiliary import WithSideHeads
from glasshouse.objectives import Supervised

TINY = {"classes": 3, "channels": 1, "size": (79, 79), "width": 0.0625, "auxiliary": True}


def pictures(rows=12, side=79):
    generator = torch.Generator().manual_seed(0)
    targets = torch.arange(rows) % 3
    return torch.randn(rows, 1, side, side, generator=generator) + targets.view(-1, 1, 1, 1), targets


def test_the_loss_of_a_training_step_holds_a_share_of_the_side_heads():
    torch.manual_seed(0)
    network, (inputs, targets) = models.googlenet(**TINY, dropout=0.0), pictures()
    for head in network.auxiliary.values():
        head.dropout.p = 0.0  # so that a second pass says the same
    loss, outputs, _ = Supervised(CrossEntropy())(network.train(), inputs, targets)
    again = network(inputs)
    first, second = network.take_auxiliary_outputs()
    assert torch.equal(outputs, again)
    wanted = F.cross_entropy(again, targets) + 0.3 * (
        F.cross_entropy(first, targets) + F.cross_entropy(second, targets)
    )
    assert loss.item() == pytest.approx(wanted.item(), rel=1e-6)
    loss.backward()
    for name, parameter in network.auxiliary.named_parameters():
        assert parameter.grad is not None, name
    assert float(network.auxiliary["inception_4a"].output.weight.grad.abs().sum()) > 0
    assert float(network.conv1.conv.weight.grad.abs().sum()) > 0


def test_side_heads_do_not_run_when_the_network_answers():
    network, (inputs, targets) = models.googlenet(**TINY).eval(), pictures(3)
    loss, outputs, _ = Supervised(CrossEntropy())(network, inputs, targets)
    assert float(loss) == pytest.approx(float(F.cross_entropy(outputs, targets)))
    assert network.take_auxiliary_outputs() == []


def test_outputs_are_taken_once_and_hold_no_graph_afterwards():
    network, (inputs, targets) = models.googlenet(**TINY), pictures(3)
    Supervised(CrossEntropy())(network, inputs, targets)
    assert network.take_auxiliary_outputs() == []
    copy.deepcopy(network)  # tensors with a history cannot be copied


def test_a_network_of_ones_own_can_have_side_heads_too():
    class Own(nn.Module):
        auxiliary_weight = 0.5

        def forward(self, x):
            return x

        def take_auxiliary_outputs(self):
            return [torch.zeros(2, 2)]

    inputs, targets = torch.tensor([[1.0, 0.0], [0.0, 3.0]]), torch.tensor([0, 1])
    loss = Supervised(CrossEntropy())(Own(), inputs, targets).loss
    assert float(loss) == pytest.approx(float(F.cross_entropy(inputs, targets)) + 0.5 * 0.693147, rel=1e-5)


def test_layers_run_in_their_order_and_heads_read_what_they_are_named_after():
    layers = {"one": nn.Linear(2, 3), "two": nn.Linear(3, 4), "output": nn.Linear(4, 2)}
    network = WithSideHeads(layers, {"two": nn.Linear(4, 2)})
    x = torch.randn(5, 2)
    h = layers["two"](layers["one"](x))
    assert torch.equal(network(x), layers["output"](h))
    assert torch.equal(network.take_auxiliary_outputs()[0], network.auxiliary["two"](h))


@pytest.mark.slow
def test_a_network_with_side_heads_goes_the_whole_road(tmp_path):
    inputs, targets = pictures(24)
    spec = {"name": "googlenet", "width": 0.0625, "auxiliary": True}
    run = gh.fit(spec, (inputs, targets), validation=0.25, epochs=2, out=tmp_path, report=True, bundle=True)
    bundle = gh.load(run.bundle, backend="torch")
    onnx = gh.load(run.bundle, backend="onnx")
    found, wanted = onnx.predict(inputs.numpy()), bundle.predict(inputs.numpy())
    assert abs(found.probabilities - wanted.probabilities).max() < 1e-5
    weights = run.best_weights()
    assert any(name.startswith("auxiliary.") for name in weights)
