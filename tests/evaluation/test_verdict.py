"""Verdicts say what was found and no more."""

from __future__ import annotations

from glasshouse.evaluation.paired import Difference
from glasshouse.evaluation.verdict import verdict


def difference(value: float, low: float, high: float) -> Difference:
    return Difference("accuracy", 270, value, low, high, "by hand")


def test_a_clear_win() -> None:
    against = ("logistic regression", 0.944, difference(0.026, 0.007, 0.046))
    said = verdict("classification", "test", "images", 0.97, (0.942, 0.985), 270, against)
    assert said == (
        "Right for 97.0 % of 270 test images (95 % interval 94.2 to 98.5 %). That is 2.6 points more than "
        "the best baseline, logistic regression (94.4 %), and more than chance explains (95 % interval +0.7 "
        "to +4.6)."
    )


def test_a_win_that_may_be_chance() -> None:
    against = ("logistic regression", 0.963, difference(0.007, -0.016, 0.031))
    said = verdict("classification", "test", "rows", 0.97, (0.942, 0.985), 270, against)
    assert said.endswith("but that may be chance: its 95 % interval −1.6 to +3.1 includes 0.")


def test_a_loss_is_told() -> None:
    against = ("linear regression", 0.8, difference(-0.1, -0.15, -0.05))
    said = verdict("regression", "test", "rows", 0.7, None, 270, against)
    assert said.startswith("Explains 70.0 % of the variance of 270 test rows.")
    assert (
        "10.0 points less than the best baseline, linear regression (80.0 %): the simple model does better"
        in said
    )


def test_a_tie_is_a_tie() -> None:
    said = verdict(
        "classification", "test", "rows", 1.0, None, 9, ("majority class", 1.0, difference(0, -0.2, 0.2))
    )
    assert "That is the same as the best baseline" in said


def test_an_undefined_r2_is_not_boasted_of() -> None:
    said = verdict("regression", "test", "rows", float("nan"), None, 1, None)
    assert "R² says nothing there" in said
