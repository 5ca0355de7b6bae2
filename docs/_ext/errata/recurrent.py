"""Errata about recurrent networks."""

from __future__ import annotations

import torch
from torch import nn

from errata.close import close, random, tensor
from errata.entry import Proof


def output_gate() -> Proof:
    """One step of an LSTM cell, with the output gate shut and open."""
    cell, x = nn.LSTMCell(2, 1).double(), random(1, 2, seed=1)
    h, c = random(1, 1, seed=2), random(1, 1, seed=3)
    ends = {}
    for name, bias in (("shut", -100.0), ("open", 100.0)):
        torch.nn.init.constant_(cell.weight_ih, 0.3)
        torch.nn.init.constant_(cell.weight_hh, 0.2)
        torch.nn.init.zeros_(cell.bias_ih)
        with torch.no_grad():
            cell.bias_hh.copy_(tensor([0.0, 0.0, 0.0, bias]))
            ends[name] = cell(x, (h, c))
    return Proof(
        {
            "c": float(ends["shut"][1]),
            "shut": abs(float(ends["shut"][0])),
            "open": float(ends["open"][0]),
        },
        {
            "the cell state is the same": close(ends["shut"][1], ends["open"][1]),
            "o = 1 gives tanh(c)": close(ends["open"][0], torch.tanh(ends["open"][1])),
            "o = 0 gives 0": close(ends["shut"][0], 0),
        },
    )


def cell_grows() -> Proof:
    """An LSTM cell with forget and input gate open for twenty steps."""
    cell = nn.LSTMCell(1, 1).double()
    for parameter in cell.parameters():
        torch.nn.init.zeros_(parameter)
    with torch.no_grad():
        cell.bias_ih.copy_(tensor([100.0, 100.0, 100.0, 100.0]))  # i, f, g, o
        h, c = tensor([[0.0]]), tensor([[0.0]])
        for _ in range(20):
            h, c = cell(tensor([[0.0]]), (h, c))
    return Proof(
        {"c": float(c), "h": float(h)},
        {"c is the number of steps": close(c, 20), "h is below 1": float(h) <= 1},
    )


def last_word() -> Proof:
    """How the last state depends on the last input."""
    x = random(1, 6, 4, seed=5, learnt=True)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = nn.RNN(4, 8, batch_first=True).double()
    out, _ = network(x)
    out[0, -1].sum().backward()
    return Proof(
        {"last": float(x.grad[0, -1].norm())}, {"the last input counts": float(x.grad[0, -1].norm()) > 0.1}
    )


def hidden_state() -> Proof:
    """PyTorch's RNN and Elman's equation; the input before plays a part only through the state."""
    network, x = nn.RNN(3, 4, batch_first=True).double(), random(1, 5, 3, seed=6)
    out, _ = network(x)
    w, u = network.weight_ih_l0, network.weight_hh_l0
    b = network.bias_ih_l0 + network.bias_hh_l0
    h = torch.zeros(4, dtype=torch.float64)
    for t in range(5):
        h = torch.tanh(w @ x[0, t] + u @ h + b)
    same, moved = x.clone(), x.clone()
    moved[0, 1] += 1
    cut = torch.tanh(w @ same[0, 2] + u @ out[0, 1] + b) - torch.tanh(w @ moved[0, 2] + u @ out[0, 1] + b)
    return Proof(
        {},
        {
            "Elman's equation is PyTorch's RNN": close(h, out[0, -1].detach()),
            "given the state, the input before has no part": close(cut.detach(), 0),
        },
    )


def through_time() -> Proof:
    """The gradient of the recurrent weight: immediate derivatives, total ones, and autograd."""
    u, w, x = tensor(0.8, learnt=True), tensor(0.5), [0.4, -0.3, 0.9]
    states = [tensor(0.0)]
    for each in x:
        states.append(torch.tanh(w * each + u * states[-1]))
    (whole,) = torch.autograd.grad(states[3], u, retain_graph=True)
    slopes = [None] + [1 - float(h.detach()) ** 2 for h in states[1:]]
    immediate = [None] + [slopes[k] * float(states[k - 1].detach()) for k in (1, 2, 3)]
    total = [None] + [float(torch.autograd.grad(states[k], u, retain_graph=True)[0]) for k in (1, 2, 3)]
    carried = {3: 1.0}
    for k in (2, 1):
        carried[k] = carried[k + 1] * slopes[k + 1] * 0.8
    right = sum(carried[k] * immediate[k] for k in (1, 2, 3))
    twice = sum(carried[k] * total[k] for k in (1, 2, 3))
    return Proof(
        {"right": right, "twice": twice},
        {
            "immediate derivatives give autograd's gradient": close(right, whole),
            "total ones count terms twice": not close(twice, whole, 0.01),
        },
    )


def sum_over_steps() -> Proof:
    """The gradient of a loss over three steps, and the sum of those of the steps."""
    u, x = tensor(0.8, learnt=True), [0.4, -0.3, 0.9]

    def losses() -> list[torch.Tensor]:
        h, each = tensor(0.0), []
        for value in x:
            h = torch.tanh(0.5 * value + u * h)
            each.append((h - 1) ** 2)
        return each

    (whole,) = torch.autograd.grad(torch.stack(losses()).sum(), u)
    parts = [float(torch.autograd.grad(losses()[t], u, allow_unused=True)[0] or 0) for t in range(3)]
    return Proof(
        {
            "whole": float(whole),
            "parts": " ".join(f"{part:+.4f}".replace("-", "− ") for part in parts[1:]),
            "triple": 3 * float(whole),
        },
        {
            "the parts add up": close(sum(parts), whole),
            "three times the whole is not the whole": float(whole) != 0,
        },
    )


def forgetting() -> Proof:
    """How much the first input still moves the last state after 30 steps."""
    w = 0.8 * torch.linalg.qr(random(8, 8, seed=7))[0]
    x = random(8, seed=8, learnt=True)
    h = torch.tanh(x)
    first = h
    for _ in range(30):
        h = torch.tanh(w @ h)
    (after,) = torch.autograd.grad(h.sum(), x, retain_graph=True)
    (at_once,) = torch.autograd.grad(first.sum(), x)
    share = float(after.norm() / at_once.norm())
    return Proof({"share": share}, {"nearly nothing is left": share < 0.01})


def explosion_is_not_overfitting() -> Proof:
    """Gradient descent through 200 steps of a linear recurrence with the weight 1.5."""
    u = tensor(1.5, learnt=True)
    h = tensor(1.0)
    for _ in range(200):
        h = u * h
    (h**2).backward()
    after = float(u.detach() - 0.01 * u.grad)
    return Proof(
        {"gradient": float(u.grad), "after": after},
        {"one step throws the weight away": abs(after) > 1e30},
    )


def shared_weights() -> Proof:
    """Parameters of an RNN and of a dense layer over the whole sequence."""
    d, h, steps = 20, 50, 100
    rnn = (
        sum(each.numel() for each in nn.RNN(d, h, bias=True).parameters()) - h
    )  # PyTorch keeps a second bias
    dense = steps * d * h + h
    return Proof(
        {"rnn": rnn, "dense": dense},
        {"d h + h^2 + h": rnn == d * h + h * h + h, "less than the dense layer": rnn < dense},
    )


def shape_of_first() -> Proof:
    """The input weights of the layers of a stacked RNN."""
    network = nn.RNN(3, 5, num_layers=2)
    shapes = [tuple(network.weight_ih_l0.T.shape), tuple(network.weight_ih_l1.T.shape)]
    return Proof(
        {"first": " x ".join(map(str, shapes[0])), "second": " x ".join(map(str, shapes[1]))},
        {"d x h, then h x h": shapes == [(3, 5), (5, 5)]},
    )


def memory() -> Proof:
    """A window of two inputs cannot tell two sequences apart that differ in their first element."""
    one, other = [1, 0, 0, 0], [0, 0, 0, 0]
    window = one[-2:] == other[-2:]

    def remembered(sequence: list[int]) -> int:
        state = 0
        for each in sequence:
            state = max(state, each)
        return state

    return Proof(
        {"one": remembered(one), "other": remembered(other)},
        {"the window sees the same": window, "the state does not": remembered(one) != remembered(other)},
    )
