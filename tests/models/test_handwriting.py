"""Mixture densities: against torch.distributions, by hand and by integration; strokes are drawn from them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.distributions import Bernoulli, Categorical, MixtureSameFamily, MultivariateNormal

from glasshouse.core.errors import ModelError, SettingError
from glasshouse.data.parts import Part
from glasshouse.models import handwriting
from glasshouse.models.latent_codes import draw
from glasshouse.models.mixture_density import draw_points, log_density, mixture_of, numbers_of
from glasshouse.objectives.strokes import Strokes, point_surprise, surprise_by_drawing


def raw_numbers(shape, components, seed=0):
    return torch.randn(
        (*shape, numbers_of(components)), generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    )


def by_distributions(raw, points, components, bias=0.0):
    """The same density, put together from PyTorch's own distributions."""
    weights, rest = raw[..., :components], raw[..., components:]
    means = rest[..., : 2 * components].unflatten(-1, (components, 2))
    spreads = (rest[..., 2 * components : 4 * components].unflatten(-1, (components, 2)) - bias).exp()
    rho = 0.995 * torch.tanh(rest[..., 4 * components : 5 * components])
    one, other = spreads.unbind(-1)
    rows = [torch.stack([one**2, rho * one * other], -1), torch.stack([rho * one * other, other**2], -1)]
    normal = MultivariateNormal(means, covariance_matrix=torch.stack(rows, -2))
    steps = MixtureSameFamily(Categorical(logits=(1 + bias) * weights), normal)
    return steps.log_prob(points[..., :2]) + Bernoulli(logits=rest[..., -1]).log_prob(points[..., 2])


@pytest.mark.parametrize("bias", [0.0, 0.7])
@pytest.mark.parametrize("components", [1, 4])
def test_the_density_is_that_of_torch_distributions_with_its_gradient(components, bias):
    raw = raw_numbers((3, 5), components).requires_grad_()
    points = torch.randn(3, 5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    points[..., 2] = (points[..., 2] > 0).double()
    found = log_density(mixture_of(raw, bias), points)
    expected = by_distributions(raw, points, components, bias)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)
    gradients = [torch.autograd.grad(each.sum(), raw)[0] for each in (found, expected)]
    torch.testing.assert_close(*gradients, rtol=1e-8, atol=1e-10)


def test_a_density_by_hand():
    # One Gaussian: mean (1, 0), spreads 2 and 1, correlation 0.5, pen lifted with a chance of 1/4.
    rho = math.atanh(0.5 / 0.995)
    raw = torch.tensor([0.0, 1.0, 0.0, math.log(2), 0.0, rho, -math.log(3)], dtype=torch.float64)
    point = torch.tensor([3.0, 1.0, 1.0], dtype=torch.float64)
    # z = (1, 1); the exponent is (1 + 1 - 2 * 0.5) / (2 * 0.75) = 2/3.
    expected = -math.log(2 * math.pi * 2 * math.sqrt(0.75)) - 2 / 3 + math.log(1 / 4)
    assert float(log_density(mixture_of(raw), point)) == pytest.approx(expected, rel=1e-9)


def test_a_density_adds_up_to_one():
    mixture = mixture_of(raw_numbers((), 3, seed=2))
    at = torch.linspace(-25, 25, 1201, dtype=torch.float64)
    x, y = torch.meshgrid(at, at, indexing="ij")
    total = 0.0
    for pen in (0.0, 1.0):
        points = torch.stack([x, y, torch.full_like(x, pen)], dim=-1)
        total += float(log_density(mixture, points).exp().sum() * (at[1] - at[0]) ** 2)
    assert total == pytest.approx(1.0, abs=1e-3)


def test_what_is_drawn_has_the_means_spreads_and_correlations_of_its_mixture():
    rho = math.atanh(0.6 / 0.995)
    one = torch.tensor([0.0, 1.0, -2.0, math.log(2), math.log(0.5), rho, math.log(1 / 3)])
    points = draw_points(mixture_of(one.expand(40_000, -1)), torch.Generator().manual_seed(0)).double()
    assert points[:, :2].mean(dim=0).tolist() == pytest.approx([1.0, -2.0], abs=0.05)
    assert points[:, :2].std(dim=0).tolist() == pytest.approx([2.0, 0.5], rel=0.02)
    assert float(torch.corrcoef(points[:, :2].T)[0, 1]) == pytest.approx(0.6, abs=0.02)
    assert float(points[:, 2].mean()) == pytest.approx(0.25, abs=0.01)


def test_components_are_drawn_as_often_as_they_weigh():
    raw = torch.zeros(20_000, numbers_of(2))
    raw[:, 0] = math.log(3.0)  # three times as likely as the other one
    raw[:, 2], raw[:, 4] = -50.0, 50.0
    points = draw_points(mixture_of(raw), torch.Generator().manual_seed(0))
    assert float((points[:, 0] < 0).float().mean()) == pytest.approx(0.75, abs=0.01)


def test_a_bias_sharpens_weights_and_narrows_spreads():
    raw = raw_numbers((), 3)
    plain, leaning = mixture_of(raw), mixture_of(raw, bias=2.0)
    torch.testing.assert_close(leaning.log_spreads, plain.log_spreads - 2.0)
    torch.testing.assert_close(leaning.log_weights.exp(), torch.softmax(3 * raw[:3], dim=0))
    with pytest.raises(SettingError, match="bias"):
        mixture_of(raw, bias=-1.0)


def made(**settings):
    torch.manual_seed(0)
    return handwriting((4, 3), **{"components": 2, "steps": 6, "units": 5, **settings}).eval()


def test_reading_on_is_reading_at_once():
    net, points = made(), torch.randn(2, 4, 3)
    whole, _ = net.read(points)
    first, state = net.read(points[:, :2])
    second, _ = net.read(points[:, 2:], state)
    torch.testing.assert_close(whole, torch.cat([first, second], dim=1))
    torch.testing.assert_close(net(points), whole[:, -1])


def test_what_stands_behind_the_end_of_a_drawing_counts_nothing():
    net, points = made(), torch.rand(2, 4, 3).round()
    points[1, 2:, 2] = -1.0
    before = torch.cat([torch.zeros(2, 1, 3), points[:, :-1].clamp(min=0)], dim=1)
    parameters = net.read(before)[0].detach()
    found = point_surprise(parameters, points)
    assert found[1, 2:].tolist() == [0.0, 0.0]
    expected = -by_distributions(parameters, points.clamp(min=0), 2)
    inside = points[..., 2] >= 0
    torch.testing.assert_close(found[inside], expected[inside], rtol=1e-4, atol=1e-4)
    told = Strokes().judge(net, Part(before, points, np.arange(2)))
    assert told.loss == pytest.approx(float(expected[inside].mean()), rel=1e-4)
    assert float(surprise_by_drawing(net, Part(before, points, np.arange(2))).sum()) / 6 == pytest.approx(
        told.loss
    )
    assert float(Strokes()(net, before, points).loss.detach()) == pytest.approx(told.loss, rel=1e-5)


def test_equal_seeds_draw_equal_strokes_and_a_bias_is_for_pens_alone():
    net = made()
    assert draw(net, 2, seed=3).shape == (2, 6, 3)
    torch.testing.assert_close(draw(net, 2, seed=3), draw(net, 2, seed=3))
    assert not torch.equal(draw(net, 2, seed=3), draw(net, 2, seed=4))
    from glasshouse.models import gan

    with pytest.raises(ModelError, match="a bias of 1 for a Gan"):
        draw(gan(2), 1, bias=1.0)


def test_other_data_and_other_networks_are_refused():
    with pytest.raises(ModelError, match="expected: strokes"):
        handwriting((4, 2))
    with pytest.raises(ModelError, match="gives no distribution of the next point"):
        Strokes().refuse(torch.nn.Linear(3, 3))
