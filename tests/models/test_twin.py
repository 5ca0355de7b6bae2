"""A twin computes the same and shares no memory, whatever its layers are."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from glasshouse.models import mlp, twin


class Own(nn.Module):
    """A layer of a user's, with something that a plain copy of its attributes would share."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(4, 4)
        self.same = [self.inner]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.same[0](x)


def tied() -> nn.Module:
    made = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    made[1].weight = made[0].weight
    return made


MADE = {
    "mlp": lambda: mlp(4, 3, hidden=[8], normalization="batch", dropout=0.2),
    "a layer twice": lambda: nn.Sequential(*[nn.Linear(4, 4)] * 2),
    "tied": tied,
    "own": Own,
    "pictures": lambda: nn.Sequential(nn.Unflatten(1, (1, 2, 2)), nn.Conv2d(1, 2, 1), nn.Flatten()),
}


@pytest.mark.parametrize("name", MADE)
def test_it_computes_the_same_and_shares_nothing(name: str) -> None:
    torch.manual_seed(0)
    network = MADE[name]().train()
    next(network.parameters()).requires_grad_(False)
    other = twin(network)
    assert repr(other) == repr(network)
    assert [each.requires_grad for each in other.parameters()] == [
        each.requires_grad for each in network.parameters()
    ]
    assert len(list(other.parameters())) == len(list(network.parameters()))
    x = torch.randn(5, 4)
    assert torch.equal(other.eval()(x), copy.deepcopy(network).eval()(x))
    assert network.training
    before = copy.deepcopy(network.state_dict())
    for each in [*other.parameters(), *other.buffers()]:
        each.data.zero_()
    for key, value in network.state_dict().items():
        assert torch.equal(value, before[key]), key


def test_hooks_are_its_own() -> None:
    network = mlp(4, 3, hidden=[8])
    other = twin(network)
    other[0].register_forward_hook(lambda *_: None)
    assert not network[0]._forward_hooks
    assert len(other[0]._forward_hooks) == 1


def test_a_recurrent_layer_answers_by_its_own_weights() -> None:
    network = nn.LSTM(4, 3)
    other = twin(network)
    with torch.no_grad():
        for each in other.parameters():
            each.zero_()
        assert not other(torch.ones(2, 1, 4))[0].any()
        assert network(torch.ones(2, 1, 4))[0].any()
