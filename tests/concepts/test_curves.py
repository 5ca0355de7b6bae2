"""What is drawn of a concept, against autograd, PyTorch's own optimizers and closed forms."""

from __future__ import annotations

import math

import pytest
import torch

from glasshouse.activations import ACTIVATIONS
from glasshouse.concepts.curves import curve_of
from glasshouse.concepts.curves.curve import interrupted
from glasshouse.initializers import INITIALIZERS
from glasshouse.losses import LOSSES
from glasshouse.optimizers import OPTIMIZERS
from glasshouse.regularizers import REGULARIZERS
from glasshouse.schedules import SCHEDULES


def points(line):
    return [(x, y) for x, y in zip(line.x, line.y, strict=True) if not math.isnan(y)]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_drawn_as_the_module_and_autograd_have_it(name):
    concept = ACTIVATIONS[name]
    value, slope = curve_of(concept).lines
    module = concept.build().double()
    together = {"softmax": 2, "maxout": 2}.get(name, 1)
    for line, wanted in ((value, "value"), (slope, "slope")):
        for x, y in points(line)[7::40]:  # none of them a corner
            inputs = torch.zeros(1, together, dtype=torch.float64, requires_grad=True)
            inputs.data[0, 0] = x
            out = module(inputs)[0, 0]
            if wanted == "slope":
                # a step is so flat that its gradient is not even recorded
                moved = torch.autograd.grad(out, inputs)[0][0, 0] if out.requires_grad else torch.zeros(())
                assert y == pytest.approx(float(moved), abs=1e-12)
            else:
                assert y == pytest.approx(float(out.detach()), abs=1e-12)


def test_a_jump_is_no_line():
    value, slope = curve_of(ACTIVATIONS["binary_step"]).lines
    assert {y for _, y in points(value)} == {0.0, 1.0}
    assert sum(math.isnan(y) for y in value.y) == 1
    assert set(slope.y) == {0.0}
    assert not any(math.isnan(y) for y in curve_of(ACTIVATIONS["sigmoid"]).lines[0].y)
    assert interrupted([]) == []


def test_relu6_is_shown_as_far_as_its_upper_corner():
    assert curve_of(ACTIVATIONS["relu6"]).lines[0].x[-1] == 8.0
    assert curve_of(ACTIVATIONS["relu"]).lines[0].x[-1] == 4.0


CLOSED = {
    "cross_entropy": lambda z: (math.log1p(math.exp(-z)), -1 / (1 + math.exp(z))),
    "binary_cross_entropy": lambda z: (math.log1p(math.exp(-z)), -1 / (1 + math.exp(z))),
    "hinge": lambda z: (max(0.0, 1 - z), -1.0 if z < 1 else 0.0),
    "perceptron_criterion": lambda z: (max(0.0, -z), -1.0 if z < 0 else 0.0),
    "mse": lambda r: (r * r, 2 * r),
    "quadratic": lambda r: (r * r / 2, r),
    "mae": lambda r: (abs(r), math.copysign(1, r)),
    "mape": lambda r: (abs(r), math.copysign(1, r)),
    "huber": lambda r: (r * r / 2 if abs(r) < 1 else abs(r) - 0.5, max(-1, min(1, r))),
}


@pytest.mark.parametrize("name", CLOSED)
def test_a_loss_is_drawn_as_its_closed_form(name):
    loss, slope = curve_of(LOSSES[name]).lines
    for line, which in ((loss, 0), (slope, 1)):
        for x, y in points(line)[3::25]:
            assert y == pytest.approx(CLOSED[name](x)[which], abs=1e-9), x


def test_kl_divergence_is_least_where_the_wanted_shares_are_met():
    loss, slope = curve_of(LOSSES["kl_divergence"]).lines
    least = min(points(loss), key=lambda point: point[1])[0]
    assert least == pytest.approx(math.log(0.8 / 0.2), abs=0.05)
    assert min(points(slope), key=lambda point: abs(point[1]))[0] == least


@pytest.mark.parametrize("name", [name for name, each in REGULARIZERS.items() if curve_of(each)])
def test_a_penalty_is_drawn_as_autograd_has_it(name):
    penalty, slope = curve_of(REGULARIZERS[name]).lines
    module = REGULARIZERS[name].build().double()
    for line, which in ((penalty, "value"), (slope, "slope")):
        for x, y in points(line)[5::30]:
            w = torch.tensor([x], dtype=torch.float64, requires_grad=True)
            out = module(w)
            wanted = out if which == "value" else torch.autograd.grad(out, w)[0]
            assert y == pytest.approx(float(wanted.detach()), rel=1e-9, abs=1e-15)


def test_a_schedule_is_drawn_over_the_whole_training():
    plain, warmed = curve_of(SCHEDULES["cosine"]).lines
    assert (plain.x[0], plain.y[0]) == (0.0, 1.0)
    assert plain.y[len(plain.y) // 2] == pytest.approx(0.5)
    assert plain.y[-1] < 1e-4
    assert warmed.y[0] == 0.0
    assert max(warmed.y) == pytest.approx(1.0, abs=0.01)
    plateau = curve_of(SCHEDULES["plateau"]).lines[0]
    # the loss is best after epoch 9; five more are waited for, the sixth brings the drop
    assert plateau.x[plateau.y.index(pytest.approx(0.3))] == 15.0


SPREAD = {
    "he_normal": math.sqrt(2 / 400),
    "he_uniform": math.sqrt(2 / 400),
    "glorot_normal": math.sqrt(2 / 656),
    "glorot_uniform": math.sqrt(2 / 656),
    "lecun_normal": math.sqrt(1 / 400),
    "lecun_uniform": math.sqrt(1 / 400),
    "zeros": 0.0,
}


@pytest.mark.parametrize("name", SPREAD)
def test_an_initializer_is_drawn_with_its_spread(name):
    (line,) = curve_of(INITIALIZERS[name]).lines
    bars = list(zip(line.x[::2], line.x[2::2], line.y[1::2], strict=False))
    assert sum(share for _, _, share in bars) == pytest.approx(100, abs=1e-3)
    variance = sum(share / 100 * ((low + high) / 2) ** 2 for low, high, share in bars)
    assert math.sqrt(variance) == pytest.approx(SPREAD[name], rel=0.03, abs=0.001)


@pytest.mark.parametrize("name", [name for name, concept in OPTIMIZERS.items() if concept.rule])
def test_an_optimizer_is_drawn_as_pytorch_steps(name):
    concept = OPTIMIZERS[name]
    curve = curve_of(concept)
    rate = max(0.1, concept.facts["learning_rate"])
    w = torch.nn.Parameter(torch.ones(2, dtype=torch.float64))
    optimizer = concept.build([w], learning_rate=rate)
    for step in range(61):
        drawn = [line.y[step] for line in curve.lines]
        assert drawn == pytest.approx(w.tolist(), rel=1e-6, abs=1e-9), step
        w.grad = torch.tensor([1.0, 12.0], dtype=torch.float64) * w.detach()
        optimizer.step()


def test_points_for_programs_hold_no_numbers_that_json_lacks():
    lines = curve_of(ACTIVATIONS["relu"]).to_dict()["lines"]
    assert None in lines[1]["y"]
    assert all(y is None or math.isfinite(y) for line in lines for y in line["y"])
