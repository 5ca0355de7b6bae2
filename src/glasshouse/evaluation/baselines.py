"""Baselines: what can be had without a network, so that nobody is proud of nothing."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge

from glasshouse.core.seeds import numpy_stream
from glasshouse.data.parts import Part, Prepared
from glasshouse.evaluation.bag_of_tokens import BagOfTokens
from glasshouse.metrics import Prediction

MOST_ROWS = 10_000
FEWEST_ROWS = 1_000
ROW_WORK = 40_000_000
"""Rows x inputs x classes of one pass, beyond which rows are drawn."""
WORK = 800_000_000
"""Rows x inputs x classes x iterations of one fit, about: one or two seconds."""
ITERATIONS = (20, 100)
"""Fewest and most iterations of a logistic regression."""
PENALTIES = (1.0, 100.0)
"""Strengths of regularisation that are tried: a baseline that overfits would make any network look good."""

VIDEO = 5
"""Axes of a batch of videos."""
BAG_STRENGTHS = (1.0, 30.0)
"""Inverse penalties that are tried on rows of length 1."""
BAG_ITERATIONS = 200
"""Most iterations of each."""


@dataclass(frozen=True)
class Baseline:
    """A simple predictor, fitted on the training part, and its answers to the rows that are judged.

    Args:
        name: What it is called.
        about: How it answers, as a sentence.
        prediction: Its answers, in the target's own unit.
    """

    name: str
    about: str
    prediction: Prediction


def baselines(prepared: Prepared, judged: Part, seed: int) -> list[Baseline]:
    """The answer without looking, and a linear model on the same inputs as the network.

    Args:
        prepared: The data; baselines are fitted on its training part alone.
        judged: The part to answer.
        seed: For drawing rows where there are more than a linear model needs.

    Returns:
        The constant answer first. The linear model is left out where it would mean nothing: inputs that are
        indices (of words, say), or a sample with one class.
    """
    if prepared.task == "classification":
        found = [_majority(prepared, len(judged)), *_logistic(prepared, judged, seed)]
        if prepared.train.inputs.dim() == VIDEO:
            found += _single_frame(prepared, judged, seed)
        return found
    return [_mean(prepared, len(judged)), *_linear(prepared, judged, seed)]


def _majority(prepared: Prepared, rows: int) -> Baseline:
    counts = np.bincount(prepared.train.targets.numpy(), minlength=prepared.outputs)
    shares = counts / counts.sum()
    most = int(counts.argmax())
    probabilities = np.tile(shares, (rows, 1))
    return Baseline(
        "majority class",
        f"always answers {prepared.classes[most]!r}, the most frequent class of the training part",
        Prediction(np.full(rows, most), probabilities, probabilities),
    )


def _mean(prepared: Prepared, rows: int) -> Baseline:
    mean = float(_numbers(prepared, prepared.train).mean())
    return Baseline("mean", "always answers the training mean", Prediction(values=np.full(rows, mean)))


def _logistic(prepared: Prepared, judged: Part, seed: int) -> Iterator[Baseline]:
    if prepared.tokens:
        yield from _bag(prepared, judged)
        return
    if not prepared.train.inputs.is_floating_point():
        return
    inputs, targets, drawn = _sample(prepared, prepared.train.targets.numpy(), seed)
    if len(np.unique(targets)) < 2:
        return
    scale = _Standard(inputs)
    most = int(np.clip(WORK // (inputs.size * prepared.outputs), *ITERATIONS))
    with warnings.catch_warnings():  # that it stopped early is said in the report instead
        warnings.simplefilter("ignore", ConvergenceWarning)
        models = [
            LogisticRegression(C=1 / penalty, max_iter=most).fit(scale(inputs), targets)
            for penalty in PENALTIES
        ]
    watched = prepared.validation
    model, chosen = _better(models, scale, watched, None if watched is None else watched.targets.numpy())
    probabilities = np.zeros((len(judged), prepared.outputs))
    probabilities[:, model.classes_] = model.predict_proba(scale(_flat(judged)))
    probabilities /= probabilities.sum(axis=1, keepdims=True)  # float32 inputs give float32 sums
    early = f", stopped after {most} iterations" if max(model.n_iter_) >= most else ""
    yield Baseline(
        "logistic regression",
        f"one weight per input and class, on the same prepared inputs{drawn}{chosen}{early}",
        Prediction(probabilities.argmax(axis=1), probabilities, probabilities),
    )


def _single_frame(prepared: Prepared, judged: Part, seed: int) -> Iterator[Baseline]:
    """The same of the frame in the middle: what time adds, a network for videos must show against this."""
    middle = prepared.train.inputs.shape[1] // 2

    def still(part: Part) -> Part:
        return replace(part, inputs=part.inputs[:, middle])

    watched = None if prepared.validation is None else still(prepared.validation)
    shape = prepared.input_shape[1:]
    alone = replace(prepared, train=still(prepared.train), validation=watched, test=None, input_shape=shape)
    for found in _logistic(alone, still(judged), seed):
        yield Baseline(
            "single frame", f"logistic regression on frame {middle + 1} alone, without time", found.prediction
        )


def _bag(prepared: Prepared, judged: Part) -> Iterator[Baseline]:
    """A logistic regression on counts: what order adds, a sequence model must show against this."""
    counts = BagOfTokens(prepared.train, prepared.tokens)
    inputs, targets = counts(prepared.train), prepared.train.targets.numpy()
    if len(np.unique(targets)) < 2:
        return
    with warnings.catch_warnings():  # that it stopped early is said in the report instead
        warnings.simplefilter("ignore", ConvergenceWarning)
        models = [
            LogisticRegression(C=strength, max_iter=BAG_ITERATIONS).fit(inputs, targets)
            for strength in BAG_STRENGTHS
        ]
    model, chosen = models[0], ""
    if prepared.validation is not None and len(prepared.validation) > 1:
        watched, truth = counts(prepared.validation), prepared.validation.targets.numpy()
        best = int(np.argmax([each.score(watched, truth) for each in models]))
        model, chosen = models[best], f", penalty {1 / BAG_STRENGTHS[best]:g} chosen on validation rows"
    probabilities = np.zeros((len(judged), prepared.outputs))
    probabilities[:, model.classes_] = model.predict_proba(counts(judged))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    early = f", stopped after {BAG_ITERATIONS} iterations" if max(model.n_iter_) >= BAG_ITERATIONS else ""
    yield Baseline(
        "bag of tokens",
        f"logistic regression on {counts.about}, without their order{chosen}{early}",
        Prediction(probabilities.argmax(axis=1), probabilities, probabilities),
    )


def _linear(prepared: Prepared, judged: Part, seed: int) -> Iterator[Baseline]:
    if not prepared.train.inputs.is_floating_point():
        return
    inputs, targets, drawn = _sample(prepared, _numbers(prepared, prepared.train), seed)
    scale = _Standard(inputs)
    # never without a penalty: one-hot columns add up to one, so that plain least squares has no single answer
    models = [Ridge(alpha=penalty).fit(scale(inputs), targets) for penalty in PENALTIES]
    watched = prepared.validation
    model, chosen = _better(models, scale, watched, None if watched is None else _numbers(prepared, watched))
    values = np.asarray(model.predict(scale(_flat(judged))), dtype=np.float64)
    about = f"one weight per input, least squares, on the same prepared inputs{drawn}{chosen}"
    yield Baseline("linear regression", about, Prediction(values=values))


def _better(
    models: list[Any], scale: _Standard, watched: Part | None, truth: NDArray[Any] | None
) -> tuple[Any, str]:
    """The model that does better on validation rows, as the epoch of the network was chosen; of equals the
    first. The remark says which it was.
    """
    if watched is None or len(watched) < 2:
        return models[0], ""
    inputs = scale(_flat(watched))
    scores = [model.score(inputs, truth) for model in models]
    best = int(np.argmax(scores))
    return models[best], f", penalty {PENALTIES[best]:g} chosen on validation rows"


class _Standard:
    """Zero mean and unit spread per input: with them one strength of regularisation suits all inputs."""

    def __init__(self, inputs: NDArray[np.float32]) -> None:
        self.centre = inputs.mean(axis=0)
        spread = inputs.std(axis=0)
        self.spread = np.where(spread > 0, spread, 1.0)

    def __call__(self, inputs: NDArray[np.float32]) -> NDArray[Any]:
        scaled: NDArray[Any] = (inputs - self.centre) / self.spread
        return scaled


def _sample(prepared: Prepared, targets: NDArray[Any], seed: int) -> tuple[NDArray[np.float32], Any, str]:
    """Training inputs, flat, with their targets; of very many rows only some, and then a remark on it."""
    inputs = _flat(prepared.train)
    per_row = inputs.shape[1] * max(1, prepared.outputs)
    most = min(MOST_ROWS, max(FEWEST_ROWS, ROW_WORK // max(1, per_row)))
    if len(inputs) <= most:
        return inputs, targets, ""
    drawn = np.sort(numpy_stream(seed, "baselines").permutation(len(inputs))[:most])
    return inputs[drawn], targets[drawn], f" of {most:,} training rows drawn at random"


def _flat(part: Part) -> NDArray[np.float32]:
    flat: NDArray[np.float32] = part.inputs.reshape(len(part), -1).numpy()
    return flat


def _numbers(prepared: Prepared, part: Part) -> NDArray[np.float64]:
    """The targets of a part in their own unit."""
    values: NDArray[np.float64] = part.targets.double().reshape(len(part), -1)[:, 0].numpy()
    scale = prepared.scale
    return values if scale is None else values * scale.spread + scale.centre
