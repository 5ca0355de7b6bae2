"""Errata about activations."""

from __future__ import annotations

import itertools
import math

import torch

from errata.close import close, random, tensor
from errata.entry import Proof
from glasshouse.activations import ACTIVATIONS


def slope_at(name: str, x: float, **settings: float) -> float:
    """The slope of an activation by autograd."""
    at = tensor(x, learnt=True)
    ACTIVATIONS.build({"name": name, **settings})(at).backward()
    return float(at.grad)


def prelu_forms() -> Proof:
    """PReLU with a slope above 1, and the form with max."""
    prelu = torch.nn.PReLU(init=1.5).double()
    x = tensor([-2.0, 2.0])
    right, wrong = prelu(x).detach(), torch.maximum(1.5 * x, x)
    below = torch.nn.PReLU(init=0.25).double()(x).detach()
    return Proof(
        {
            "low": float(right[0]),
            "high": float(right[1]),
            "max_low": wrong[0].item(),
            "max_high": wrong[1].item(),
        },
        {
            "above 1 the forms differ": close(right, [-3.0, 2.0]) and close(wrong, [-2.0, 3.0]),
            "below 1 they agree": close(below, torch.maximum(0.25 * x, x)),
        },
    )


def leaky_slopes() -> Proof:
    """Default slopes of leaky ReLU."""
    ours = float(ACTIVATIONS.build("leaky_relu")(tensor(-1.0)))
    other = float(ACTIVATIONS.build({"name": "leaky_relu", "negative_slope": 0.1})(tensor(-1.0)))
    return Proof({"usual": ours, "other": other}, {"PyTorch has 0.01": close(ours, -0.01)})


def tanh_signs() -> Proof:
    """Tanh by its definition, and with the minus lost."""
    x = 0.7
    up, down = math.exp(x), math.exp(-x)
    right, lost = (up - down) / (up + down), up * down / (up + down)
    return Proof(
        {"right": right, "lost": lost, "two": 2 / (1 + math.exp(-2 * x)) - 1},
        {
            "it is tanh": close(right, math.tanh(x)),
            "with the sign lost it is not": not close(lost, right, 0.1),
        },
    )


def thresholds() -> Proof:
    """What a McCulloch-Pitts unit answers for all inputs of 0 and 1, by its threshold."""
    inputs = list(itertools.product((0, 1), repeat=2))
    answers = {theta: [int(sum(x) >= theta) for x in inputs] for theta in (0, 1, 2)}
    return Proof(
        {name: "".join(map(str, answers[theta])) for theta, name in enumerate(("always", "some", "both"))},
        {
            "with threshold 0 it always fires": answers[0] == [1, 1, 1, 1],
            "with 1 it is OR, with 2 it is AND": (answers[1], answers[2]) == ([0, 1, 1, 1], [0, 0, 0, 1]),
        },
    )


def step_is_not_linear() -> Proof:
    """The step of a sum against the sum of the steps; and its slope."""
    together = int(1 + 1 > 0)
    apart = int(1 > 0) + int(1 > 0)
    moved = [int(0.3 + nudge > 0) for nudge in (-1e-6, 1e-6)]
    return Proof(
        {"together": together, "apart": apart},
        {"it does not add up": together != apart, "a small change changes nothing": moved[0] == moved[1]},
    )


def sigmoid_pair() -> Proof:
    """The sigmoid of 0.53, and its form between -1 and 1."""
    net = 0.8 * 0.1 + 0.6 * 0.3 - 0.4 * 0.2 + 0.35
    y = float(ACTIVATIONS.build("sigmoid")(tensor(net)))
    bipolar = math.tanh(net / 2)
    return Proof(
        {"y": y, "bipolar": bipolar, "of_wrong": 2 * 0.625 - 1},
        {
            "it is not 0.625": not close(y, 0.625, 0.0005),
            "the two forms are one": close(2 * y - 1, bipolar),
        },
    )


def slopes_are_no_activations() -> Proof:
    """The sigmoid's slope as an activation: it gives opposite inputs the same answer."""
    slopes = [slope_at("sigmoid", x) for x in (-2.0, 2.0)]
    return Proof({"slope": slopes[0]}, {"it cannot tell -2 from 2": close(slopes[0], slopes[1])})


def open_ranges() -> Proof:
    """Sigmoid and softmax far out: never 0 or 1 but for rounding."""
    far = float(ACTIVATIONS.build("sigmoid")(tensor(20.0)))
    shares = torch.softmax(tensor([30.0, 0.0]), 0)
    rounded = float(torch.sigmoid(torch.tensor(20.0, dtype=torch.float32)))
    return Proof(
        {"far": far, "least": float(shares[1]), "rounded": rounded},
        {"below 1": far < 1, "above 0": float(shares[1]) > 0, "float32 rounds it to 1": rounded == 1.0},
    )


def bipolar_slope() -> Proof:
    """The unfinished quotient, its closed form, and autograd."""
    steep, x = 1.7, 0.6
    e = math.exp(-steep * x)
    unfinished = steep * e * ((1 + e) + (1 - e)) / (1 + e) ** 2
    at = tensor(x, learnt=True)
    f = 2 / (1 + torch.exp(-steep * at)) - 1
    f.backward()
    value = float(f.detach())
    finished = steep / 2 * (1 + value) * (1 - value)
    return Proof(
        {"slope": finished},
        {"the three agree": close(unfinished, finished) and close(finished, at.grad)},
    )


def softmax_of_three() -> Proof:
    """Softmax of (2, 1, 0.1)."""
    shares = torch.softmax(tensor([2.0, 1.0, 0.1]), 0)
    by_hand = tensor([math.exp(z) for z in (2.0, 1.0, 0.1)])
    claimed = tensor([0.64, 0.24, 0.12])
    return Proof(
        {"a": float(shares[0]), "b": float(shares[1]), "c": float(shares[2]), "over": float(by_hand.sum())},
        {
            "by definition": close(shares, by_hand / by_hand.sum()),
            "0.64 and 0.12 are off": float((shares - claimed).abs().max()) > 0.015,
        },
    )


def softmax_of_two() -> Proof:
    """Softmax of two and the sigmoid of their difference."""
    z = random(100, 2)
    return Proof(
        {"p": float(torch.softmax(tensor([0.4, 1.2]), 0)[1]), "s": float(torch.sigmoid(tensor(0.8)))},
        {"they are equal": close(torch.softmax(z, 1)[:, 1], torch.sigmoid(z[:, 1] - z[:, 0]))},
    )


def elu_far_out() -> Proof:
    """ELU at -20: its value and its slope."""
    value = float(ACTIVATIONS.build("elu")(tensor(-20.0)))
    return Proof(
        {"value": value, "slope": slope_at("elu", -20.0), "two": float(torch.nn.ELU(2.0)(tensor(-20.0)))},
        {
            "it ends at minus alpha": close(value, -1.0, 1e-8) and not close(value, 1.0, 1),
            "its slope vanishes": slope_at("elu", -20.0) < 1e-8,
        },
    )


def elu_kink() -> Proof:
    """The slopes of ELU left and right of 0."""
    left, right = slope_at("elu", -1e-9, alpha=2.0), slope_at("elu", 1e-9, alpha=2.0)
    smooth = slope_at("elu", -1e-9, alpha=1.0)
    return Proof(
        {"left": left, "right": right},
        {
            "at alpha = 2 there is a kink": close(left, 2, 1e-6) and right == 1,
            "at 1 none": close(smooth, 1, 1e-6),
        },
    )


def elu_in_one_line() -> Proof:
    """ELU as max plus min."""
    x = random(200)
    right = x.clamp(min=0) + (0.5 * torch.expm1(x)).clamp(max=0)
    either = torch.maximum(x, 0.5 * torch.expm1(x))
    return Proof(
        {},
        {
            "equal to PyTorch's": close(right, torch.nn.functional.elu(x, 0.5)),
            "not max": not close(either, right),
        },
    )
