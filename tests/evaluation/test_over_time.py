"""What is told of time: gradients are autograd's, gates are those of the written-out cell."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import glasshouse as gh
from glasshouse.data.parts import Part
from glasshouse.evaluation.over_time import gates_over_time, gradient_over_time
from glasshouse.layers import LSTMCell
from glasshouse.losses import LOSSES
from glasshouse.models import language_model, recurrent
from glasshouse.objectives import Supervised
from glasshouse.objectives.language import Language


def test_the_gradient_of_each_step_is_that_of_autograd():
    torch.manual_seed(0)
    net = recurrent((6, 2), 1, units=4, cell="gru", dropout=0.5)
    part = Part(torch.randn(3, 6, 2), torch.randn(3, 1), np.arange(3))
    found = gradient_over_time(net, Supervised(LOSSES.build("mse")), part)
    x = part.inputs.clone().requires_grad_()
    losses = [F.mse_loss(net.eval()(x[row : row + 1]), part.targets[row : row + 1]) for row in range(3)]
    (gradient,) = torch.autograd.grad(sum(losses), x)
    np.testing.assert_allclose(found, gradient.norm(dim=2).mean(dim=0), rtol=1e-5)
    assert all(each.grad is None for each in net.parameters())


def test_rows_of_different_lengths_are_counted_from_their_ends():
    net = recurrent((4,), 3, tokens=9, units=4, dropout=0.0)
    part = Part(torch.tensor([[2, 3, 4, 0], [5, 0, 0, 0]]), torch.tensor([0, 1]), np.arange(2))
    objective = Supervised(LOSSES.build("cross_entropy"))
    found = gradient_over_time(net, objective, part, tokens=True)
    first = gradient_over_time(net, objective, Part(part.inputs[:1], part.targets[:1], np.arange(1)), True)
    second = gradient_over_time(net, objective, Part(part.inputs[1:], part.targets[1:], np.arange(1)), True)
    assert found[:2] == pytest.approx(first[:2])
    assert found[2] == pytest.approx((first[2] + second[0]) / 2)


def test_of_a_language_the_surprise_at_the_last_token_counts():
    net = language_model((5,), 9, tokens=9, units=4)
    part = Part(torch.randint(2, 9, (2, 5)), torch.randint(2, 9, (2, 5)), np.arange(2))
    assert len(gradient_over_time(net, Language(), part, tokens=True)) == 5


def test_gates_are_those_of_the_cell():
    torch.manual_seed(1)
    net = recurrent((5, 2), 1, units=3, bidirectional=False, dropout=0.0)
    part = Part(torch.randn(1, 5, 2), torch.zeros(1, 1), np.arange(1))
    found = gates_over_time(net, part)
    cell, layer = LSTMCell(2, 3), net.recurrent
    with torch.no_grad():
        for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            getattr(cell, kind).copy_(getattr(layer, f"{kind}_l0"))
        h = c = torch.zeros(1, 3)
        for step in range(5):
            sums = (
                part.inputs[:, step] @ cell.weight_ih.T + cell.bias_ih + h @ cell.weight_hh.T + cell.bias_hh
            )
            forget = torch.sigmoid(sums[:, 3:6])
            assert found["gates"]["forget"][step] == pytest.approx(float(forget.mean()), rel=1e-5)
            h, c = cell(part.inputs[:, step], (h, c))
    assert found["steps"] == ["0", "1", "2", "3", "4"]


def test_a_simple_cell_has_no_gates():
    net = recurrent((5, 2), 1, cell="rnn", units=3)
    assert gates_over_time(net, Part(torch.randn(1, 5, 2), torch.zeros(1, 1), np.arange(1))) is None


def test_the_report_of_the_adding_problem_shows_time(tmp_path):
    experiment = gh.Experiment(
        data={"source": "adding", "window": 8, "most_rows": 2000},
        model={"name": "recurrent", "cell": "gru", "units": 24, "dropout": 0.0, "bidirectional": False},
        training={"epochs": 12, "learning_rate": 0.01},
        output={"onnx": False},
    )
    run = gh.run(experiment, out=tmp_path)
    assert run.metrics["test"]["rmse"] ** 2 < 0.01
    mean = run.evaluation["baselines"][0]
    assert mean["metrics"]["rmse"] ** 2 == pytest.approx(1 / 6, rel=0.1)
    page = run.report.read_text()
    assert "Gradient over time" in page
    assert "Gates over time" in page
    assert len(run.record("over_time")["before"]) == 8
