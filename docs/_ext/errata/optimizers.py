"""Errata about optimizers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch

from errata.close import close, tensor
from errata.entry import Proof
from glasshouse.optimizers import OPTIMIZERS


def path(name: str, gradients: Sequence[float], w: float = 0.0, **settings: Any) -> list[float]:
    """Where a weight stands after each step of an optimizer that is given these gradients."""
    weight = torch.nn.Parameter(tensor(w))
    optimizer = OPTIMIZERS.build({"name": name, **settings}, [weight])
    places = []
    for gradient in gradients:
        weight.grad = tensor(gradient)
        optimizer.step()
        places.append(float(weight.detach()))
    return places


def step_sizes() -> Proof:
    """Gradient descent on a parabola with the curvature 4, below and above the limit."""
    ends = {}
    for name, rate in (("low", 0.1), ("limit", 0.49), ("high", 0.51)):
        w = 5.0
        for _ in range(50):
            w -= rate * 4 * (w - 3)
        ends[name] = abs(w - 3)
    return Proof(
        ends,
        {"below 2/L it converges": ends["low"] < ends["limit"] < 0.5, "above it diverges": ends["high"] > 10},
    )


def gradient_of_one_sample() -> Proof:
    """One step on a sample, and on a batch of two, by autograd and by hand."""
    x, t = tensor([[1.0], [2.0]]), tensor([[1.0], [6.0]])
    moved = {}
    for name, rows in (("sample", slice(1, 2)), ("batch", slice(0, 2))):
        w = tensor([[0.5]], learnt=True)
        (0.5 * (x[rows] @ w - t[rows]) ** 2).mean().backward()
        moved[name] = float((w - 0.1 * w.grad).detach())
    by_hand = [(0.5 - 1) * 1, (1.0 - 6) * 2]
    return Proof(
        moved,
        {
            "the sample's own gradient": close(moved["sample"], 0.5 - 0.1 * by_hand[1]),
            "the mean of the batch": close(moved["batch"], 0.5 - 0.1 * sum(by_hand) / 2),
        },
    )


def momentum_forms() -> Proof:
    """Five steps with a constant gradient of 1 in both forms."""
    places = path("momentum", [1.0] * 5, learning_rate=0.1, momentum=0.9)
    lengths = [before - after for before, after in zip([0.0, *places], places, strict=False)]
    mean, average = 0.0, []
    for _ in range(5):
        mean = 0.9 * mean + 0.1 * 1.0
        average.append(0.1 * mean)
    return Proof(
        {"sum": lengths[4], "average": average[4], "limit": 1 / (1 - 0.9)},
        {
            "one is ten times the other": all(
                close(a, 10 * b) for a, b in zip(lengths, average, strict=True)
            ),
            "a sum, not an average": lengths[4] > 4 * lengths[0],
        },
    )


def epsilon_places() -> Proof:
    """The first Adagrad step for a gradient of 1e-5, with epsilon outside and inside the root."""
    outside = -path("adagrad", [1e-5], learning_rate=0.1, epsilon=1e-8)[0]
    inside = 0.1 * 1e-5 / math.sqrt(1e-5**2 + 1e-8)
    return Proof(
        {"outside": outside, "inside": inside, "acts": math.sqrt(1e-8)},
        {
            "tenfold": outside > 10 * inside,
            "outside: g / (|g| + epsilon)": close(outside, 0.1 * 1e-5 / (1e-5 + 1e-8)),
        },
    )


def adagrad_rates() -> Proof:
    """Adagrad with two weights, one of which has ten times the gradient of the other."""
    weights = torch.nn.Parameter(tensor([0.0, 0.0]))
    optimizer = OPTIMIZERS.build({"name": "adagrad", "learning_rate": 0.1}, [weights])
    rates, before = [], weights.detach().clone()
    gradient = tensor([1.0, 0.1])
    for _ in range(10):
        weights.grad = gradient.clone()
        optimizer.step()
        rates.append((before - weights.detach()) / gradient)
        before = weights.detach().clone()
    sizes = torch.stack(rates)
    return Proof(
        {
            "first": float(sizes[0, 0]),
            "last": float(sizes[9, 0]),
            "small_first": float(sizes[0, 1]),
            "small_last": float(sizes[9, 1]),
        },
        {
            "each weight has its own rate": close(sizes[0, 1], 10 * sizes[0, 0], 1e-6),
            "no rate ever rises": bool((sizes[1:] < sizes[:-1]).all()),
            "they fall with the root of the sum of squares": close(sizes[9, 0], 0.1 / math.sqrt(10), 1e-6),
        },
    )


def rms() -> Proof:
    """The root of a mean of squares and the mean of roots, for gradients 1 and 3 in turn."""
    square, size = 0.0, 0.0
    for step in range(2000):
        gradient = 1.0 if step % 2 else 3.0
        square = 0.99 * square + 0.01 * gradient**2
        size = 0.99 * size + 0.01 * abs(gradient)
    w = path("rmsprop", [1.0 if step % 2 else 3.0 for step in range(2000)], learning_rate=0.01)
    taken = w[-2] - w[-1]
    return Proof(
        {"root": math.sqrt(square), "mean": size},
        {
            "they differ": math.sqrt(square) > size + 0.2,
            "RMSprop divides by the former": close(taken, 0.01 / math.sqrt(square), 2e-4),
        },
    )


def adam_bracket() -> Proof:
    """The first step of Adam for a tiny gradient, and with the bracket elsewhere."""
    right = -path("adam", [1e-9], learning_rate=0.001)[0]
    misplaced = 0.001 * (1e-9 / 1e-9 + 1e-8)
    return Proof(
        {"right": right, "misplaced": misplaced},
        {
            "right: g / (|g| + epsilon)": close(right, 0.001 * 1e-9 / 1.1e-8),
            "not the other": misplaced > 5 * right,
        },
    )


def adadelta_first() -> Proof:
    """The first step of Adadelta from the paper, and of RMSprop with the same settings."""
    taken = -path("adadelta", [0.5], learning_rate=1.0, decay=0.95, epsilon=1e-6)[0]
    rms_g = math.sqrt(0.05 * 0.25 + 1e-6)
    by_paper = math.sqrt(1e-6) / rms_g * 0.5
    as_rmsprop = 0.5 / rms_g
    doubled = -path("adadelta", [500.0], learning_rate=1.0, decay=0.95, epsilon=1e-6)[0]
    return Proof(
        {"taken": taken, "rmsprop": as_rmsprop},
        {
            "the paper's numerator is there": close(taken, by_paper),
            "without it the step is a thousand times as long": as_rmsprop > 500 * taken,
            "the gradient's scale cancels": close(doubled, taken, 1e-5),
        },
    )


def decays() -> Proof:
    """Weights without any gradient from the data, under Adam with L2, under AdamW, and under SGD."""

    def shrunk(name: str, **settings: float) -> list[float]:
        weights = torch.nn.Parameter(tensor([1.0, 0.01]))
        optimizer = OPTIMIZERS.build(
            {"name": name, "learning_rate": 0.001, **settings}, [weights], weight_decay=0.1
        )
        for _ in range(100):
            weights.grad = torch.zeros(2, dtype=torch.float64)
            optimizer.step()
        return (weights.detach() / tensor([1.0, 0.01])).tolist()

    adam, adamw, sgd = shrunk("adam"), shrunk("adamw"), shrunk("sgd")
    return Proof(
        {"adam": adam[0], "adam_small": adam[1], "adamw": adamw[0]},
        {
            "AdamW shrinks both alike, as SGD does": close(adamw[0], adamw[1]) and close(adamw[0], sgd[0]),
            "it is (1 - rate times decay) to the hundredth": close(adamw[0], (1 - 0.001 * 0.1) ** 100),
            "L2 in Adam is another thing": abs(adam[0] - adamw[0]) > 0.05 and abs(adam[1]) < 0.5,
        },
    )
