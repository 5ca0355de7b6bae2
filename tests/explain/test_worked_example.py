"""The 2-2-1 network that is worked by hand in the course: every figure of the table."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import glasshouse as gh

# Two inputs, two hidden logistic units and one output, no biases, half the squared error, rate 1.
INPUT, TARGET = [0.35, 0.9], 0.5
HIDDEN, OUT = [[0.1, 0.8], [0.4, 0.6]], [[0.3, 0.9]]
FORWARD = {
    ("z1", (0, 0)): 0.755,
    ("a1", (0, 0)): 0.6802671966986485,
    ("z1", (0, 1)): 0.68,
    ("a1", (0, 1)): 0.6637386974043528,
    ("z2", (0, 0)): 0.801444986673512,
    ("a2", (0, 0)): 0.6902834929076443,
    ("L", ()): 0.01810390383656677,
}
# The course's deltas are minus the gradients by the sums.
DELTAS = {
    ("z2", (0, 0)): -0.04068112511233903,
    ("z1", (0, 0)): -0.002654489030884742,
    ("z1", (0, 1)): -0.00817164506412987,
}
UPDATED = {
    ("0.weight", (0, 0)): 0.09907092883919034,
    ("0.weight", (0, 1)): 0.7976109598722038,
    ("0.weight", (1, 0)): 0.39713992422755456,
    ("0.weight", (1, 1)): 0.592645519442283,
    ("2.weight", (0, 0)): 0.27232596506128215,
    ("2.weight", (0, 1)): 0.8729983630089926,
}


@pytest.fixture(scope="module")
def explanation():
    net = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Sigmoid(), nn.Linear(2, 1, bias=False), nn.Sigmoid())
    net = net.double()
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor(HIDDEN, dtype=torch.float64))
        net[2].weight.copy_(torch.tensor(OUT, dtype=torch.float64))
    x = torch.tensor([INPUT], dtype=torch.float64)
    t = torch.tensor([[TARGET]], dtype=torch.float64)
    return gh.explain(net, x, t, "quadratic", {"name": "sgd", "learning_rate": 1.0})


@pytest.mark.parametrize(("place", "right"), FORWARD.items(), ids=str)
def test_every_figure_of_the_forward_pass(explanation, place, right):
    element = explanation.at(*place)
    assert element.value == pytest.approx(right, rel=1e-12)
    assert element.arithmetic.value == pytest.approx(right, rel=1e-12)


@pytest.mark.parametrize(("place", "right"), DELTAS.items(), ids=str)
def test_every_error_term(explanation, place, right):
    assert -explanation.gradient_at(*place).value == pytest.approx(right, rel=1e-12)


@pytest.mark.parametrize(("place", "right"), UPDATED.items(), ids=str)
def test_every_weight_after_one_step(explanation, place, right):
    assert explanation.gradient_at(*place).update.value == pytest.approx(right, rel=1e-12)


def test_the_text_is_a_table_that_a_teacher_could_hand_out(explanation):
    text = str(explanation)
    for line in (
        "Sequential in training: 5 steps (5 checked)",
        "z1[0,0] = W1[0,0]·x[0,0] + W1[0,1]·x[0,1] = 0.1·0.35 + 0.8·0.9 = 0.755",
        "a1[0,1] = 1/(1 + e^(−z1[0,1])) = 1/(1 + e^(−0.68)) = 0.663739",
        "L = (a2[0,0] − t[0,0])² / 2 = (0.690283 − 0.5)² / 2 = 0.0181039",
        "dz1[0,1] = da1[0,1]·f·(1 − f) = 0.036613·0.663739·(1 − 0.663739) = 0.00817165",
        "dW2[0,1] = dz2[0,0]·a1[0,1] = 0.0406811·0.663739 = 0.0270016",
        "W2[0,1] new = ",
        "= 0.872998",
    ):
        assert line in text


def test_the_way_back_of_one_weight_is_told_step_by_step(explanation):
    gradient = explanation.gradient_at("0.weight", (1, 0))
    assert [each.symbol for each in gradient.path] == ["z1", "a1", "z2", "a2"]
    assert "dW1[1,0] = dz1[0,1]·x[0,0] = 0.00817165·0.35 = 0.00286008" in str(gradient)


def test_latex_has_the_same_arithmetic(explanation):
    latex = explanation.to_latex()
    assert r"z^{(1)}_{0,0} &= W^{(1)}_{0,0} \cdot x_{0,0} + W^{(1)}_{0,1} \cdot x_{0,1} = 0.755" in latex
    assert r"\frac{\partial L}{\partial W^{(2)}_{0,1}} &= \frac{\partial L}{\partial z^{(2)}_{0,0}}" in latex
    assert latex.count(r"\begin{align*}") == latex.count(r"\end{align*}") == 10
