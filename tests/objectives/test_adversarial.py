"""Games of two: their losses, what they come to where nothing can be told, and what they learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from glasshouse.core.errors import ModelError, SettingError, UnknownNameError
from glasshouse.data.parts import Part, Prepared
from glasshouse.models import autoencoder, dcgan, gan
from glasshouse.models.gan import Gan
from glasshouse.objectives import Adversarial, ObjectiveSettings, build_objective
from glasshouse.objectives.adversarial import slope_penalty
from glasshouse.objectives.game import GAMES, find_game
from glasshouse.training.batches import InMemoryBatches
from glasshouse.training.job import Job
from glasshouse.training.loop import train

REAL = torch.tensor([[0.3], [-1.2], [2.0]])
FAKE = torch.tensor([[-0.7], [1.5], [0.1]])


def entropy(scores, label):
    return F.binary_cross_entropy_with_logits(scores, torch.full_like(scores, label))


BY_HAND = {
    "non_saturating": (lambda: (entropy(REAL, 1.0), entropy(FAKE, 0.0)), lambda: entropy(FAKE, 1.0)),
    "minimax": (lambda: (entropy(REAL, 1.0), entropy(FAKE, 0.0)), lambda: -entropy(FAKE, 0.0)),
    "least_squares": (
        lambda: (F.mse_loss(REAL, torch.ones(3, 1)) / 2, F.mse_loss(FAKE, torch.zeros(3, 1)) / 2),
        lambda: F.mse_loss(FAKE, torch.ones(3, 1)) / 2,
    ),
    "wasserstein": (lambda: (-REAL.mean(), FAKE.mean()), lambda: -FAKE.mean()),
    "hinge": (
        lambda: (
            F.hinge_embedding_loss(2 - REAL, -torch.ones(3, 1), margin=1.0) * 0
            + (1 - REAL).clamp(min=0).mean(),
            (1 + FAKE).clamp(min=0).mean(),
        ),
        lambda: -FAKE.mean(),
    ),
}


@pytest.mark.parametrize("name", GAMES)
def test_losses_are_those_of_torch(name):
    game, (sides, generator) = find_game(name), BY_HAND[name]
    for ours, expected in zip(game.discriminator(REAL, FAKE, 1.0), sides(), strict=True):
        assert torch.allclose(ours, expected, atol=1e-6)
    assert torch.allclose(game.generator(FAKE), generator(), atol=1e-6)


@pytest.mark.parametrize("label", [1.0, 0.9, 0.6])
@pytest.mark.parametrize("name", GAMES)
def test_the_optimum_is_the_least_loss_where_both_distributions_agree(name, label):
    game = find_game(name)
    if label < 1 and not game.smoothed:
        pytest.skip("a game without labels")
    # The same score for a row that is as often real as made: the discriminator's best is the least over it.
    scores = torch.linspace(-6, 6, 24001, dtype=torch.float64)
    losses = [sum(game.discriminator(each[None], each[None], label)) for each in scores.split(1)[::8]]
    assert min(losses).item() == pytest.approx(game.optimum(label), abs=1e-5)


def test_the_logarithmic_optimum_is_ln_4():
    assert find_game("non_saturating").optimum(1.0) == pytest.approx(math.log(4), rel=1e-12)
    assert find_game("minimax").optimum(1.0) == pytest.approx(2 * math.log(2), rel=1e-12)


@pytest.mark.parametrize("label", [1.0, 0.8])
def test_smoothed_labels_are_those_of_the_cross_entropy(label):
    ours = find_game("minimax").discriminator(REAL, FAKE, label)[0]
    assert torch.allclose(ours, entropy(REAL, label), atol=1e-6)


def test_the_best_discriminator_weighs_densities():
    # Two values; p = (0.8, 0.2) of real rows, q = (0.4, 0.6) of made ones: D* = p / (p + q), worked by hand.
    rows = torch.eye(2, dtype=torch.float64)
    scores = torch.zeros(2, 1, dtype=torch.float64, requires_grad=True)
    real, made = torch.tensor([0] * 8 + [1] * 2), torch.tensor([0] * 4 + [1] * 6)
    optimizer = torch.optim.LBFGS([scores], max_iter=200, tolerance_grad=1e-12)

    def closure():
        optimizer.zero_grad()
        loss = sum(find_game("minimax").discriminator((rows @ scores)[real], (rows @ scores)[made], 1.0))
        loss.backward()
        return loss

    optimizer.step(closure)
    assert torch.sigmoid(scores).flatten().tolist() == pytest.approx([2 / 3, 1 / 4], abs=1e-4)


def test_the_slope_penalty_is_that_of_the_jacobian():
    torch.manual_seed(0)
    network = gan(3, discriminator=[5]).double()
    real, fake = torch.randn(2, 4, 3, dtype=torch.float64)
    torch.manual_seed(7)
    ours = slope_penalty(network, real, fake)
    torch.manual_seed(7)
    share = torch.rand(4, 1).double()
    slopes = [
        torch.autograd.functional.jacobian(lambda row: network(row[None])[0, 0], u * x + (1 - u) * y)
        for u, x, y in zip(share, real, fake, strict=True)
    ]
    expected = torch.stack([(each.norm() - 1) ** 2 for each in slopes]).mean()
    assert torch.allclose(ours.detach(), expected, atol=1e-6)


def test_the_slope_penalty_has_a_gradient_for_the_weights():
    # D(x) = w x has the slope |w|: the penalty's slope is 2 (|w| - 1).
    network = Gan(nn.Identity(), nn.Linear(1, 1), latent=1)
    nn.init.constant_(network.discriminator.weight, 3.0)
    slope_penalty(network, torch.zeros(5, 1), torch.ones(5, 1)).backward()
    assert float(network.discriminator.weight.grad) == pytest.approx(4.0, rel=1e-5)


def objective(**settings):
    rows = torch.zeros(2, 2)
    prepared = Prepared(Part(rows, rows, np.arange(2)), None, None, "reconstruction", (2,), 2, (), "")
    return build_objective(ObjectiveSettings(name="adversarial", **settings), prepared)


def test_settings_become_phases():
    several = objective(discriminator_steps=5)
    assert [(each.name, each.times, each.every) for each in several.phases] == [
        ("discriminator", 1, 1),
        ("generator", 1, 5),
    ]
    assert objective(generator_steps=2).phases[1].times == 2
    assert objective(label_smoothing=0.1).label == pytest.approx(0.9)
    assert objective(loss="wasserstein").gradient_penalty == 10.0
    assert objective(loss="hinge", gradient_penalty=3).gradient_penalty == 3.0
    assert objective().gradient_penalty == 0.0


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"loss": "wassserstein"}, UnknownNameError, "wasserstein"),
        ({"loss": {"name": "hinge", "margin": 2}}, SettingError, "without settings"),
        ({"loss": "hinge", "label_smoothing": 0.1}, SettingError, "a loss with labels"),
        ({"discriminator_steps": 2, "generator_steps": 2}, SettingError, "one of them above 1"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings, error, said):
    with pytest.raises(error, match=said):
        objective(**settings)


def test_a_network_that_is_no_pair_is_refused():
    with pytest.raises(ModelError, match="objective 'adversarial' on a Autoencoder"):
        objective().refuse(autoencoder(2))


def test_a_penalty_on_a_discriminator_with_batch_norm_is_refused():
    with pytest.raises(ModelError, match="batch norm in layer 'norm2'"):
        objective(loss="wasserstein").refuse(dcgan(1, (16, 16), filters=2))
    objective(loss="wasserstein").refuse(dcgan(1, (16, 16), filters=2, discriminator_normalization="layer"))


def job_for(network, rows, **changes):
    part = Part(rows, rows, np.arange(len(rows)))
    settings = {
        "optimizer": {"name": "adam", "beta1": 0.5, "beta2": 0.99},
        "learning_rate": 1e-2,
        "epochs": 60,
        "schedule": "cosine",
        "seed": 1,
        **changes,
    }
    game = settings.pop("game", "non_saturating")
    penalty, steps = settings.pop("gradient_penalty", 0.0), settings.pop("steps", 1)
    batches = InMemoryBatches(part, 128, seed=1)
    objective = Adversarial(find_game(game), 1.0, penalty, steps)
    return Job(network=network, batches=batches, objective=objective, **settings)


@pytest.mark.parametrize("moved", ["discriminator", "generator"])
def test_each_phase_moves_its_own_half_only(moved):
    torch.manual_seed(0)
    network = gan(2, generator=[4], discriminator=[4])
    job = job_for(network, torch.randn(128, 2))
    phase = next(each for each in job.objective.phases if each.name == moved)
    step = phase.loss(network, torch.randn(16, 2), None)
    network.zero_grad()
    step.loss.backward()
    gradients = {name: each.grad is not None for name, each in network.named_parameters()}
    if moved == "discriminator":  # new rows are constants to it
        assert not any(found for name, found in gradients.items() if name.startswith("generator"))
    assert all(found for name, found in gradients.items() if name.startswith(moved))


def test_the_game_on_one_normal_distribution_ends_near_ln_4():
    torch.manual_seed(0)
    rows = 1 + 0.5 * torch.randn(2048, 1)
    network = gan(1, latent=1, generator=[], discriminator=[16])
    job = job_for(network, rows)
    train(job)
    # A linear generator of one number: its weight and bias are the deviation and the mean it has learnt.
    layer = network.generator.output
    assert float(layer.bias.detach()) == pytest.approx(float(rows.mean()), abs=0.1)
    assert abs(float(layer.weight.detach())) == pytest.approx(float(rows.std()), abs=0.1)
    judged = job.objective.judge(network, Part(rows, rows, np.arange(2048)))
    assert judged.loss == pytest.approx(math.log(4), abs=0.02)
    assert judged.parts["real"] == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(
    ("game", "changes", "tolerance"),
    [
        ("minimax", {}, 0.05),
        ("least_squares", {}, 0.05),
        ("hinge", {"gradient_penalty": 0.5}, 0.2),
    ],
)
def test_every_game_brings_the_generator_to_the_mean_of_the_rows(game, changes, tolerance):
    torch.manual_seed(0)
    rows = 1 + 0.5 * torch.randn(2048, 1)
    network = gan(1, latent=1, generator=[], discriminator=[16])
    train(job_for(network, rows, game=game, **changes))
    assert float(network.generator.output.bias.detach()) == pytest.approx(float(rows.mean()), abs=tolerance)


def test_the_wasserstein_game_finds_the_mean_in_the_plane():
    # In the plane, because on a line the penalty keeps the discriminator's slope from changing its sign.
    torch.manual_seed(0)
    rows = torch.tensor([0.5, -0.5]) + 0.5 * torch.randn(2048, 2)
    network = gan(2, latent=2, generator=[], discriminator=[32])
    train(job_for(network, rows, game="wasserstein", gradient_penalty=1.0, steps=2))
    assert network.generator.output.bias.tolist() == pytest.approx(rows.mean(dim=0).tolist(), abs=0.2)


def test_judging_leaves_chance_and_mode_alone_and_repeats_itself():
    network = gan(2, normalization="batch").train()
    rows = torch.randn(20, 2)
    part, state = Part(rows, rows, np.arange(20)), torch.get_rng_state()
    one, other = (objective().judge(network, part) for _ in range(2))
    assert one.loss == other.loss
    assert torch.equal(state, torch.get_rng_state())
    assert network.training
    assert torch.equal(objective().exhibit(network), objective().exhibit(network))
    assert torch.equal(state, torch.get_rng_state())


def test_what_is_shown_of_an_epoch_is_bounded():
    assert objective().exhibit(gan(2)).shape == (500, 2)
    assert len(objective().exhibit(dcgan(3, (64, 64), filters=2, latent=4))) == 16
