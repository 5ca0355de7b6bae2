"""The losses that bare loops write by hand are those of the objectives that they stand beside."""

from __future__ import annotations

import sys

import pytest
import torch

from glasshouse.data.parts import Part, Prepared
from glasshouse.models import MODELS
from glasshouse.objectives import build_objective
from glasshouse.objectives.contrastive_divergence import ContrastiveDivergence
from glasshouse.objectives.settings import ObjectiveSettings


def game(loss, rows):
    part = Part(rows, rows, torch.arange(len(rows)).numpy())
    prepared = Prepared(part, None, None, "reconstruction", (5,), 5, (), "")
    return build_objective(ObjectiveSettings(name="adversarial", loss=loss), prepared)


def gradient(loss, network):
    network.zero_grad()
    loss.backward()
    return torch.cat([each.grad.flatten() for each in network.parameters() if each.grad is not None])


@pytest.mark.parametrize("model", ["rbm", "dbn"])
def test_chains_that_end_at_the_same_rows_have_the_gradient_of_the_free_energies(model, monkeypatch):
    from measuring.bare_losses import losses_of

    network = MODELS.build({"name": model, "visible": "binary"}, fixed={"inputs": 6})
    rows = (torch.rand(8, 6) < 0.5).float()
    # Coins that all fall on the likelier side take the chance out of both.
    monkeypatch.setattr(torch, "bernoulli", lambda shares: (shares > 0.5).float())
    machines = sys.modules["glasshouse.models.rbm"]  # the package has a function of this name
    monkeypatch.setattr(machines, "coins", lambda shares, generator=None: (shares > 0.5).float())
    objective = ContrastiveDivergence(2)
    (bare,) = losses_of(objective)
    ours = gradient(objective(network, rows, rows).loss, network)
    assert torch.allclose(gradient(bare(network, rows, rows), network), ours, atol=1e-6)
    assert ours.abs().max() > 0


def test_both_sides_of_a_game_are_those_of_the_objective():
    from measuring.bare_losses import losses_of

    network = MODELS.build("gan", fixed={"inputs": 5})
    rows = torch.rand(7, 5)
    objective = game("non_saturating", rows)
    for phase, bare in zip(objective.phases, losses_of(objective), strict=True):
        torch.manual_seed(0)
        ours = phase.loss(network, rows, rows).loss.item()
        torch.manual_seed(0)
        assert bare(network, rows, rows).item() == pytest.approx(ours, rel=1e-5)


def test_a_game_that_the_bare_loop_does_not_play_is_refused():
    from measuring.bare_losses import losses_of

    objective = game("wasserstein", torch.rand(4, 5))
    with pytest.raises(ValueError, match="the bare loop plays the non-saturating game by turns"):
        losses_of(objective)
