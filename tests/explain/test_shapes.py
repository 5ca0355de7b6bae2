"""The ledger of shapes against what PyTorch computes, counts and lets through."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from glasshouse.core.errors import ModelError
from glasshouse.explain import shapes
from glasshouse.models import build_model, ledger


class Residual(nn.Module):
    """A strided convolution, a block with a shortcut, pooling by a plain function."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, 2, 1)
        self.block = nn.Conv2d(8, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        x = self.first(x)
        y = F.max_pool2d(F.relu(self.norm(self.block(x)) + x), 3, 2, ceil_mode=True)
        return self.head(y.mean((2, 3)))


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(20, 6)
        self.memory = nn.LSTM(6, 5, batch_first=True, bidirectional=True)
        self.head = nn.Linear(10, 3)

    def forward(self, x):
        return self.head(self.memory(self.table(x))[0][:, -1])


@pytest.mark.parametrize(
    ("model", "shape"),
    [("lenet5", (1, 28, 28)), ("lenet5", (3, 32, 32)), ("cnn", (3, 17, 19)), ("mlp", (12,))],
)
def test_counts_are_those_of_the_network_and_of_the_other_ledger(model, shape):
    network = build_model(model, shape, 5, seed=0)
    ours, rows = shapes(network, torch.zeros(2, *shape)), ledger(network, torch.zeros(2, *shape))
    assert ours.parameters == sum(each.numel() for each in network.parameters())
    assert ours.multiply_accumulates == sum(row.macs for row in rows)
    assert ours.rows[-1].output == (5,)


CHAINS = [
    nn.Sequential(nn.Conv2d(2, 3, 3, stride=2), nn.MaxPool2d(2), nn.Conv2d(3, 1, 3, padding=1, dilation=2)),
    nn.Sequential(nn.Conv2d(2, 2, (3, 5), padding="same"), nn.AvgPool2d(3, 2, 1), nn.Conv2d(2, 1, 2)),
    nn.Sequential(nn.Conv1d(2, 4, 4, 3, groups=2), nn.Conv1d(4, 2, 3, padding=1), nn.MaxPool1d(2)),
    nn.Sequential(nn.Conv3d(2, 1, 2), nn.AvgPool3d(2)),
]


@pytest.mark.parametrize("chain", CHAINS, ids=range(len(CHAINS)))
def test_a_number_sees_as_much_as_its_gradient_reaches(chain):
    axes = 1 if isinstance(chain[0], nn.Conv1d) else 3 if isinstance(chain[0], nn.Conv3d) else 2
    x = torch.rand(1, 2, *[24] * axes if axes < 3 else [9] * 3, requires_grad=True)
    for parameter in chain.parameters():
        nn.init.constant_(parameter, 1.0)
    smooth = nn.Sequential(*(each if "Max" not in type(each).__name__ else _average(each) for each in chain))
    y = smooth(x)
    middle = tuple(size // 2 for size in y.shape[2:])
    (gradient,) = torch.autograd.grad(y[(0, 0, *middle)], x)
    spans = []
    for axis in range(2, gradient.dim()):
        places = (gradient.amax([a for a in range(gradient.dim()) if a != axis]) > 0).nonzero().flatten()
        spans.append(int(places[-1] - places[0]) + 1)
    last = shapes(chain, x.detach()).rows[-1]
    assert [field.size for field in last.fields] == spans
    for axis, field in enumerate(last.fields):
        places = (gradient.amax([a for a in range(gradient.dim()) if a != axis + 2]) > 0).nonzero().flatten()
        centre = float(places[0] + places[-1]) / 2
        assert field.start + field.jump * middle[axis] == centre


def _average(pool):
    kind = nn.AvgPool1d if isinstance(pool, nn.MaxPool1d) else nn.AvgPool2d
    return kind(pool.kernel_size, pool.stride, pool.padding)


def test_every_size_is_its_arithmetic_and_pytorchs():
    network = nn.Sequential(
        nn.Conv2d(1, 2, 3, 2, 1), nn.MaxPool2d(3, 2, ceil_mode=True), nn.ConvTranspose2d(2, 1, 4, 3, 1, 1)
    )
    ledger_of_shapes = shapes(network, torch.zeros(1, 1, 20, 23))
    x = torch.zeros(1, 1, 20, 23)
    for row, layer in zip(ledger_of_shapes.rows, network, strict=True):
        x = layer(x)
        assert [size.size for size in row.sizes] == list(x.shape[2:])
        assert [size.arithmetic.value for size in row.sizes] == list(x.shape[2:])
        assert row.output == tuple(x.shape[1:])


def test_functions_and_shortcuts_have_rows_of_their_own():
    ledger_of_shapes = shapes(Residual(), torch.zeros(2, 3, 15, 15))
    names = [row.name for row in ledger_of_shapes.rows]
    assert names == ["first", "block", "norm", "add", "max_pool2d", "mean", "head"]
    assert [each.size for each in ledger_of_shapes["add"].fields] == [7, 7]  # the wider of the two ways
    assert ledger_of_shapes["norm"].parameters.count == 16


def test_rows_that_no_window_reaches_are_told():
    network = nn.Sequential(nn.Conv2d(1, 1, 3, stride=2), nn.MaxPool2d(2))
    told = shapes(network, torch.zeros(1, 1, 10, 12)).warnings
    assert told == (
        "0: the last row of the input is never seen",
        "0: the last column of the input is never seen",
        "1: the last column of the input is never seen",
    )
    assert not shapes(nn.Conv2d(1, 1, 3, padding=1), torch.zeros(1, 1, 10, 12)).warnings


def test_sequences_and_shared_weights_are_counted_once():
    tied = nn.Linear(4, 4)
    network = nn.Sequential(tied, nn.Tanh(), tied)
    ledger_of_shapes = shapes(network, torch.zeros(1, 4))
    assert ledger_of_shapes.parameters == 20
    assert [row.shared for row in ledger_of_shapes.rows] == [False, False, True]
    reader = Reader()
    told = shapes(reader, torch.zeros(2, 7, dtype=torch.long))
    assert told.parameters == sum(each.numel() for each in reader.parameters())
    assert told["memory"].output == (7, 10)


def test_nothing_of_the_network_is_changed_also_when_it_raises():
    network = Residual().train()
    before = {name: each.clone() for name, each in network.state_dict().items()}
    state = torch.random.get_rng_state()
    shapes(network, torch.zeros(2, 3, 15, 15))
    with pytest.raises(ModelError, match=r"does not take a batch of shape \(2, 1, 15, 15\)"):
        shapes(network, torch.zeros(2, 1, 15, 15))
    assert all(torch.equal(before[name], each) for name, each in network.state_dict().items())
    assert torch.equal(state, torch.random.get_rng_state())
    assert network.training
    assert network.norm.training
    assert not any(each._forward_hooks or each._forward_pre_hooks for each in network.modules())


def test_the_table_is_aligned_and_the_dictionary_plain():
    ledger_of_shapes = shapes(Residual(), torch.zeros(2, 3, 15, 15))
    lines = str(ledger_of_shapes).splitlines()
    assert lines[0].split() == ["operation", "kind", "output", "parameters", "products", "sees"]
    assert "    size: floor((15 + 2·1 − 3) / 2) + 1 = 8" in lines
    assert "    products: 8·8·8·3·3·3 = 13,824" in lines
    plain = ledger_of_shapes.to_dict()
    assert plain["parameters"] == 842
    assert plain["rows"][0]["receptive_field"] == [3, 3]
    with pytest.raises(ModelError, match="no operation 'frist' in the ledger"):
        ledger_of_shapes["frist"]
