"""Worked examples of dropout, first weights, normalisation, optimizers and batches."""

from __future__ import annotations

import itertools
import math

import torch

from glasshouse.core.arithmetic import sqrt
from glasshouse.core.expression import Number
from glasshouse.models.mlp import mlp
from glasshouse.optimizers import OPTIMIZERS
from glasshouse.training.batches import cut
from tests.facts.worked import Worked


def dropout(rate, ones=1_000_000):
    """PyTorch's dropout of ones in training: the share that is kept, what those become, and the mean."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        result = torch.nn.Dropout(rate)(torch.ones(ones, dtype=torch.float64))
    return float((result > 0).double().mean()), float(result.max()), float(result.mean())


def keep_probability():
    """A mask with the keep probability 0.8, and one drawn with 1 less it."""
    right, printed = dropout(1 - 0.8), dropout(0.8)
    return {"kept_share": right[0], "mean": right[2], "note_kept_share": printed[0], "note_mean": printed[2]}


def factor_at_test_time(rate):
    """Mean over all masks of four units, by their chances, of the sum that is left; as a share of the sum."""
    inputs = (0.3, 1.1, 0.6, 2.0)
    mean = 0.0
    for mask in itertools.product((0, 1), repeat=len(inputs)):
        chance = math.prod(1 - rate if kept else rate for kept in mask)
        mean += chance * sum(kept * x for kept, x in zip(mask, inputs, strict=True))
    return mean / sum(inputs)


def glorot():
    bound = sqrt(Number(6.0) / (Number(400, "n_in") + Number(120, "n_out")))
    return {"var": (bound * bound / 3).value, "uniform_bound": bound.value}


def he():
    bound = sqrt(Number(6.0) / Number(400, "n_in"))
    return {"var": (bound * bound / 3).value, "uniform_bound": bound.value}


def normalised():
    """The batch 1, 2, 3, 4 by PyTorch's batch normalisation."""
    layer = torch.nn.BatchNorm1d(1, eps=1e-5).double()
    return {"xhat": layer(torch.tensor([[1.0], [2.0], [3.0], [4.0]]).double()).detach().flatten().tolist()}


def steps(name, gradients, **settings):
    """How long each step of an optimizer is for a weight with these gradients."""
    weight = torch.nn.Parameter(torch.tensor(0.0, dtype=torch.float64))
    optimizer = OPTIMIZERS.build({"name": name, **settings}, [weight])
    lengths = []
    for gradient in gradients:
        before = float(weight.detach())
        weight.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        lengths.append(before - float(weight.detach()))
    return lengths


def first_adagrad_step():
    """Both places of epsilon are settings of ours."""
    places = {"inside": True, "outside": False}
    return {
        place: steps("adagrad", [1e-5], learning_rate=0.1, epsilon=1e-8, epsilon_inside=inside)[0]
        for place, inside in places.items()
    }


def momentum_forms():
    """Both forms are settings of ours."""
    classic = steps("momentum", [1.0] * 5, learning_rate=0.1, momentum=0.9)
    average = steps("momentum", [1.0] * 5, learning_rate=0.1, momentum=0.9, form="average")
    return {
        "classic": classic,
        "ema": average,
        "ratio": [a / b for a, b in zip(classic, average, strict=True)],
    }


def moving_average():
    """EMA(t) = a X(t) + (1 - a) EMA(t - 1), from X(0)."""
    result = [1.0]
    for x in (2.0, 3.0, 4.0):
        result.append(0.3 * x + 0.7 * result[-1])
    return {"ema": result}


CASES = (
    Worked(
        "dropout_6_units_third",
        "Six units at a rate of 1/3: how many stay on average, and what they are multiplied with.",
        lambda: {"kept": 6 * (1 - 1 / 3), "scale": dropout(1 / 3, 100)[1]},
        correct={"kept": 4.0, "scale": 1.5},
        stated={"kept": 4, "scale": 1.5},
        tolerance=1e-12,
        why="Four on average: each unit is dropped alone, so in two thirds of the passes it is not four.",
    ),
    Worked(
        "dropout_picture_10",
        "Of ten units drawn as O O X O X O X O O X, the X are dropped.",
        lambda: {"dropped": "OOXOXOXOOX".count("X") / 10, "dropped_between": [0.3, 0.5]},
        correct={"dropped_between": [0.3, 0.5], "dropped": 0.4},
        stated={"dropped_between": [0.3, 0.5]},
    ),
    Worked(
        "dropout_code_keep_prob",
        "binomial(1, 1 - keep_prob)/(1 - keep_prob) with a keep probability of 0.8, on a million ones.",
        keep_probability,
        correct={
            "kept_share": 0.799975,
            "mean": 0.99996875,
            "note_kept_share": 0.200147,
            "note_mean": 1.000735,
        },
        stated={"kept_share": 0.8, "mean": 1.0, "note_kept_share": 0.8},
        wrong=("note_kept_share",),
        tolerance={"kept_share": 0.002, "mean": 0.002, "note_kept_share": 0.002, "note_mean": 0.005},
        why="As printed the keep probability is that of being dropped; the mean hides it.",
    ),
    Worked(
        "dropout_inference_scaling_rate",
        "The factor at test time for dropout without rescaling, rate 0.2.",
        lambda: {"factor": factor_at_test_time(0.2)},
        correct={"factor": 0.8},
        stated={"factor": 0.2},
        wrong=("factor",),
        why="It is 1 less the rate, not the rate.",
    ),
    Worked(
        "dropout_inference_inverse_rate",
        "The same, said to be the inverse of the rate.",
        lambda: {"factor": factor_at_test_time(0.2)},
        correct={"factor": 0.8},
        stated={"factor": 1 / 0.2},
        wrong=("factor",),
        why="The inverse of the keep probability belongs to training with inverted dropout.",
    ),
    Worked(
        "xavier_variance_000",
        "Glorot's variance for 400 inputs and 120 outputs.",
        glorot,
        correct={"var": 0.0038461538461538464, "uniform_bound": 0.10741723110591493},
        stated={"var": 1 / 520},
        wrong=("var",),
        tolerance=1e-12,
        why="The factor 2 is missing.",
    ),
    Worked(
        "xavier_normal_004",
        "The same.",
        lambda: {"var": glorot()["var"]},
        correct={"var": 0.0038461538461538464},
        stated={"var": 2 / 520},
        tolerance=1e-12,
    ),
    Worked(
        "he_variance",
        "He's variance for 400 inputs.",
        he,
        correct={"var": 0.005, "uniform_bound": 0.1224744871391589},
        stated={"var": 0.005},
        tolerance=1e-12,
    ),
    Worked(
        "batchnorm_divide_by_variance",
        "The batch 1, 2, 3, 4 normalised.",
        normalised,
        correct={"xhat": [-1.3416354199689269, -0.447211806656309, 0.447211806656309, 1.3416354199689269]},
        stated={"xhat": [-1.2, -0.4, 0.4, 1.2]},
        wrong=("xhat",),
        tolerance=1e-6,
        why="Divided by the variance instead of its root.",
    ),
    Worked(
        "adagrad_eps_inside_outside",
        "Adagrad's first step for a gradient of 1e-5, rate 0.1, epsilon 1e-8 inside and outside the root.",
        first_adagrad_step,
        correct={"inside": 0.009950371902099893, "outside": 0.09990009990009992},
        stated={"inside": 0.009950371902099893},
        tolerance=1e-15,
        why="Both are in use; for small gradients they differ tenfold.",
    ),
    Worked(
        "momentum_conventions",
        "Five steps with gradient 1, rate 0.1 and coefficient 0.9, in both forms of momentum.",
        momentum_forms,
        correct={
            "classic": [0.1, 0.19, 0.271, 0.3439, 0.40951],
            "ema": [0.01, 0.019, 0.0271, 0.03439, 0.040951],
            "ratio": [10.0] * 5,
        },
        why="The second is the first with a tenth of the rate.",
    ),
    Worked(
        "ewma_extension",
        "A moving average of 1, 2, 3, 4 where 0.3 is the weight of the new value.",
        moving_average,
        correct={"ema": [1.0, 1.3, 1.81, 2.467]},
        why="Optimizers call the weight of the old value beta.",
    ),
    Worked(
        "minibatches_1000_100",
        "A thousand samples in batches of a hundred.",
        lambda: {"batches": len(cut(1000, 100, 1))},
        correct={"batches": 10},
        stated={"batches": 10},
    ),
    Worked(
        "deep_ann_iris_params",
        "Parameters of 4-64-32-3 with batch normalisation after both hidden layers.",
        lambda: {
            "params": sum(
                each.numel() for each in mlp(4, 3, hidden=[64, 32], normalization="batch").parameters()
            )
        },
        correct={"params": 2691},
    ),
)

INITIALIZER_BOUNDS = {"glorot": (glorot, math.sqrt(6 / 520)), "he": (he, math.sqrt(6 / 400))}
