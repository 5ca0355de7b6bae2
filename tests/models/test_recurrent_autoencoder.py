"""The recurrent autoencoder writes a window from its end, and begins at the code."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from glasshouse.models import recurrent_autoencoder


@pytest.mark.parametrize(("cell", "layers"), [("rnn", 1), ("gru", 2), ("lstm", 1), ("lstm", 2)])
def test_the_last_step_is_written_first_from_a_state_that_the_code_gives(cell, layers):
    torch.manual_seed(0)
    network = recurrent_autoencoder((6, 2), code=3, units=5, cell=cell, layers=layers)
    windows = torch.randn(4, 6, 2)
    codes, writer = network.encode(windows), network.decoder
    begun = writer.start(codes).reshape(4, layers, 5).transpose(0, 1)
    state = (begun.tanh(), begun) if cell == "lstm" else begun.tanh()
    written = []
    for _ in range(6):  # step by step, as the equation says
        seen, state = writer.recurrent(codes.unsqueeze(1), state)
        written.append(writer.output(seen[:, 0]))
    torch.testing.assert_close(network(windows), torch.stack(written[::-1], dim=1))


def test_what_is_read_last_comes_back_first_while_it_learns():
    # Windows of independent numbers, more than the code holds: what is near in time is learnt first.
    torch.manual_seed(0)
    network = recurrent_autoencoder((8, 1), code=4, units=16)
    windows = torch.randn(256, 8, 1)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(200):
        loss = nn.functional.mse_loss(network(windows), windows)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    errors = (network(windows) - windows).square().mean(dim=(0, 2))
    assert errors[-2:].mean() < 0.5 * errors[:2].mean()
