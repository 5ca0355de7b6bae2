"""Regularizers against autograd, finite differences, PyTorch and numbers by hand."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from glasshouse.core.errors import DataError, SettingError
from glasshouse.regularizers import (
    L1,
    L2,
    REGULARIZERS,
    ElasticNet,
    InputNoise,
    LabelSmoothing,
    MaxNorm,
    WeightDecay,
    WeightNoise,
)
from glasshouse.regularizers.noise_rule import drawn_noise
from glasshouse.testing import Case, check_card, check_penalty, check_rule, close

PENALTIES = [L1(0.3), L2(0.3), ElasticNet(0.3, l1_share=0.2), ElasticNet(0.3, l1_share=1.0)]


@pytest.mark.parametrize("name", REGULARIZERS)
def test_the_card_is_complete_and_its_number_right(name):
    check_card(REGULARIZERS[name])


@pytest.mark.parametrize("name", ["l1", "l2", "elastic_net"])
def test_penalties(name, numbers):
    settings = [{"strength": 0.3}, {"strength": 0.0}]
    settings += [{"strength": 0.3, "l1_share": share} for share in (0.0, 0.2, 1.0)] * (name == "elastic_net")
    cases = [
        Case({"w": numbers(*shape)}, each) for each in settings for shape in ((3, 4), (2, 1, 3, 3), (1,))
    ]
    kink = Case({"w": torch.tensor([[0.0, -0.0, 1.0]])}, {"strength": 0.5}, smooth=False)
    check_rule(REGULARIZERS[name], [*cases, kink])


def test_the_slope_at_zero_is_zero():
    w = torch.zeros(2, 2, requires_grad=True)
    for penalty in PENALTIES:
        (by_autograd,) = torch.autograd.grad(penalty(w), w)
        added = torch.zeros(2, 2)
        penalty.add_gradient(w.detach(), added)
        assert by_autograd.tolist() == added.tolist() == [[0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize("strength", [0.0, 1e-4, 3.0])
@pytest.mark.parametrize("name", ["l1", "l2", "elastic_net"])
def test_what_training_adds_is_the_gradient_of_the_penalty(name, strength):
    check_penalty(REGULARIZERS[name], strength=strength)
    if name == "elastic_net":
        check_penalty(REGULARIZERS[name], strength=strength, l1_share=0.9)


def test_elastic_net_lies_between_l1_and_l2(numbers):
    w = numbers(3, 3)
    close("l1", ElasticNet(0.2, l1_share=1.0)(w), L1(0.2)(w))
    close("l2", ElasticNet(0.2, l1_share=0.0)(w), L2(0.2)(w))
    close("half", ElasticNet(0.2, l1_share=0.5)(w), (L1(0.2)(w) + L2(0.2)(w)) / 2)


def step(optimizer, w, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return w.detach()


def test_l2_is_the_weight_decay_of_pytorchs_sgd_and_of_its_adam(numbers):
    start, x = numbers(3), numbers(3)
    for kind in (torch.optim.SGD, torch.optim.Adam):
        ours, theirs = (torch.nn.Parameter(start.clone()) for _ in range(2))
        penalised = kind([ours], lr=0.1)
        decayed = kind([theirs], lr=0.1, weight_decay=0.3)
        for _ in range(5):
            step(penalised, ours, (ours * x).sum() ** 2 + L2(0.3)(ours))
            step(decayed, theirs, (theirs * x).sum() ** 2)
        close(kind.__name__, ours.detach(), theirs.detach())


def test_weight_decay_is_that_of_adamw_and_not_l2_under_adam(numbers):
    start = numbers(3)
    ours, theirs, l2 = (torch.nn.Parameter(start.clone()) for _ in range(3))
    adam, adamw = torch.optim.Adam([ours], lr=0.1), torch.optim.AdamW([theirs], lr=0.1, weight_decay=0.3)
    under_adam = torch.optim.Adam([l2], lr=0.1, weight_decay=0.3)
    decay = WeightDecay(0.3, learning_rate=0.1)
    for _ in range(5):
        with torch.no_grad():
            slope = 2 * ours.clone()
            ours.copy_(decay(ours))
        ours.grad = slope
        adam.step()
        step(adamw, theirs, (theirs**2).sum())
        step(under_adam, l2, (l2**2).sum())
    close("decay", ours.detach(), theirs.detach())
    assert float((l2.detach() - theirs.detach()).abs().max()) > 0.01


def test_weight_decay(numbers):
    settings = {"strength": 0.3, "learning_rate": 0.1}
    check_rule(REGULARIZERS["weight_decay"], [Case({"x": numbers(2, 3)}, settings)])


@pytest.mark.parametrize("limit", [1e-3, 1.0, 100.0])
def test_max_norm(limit, numbers):
    cases = [numbers(3, 4), numbers(2, 1, 3, 3), numbers(5), numbers(1, 1), torch.zeros(2, 2)]
    check_rule(REGULARIZERS["max_norm"], [Case({"x": each}, {"limit": limit}) for each in cases])


def test_max_norm_is_torchs_renorm_and_leaves_short_rows_their_bits(numbers):
    w = numbers(6, 4)
    w[0] *= 1e-3
    bounded = MaxNorm(1.0)(w)
    close("renorm", bounded, torch.renorm(w, 2, 0, 1.0), 1e-6)
    assert torch.equal(bounded[0], w[0])
    in_place = w.clone()
    MaxNorm(1.0).apply_(in_place)
    assert torch.equal(in_place, bounded)
    assert float(bounded.norm(dim=1).max()) <= 1 + 1e-12


@pytest.mark.parametrize("name", ["input_noise", "weight_noise"])
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_noise(name, training, numbers):
    x = numbers(3, 4)
    for deviation in (0.0, 0.7):
        for dtype in (torch.float64, torch.float32):
            given = {"x": x.to(dtype), "noise": drawn_noise(x.to(dtype), 0)}
            concept = REGULARIZERS[name]
            module = concept.build(deviation).train(training)
            rule, _ = concept.rule(module)
            forward = rule.forward(given)
            close(name, forward.outputs["y"], rule.call(module, given)["y"])
    check_rule(REGULARIZERS[name], [Case({"x": x, "noise": drawn_noise(x, 0)}, {"deviation": 0.0}, training)])


def test_noise_has_the_deviation_that_it_says():
    torch.manual_seed(0)
    noisy = InputNoise(0.5)(torch.zeros(200, 200))
    assert float(noisy.std()) == pytest.approx(0.5, rel=0.01)
    assert float(noisy.mean()) == pytest.approx(0.0, abs=0.01)


def test_noise_on_indices_is_refused():
    with pytest.raises(
        DataError, match=r"inputs of type int64 under input noise\n  expected: floating-point"
    ):
        InputNoise(0.1)(torch.tensor([1, 2]))


def test_weight_noise_gives_back_every_bit_also_after_an_exception(numbers):
    weights = [
        torch.nn.Parameter(numbers(3, 4).float() * 1e-3),
        torch.nn.Parameter(numbers(2, 2).float() * 1e6),
    ]
    before = [each.detach().clone() for each in weights]
    with pytest.raises(KeyError), WeightNoise(10.0).around(weights):
        assert all(bool((each != old).all()) for each, old in zip(weights, before, strict=True))
        raise KeyError
    assert all(torch.equal(each, old) for each, old in zip(weights, before, strict=True))


def test_the_gradient_under_weight_noise_is_that_at_the_shaken_weights():
    w, x = torch.nn.Parameter(torch.tensor([[1.0, 2.0]])), torch.tensor([[3.0, -1.0]])
    torch.manual_seed(4)
    shaken = (w.detach() + 0.5 * torch.randn(1, 2)).requires_grad_()
    (right,) = torch.autograd.grad((x @ shaken.T).square().sum(), shaken)
    torch.manual_seed(4)
    with WeightNoise(0.5).around([w]):
        (x @ w.T).square().sum().backward()
    torch.testing.assert_close(w.grad, right)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
def test_label_smoothing(smoothing, numbers):
    shares = torch.softmax(numbers(3, 4), dim=1)
    check_rule(REGULARIZERS["label_smoothing"], [Case({"x": shares}, {"smoothing": smoothing})])


def test_label_smoothing_is_that_of_pytorchs_cross_entropy(numbers):
    outputs, classes = numbers(5, 4), torch.tensor([0, 3, 1, 1, 2])
    smoothed = LabelSmoothing(0.1)(F.one_hot(classes, 4).double())
    close("loss", F.cross_entropy(outputs, smoothed), F.cross_entropy(outputs, classes, label_smoothing=0.1))


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"name": "l1", "strength": -1.0}, "strength = -1.0"),
        ({"name": "elastic_net", "l1_share": 1.5}, "l1_share = 1.5"),
        ({"name": "max_norm", "limit": 0}, "limit = 0"),
        ({"name": "input_noise", "deviation": float("nan")}, "deviation = nan"),
        ({"name": "label_smoothing", "smoothing": 1}, "smoothing = 1"),
        ({"name": "l2", "strenght": 1.0}, "did you mean 'strength'"),
    ],
)
def test_settings_outside_their_range_are_refused(spec, said):
    with pytest.raises(SettingError, match=said):
        REGULARIZERS.build(spec)
