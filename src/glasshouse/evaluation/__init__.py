"""Evaluation: how good a network is, how sure that is, against what, and where it goes wrong."""

from __future__ import annotations

from glasshouse.evaluation.answered import Answered
from glasshouse.evaluation.belief import evaluate_bound
from glasshouse.evaluation.comparison import compare
from glasshouse.evaluation.evaluation import Evaluation, evaluate
from glasshouse.evaluation.generation import Known, Making, evaluate_generation
from glasshouse.evaluation.likelihood import evaluate_likelihood
from glasshouse.evaluation.reconstruction import Question, evaluate_reconstruction

__all__ = [
    "Answered",
    "Evaluation",
    "Known",
    "Making",
    "Question",
    "compare",
    "evaluate",
    "evaluate_bound",
    "evaluate_generation",
    "evaluate_likelihood",
    "evaluate_reconstruction",
]
