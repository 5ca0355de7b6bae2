"""Optimizers: updates against what trains, forms that PyTorch lacks against plain loops, and relations."""

from __future__ import annotations

import copy
import math

import pytest
import torch

import glasshouse as gh
from glasshouse.core.errors import SettingError, TrainingError
from glasshouse.optimizers import OPTIMIZERS
from glasshouse.optimizers.by_rule import ByRule, Row
from glasshouse.optimizers.nesterov import look_ahead
from glasshouse.testing import check_card, check_update
from glasshouse.training.optimizer_step import bare_step

OPTIONS = [
    ("sgd", {}),
    ("momentum", {}),
    ("momentum", {"momentum": 0.0}),
    ("momentum", {"form": "average"}),
    ("momentum", {"form": "rate_inside", "momentum": 0.5}),
    ("nesterov", {}),
    ("nesterov", {"form": "rate_inside", "momentum": 0.99}),
    ("adagrad", {}),
    ("adagrad", {"initial_sum": 0.1, "epsilon": 0.01}),
    ("adagrad", {"initial_sum": 0.1, "epsilon_inside": True}),
    ("adadelta", {}),
    ("adadelta", {"decay": 0.5, "epsilon": 0.01}),
    ("rmsprop", {}),
    ("rmsprop", {"momentum": 0.9, "decay": 0.5}),
    ("rmsprop", {"centered": True, "epsilon": 0.1}),
    ("rmsprop", {"centered": True, "momentum": 0.9, "epsilon": 0.1}),
    ("rmsprop", {"form": "inside"}),
    ("rmsprop", {"form": "inside", "centered": True, "momentum": 0.9, "epsilon": 0.1}),
    ("adam", {}),
    ("adam", {"beta1": 0.0, "beta2": 0.5, "epsilon": 0.1}),
    ("adam", {"epsilon_place": "before_correction", "epsilon": 0.1}),
    ("adam", {"epsilon_place": "inside", "epsilon": 0.1}),
    ("adam", {"bias_correction": False}),
    ("adam", {"bias_correction": False, "epsilon_place": "inside"}),
    ("adamw", {}),
    ("adamw", {"epsilon_place": "inside"}),
    ("adamw", {"decay": "times_schedule"}),
    ("nadam", {}),
    ("nadam", {"momentum_decay": 1.0, "beta1": 0.8}),
    ("nadam", {"momentum_decay": "off"}),
    ("nadam", {"decoupled": True}),
]
OWN = [
    ("momentum", {"form": "average"}),
    ("momentum", {"form": "rate_inside"}),
    ("nesterov", {"form": "rate_inside"}),
    ("adagrad", {"epsilon_inside": True}),
    ("rmsprop", {"form": "inside", "centered": True, "momentum": 0.9}),
    ("adam", {"epsilon_place": "before_correction"}),
    ("adamw", {"decay": "times_schedule"}),
    ("nadam", {"momentum_decay": "off"}),
]


@pytest.fixture
def exact_counters():
    """PyTorch keeps NAdam's product of momenta in the default type: in float32 it is 1e-7 off."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("exact_counters")
@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize(("name", "settings"), OPTIONS, ids=str)
def test_the_written_update_is_the_step_that_trains(name, settings, decay):
    check_update(OPTIMIZERS[name], weight_decay=decay, **settings)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_cards(name):
    concept = OPTIMIZERS[name]
    check_card(concept)
    assert concept.conventions
    assert concept.facts["learning_rate"] > 0


def walk(optimizer, weight, gradients):
    """The weight after each step."""
    seen = []
    for gradient in gradients:
        weight.grad = torch.full_like(weight, gradient)
        optimizer.step()
        seen.append(weight.item())
    return seen


def weight_of(value):
    return torch.nn.Parameter(torch.tensor(value, dtype=torch.float64))


def ours(name, gradients, **settings):
    weight = weight_of(1.0)
    return walk(OPTIMIZERS.build({"name": name, **settings}, [weight]), weight, gradients)


GRADIENTS = [0.5, -2.0, 1e-3, 3.0, 0.0, 0.7]


def keras_rmsprop(eta, rho, mu, epsilon):
    w, s, m, v = 1.0, 0.0, 0.0, 0.0
    for g in GRADIENTS:
        s = rho * s + (1 - rho) * g * g
        m = rho * m + (1 - rho) * g
        v = mu * v + eta * g / math.sqrt(s - m * m + epsilon)
        w -= v
        yield w


def keras_adam(eta, beta1, beta2, epsilon):
    w, m, s = 1.0, 0.0, 0.0
    for t, g in enumerate(GRADIENTS, start=1):
        alpha = eta * math.sqrt(1 - beta2**t) / (1 - beta1**t)
        m += (g - m) * (1 - beta1)
        s += (g * g - s) * (1 - beta2)
        w -= m * alpha / (math.sqrt(s) + epsilon)
        yield w


def keras_adagrad(eta, start, epsilon):
    w, s = 1.0, start
    for g in GRADIENTS:
        s += g * g
        w -= eta * g / math.sqrt(s + epsilon)
        yield w


def bert_adam(eta, beta1, beta2, epsilon):
    w, m, s = 1.0, 0.0, 0.0
    for g in GRADIENTS:
        m = beta1 * m + (1 - beta1) * g
        s = beta2 * s + (1 - beta2) * g * g
        w -= eta * m / (math.sqrt(s) + epsilon)
        yield w


def optax_adam(eta, beta1, beta2, epsilon_root):
    w, m, s = 1.0, 0.0, 0.0
    for t, g in enumerate(GRADIENTS, start=1):
        m = beta1 * m + (1 - beta1) * g
        s = beta2 * s + (1 - beta2) * g * g
        w -= eta * m / (1 - beta1**t) / math.sqrt(s / (1 - beta2**t) + epsilon_root)
        yield w


def plain_nadam(eta, beta1, beta2, epsilon):
    w, m, s = 1.0, 0.0, 0.0
    for t, g in enumerate(GRADIENTS, start=1):
        m = beta1 * m + (1 - beta1) * g
        s = beta2 * s + (1 - beta2) * g * g
        ahead = beta1 * m / (1 - beta1 ** (t + 1)) + (1 - beta1) * g / (1 - beta1**t)
        w -= eta * ahead / (math.sqrt(s / (1 - beta2**t)) + epsilon)
        yield w


LOOPS = [
    (
        "rmsprop",
        {"decay": 0.9, "momentum": 0.5, "centered": True, "form": "inside"},
        (0.9, 0.5),
        keras_rmsprop,
    ),
    ("adam", {"epsilon_place": "before_correction"}, (0.9, 0.999), keras_adam),
    ("adam", {"epsilon_place": "inside"}, (0.9, 0.999), optax_adam),
    ("adam", {"bias_correction": False}, (0.9, 0.999), bert_adam),
    ("adagrad", {"initial_sum": 0.1, "epsilon_inside": True}, (0.1,), keras_adagrad),
    ("nadam", {"momentum_decay": "off"}, (0.9, 0.999), plain_nadam),
]


@pytest.mark.parametrize(
    ("name", "settings", "numbers", "loop"), LOOPS, ids=[loop.__name__ for *_, loop in LOOPS]
)
def test_forms_that_pytorch_lacks_equal_a_loop_over_plain_numbers(name, settings, numbers, loop):
    # An epsilon of 0.01 makes its place count.
    mine = ours(name, GRADIENTS, learning_rate=0.1, epsilon=0.01, **settings)
    assert mine == pytest.approx(list(loop(0.1, *numbers, 0.01)), rel=1e-12)
    changed = {key: value for key, value in settings.items() if key not in ("epsilon_place", "form")}
    for switch in ("bias_correction", "epsilon_inside", "momentum_decay"):
        changed.pop(switch, None)
    assert mine != pytest.approx(ours(name, GRADIENTS, learning_rate=0.1, epsilon=0.01, **changed), rel=1e-4)


def test_average_takes_the_steps_of_sum_at_one_minus_momentum_of_the_rate():
    average = ours("momentum", GRADIENTS, learning_rate=1.0, momentum=0.9, form="average")
    weight = weight_of(1.0)
    pytorch = walk(torch.optim.SGD([weight], lr=0.1, momentum=0.9), weight, GRADIENTS)
    assert average == pytest.approx(pytorch, rel=1e-12)


def test_pytorchs_dampening_differs_from_average_by_its_first_step():
    weight = weight_of(1.0)
    dampened = torch.optim.SGD([weight], lr=1.0, momentum=0.9, dampening=0.9)
    first = walk(dampened, weight, [2.0])[0]
    assert first == pytest.approx(1 - 2.0)
    assert ours("momentum", [2.0], learning_rate=1.0, momentum=0.9, form="average") == pytest.approx(
        [1 - 0.2]
    )


@pytest.mark.parametrize("name", ["momentum", "nesterov"])
def test_rate_inside_differs_from_sum_only_where_the_rate_changes(name):
    walks = []
    for form in ("sum", "rate_inside"):
        weight = weight_of(1.0)
        optimizer = OPTIMIZERS.build({"name": name, "form": form}, [weight], learning_rate=0.1, momentum=0.5)
        seen = walk(optimizer, weight, GRADIENTS)
        optimizer.param_groups[0]["lr"] = 0.01
        walks.append((seen, walk(optimizer, weight, [0.0])[0]))
    (before, after), (before_inside, after_inside) = walks
    assert before == pytest.approx(before_inside, rel=1e-12)
    assert before[-1] - after == pytest.approx((before[-1] - after_inside) / 10, rel=1e-9)


@pytest.mark.parametrize(
    ("form", "rates"), [("sum", [0.1] * 12), ("rate_inside", [0.1, 0.05, 0.2, 0.01] * 3)]
)
def test_nesterov_trains_the_look_ahead_point_of_the_paper(form, rates):
    def slope(point):
        return 3 * point - 1

    w, v = 1.0, 0.0
    weight = weight_of(1.0)
    optimizer = OPTIMIZERS.build(
        {"name": "nesterov", "form": form}, [weight], learning_rate=0.1, momentum=0.8
    )
    for rate in rates:
        w, v = look_ahead(w, v, slope, learning_rate=rate, momentum=0.8)
        optimizer.param_groups[0]["lr"] = rate
        weight.grad = slope(weight.detach())
        optimizer.step()
        assert weight.item() == pytest.approx(w + 0.8 * v, rel=1e-12)


def test_adamw_decays_by_the_rate_or_by_the_schedule_alone():
    for decay, left in (("times_rate", 1 - 0.5 * 0.01 * 0.4), ("times_schedule", 1 - 0.5 * 0.4)):
        weight = weight_of(1.0)
        optimizer = gh.optimizers.AdamW([weight], learning_rate=0.01, weight_decay=0.4, decay=decay)
        optimizer.param_groups[0]["lr"] = 0.5 * 0.01  # a schedule at half of its way
        assert walk(optimizer, weight, [0.0])[0] == pytest.approx(left, rel=1e-12)


def test_weight_decay_of_sgd_is_an_l2_penalty_and_that_of_adam_is_not():
    def with_penalty(name):
        weight = weight_of(2.0)
        optimizer = OPTIMIZERS.build(name, [weight], learning_rate=0.1)
        (0.5 * weight + 0.3 / 2 * weight**2).backward()
        optimizer.step()
        return weight.item()

    def with_decay(name):
        weight = weight_of(2.0)
        return walk(OPTIMIZERS.build(name, [weight], learning_rate=0.1, weight_decay=0.3), weight, [0.5])[0]

    assert with_decay("sgd") == pytest.approx(with_penalty("sgd"), rel=1e-12)
    assert with_decay("adam") == pytest.approx(with_penalty("adam"), rel=1e-6)
    assert with_decay("adamw") != pytest.approx(with_penalty("adamw"), rel=1e-3)


def test_the_sum_of_momentum_makes_steps_ten_times_as_long():
    seen = ours("momentum", [1.0] * 200, learning_rate=0.1, momentum=0.9)
    assert seen[-2] - seen[-1] == pytest.approx(0.1 / (1 - 0.9), rel=1e-6)


def test_pitfalls_with_numbers_are_right():
    first = {name: 1 - ours(name, [5.0], learning_rate=0.1)[0] for name in ("rmsprop", "adam", "adagrad")}
    assert first == pytest.approx({"rmsprop": 1.0, "adam": 0.1, "adagrad": 0.1}, rel=1e-6)
    uncorrected = ours("adam", [1.0] * 13, learning_rate=0.1, bias_correction=False)
    steps = [before - after for before, after in zip([1.0, *uncorrected], uncorrected, strict=False)]
    assert (steps[0], steps[11]) == pytest.approx((0.316, 0.657), abs=1e-3)
    assert steps[11] == max(steps)
    assert 1 - ours("nadam", [5.0], learning_rate=0.1, momentum_decay="off")[0] == pytest.approx(
        0.1474, abs=1e-4
    )
    assert 1 - ours("adadelta", [5.0])[0] == pytest.approx(0.00316, abs=1e-5)


# The optimizers that train by their own rule.


@pytest.mark.parametrize(("name", "settings"), OWN, ids=str)
def test_own_forms_go_on_exactly_from_their_state(name, settings):
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(3, 2, generator=generator)
    gradients = torch.randn(6, 3, 2, generator=generator)

    def build():
        weight = torch.nn.Parameter(start.clone())
        return weight, OPTIMIZERS.build({"name": name, **settings}, [weight], learning_rate=0.1)

    def steps(weight, optimizer, some):
        for gradient in some:
            weight.grad = gradient.clone()
            optimizer.step()

    whole, optimizer = build()
    assert isinstance(optimizer, ByRule)
    steps(whole, optimizer, gradients)
    weight, optimizer = build()
    steps(weight, optimizer, gradients[:3])
    again, resumed = build()
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    with torch.no_grad():
        again.copy_(weight)
    steps(again, resumed, gradients[3:])
    assert torch.equal(again, whole)


@pytest.mark.parametrize(("name", "settings"), OWN, ids=str)
def test_own_forms_train_many_tensors_as_one_at_a_time_and_groups_by_their_own_settings(name, settings):
    generator = torch.Generator().manual_seed(1)
    shapes = [(3, 2), (4,), (1, 2, 2)]
    starts = [torch.randn(shape, generator=generator) for shape in shapes]
    together = [torch.nn.Parameter(each.clone()) for each in starts]
    alone = [torch.nn.Parameter(each.clone()) for each in starts]
    groups = [{"params": together[:2], "weight_decay": 0.1}, {"params": together[2:], "weight_decay": 0.0}]
    one = OPTIMIZERS.build({"name": name, **settings}, groups, learning_rate=0.1)
    several = [
        OPTIMIZERS.build({"name": name, **settings}, [each], learning_rate=0.1, weight_decay=decay)
        for each, decay in zip(alone, (0.1, 0.1, 0.0), strict=True)
    ]
    step = bare_step(one)
    for turn in range(4):
        for place, (mine, theirs) in enumerate(zip(together, alone, strict=True)):
            # The second tensor gets no gradient in the first turn, so that its steps are counted apart.
            missing = turn == 0 and place == 1
            mine.grad = None if missing else torch.randn(mine.shape, generator=generator)
            theirs.grad = None if missing else mine.grad.clone()
        with torch.no_grad():
            step()
        for each in several:
            each.step()
    for mine, theirs in zip(together, alone, strict=True):
        assert torch.allclose(mine, theirs, rtol=1e-6, atol=1e-7)
    assert [one.state[each]["step"] for each in together] == [4, 3, 4]


@pytest.mark.parametrize(("name", "settings"), OWN, ids=str)
def test_own_forms_move_all_tensors_at_once_as_piece_by_piece(name, settings, monkeypatch):
    generator = torch.Generator().manual_seed(1)
    starts = [torch.randn(shape, generator=generator) for shape in ((4, 10_000), (4,), (2, 3, 4, 4))]
    starts[2] = starts[2].to(memory_format=torch.channels_last)
    gradients = [[torch.randn_like(each) for each in starts] for _ in range(3)]
    ends = []
    for in_pieces in (("cpu",), ()):
        monkeypatch.setattr("glasshouse.optimizers.by_rule.IN_PIECES", in_pieces)
        weights = [torch.nn.Parameter(each.clone()) for each in starts]
        optimizer = OPTIMIZERS.build({"name": name, **settings}, weights, learning_rate=0.1, weight_decay=0.1)
        for some in gradients:
            for weight, gradient in zip(weights, some, strict=True):
                weight.grad = gradient.clone()
            optimizer.step()
        ends.append(weights)
    for piecewise, whole in zip(*ends, strict=True):
        assert torch.allclose(piecewise, whole, rtol=1e-6, atol=1e-7)


def test_own_forms_can_be_copied_and_take_a_closure():
    weight = weight_of(1.0)
    optimizer = copy.deepcopy(gh.optimizers.Momentum([weight], learning_rate=0.1, form="average"))
    copied = optimizer.param_groups[0]["params"][0]

    def closure():
        optimizer.zero_grad()
        loss = copied**2
        loss.backward()
        return loss.detach()

    assert float(optimizer.step(closure)) == 1.0
    assert copied.item() == pytest.approx(1 - 0.1 * 0.1 * 2)
    assert weight.item() == 1.0


def test_own_forms_refuse_sparse_gradients():
    table = torch.nn.Embedding(4, 2, sparse=True)
    optimizer = gh.optimizers.Momentum(table.parameters(), form="average")
    table(torch.tensor([1])).sum().backward()
    with pytest.raises(TrainingError, match=r"gradient is sparse(.|\n)*sparse=False"):
        optimizer.step()


def test_a_row_of_tensors_computes_as_each_of_them():
    tensors = [torch.tensor([4.0, 9.0]), torch.tensor([[16.0]])]
    got = (1 + 2 * Row(tensors) - 3 * -Row(tensors)) / torch.sqrt(Row(tensors)) - 1.0
    for mine, tensor in zip(got.tensors, tensors, strict=True):
        assert torch.equal(mine, (1 + 2 * tensor + 3 * tensor) / torch.sqrt(tensor) - 1)
    assert torch.equal((1 - Row(tensors)).tensors[0], 1 - tensors[0])
    with pytest.raises(TypeError):
        torch.exp(Row(tensors))


def test_class_like_names_build_the_same():
    for name in ("SGD", "Momentum", "Nesterov", "Adagrad", "Adadelta", "RMSprop", "Adam", "AdamW", "Nadam"):
        assert getattr(gh.optimizers, name) is OPTIMIZERS.find(name).build
    assert gh.optimizers.GradientDescent is gh.optimizers.SGD
    assert OPTIMIZERS.find("gradient descent").name == "sgd"


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("momentum", {"form": "averge"}, "did you mean 'average'"),
        ("momentum", {"momentum": 1.0}, "momentum = 1.0"),
        ("nesterov", {"momentum": 0.0}, "momentum = 0.0"),
        ("nesterov", {"form": "average"}, "form = 'average'"),
        ("adagrad", {"initial_sum": -0.1}, "initial_sum = -0.1"),
        ("adagrad", {"epsilon": 0.0}, "epsilon = 0.0"),
        ("adadelta", {"decay": 1.0}, "decay = 1.0"),
        ("rmsprop", {"form": "outsid"}, "did you mean 'outside'"),
        ("rmsprop", {"momentum": -0.5}, "momentum = -0.5"),
        ("adam", {"beta2": 1.0}, "beta2 = 1.0"),
        ("adam", {"epsilon_place": "under"}, "one of 'outside', 'before_correction', 'inside'"),
        ("adamw", {"decay": "times_rat"}, "did you mean 'times_rate'"),
        ("nadam", {"momentum_decay": "none"}, 'a number at least 0, or "off"'),
        ("nadam", {"momentum_decay": -1}, "momentum_decay = -1"),
    ],
)
def test_refused_settings(name, settings, said):
    with pytest.raises(SettingError, match=said):
        OPTIMIZERS.build({"name": name, **settings}, [weight_of(0.0)])
