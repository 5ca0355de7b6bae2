"""Errata about autoencoders."""

from __future__ import annotations

import torch
from torch import nn

from errata.close import random
from errata.entry import Proof


def sparse_codes() -> Proof:
    """L1 on the codes and L1 on the weights of the same small autoencoder: what becomes zero."""
    x = random(200, 6, seed=1)
    shares = {}
    for name in ("codes", "weights"):
        with torch.random.fork_rng():
            torch.manual_seed(0)
            down, up = nn.Linear(6, 12).double(), nn.Linear(12, 6).double()
        optimizer = torch.optim.Adam([*down.parameters(), *up.parameters()], lr=0.01)
        for _ in range(400):
            code = torch.relu(down(x))
            penalty = code.abs().mean() if name == "codes" else down.weight.abs().mean()
            loss = ((up(code) - x) ** 2).mean() + 0.5 * penalty
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        shares[f"{name}_codes"] = float((torch.relu(down(x)) < 1e-3).double().mean())
        shares[f"{name}_weights"] = float((down.weight.abs() < 0.01).double().mean())
    return Proof(
        shares,
        {
            "L1 on codes gives more idle codes": shares["codes_codes"] > shares["weights_codes"] + 0.1,
            "L1 on weights gives more idle weights": shares["weights_weights"]
            > shares["codes_weights"] + 0.1,
        },
    )
