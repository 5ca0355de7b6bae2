"""Pieces: their numbers are PyTorch's and those worked by hand, and their arithmetic gives them."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import glasshouse as gh
from glasshouse.core.errors import GlasshouseError, ModelError, SettingError, UnknownNameError, UsageError
from glasshouse.explain.arithmetic import evaluate

E = gh.explain
IMAGE = [[1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 1, 0], [1, 0, 1, 1]]
KERNEL = [[1, 0], [0, -1]]
MAP = [[1, 3, 2, 4], [5, 6, 1, 2], [9, 8, 4, 3], [6, 7, 2, 1]]
GATE = [[0, 0], [0, 1], [1, 0], [1, 1]]
EVERY = {
    "convolution": lambda: E.convolution(
        IMAGE, [[1, 0], [0, -1]], padding=1, bias=0.5, gradient=np.ones((5, 5))
    ),
    "pooling": lambda: E.pooling(IMAGE, 2, kind="max", gradient=[[1, 2], [3, 4]]),
    "average pooling": lambda: E.pooling(IMAGE, 2, 1, kind="average"),
    "padding": lambda: E.padding(IMAGE, 1, "reflect"),
    "softmax with cross-entropy": lambda: E.softmax_cross_entropy([2.0, 1.0, 0.1], 0),
    "rnn": lambda: E.rnn_step([1.0, 2.0], [0.1, -0.3], gradient=[1.0, 0.5]),
    "lstm": lambda: E.lstm_step([1.0, -0.5], [0.1, 0.2], [0.3, -0.4], gradient=[1.0, 0.0]),
    "gru": lambda: E.gru_step([1.0, -0.5], [0.1, 0.2], gradient=[1.0, 0.0]),
    "gru, reset before": lambda: E.gru_step([1.0], [0.1, 0.2], reset="before", gradient=[0.0, 2.0]),
    "batch norm": lambda: E.batch_norm([1.0, 2.0, 3.0, 4.0], 1.5, 0.5, gradient=[1.0, 0.0, -1.0, 2.0]),
    "attention": lambda: E.attention(
        np.eye(2), np.ones((3, 2)), [[1.0], [2.0], [3.0]], gradient=[[1.0], [2.0]]
    ),
    "masked attention": lambda: E.attention(np.eye(2), np.eye(2), np.eye(2), causal=True),
    "dropout": lambda: E.dropout([1.0, 2.0, 3.0, 4.0], 0.25, seed=3, gradient=[1.0, 1.0, 1.0, 1.0]),
    "neuron": lambda: E.neuron([0.8, 0.6, 0.4], [0.1, 0.3, -0.2], 0.35, "tanh", gradient=0.5),
    "updates": lambda: E.updates(list(gh.optimizers.OPTIMIZERS), [1.0, -0.5, 0.2], 0.3, learning_rate=0.05),
    "gradient descent": lambda: E.gradient_descent(2, 6, 5, 0.1, steps=3),
    "perceptron": lambda: E.perceptron(GATE, [0, 0, 0, 1]),
}


@pytest.mark.parametrize("name", EVERY)
def test_every_line_evaluates_to_its_number_and_survives_json(name):
    piece = EVERY[name]()
    plain = json.loads(json.dumps(piece.to_dict()))
    assert plain["lines"]
    for line, told in zip(piece.lines, plain["lines"], strict=True):
        assert evaluate(told["arithmetic"]) == pytest.approx(line.expression.value, rel=1e-12, abs=1e-15)
    for result, tensor in piece.results.items():
        if piece.arithmetic is not None:
            for place in np.ndindex(*tensor.shape):
                assert piece.at(*place, of=result).value == pytest.approx(
                    float(tensor[place]), rel=1e-9, abs=1e-12
                )


@pytest.mark.parametrize("name", EVERY)
def test_every_piece_reads_draws_and_stands_on_a_page_of_its_own(name, tmp_path):
    piece = EVERY[name]()
    lines = str(piece).splitlines()
    assert lines[0] == piece.title
    assert max(len(line) for line in lines) <= 80
    assert piece.drawing().startswith("<svg")
    page = piece.to_html(tmp_path / "piece.html").read_text(encoding="utf-8")
    assert "http" not in page.replace("http://www.w3.org", "")
    assert "<script" not in page
    assert "<math" in page
    assert r"\begin{align*}" in piece.to_latex()
    assert piece._repr_html_() in page


def test_a_convolution_is_scipys_and_the_example_by_hand():
    piece = E.convolution(IMAGE, [[1, 0], [0, -1]])
    assert piece.result.tolist() == [[0, 0, 1], [0, 0, 1], [0, -1, 0]]
    assert piece.at(0, 0).text() == "1·1 + 0·1 + 0·0 + (−1)·1"
    x = torch.randn(6, 7, dtype=torch.float64)
    w = torch.randn(3, 2, dtype=torch.float64)
    ours = E.convolution(x, w, stride=2, padding=1, dilation=2, bias=0.3)
    right = F.conv2d(x[None, None], w[None, None], torch.tensor([0.3]).double(), 2, 1, 2)[0, 0]
    assert torch.allclose(ours.result, right, atol=1e-12)
    assert E.convolution(np.ones((8, 8)), np.ones((3, 3))).result.shape == (6, 6)
    assert E.padding(np.ones((8, 8)), 1).notes[0].endswith("= 8 rows")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("max", [[6, 4], [9, 4]]),
        ("min", [[1, 1], [6, 1]]),
        ("average", [[3.75, 2.25], [7.5, 2.5]]),
        ("sum", [[15, 9], [30, 10]]),
    ],
)
def test_pooling_is_the_example_by_hand(kind, expected):
    assert (
        E.pooling([[1, 3, 2, 4], [5, 6, 1, 2], [9, 8, 4, 3], [6, 7, 2, 1]], kind=kind).result.tolist()
        == expected
    )


def test_softmax_and_cross_entropy_are_the_example_by_hand():
    piece = E.softmax_cross_entropy([2.0, 1.0, 0.1], 0)
    assert piece.results["p"].tolist() == pytest.approx(
        [0.6590011388859679, 0.2424329707047139, 0.09856589040931818], rel=1e-12
    )
    assert float(piece.results["loss"]) == pytest.approx(-math.log(0.6590011388859679))
    assert piece.results["dz"].tolist() == pytest.approx([-0.3409988611, 0.2424329707, 0.0985658904])


def test_one_step_of_gradient_descent_is_the_example_by_hand():
    piece = E.gradient_descent(x=2, target=6, weight=5, learning_rate=0.1)
    told = {line.name: line.expression.value for line in piece.lines if line.part == "Step 1"}
    assert told == pytest.approx({"y": 10.0, "loss": 8.0, "g": 8.0, "w": 4.2})
    assert piece.results["loss"].tolist() == pytest.approx([8.0, 2.88])
    ten = E.gradient_descent(2, 6, 5, 0.1, steps=10).results["w"].tolist()
    assert ten == pytest.approx([3 + 2 * 0.6**t for t in range(11)])
    assert "it moves away" in E.gradient_descent(2, 6, 5, 0.6).notes[0]


def test_the_neuron_of_the_worked_example():
    binary = E.neuron([0.8, 0.6, 0.4], [0.1, 0.3, -0.2], 0.35, "sigmoid")
    bipolar = E.neuron([0.8, 0.6, 0.4], [0.1, 0.3, -0.2], 0.35, "bipolar_sigmoid")
    assert float(binary.results["z"]) == pytest.approx(0.53)
    assert float(binary.result) == pytest.approx(0.6294831119673949)
    assert float(bipolar.result) == pytest.approx(0.25896622393478985)


def test_batch_norm_of_the_worked_example_and_its_three_paths():
    piece = E.batch_norm([1.0, 2.0, 3.0, 4.0], gradient=[1.0, 0.0, 0.0, 0.0])
    assert piece.results["y"].flatten().tolist() == pytest.approx(
        [-1.3416354199689269, -0.447211806656309, 0.447211806656309, 1.3416354199689269]
    )
    paths = {step.name: step.value for step in piece.at(1, 0, of="dx").steps()}
    whole = paths["direct"] + paths["through_mean"] + paths["through_variance"]
    assert whole == pytest.approx(float(piece.results["dx"][1]))
    assert float(piece.results["dx"].sum()) == pytest.approx(0, abs=1e-12)  # a constant shift changes nothing


def test_forms_of_momentum_and_epsilon_are_the_examples_by_hand():
    both = E.updates(
        [{"name": "momentum", "form": "sum"}, {"name": "momentum", "form": "average"}],
        [1.0] * 5,
        learning_rate=0.1,
    )
    ways = [path.diff().neg().tolist() for path in both.results.values()]
    assert ways[0] == pytest.approx([0.1, 0.19, 0.271, 0.3439, 0.40951])
    assert ways[1] == pytest.approx([each / 10 for each in ways[0]])
    adagrad = [{"name": "adagrad", "epsilon": 1e-8, "epsilon_inside": inside} for inside in (True, False)]
    steps = [float(path[1]) for path in E.updates(adagrad, [1e-5], learning_rate=0.1).results.values()]
    assert steps == pytest.approx([-0.009950371902099893, -0.09990009990009992])


@pytest.mark.parametrize("name", gh.optimizers.OPTIMIZERS)
def test_every_optimizer_walks_as_the_one_that_trains(name):
    weight = nn.Parameter(torch.tensor([0.3], dtype=torch.float64))
    optimizer = gh.optimizers.OPTIMIZERS.build({"name": name, "learning_rate": 0.05}, [weight])
    way = [0.3]
    for gradient in (1.0, -0.5, 0.2):
        weight.grad = torch.tensor([gradient], dtype=torch.float64)
        optimizer.step()
        way.append(float(weight.detach()))
    ours = E.updates(name, [1.0, -0.5, 0.2], 0.3, learning_rate=0.05)
    # PyTorch's Nadam keeps the product of its momenta in single precision.
    assert ours.result.tolist() == pytest.approx(way, rel=1e-7 if name == "nadam" else 1e-9)


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_cells_and_their_gradients_are_pytorchs(kind):
    torch.manual_seed(1)
    cell = {"rnn": nn.RNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}[kind](3, 2).double()
    weights = {name: each.detach() for name, each in cell.named_parameters()}
    x, h, c = (torch.randn(size, dtype=torch.float64, requires_grad=True) for size in (3, 2, 2))
    new = cell(x, (h, c))[0] if kind == "lstm" else cell(x, h)
    (new * torch.tensor([1.0, -2.0])).sum().backward()
    make = {"rnn": E.rnn_step, "lstm": E.lstm_step, "gru": E.gru_step}[kind]
    given = (x.detach(), h.detach(), c.detach())[: 3 if kind == "lstm" else 2]
    piece = make(*given, weights=weights, gradient=[1.0, -2.0])
    assert torch.allclose(piece.result, new, atol=1e-12)
    assert torch.allclose(piece.results["dx"], x.grad, atol=1e-12)
    assert torch.allclose(piece.results["dweight_hh"], cell.weight_hh.grad, atol=1e-12)


def test_attention_and_dropout_are_pytorchs():
    q, k, v = torch.randn(2, 4).double(), torch.randn(3, 4).double(), torch.randn(3, 2).double()
    assert torch.allclose(
        E.attention(q, k, v).result, F.scaled_dot_product_attention(q[None], k[None], v[None])[0]
    )
    mask = [[True, False, True], [False, True, True]]
    right = F.scaled_dot_product_attention(q[None], k[None], v[None], torch.tensor(mask))[0]
    assert torch.allclose(E.attention(q, k, v, mask).result, right)
    x = torch.arange(1.0, 9.0).double()
    torch.manual_seed(5)
    assert torch.equal(E.dropout(x, 0.5, seed=5).result, F.dropout(x, 0.5))


def test_the_perceptron_divides_what_a_line_divides_and_says_what_it_cannot():
    generator = torch.Generator().manual_seed(2)
    points = torch.randn(40, 2, generator=generator)
    side = points @ torch.tensor([2.0, -1.0])
    kept = side.abs() > 0.5
    points, classes = points[kept], (side[kept] > 0).double()
    piece = E.perceptron(points, classes, epochs=500)
    w, b = piece.results["w"], piece.results["b"]
    assert bool((((points.double() @ w + b) >= 0).double() == classes).all())
    margin = float((side[kept].abs() / math.sqrt(5)).min())
    radius = float(torch.cat([points, torch.ones(len(points), 1)], 1).norm(dim=1).max())
    mistakes = float(piece.results["mistakes"].sum())
    # Novikoff's bound, for the margin of the line through the origin with the bias as one more weight.
    assert mistakes <= (radius / margin) ** 2
    assert E.perceptron(GATE, [0, 1, 1, 0], epochs=2).notes == (
        "not converged: in each of the 2 epochs there is a mistake",
    )
    # By hand: after both the second and the third epoch w = (−1, 0) and b = 0.
    endless = E.perceptron(GATE, [0, 1, 1, 0], epochs=7)
    assert endless.notes == ("never ends: after epoch 3 the weights are again those after epoch 2",)
    assert endless.results["w"].tolist() == [-1, 0]
    assert float(endless.results["b"]) == 0


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        (lambda: E.convolution([1, 2], [[1]]), UsageError, "image has 1 axes"),
        (lambda: E.convolution([[1, 2], [3]], [[1]]), UsageError, "rows of different lengths"),
        (lambda: E.convolution([[1.0, math.nan]], [[1]]), UsageError, "not-a-number"),
        (
            lambda: E.convolution([[1.0]], [[1, 2], [3, 4]]),
            ModelError,
            "a kernel that spans 2 on an input of 1",
        ),
        (lambda: E.convolution([[1.0]], [[1.0]], stride=0), SettingError, "stride = 0"),
        (lambda: E.pooling(IMAGE, kind="mean"), SettingError, "one of 'max'"),
        (lambda: E.softmax_cross_entropy([1.0, 2.0], 2), SettingError, "target = 2"),
        (lambda: E.lstm_step([1.0], [0.1], [0.1, 0.2]), UsageError, r"c has the shape \(2,\)"),
        (lambda: E.rnn_step([1.0], [0.1], {"weight": 1}), UsageError, "weights has 'weight'"),
        (lambda: E.batch_norm([1.0]), UsageError, "a batch of one"),
        (lambda: E.dropout([1.0], 1.0), SettingError, "probability = 1.0"),
        (lambda: E.updates("adan", [1.0]), UnknownNameError, "did you mean 'adam'"),
        (lambda: E.updates([], [1.0]), UsageError, "0 optimizers"),
        (lambda: E.perceptron(GATE, [0, 1, 2, 0]), UsageError, "0 or 1"),
        (lambda: E.neuron([1.0], [1.0, 2.0]), UsageError, "weights has the shape"),
        (lambda: E.gradient_descent(1, 1, 1, 0.0), SettingError, "learning_rate = 0"),
        (lambda: E.convolution(IMAGE, [[1]]).at(9, 9), UsageError, "a place of shape"),
        (lambda: E.convolution(IMAGE, [[1]]).at(0, 0, of="z"), UsageError, "one of y"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_would(wrong, error, said):
    with pytest.raises(error, match=said) as caught:
        wrong()
    assert isinstance(caught.value, GlasshouseError)
