"""Worked examples of weighted sums, backpropagation and gradient descent."""

from __future__ import annotations

import torch

from glasshouse.core.arithmetic import sigmoid
from glasshouse.core.elementwise import Elementwise
from glasshouse.core.expression import Number
from glasshouse.layers.linear import LinearRule
from glasshouse.optimizers import OPTIMIZERS
from tests.facts.worked import Worked

X = torch.tensor([[0.35, 0.9]], dtype=torch.float64)
TARGET = 0.5
START = {"w13": 0.1, "w23": 0.8, "w14": 0.4, "w24": 0.6, "w35": 0.3, "w45": 0.9}
ROUNDED = {"w13": 0.0991, "w23": 0.7976, "w14": 0.3971, "w24": 0.5926, "w35": 0.2724, "w45": 0.8731}
LINEAR = LinearRule()
SIGMOID = Elementwise(lambda x: sigmoid(x), lambda x: sigmoid(x) * (1 - sigmoid(x)))
PROBLEM = "Two inputs (0.35, 0.9), two hidden sigmoid units and one output, no biases, target 0.5, rate 1: "


def matrices(weights):
    """The weights as PyTorch stores them: a row for each receiving unit."""
    hidden = [[weights["w13"], weights["w23"]], [weights["w14"], weights["w24"]]]
    out = [[weights["w35"], weights["w45"]]]
    return torch.tensor(hidden, dtype=torch.float64), torch.tensor(out, dtype=torch.float64)


def forward(weights):
    """Sums a and outputs y of units 3, 4 and 5, by the rules that explain them."""
    hidden, out = matrices(weights)
    first, first_saved = LINEAR.forward({"x": X, "weight": hidden})
    h, h_saved = SIGMOID.forward({"x": first["y"]})
    second, second_saved = LINEAR.forward({"x": h["y"], "weight": out})
    y, y_saved = SIGMOID.forward({"x": second["y"]})
    numbers = {
        "a1": LINEAR.expand(first_saved, "y", (0, 0)).value,
        "a2": LINEAR.expand(first_saved, "y", (0, 1)).value,
        "a3": LINEAR.expand(second_saved, "y", (0, 0)).value,
        "y3": float(h["y"][0, 0]),
        "y4": float(h["y"][0, 1]),
        "y5": float(y["y"]),
        "error": TARGET - float(y["y"]),
        "half_sq_error": 0.5 * (TARGET - float(y["y"])) ** 2,
    }
    return numbers, (first_saved, h_saved, second_saved, y_saved), y["y"]


def backward():
    """The errors of the units (as minus the gradient by their sums) and the gradients of the weights."""
    _, (first_saved, h_saved, second_saved, y_saved), y = forward(START)
    dy = SIGMOID.backward(y_saved, {"y": y - TARGET})["x"]
    second = LINEAR.backward(second_saved, {"y": dy})
    dh = SIGMOID.backward(h_saved, {"y": second["x"]})["x"]
    first = LINEAR.backward(first_saved, {"y": dh})
    slopes = {
        "w13": first["weight"][0, 0],
        "w23": first["weight"][0, 1],
        "w14": first["weight"][1, 0],
        "w24": first["weight"][1, 1],
        "w35": second["weight"][0, 0],
        "w45": second["weight"][0, 1],
    }
    errors = {"delta5": -float(dy), "delta3": -float(dh[0, 0]), "delta4": -float(dh[0, 1])}
    return errors, {name: float(slope) for name, slope in slopes.items()}


def updated():
    """All weights after a step of Glasshouse's plain gradient descent with rate 1."""
    _, slopes = backward()
    weights = {name: torch.nn.Parameter(torch.tensor(w, dtype=torch.float64)) for name, w in START.items()}
    optimizer = OPTIMIZERS.build({"name": "sgd", "learning_rate": 1.0}, list(weights.values()))
    for name, weight in weights.items():
        weight.grad = torch.tensor(slopes[name], dtype=torch.float64)
    optimizer.step()
    return {name: float(weight.detach()) for name, weight in weights.items()}


def errors_and_steps():
    errors, slopes = backward()
    new = updated()
    return {
        **errors,
        "dw45": -slopes["w45"],
        "w45_new": new["w45"],
        "dw14": -slopes["w14"],
        "w14_new": new["w14"],
    }


def one_neuron():
    """One unit with a bias: its sum and its answer, both ways of squashing."""
    x = torch.tensor([[0.8, 0.6, 0.4]], dtype=torch.float64)
    weight = torch.tensor([[0.1, 0.3, -0.2]], dtype=torch.float64)
    bias = torch.tensor([0.35], dtype=torch.float64)
    _, saved = LINEAR.forward({"x": x, "weight": weight, "bias": bias})
    z = LINEAR.expand(saved, "y", (0, 0))
    binary = sigmoid(z)
    return {"net": z.value, "binary": binary.value, "bipolar": (2 * binary - 1).value}


def descend(steps):
    """Gradient descent on half the squared error of w x against 6, from w = 5 with x = 2 and rate 0.1."""
    w = torch.nn.Parameter(torch.tensor(5.0, dtype=torch.float64))
    optimizer = OPTIMIZERS.build({"name": "sgd", "learning_rate": 0.1}, [w])
    places, losses, slopes = [5.0], [], []
    for _ in range(steps):
        loss = 0.5 * (6 - 2 * w) ** 2
        losses.append(float(loss.detach()))
        optimizer.zero_grad()
        loss.backward()
        slopes.append(float(w.grad))
        optimizer.step()
        places.append(float(w.detach()))
    return places, losses, slopes


def one_step():
    places, losses, slopes = descend(2)
    return {
        "grad": slopes[0],
        "w_new": places[1],
        "w_opt": 6 / 2,
        "loss_before": losses[0],
        "loss_after": losses[1],
        "pred_before": 2 * places[0],
        "pred_after": 2 * places[1],
    }


def rows_are_inputs():
    """The layer from 2 to 3 units in the convention with one column for each unit."""
    layer = torch.nn.Linear(2, 3, bias=False).double()
    matrix = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], dtype=torch.float64)
    z = LINEAR.forward({"x": torch.tensor([[7.0, 8.0]]).double(), "weight": matrix.T}).outputs["y"][0]
    return {
        "W_shape": list(layer.weight.T.shape),
        "z_len": len(z),
        "example_x": [7.0, 8.0],
        "example_W": matrix.tolist(),
        "example_z": z.tolist(),
    }


def vanishing():
    """Factors of a quarter as expressions."""
    quarter = Number(0.25, "slope")
    return {"v": (0.9 * quarter**4).value, "with_three_factors": (0.9 * quarter**3).value}


AFTER = {
    "w13": 0.09907092883919034, "w23": 0.7976109598722038, "w14": 0.39713992422755456,
    "w24": 0.592645519442283, "w35": 0.27232596506128215, "w45": 0.8729983630089926,
}  # fmt: skip

TEN_STEPS = [
    5.0, 4.2, 3.72, 3.432, 3.2592, 3.15552, 3.093312, 3.0559872, 3.03359232, 3.020155392, 3.0120932352,
]  # fmt: skip

CASES = (
    Worked(
        "bp1_forward_1",
        PROBLEM + "the first forward pass.",
        lambda: forward(START)[0],
        correct={
            "a1": 0.755, "y3": 0.6802671966986485, "a2": 0.68, "y4": 0.6637386974043528,
            "a3": 0.801444986673512, "y5": 0.6902834929076443, "error": -0.19028349290764435,
            "half_sq_error": 0.01810390383656677,
        },
        stated={"a1": 0.755, "y3": 0.68, "a2": 0.68, "y4": 0.6637, "a3": 0.801, "y5": 0.69, "error": -0.19},
        tolerance={"a1": 5e-4, "y3": 5e-3, "a2": 5e-4, "y4": 5e-5, "a3": 5e-4, "y5": 5e-3, "error": 5e-3},
        why="Right to the printed digits; using 0.68 and 0.69 further makes later digits drift.",
    ),
    Worked(
        "bp1_backward",
        PROBLEM + "errors of the units and two steps. Unit 4 takes w45 as it was before its step.",
        errors_and_steps,
        correct={
            "delta5": -0.04068112511233903, "delta3": -0.002654489030884742, "delta4": -0.00817164506412987,
            "dw45": -0.027001636991007414, "w45_new": 0.8729983630089926,
            "dw14": -0.002860075772445454, "w14_new": 0.39713992422755456,
        },
        stated={
            "delta5": -0.0406, "delta3": -0.00265, "delta4": -0.0082, "dw45": -0.0269, "w45_new": 0.8731,
            "dw14": -0.00287, "w14_new": 0.3971,
        },
        tolerance={
            "delta5": 5e-4, "delta3": 5e-5, "delta4": 5e-5, "dw45": 2e-4, "w45_new": 2e-4, "dw14": 2e-5,
            "w14_new": 5e-5,
        },
        why="Right within what rounding on the way does.",
    ),
    Worked(
        "bp1_updated_weights",
        PROBLEM + "all weights after one step.",
        updated,
        correct=AFTER,
        stated=ROUNDED,
        tolerance=1.5e-4,
        why="Right but for two last digits: exactly, w35 is 0.2723 and w45 is 0.8730.",
    ),
    Worked(
        "bp1_forward_2",
        PROBLEM + "the forward pass after the step. The error shrinks.",
        lambda: forward(updated())[0],
        correct={
            "a1": 0.7525246889787001, "y3": 0.6797285672285043, "a2": 0.6723799409776988,
            "y4": 0.662035862797593, "a3": 0.7630639625257697, "y5": 0.6820185832642942,
            "error": -0.1820185832642942, "half_sq_error": 0.016565382326770402,
        },
        stated={
            "a1": 0.7525, "y3": 0.6797, "a2": 0.6723, "y4": 0.662, "a3": 0.7631, "y5": 0.682, "error": -0.182,
        },
        tolerance={"a1": 2e-4, "y3": 1e-4, "a2": 2e-4, "y4": 1e-4, "a3": 2e-4, "y5": 1e-4, "error": 2e-4},
    ),
    Worked(
        "bp1_forward_2_from_rounded_weights",
        PROBLEM + "the same from weights rounded to four decimals.",
        lambda: forward(ROUNDED)[0],
        correct={
            "a1": 0.752525, "y3": 0.6797286349371041, "a2": 0.672325, "y4": 0.662023569953214,
            "a3": 0.7631708590830182, "y5": 0.6820417653878456,
        },
        stated={"a1": 0.7525, "y3": 0.6797, "a2": 0.6723, "y4": 0.662, "a3": 0.7631, "y5": 0.682},
        tolerance=1e-4,
    ),
    Worked(
        "net_bias_binary_bipolar_sigmoid",
        "Inputs (0.8, 0.6, 0.4), weights (0.1, 0.3, -0.2), bias 0.35: sum, sigmoid, bipolar sigmoid.",
        one_neuron,
        correct={"net": 0.53, "binary": 0.6294831119673949, "bipolar": 0.25896622393478985},
        stated={"net": 0.53, "binary": 0.625, "bipolar": 0.259},
        wrong=("binary",),
        tolerance={"net": 1e-12, "binary": 5e-4, "bipolar": 5e-4},
        why="The two contradict each other: twice 0.625 less 1 is 0.25.",
    ),
    Worked(
        "gd_one_step",
        "Half the squared error of w x against 6, at w = 5 with x = 2: one step with rate 0.1.",
        one_step,
        correct={
            "grad": 8.0, "w_new": 4.2, "w_opt": 3.0, "loss_before": 8.0, "loss_after": 2.88,
            "pred_before": 10.0, "pred_after": 8.4,
        },
        stated={"grad": 8, "w_new": 4.2, "w_opt": 3},
        tolerance=1e-12,
    ),
    Worked(
        "gd_ten_steps_extension",
        "The same for ten steps, against the closed form 3 + 2 * 0.6^k.",
        lambda: {"w": descend(10)[0], "closed_form": [3 + 2 * 0.6**k for k in range(11)]},
        correct={"w": TEN_STEPS, "closed_form": TEN_STEPS},
        tolerance=1e-12,
    ),
    Worked(
        "weight_matrix_shape_2x3",
        "The weights of a layer from 2 to 3 units, with a row for each input.",
        rows_are_inputs,
        correct={
            "W_shape": [2, 3], "z_len": 3, "example_x": [7.0, 8.0],
            "example_W": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "example_z": [39.0, 54.0, 69.0],
        },
        stated={"W_shape": [2, 3], "z_len": 3},
        why="PyTorch stores the transpose, a row for each unit.",
    ),
    Worked(
        "sigmoid_grad_pow10",
        "Ten slopes of a quarter.",
        lambda: {"v": (Number(0.25) ** 10).value},
        correct={"v": 9.5367431640625e-07},
        stated={"v": 9.5e-07},
        tolerance=5e-9,
    ),
    Worked(
        "chain_0.9_x_0.25_pow4",
        "An error of 0.9 through four slopes of a quarter.",
        vanishing,
        correct={"v": 0.003515625, "with_three_factors": 0.0140625},
        stated={"v": 0.014},
        wrong=("v",),
        tolerance=5e-4,
        why="0.014 has three factors.",
    ),
    Worked(
        "chain_50_layers_extension",
        "Fifty slopes of a quarter.",
        lambda: {"v": (Number(0.25) ** 50).value},
        correct={"v": 7.888609052210118e-31},
    ),
)  # fmt: skip
