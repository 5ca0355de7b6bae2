"""One measure of what a network answers to the rows that watch, for searches: as the evaluation of a run
measures it, without all that stands beside it there.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from glasshouse.core.seeds import derive
from glasshouse.data.parts import OutputScale, Part
from glasshouse.evaluation.bleu import bleu
from glasshouse.evaluation.compared import Compared, Thresholds
from glasshouse.evaluation.detection import answer, ask, measured
from glasshouse.evaluation.forecast import asked
from glasshouse.evaluation.frechet import Eye, make_eye
from glasshouse.evaluation.generation import compared, likeness
from glasshouse.evaluation.reconstruction import Question
from glasshouse.evaluation.verification import embedded
from glasshouse.evaluation.written_texts import Texts, greedily
from glasshouse.models.latent_codes import draw
from glasshouse.objectives import Verification
from glasshouse.objectives.contrastive_divergence import ContrastiveDivergence

EYES = 32
"""Classifiers and components that are kept: enough for the folds and seeds of a search."""


class HeldOut:
    """Measures networks by the rows that watch.

    Made rows are looked at by a small classifier or principal components, fitted to the training rows once.

    Example:
        >>> import numpy as np
        >>> import torch
        >>> from glasshouse.data.parts import Prepared
        >>> from glasshouse.losses import LOSSES
        >>> from glasshouse.objectives import Supervised
        >>> windows = torch.tensor([[[1.0]], [[3.0]]])
        >>> part = Part(windows, torch.tensor([[2.0], [2.0]]), np.arange(2))
        >>> scale = OutputScale(centre=10.0, spread=5.0)
        >>> prepared = Prepared(part, part, None, "forecast", (1, 1), 1, (), "load", scale)
        >>> question = Question(torch.nn.Flatten(), Supervised(LOSSES.build("mse")), prepared)
        >>> HeldOut().measure("rmse", question)
        5.0
    """

    def __init__(self) -> None:
        self._eyes: list[tuple[Part, int, Eye]] = []

    def measure(self, name: str, question: Question) -> float | None:
        """A measure of the held-out rows; ``None`` where it is not defined on them.

        Args:
            name: As the evaluation of a run calls it.
            question: The network, and the rows with a part that watches.

        Raises:
            NonFiniteError: An answer is NaN or infinite.
        """
        measures: dict[str, Callable[[Question, Part], float | None]] = {
            "rmse": _rmse,
            "bleu": _bleu,
            "average_precision_50": _average_precision,
            "accuracy": _pairs_right,
            "coverage": self._coverage,
            "pseudo_likelihood": _pseudo_likelihood,
        }
        part = question.prepared.validation
        assert part is not None, "nothing is held out"
        value = measures[name](question, part)
        return value if value is not None and math.isfinite(value) else None

    def _coverage(self, question: Question, part: Part) -> float | None:
        """The share of held-out rows that have a made row near."""
        train, seed = question.prepared.train, question.seed
        eye = next((each for rows, own, each in self._eyes if rows is train and own == seed), None)
        if eye is None:
            eye = make_eye(train.inputs, question.labels(train), seed)
            self._eyes = [*self._eyes[1 - EYES :], (train, seed, eye)]
        real = compared(part, seed)
        made = draw(question.network, len(real), derive(seed, "measured"))
        return likeness(real, made, eye)["coverage"]


def _rmse(question: Question, part: Part) -> float:
    """Of a forecast, in the target's unit."""
    scale = question.prepared.scale or OutputScale(0.0, 1.0)
    return asked(question.network, part, scale).measured(1.0)["rmse"]


def _bleu(question: Question, part: Part) -> float:
    """Of greedy answers, in per cent."""
    texts = Texts(part, question.seed)
    said = greedily(question.network, texts.sources, part.targets.shape[1])
    return 100 * bleu(said, texts.rights)


def _average_precision(question: Question, part: Part) -> float:
    """Of boxes, at an overlap of one half."""
    found = ask(question.network, part)
    return measured(answer(found, part, question.prepared.outputs))["average_precision_50"]


def _pairs_right(question: Question, part: Part) -> float | None:
    """The share of pairs that are told rightly, at the best threshold."""
    assert isinstance(question.objective, Verification), "no objective that compares rows"
    found = Compared.of(part, embedded(question, part), question.seed)
    if found is None:
        return None
    return Thresholds.of({"validation": found}, question.objective.false_alarms).measured(found)["accuracy"]


def _pseudo_likelihood(question: Question, part: Part) -> float:
    """Of a machine, whether or not its likelihood could be worked out."""
    assert isinstance(question.objective, ContrastiveDivergence), "no machine"
    return question.objective.pseudo_likelihood(question.network, part)
