"""Errata about gradients on their way back, and about those that vanish or explode."""

from __future__ import annotations

import itertools

import torch

from errata.close import close, random, tensor
from errata.entry import Proof
from glasshouse.activations import ACTIVATIONS
from glasshouse.layers.linear import LinearRule


def error_signal() -> Proof:
    """Autograd against the recursion, in a network of two layers."""
    x, v, w = random(1, 3), random(4, 3, seed=1, learnt=True), random(2, 4, seed=2, learnt=True)
    z1 = x @ v.T
    z1.retain_grad()
    z2 = torch.tanh(z1) @ w.T
    z2.retain_grad()
    (0.5 * (torch.tanh(z2) - 1) ** 2).sum().backward()
    with torch.no_grad():
        slope = 1 - torch.tanh(z1) ** 2
        delta1 = (z2.grad @ w) * slope
        with_the_sum = delta1 * z1
    rule = LinearRule()
    back = rule.backward({"x": x, "weight": v.detach()}, {"y": delta1})
    return Proof(
        {"gap": float((with_the_sum - z1.grad).abs().max())},
        {
            "the recursion is autograd's gradient": close(delta1, z1.grad),
            "with the weighted sum as a further factor it is not": not close(with_the_sum, z1.grad, 0.01),
            "the weights' gradient is the error times the input": close(back["weight"], v.grad)
            and close(v.grad, delta1.T @ x),
        },
    )


def hidden_weight_chain() -> Proof:
    """The chain from the loss to a weight between input and hidden unit, with and without its middle."""
    x, w, v, t = 0.35, 0.1, 0.3, 0.5
    weight, out = tensor(w, learnt=True), tensor(v)
    h = torch.sigmoid(weight * x)
    y = torch.sigmoid(out * h)
    loss = 0.5 * (y - t) ** 2
    loss.backward()
    h, y = h.detach(), y.detach()
    first, last = float((y - t) * y * (1 - y)), x
    middle = float(out * h * (1 - h))
    return Proof(
        {"right": first * middle * last, "short": first * last},
        {
            "five factors give autograd's gradient": close(first * middle * last, weight.grad),
            "three factors do not": not close(first * last, weight.grad, 1e-3),
        },
    )


def layer_jacobians() -> Proof:
    """A chain of four units: the product that carries the error, and the product of weight gradients."""
    weights = [tensor(w, learnt=True) for w in (0.8, 1.2, 0.7, 0.9)]
    h, sums = tensor(0.5), []
    for w in weights:
        z = w * h
        h = torch.sigmoid(z)
        sums.append(float(z.detach()))
    h.backward()
    slopes = [float(torch.sigmoid(tensor(z)) * (1 - torch.sigmoid(tensor(z)))) for z in sums]
    right = slopes[3] * 0.5
    for layer in (1, 2, 3):
        right *= float(weights[layer].detach()) * slopes[layer - 1]
    wrong = float(torch.stack([w.grad for w in weights]).prod())
    first = float(weights[0].grad)
    return Proof(
        {"right": right, "wrong": wrong},
        {
            "the product of layer slopes is the gradient": close(right, first),
            "the product of weight gradients is not": abs(wrong) < 1e-3 * abs(first),
        },
    )


def exploding_product() -> Proof:
    """One large gradient against a product of many Jacobians."""
    w = tensor(1.0, learnt=True)
    (0.5 * (6 - 2 * w) ** 2).backward()
    error = abs(1.0 - 3)
    after = abs(1.0 - 0.1 * float(w.grad) - 3)
    slope = 1.1**50
    return Proof(
        {"gradient": float(w.grad), "before": error, "after": after, "grown": slope, "shrunk": 0.9**50},
        {
            "a gradient of size 8 brings the weight nearer": abs(float(w.grad)) > 1 and after < error,
            "fifty factors of 1.1 multiply by more than a hundred": slope > 100,
        },
    )


def sigmoid_slopes() -> Proof:
    """The largest slopes of sigmoid and tanh, found by autograd on a fine grid, and ten layers of them."""
    z = torch.linspace(-6, 6, 12_001, dtype=torch.float64, requires_grad=True)
    largest = {}
    for name in ("sigmoid", "tanh"):
        (slope,) = torch.autograd.grad(ACTIVATIONS.build(name)(z).sum(), z)
        largest[name] = float(slope.max())
    return Proof(
        {**largest, "ten": largest["sigmoid"] ** 10, "quarters": 0.9 * 0.25**4, "three": 0.9 * 0.25**3},
        {
            "sigmoid's slope is at most a quarter": close(largest["sigmoid"], 0.25),
            "tanh's slope is at most 1": close(largest["tanh"], 1.0),
            "0.9 times four quarters is not 0.014": not close(0.9 * 0.25**4, 0.014, 0.005),
            "0.014 has three quarters": close(0.9 * 0.25**3, 0.014, 1e-4),
        },
    )


def relu_or_sigmoid() -> Proof:
    """The gradient after twenty layers of the same random weights, with ReLU and with sigmoid."""
    lengths = {}
    for name in ("relu", "sigmoid"):
        x = random(1, 64, seed=3, learnt=True)
        h = x
        for layer in range(20):
            h = ACTIVATIONS.build(name)(h @ (0.4 * random(64, 64, seed=10 + layer)).T)
        h.sum().backward()
        lengths[name] = float(x.grad.norm())
    return Proof(
        lengths,
        {
            "ReLU's gradient exploded": lengths["relu"] > 1e3,
            "sigmoid's vanished": lengths["sigmoid"] < 1e-3,
        },
    )


def vanishing_stays() -> Proof:
    """A product of small factors, step by step: it never turns."""
    product, sizes = 1.0, []
    for _ in range(50):
        product *= 0.25
        sizes.append(product)
    falls = all(later < earlier for earlier, later in itertools.pairwise(sizes))
    return Proof({"fifty": product}, {"it falls at every step and stays finite": falls and product > 0})


def weights_count() -> Proof:
    """Ten sigmoid units in a row, near the middle of the curve, with weights 1 and 8."""
    after = {}
    for name, w in (("one", 1.0), ("eight", 8.0)):
        x = tensor(0.5, learnt=True)
        h = x
        for _ in range(10):
            h = torch.sigmoid(w * (h - 0.5))
        h.backward()
        after[name] = float(x.grad)
    return Proof(
        after,
        {
            "with weights 1 it vanishes": close(after["one"], 0.25**10),
            "with weights 8 it explodes": close(after["eight"], 2.0**10),
        },
    )


def residual_identity() -> Proof:
    """The Jacobian of a residual block by autograd."""
    w = 0.1 * random(3, 3, seed=5)
    x = random(3, seed=6)

    def branch(x: torch.Tensor) -> torch.Tensor:
        return torch.tanh(w @ x)

    with_path = torch.autograd.functional.jacobian(lambda x: x + branch(x), x)
    without = torch.autograd.functional.jacobian(branch, x)
    return Proof(
        {
            "with_path": float(torch.linalg.svdvals(with_path).min()),
            "without": float(torch.linalg.svdvals(without).max()),
        },
        {
            "the Jacobian is the identity plus the branch's": close(with_path, torch.eye(3) + without),
            "the branch is not skipped": float(without.abs().max()) > 0.01,
        },
    )


def reuse() -> Proof:
    """How many multiplications the gradient of the first weight takes, path by path and by reuse."""
    layers, width = 10, 10
    paths = width ** (layers - 1)
    reused = layers * width * width
    weights = [0.5 * random(3, 3, seed=layer) for layer in range(3)]
    x = random(3, seed=9, learnt=True)
    h = x
    for w in weights:
        h = w @ h
    h.sum().backward()
    by_paths = torch.zeros(3, dtype=torch.float64)
    for i in range(3):
        for a in range(3):
            for b in range(3):
                for c in range(3):
                    by_paths[i] += weights[0][a, i] * weights[1][b, a] * weights[2][c, b]
    return Proof(
        {"paths": paths, "reused": reused},
        {"the sum over all paths is autograd's gradient": close(by_paths, x.grad), "reuse": reused < paths},
    )


def ascent() -> Proof:
    """A small step along the gradient and against it."""
    w = tensor([0.5, -1.0], learnt=True)

    def loss(w: torch.Tensor) -> torch.Tensor:
        return (w**2).sum() + w[0] * w[1]

    loss(w).backward()
    with torch.no_grad():
        here, up, down = (float(loss(w + step * w.grad)) for step in (0.0, 0.01, -0.01))
    return Proof(
        {"here": here, "up": up, "down": down},
        {"along it the loss rises, against it the loss falls": up > here > down},
    )


def index_order() -> Proof:
    """The gradient of PyTorch's weight: its row is the unit that receives."""
    x, delta = tensor([[0.35, 0.9]]), tensor([[-0.04, 0.01, 0.02]])
    layer = torch.nn.Linear(2, 3, bias=False).double()
    layer(x).backward(delta)
    return Proof(
        {"shape": " x ".join(map(str, layer.weight.shape))},
        {"row j, column i is delta_j times o_i": close(layer.weight.grad, delta.T @ x)},
    )


def rounded_on_the_way() -> Proof:
    """Two inputs, two hidden units, one output: the numbers kept, and cut to what is printed."""
    x, hidden, out = tensor([[0.35, 0.9]]), tensor([[0.1, 0.8], [0.4, 0.6]]), tensor([[0.3, 0.9]])
    rule = LinearRule()

    def layer(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(rule.forward({"x": x, "weight": weight}).outputs["y"])

    h = layer(x, hidden)
    y = float(layer(h, out))
    delta = (0.5 - y) * y * (1 - y)
    step = delta * float(h[0, 1])
    cut = round(y, 2)
    cut_delta = round((0.5 - cut) * cut * (1 - cut), 4)
    cut_step = round(cut_delta * round(float(h[0, 1]), 4), 4)
    return Proof(
        {"delta": delta, "cut_delta": cut_delta, "w": 0.9 + step, "cut_w": 0.9 + cut_step},
        {
            "the weight ends at 0.8730": round(0.9 + step, 4) == 0.8730,
            "with rounded numbers it ends at 0.8731": round(0.9 + cut_step, 4) == 0.8731,
        },
    )
