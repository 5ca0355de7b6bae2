"""Explaining changes nothing, also when it fails."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

import glasshouse as gh
from glasshouse.core.errors import ModelError


class Restless(nn.Module):
    """Counts its calls, remembers its last output, switches a part's mode, and may fail at the end."""

    def __init__(self, fails=False):
        super().__init__()
        self.norm, self.drop, self.fc = nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 3)
        self.calls, self.last, self.fails = 0, None, fails

    def forward(self, x):
        self.calls += 1
        self.norm.eval()
        self.norm.train()
        with torch.no_grad():
            self.fc.bias.add_(1.0)
        self.last = self.fc(self.drop(self.norm(x)))
        if self.fails:
            raise ValueError("on purpose")
        return self.last


@pytest.fixture
def net():
    torch.manual_seed(0)
    net = Restless()
    net(torch.randn(5, 4)).sum().backward()
    net.norm.eval()
    net.fc.register_forward_hook(lambda module, args, output: output * 1.0)
    return net


def everything(net):
    """All that can be seen of a module from outside."""
    return {
        "state": {name: each.clone() for name, each in net.state_dict().items()},
        "gradients": {name: each.grad.clone() for name, each in net.named_parameters()},
        "objects": {name: id(each.grad) for name, each in net.named_parameters()},
        "modes": {name: part.training for name, part in net.named_modules()},
        "hooks": {
            name: [len(getattr(part, kind)) for kind in vars(part) if kind.endswith("_hooks")]
            for name, part in net.named_modules()
        },
        "asks": {name: each.requires_grad for name, each in net.named_parameters()},
        "calls": net.calls,
        "last": id(net.last),
        "chance": torch.get_rng_state(),
        "mode": torch.is_grad_enabled(),
    }


def assert_same(before, after):
    for name in before:
        if name in ("state", "gradients"):
            assert all(torch.equal(before[name][key], after[name][key]) for key in before[name]), name
        elif name == "chance":
            assert torch.equal(before[name], after[name])
        else:
            assert before[name] == after[name], name


def test_weights_gradients_statistics_modes_hooks_attributes_and_chance_are_as_before(net):
    before = everything(net)
    explanation = gh.explain(
        net, torch.randn(5, 4, generator=torch.Generator().manual_seed(1)), [0, 1, 2, 0, 1]
    )
    assert explanation.errors
    assert_same(before, everything(net))


def test_they_are_as_before_after_a_module_that_raised(net):
    net.fails = True
    before = everything(net)
    with pytest.raises(ModelError, match="the module raised ValueError: on purpose"):
        gh.explain(net, torch.ones(5, 4), [0, 1, 2, 0, 1])
    assert_same(before, everything(net))


def test_they_are_as_before_after_a_loss_that_raised(net):
    before = everything(net)
    with pytest.raises(ModelError, match="the loss raised ZeroDivisionError"):
        gh.explain(net, torch.ones(5, 4), loss=lambda output: 1 / 0)
    assert_same(before, everything(net))


def test_what_it_is_given_is_not_written_to():
    net = nn.Sequential(nn.ReLU(inplace=True), nn.Linear(3, 1))
    x = torch.tensor([[-1.0, 2.0, -3.0]])
    gh.explain(net, x, torch.ones(1, 1), "mse")
    assert x.tolist() == [[-1.0, 2.0, -3.0]]
    assert not x.requires_grad
    assert x.grad is None


def test_a_pending_backward_pass_of_the_user_still_runs(net):
    loss = net(torch.ones(5, 4)).square().sum()
    gh.explain(net, torch.ones(5, 4), [0, 1, 2, 0, 1])
    loss.backward()


def test_the_dropout_that_is_explained_is_the_one_that_comes_next():
    net = nn.Sequential(nn.Dropout(0.5), nn.Identity())
    x = torch.ones(4, 6)
    explanation = gh.explain(net, x)
    assert torch.equal(net(x), explanation.outputs[0].tensor)


def test_a_copy_of_the_module_explains_the_same(net):
    x, y = torch.ones(5, 4) * torch.arange(5).reshape(-1, 1), torch.tensor([0, 1, 2, 0, 1])
    net.last = None  # PyTorch copies no tensor that has a history
    one, other = gh.explain(net, x, y), gh.explain(copy.deepcopy(net), x, y)
    for name, value in one.parameters.items():
        assert torch.equal(value.gradient, other.parameters[name].gradient)
