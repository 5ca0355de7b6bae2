"""Worked examples of activations and losses."""

from __future__ import annotations

import math

import torch

from glasshouse.activations import ACTIVATIONS
from glasshouse.core.arithmetic import exp, maximum, minimum, sigmoid
from glasshouse.core.expression import Number
from glasshouse.losses import LOSSES, CrossEntropy, Huber
from tests.facts.worked import Worked


def double(numbers):
    return torch.tensor(numbers, dtype=torch.float64)


def values(name, numbers, **settings):
    """An activation's answers."""
    return ACTIVATIONS.build({"name": name, **settings})(double(numbers)).detach().tolist()


def slope(formula, at):
    """A slope by autograd."""
    x = double(at).requires_grad_()
    formula(x).backward()
    return float(x.grad)


def bipolar_slopes():
    f = 2 * float(sigmoid(1.7 * 0.6)) - 1
    return {
        "formula": slope(lambda x: 2 * sigmoid(1.7 * x) - 1, 0.6),
        "closed": 1.7 / 2 * (1 + f) * (1 - f),
    }


def ramp(x):
    """0 below 0, x up to 1, 1 above."""
    return minimum(maximum(x, 0.0), 1.0)


def threshold_unit(theta):
    """Answers of a McCulloch-Pitts unit to 00, 01, 10, 11."""
    step = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]]).sum(1) >= theta
    return step.int().tolist()


def three_scores():
    """Exponentials of (2, 1, 0.1) and their shares, as expressions."""
    powers = [exp(Number(z, "z", (i,))) for i, z in enumerate((2.0, 1.0, 0.1))]
    rounded = [7.39, 2.71, 1.11]
    return {
        "exp": [each.value for each in powers],
        "p": [(each / (powers[0] + powers[1] + powers[2])).value for each in powers],
        "p_from_note_exps": [each / sum(rounded) for each in rounded],
    }


def cross_entropy(probabilities, label):
    """Our loss takes logits; the logarithms of probabilities are such."""
    return float(CrossEntropy()(double([probabilities]).log(), torch.tensor([label])))


def of_probabilities():
    p = [0.1, 0.1, 0.8]
    return {
        "what_the_code_returns": float(CrossEntropy()(double([p]), torch.tensor([2]))),
        "intended": cross_entropy(p, 2),
    }


def huber():
    """Values at 0.1 and 10, and which loss the slopes there are like."""
    loss = Huber(delta=1.0)

    def at(error):
        e = double([[error]]).requires_grad_()
        result = loss(e, double([[0.0]]))
        result.backward()
        return float(result.detach()), float(e.grad)

    def like(error):
        growth = at(2 * error)[1] / at(error)[1]
        return "MSE-like" if abs(growth - 2) < 1e-9 else "MAE-like" if abs(growth - 1) < 1e-9 else "neither"

    return {"values": [at(0.1)[0], at(10.0)[0]], "small": like(0.1), "large": like(10.0)}


def steepest():
    """The largest slopes of sigmoid and tanh, at 0."""
    return {name: slope(ACTIVATIONS.build(name), 0.0) for name in ("sigmoid", "tanh")}


CASES = (
    Worked(
        "binary_sigmoid_derivative",
        "The slope of the sigmoid with steepness 1.7 at 0.6.",
        lambda: {"formula": slope(lambda x: sigmoid(1.7 * x), 0.6)},
        correct={"formula": 0.3311393917404537},
        stated={"formula": 1.7 * float(sigmoid(1.7 * 0.6)) * (1 - float(sigmoid(1.7 * 0.6)))},
        tolerance=1e-8,
        why="The formula, steepness times f times (1 - f), is right.",
    ),
    Worked(
        "bipolar_sigmoid_derivative",
        "The slope of the bipolar sigmoid with steepness 1.7 at 0.6.",
        bipolar_slopes,
        correct={"formula": 0.6622787834809074, "closed": 0.6622787834998195},
        stated={"formula": 0.6622787834998195},
        tolerance=1e-8,
        why="Right; half the steepness times (1 + f)(1 - f) is shorter.",
    ),
    Worked(
        "ramp_function",
        "The ramp at -1, 0, 0.25, 1 and 3.",
        lambda: {"y": ramp(double([-1, 0, 0.25, 1, 3])).tolist()},
        correct={"y": [0.0, 0.0, 0.25, 1.0, 1.0]},
        stated={"y": [0, 0, 0.25, 1, 1]},
    ),
    Worked(
        "mcculloch_pitts_threshold",
        "A unit that answers AND of two inputs, and one that answers OR.",
        lambda: {"y": threshold_unit(2), "theta": 2, "y_or": threshold_unit(1)},
        correct={"y": [0, 0, 0, 1], "theta": 2, "y_or": [0, 1, 1, 1]},
        stated={"y": threshold_unit(0)},
        wrong=("y",),
        why="Without a threshold the unit compares with 0 and always fires.",
    ),
    Worked(
        "softmax_2_1_01",
        "Softmax of (2, 1, 0.1).",
        three_scores,
        correct={
            "exp": [7.38905609893065, 2.718281828459045, 1.1051709180756477],
            "p": [0.6590011388859679, 0.2424329707047139, 0.09856589040931818],
            "p_from_note_exps": [0.6592328278322925, 0.24174843889384476, 0.09901873327386262],
        },
        stated={"exp": [7.39, 2.71, 1.11], "p": [0.64, 0.24, 0.12]},
        wrong=("p",),
        tolerance={"exp": 0.01, "p": 0.005},
        why="The rounded exponentials give the right shares as well; 0.64 and 0.12 are slips.",
    ),
    Worked(
        "mse_single",
        "Squared error of a prediction of 2 for 3.",
        lambda: {"mse": float(LOSSES.build("mse")(double([[2.0]]), double([[3.0]])))},
        correct={"mse": 1.0},
        stated={"mse": 1},
    ),
    Worked(
        "bce_0.8",
        "Binary cross-entropy of 0.8 for the true class.",
        lambda: {"loss": cross_entropy([0.2, 0.8], 1)},
        correct={"loss": 0.2231435513142097},
        stated={"loss": 0.223},
        tolerance=5e-4,
    ),
    Worked(
        "bce_0.9",
        "Binary cross-entropy of 0.9 for the true class.",
        lambda: {"loss": cross_entropy([0.1, 0.9], 1)},
        correct={"loss": 0.10536051565782628},
        stated={"loss": 0.105},
        tolerance=5e-4,
    ),
    Worked(
        "cce_0.2",
        "Cross-entropy of (0.7, 0.2, 0.1) for a one-hot target, class 1.",
        lambda: {"loss": float(-(double([0.0, 1.0, 0.0]) * double([0.7, 0.2, 0.1]).log()).sum())},
        correct={"loss": 1.6094379124341003},
        stated={"loss": 1.609},
        tolerance=5e-4,
    ),
    Worked(
        "sparse_cce_0.2",
        "The same for a class index.",
        lambda: {"loss": cross_entropy([0.7, 0.2, 0.1], 1)},
        correct={"loss": 1.6094379124341003},
        stated={"loss": 1.609},
        tolerance=5e-4,
    ),
    Worked(
        "torch_cross_entropy_on_probabilities",
        "Probabilities (0.1, 0.1, 0.8) given to a loss that takes logits, class 2.",
        of_probabilities,
        correct={"what_the_code_returns": 0.6897266409702165, "intended": 0.2231435513142097},
        stated={"intended": 0.2231435513142097, "what_the_code_returns": 0.2231435513142097},
        wrong=("what_the_code_returns",),
        tolerance=1e-12,
        why="Softmax is applied a second time. The loss never falls below ln(1 + 2/e) for three classes.",
    ),
    Worked(
        "activation_code_values",
        "Sigmoid, tanh, ReLU, ELU and softmax of (-1, 0, 1).",
        lambda: {
            **{name: values(name, [-1.0, 0.0, 1.0]) for name in ("sigmoid", "tanh", "relu", "elu")},
            "softmax": torch.softmax(double([-1.0, 0.0, 1.0]), 0).tolist(),
        },
        correct={
            "sigmoid": [0.2689414213699951, 0.5, 0.7310585786300049],
            "tanh": [-0.7615941559557649, 0.0, 0.7615941559557649],
            "relu": [0, 0, 1],
            "elu": [-0.6321205588285577, 0, 1],
            "softmax": [0.09003057317038046, 0.24472847105479767, 0.6652409557748219],
        },
    ),
    Worked(
        "prelu_as_max",
        "PReLU with a learnt slope of 1.5 at -2 and 2.",
        lambda: {"y": torch.nn.PReLU(init=1.5).double()(double([-2.0, 2.0])).tolist()},
        correct={"y": [-3.0, 2.0]},
        stated={"y": [max(1.5 * x, x) for x in (-2.0, 2.0)]},
        wrong=("y",),
        why="The maximum of a x and x is PReLU for slopes up to 1 only.",
    ),
    Worked(
        "huber_regimes",
        "Huber's loss with delta 1 at errors of 0.1 and 10, and what it is like there.",
        huber,
        correct={"small": "MSE-like", "large": "MAE-like", "values": [0.005, 9.5]},
        stated={"small": "MAE-like", "large": "MSE-like"},
        wrong=("small", "large"),
        why="The other way round.",
    ),
    Worked(
        "tanh_identity_004",
        "Tanh of 0.7 by the sigmoid: 2/(1 + e^(-2x)) - 1.",
        lambda: {"v": values("tanh", [0.7])[0]},
        correct={"v": 0.6043677771171636},
        stated={"v": 2 / (1 + math.exp(-1.4)) - 1},
        tolerance=1e-14,
    ),
    Worked(
        "sigmoid_max_derivative",
        "The largest slopes of sigmoid and tanh.",
        steepest,
        correct={"sigmoid": 0.25, "tanh": 1.0},
        stated={"sigmoid": 0.25, "tanh": 1.0},
    ),
    Worked(
        "elu_asymptote",
        "Where ELU with alpha 1 ends, and its value at -20.",
        lambda: {"limit": values("elu", [-1000.0])[0], "value": values("elu", [-20.0])[0]},
        correct={"limit": -1.0, "value": -0.9999999979388464},
        stated={"limit": 1.0},
        wrong=("limit",),
        why="It saturates at minus alpha.",
    ),
)
