import math

import pytest
import torch

from glasshouse import activations
from glasshouse.activations import ACTIVATIONS
from glasshouse.core.errors import ModelError, SettingError
from glasshouse.testing import Case, check_card, check_forward, check_rule, close

SMOOTH = [
    "identity", "sigmoid", "bipolar_sigmoid", "tanh", "scaled_tanh", "softsign", "gelu", "swish", "mish",
    "softplus",
]  # fmt: skip
EVEN = torch.tensor([-20.5, -2.6, -0.9, -0.3, 0.2, 0.7, 1.4, 2.7, 20.7], dtype=torch.float64)
KINKS = torch.tensor([-3.0, -1.0, 0.0, 1.0, 3.0, 6.0], dtype=torch.float64)
OWN_SHAPE = {"maxout", "softmax"}
ELEMENTWISE = [name for name in ACTIVATIONS if name not in OWN_SHAPE]


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_every_activation_away_from_kinks_at_them_and_without_samples(name, numbers):
    check_rule(
        ACTIVATIONS[name],
        [
            Case({"x": EVEN}),
            Case({"x": numbers(2, 3, 2)}),
            Case({"x": KINKS}, smooth=name in SMOOTH),
            Case({"x": numbers(0, 3)}),
        ],
    )


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("binary_step", {"threshold": 0.5}),
        ("bipolar_step", {"threshold": -0.5}),
        ("sigmoid", {"steepness": 1.7}),
        ("bipolar_sigmoid", {"steepness": 0.4}),
        ("hard_tanh", {"least": -0.5, "most": 2.0}),
        ("leaky_relu", {"negative_slope": 0.3}),
        ("leaky_relu", {"negative_slope": -0.3}),
        ("prelu", {"num_parameters": 9, "init": 1.5}),
        ("elu", {"alpha": 0.4}),
        ("gelu", {"approximate": "tanh"}),
        ("softplus", {"beta": 2.0}),
        ("softplus", {"beta": 0.5, "threshold": 1.0}),
        ("swish", {"beta": 2.0}),
        ("swish", {"beta": 0.5, "learnable": True}),
        ("scaled_tanh", {"amplitude": 1.0, "slope": 0.5}),
    ],
)
def test_settings(name, settings):
    check_rule(ACTIVATIONS[name], [Case({"x": EVEN.reshape(1, -1)}, settings)])


def test_one_learnt_slope_per_channel_in_pictures(numbers):
    check_rule(ACTIVATIONS["prelu"], [Case({"x": numbers(2, 3, 2, 2)}, {"num_parameters": 3})])


@pytest.mark.parametrize(
    ("shape", "settings"),
    [
        ((4,), {}),
        ((2, 3), {}),
        ((2, 3), {"temperature": 0.5}),
        ((2, 3, 2), {"axis": 1, "temperature": 3.0}),
        ((1, 1), {}),
        ((0, 3), {}),
    ],
)
def test_softmax(shape, settings, numbers):
    check_rule(ACTIVATIONS["softmax"], [Case({"x": numbers(*shape)}, settings)])


@pytest.mark.parametrize(
    ("shape", "pieces"), [((2, 6), 2), ((1, 6), 3), ((2, 4, 2, 2), 4), ((0, 4), 2), ((3, 2), 1)]
)
def test_maxout(shape, pieces, numbers):
    check_rule(ACTIVATIONS["maxout"], [Case({"x": numbers(*shape)}, {"pieces": pieces})])


def test_of_equal_pieces_the_first_learns():
    x = torch.tensor([[1.0, 1.0, 2.0, 2.0]])
    check_rule(ACTIVATIONS["maxout"], [Case({"x": x}, smooth=False)])
    with pytest.raises(ModelError, match="2 times as many outputs"):
        activations.Maxout(2)(torch.ones(2, 5))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_cards(name):
    check_card(ACTIVATIONS[name])


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("size", [1e4, 1e30])
def test_extreme_numbers_give_no_nan(name, size):
    x = torch.tensor([[-size, size, 0.0, -size / 2, size / 3, -1.0]])
    module = ACTIVATIONS.build(name)
    rule, parameters = ACTIVATIONS[name].rule(module)
    outputs, saved = rule.forward({"x": x, **{n: p.detach() for n, p in parameters.items()}})
    back = rule.backward(saved, {"y": torch.ones_like(outputs["y"])})
    assert not any(each.isnan().any() for each in (outputs["y"], *back.values()))
    close(name, outputs["y"], module(x).detach())
    for place in range(outputs["y"].shape[1]):
        assert not math.isnan(rule.expand(saved, "y", (0, place)).value)


def test_softmax_and_its_arithmetic_where_the_exponentials_would_overflow():
    x = torch.tensor([1000.0, 999.0, -1000.0], dtype=torch.float64)
    rule, _ = ACTIVATIONS["softmax"].rule(activations.Softmax())
    outputs, saved = rule.forward({"x": x})
    assert float(outputs["y"][0]) == pytest.approx(1 / (1 + math.exp(-1)))
    assert rule.expand(saved, "y", (0,)).value == pytest.approx(float(outputs["y"][0]))
    assert "max" in rule.expand(saved, "y", (0,)).symbols()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_bfloat16(name):
    check_forward(ACTIVATIONS[name], Case({"x": torch.linspace(-3, 3, 8).reshape(1, 8)}), torch.bfloat16)


def test_known_numbers():
    assert float(activations.BinaryStep()(torch.tensor(0.0))) == 1
    assert float(activations.BipolarStep()(torch.tensor(-0.1))) == -1
    # The neuron of the worked example: weighted sum 0.53.
    z = torch.tensor(0.53, dtype=torch.float64)
    assert float(activations.Sigmoid()(z)) == pytest.approx(1 / (1 + math.exp(-0.53)), abs=1e-12)
    assert float(activations.BipolarSigmoid()(z)) == pytest.approx(math.tanh(0.265), abs=1e-12)


def test_a_step_passes_no_gradient_but_keeps_the_graph():
    x = torch.tensor([-1.0, 0.0, 2.0], requires_grad=True)
    for step in (activations.BinaryStep(), activations.BipolarStep()):
        (gradient,) = torch.autograd.grad(step(x).sum(), x)
        assert gradient.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("softmax", {"temperature": 0}, "temperature = 0: expected a finite number above 0"),
        ("softmax", {"temperature": -1.0}, "temperature = -1.0"),
        ("softmax", {"axis": 0.5}, "axis = 0.5"),
        ("sigmoid", {"steepness": 0}, "steepness = 0"),
        ("bipolar_sigmoid", {"steepness": -2}, "steepness = -2"),
        ("elu", {"alpha": 0}, "alpha = 0"),
        ("softplus", {"beta": 0}, "beta = 0"),
        ("gelu", {"approximate": "erf"}, "one of 'none', 'tanh'"),
        ("maxout", {"pieces": 0}, "pieces = 0"),
        ("hard_tanh", {"least": 1.0, "most": 1.0}, "least below most"),
        ("prelu", {"num_parameters": 0}, "num_parameters = 0"),
        ("swish", {"beta": math.nan}, "beta = nan"),
    ],
)
def test_refused_settings(name, settings, said):
    with pytest.raises(SettingError) as caught:
        ACTIVATIONS.build({"name": name, **settings})
    assert said.split(": expected ")[0] in str(caught.value)
    assert said.split(": expected ")[-1] in str(caught.value)
