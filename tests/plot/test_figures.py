"""What figures show: the right numbers in the right places, also where there is little to draw."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree

import numpy as np
import polars as pl
import pytest
from matplotlib.figure import Figure

from glasshouse.plot import (
    calibration,
    confusion_map,
    correlations,
    histogram,
    learning_curve,
    learning_rate,
    precision_recall,
    probe_heatmap,
    range_test,
    residuals,
    roc,
    to_svg,
)
from glasshouse.plot.heat import Scale, scale_of
from glasshouse.plot.style import short


def words(figure: Figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def history(losses: list[float], watched: list[float | None]) -> pl.DataFrame:
    return pl.DataFrame(
        {"epoch": range(1, len(losses) + 1), "train_loss": losses, "validation_loss": watched}
    )


def test_lines_are_named_at_their_ends_and_the_kept_epoch_is_marked() -> None:
    figure = learning_curve(history([1.0, 0.6, 0.4], [1.1, 0.7, 0.8]), "loss", best_epoch=2)
    assert {"train", "validation", "kept: epoch 2, 0.7"} <= set(words(figure))
    validation = figure.axes[0].lines[1]
    np.testing.assert_allclose(validation.get_ydata(), [1.1, 0.7, 0.8])


def test_losses_that_span_decades_are_drawn_on_a_logarithmic_scale() -> None:
    assert learning_curve(history([2.0, 0.1, 0.01], [2.0, 0.2, 0.1]), "loss").axes[0].get_yscale() == "log"
    assert learning_curve(history([2.0, 1.0, 0.9], [2.0, 1.2, 1.1]), "loss").axes[0].get_yscale() == "linear"


def test_names_at_line_ends_do_not_overlap() -> None:
    figure = learning_curve(history([1.0, 0.5], [1.0, 0.5001]), "loss")
    figure.canvas.draw()
    boxes = [
        text.get_window_extent()
        for text in figure.axes[0].texts
        if text.get_text() in ("train", "validation")
    ]
    assert not boxes[0].overlaps(boxes[1])


@pytest.mark.parametrize(
    "frame",
    [
        history([0.5], [0.6]),
        history([0.5, 0.4], [None, None]),
        history([0.5, float("nan")], [0.6, 0.7]),
        pl.DataFrame({"epoch": [1, 2], "train_loss": [1.0, 0.5]}),
        pl.DataFrame(),
    ],
    ids=["one epoch", "nothing watched", "not a number", "no validation", "nothing"],
)
def test_learning_curves_of_little_are_drawn(frame: pl.DataFrame) -> None:
    assert to_svg(learning_curve(frame, "loss", best_epoch=1), "loss")


def test_a_wild_first_epoch_leaves_the_picture() -> None:
    frame = pl.DataFrame({"epoch": [1, 2, 3], "validation_r2": [-50.0, 0.5, 0.7]})
    assert learning_curve(frame, "r2").axes[0].get_ylim()[0] == -0.5


def test_a_cosine_schedule_is_drawn_from_zero() -> None:
    steps = np.arange(2000)
    rates = 0.5 * 0.001 * (1 + np.cos(np.pi * steps / 2000))
    axes = learning_rate(pl.DataFrame({"step": steps, "learning_rate": rates})).axes[0]
    assert axes.get_yscale() == "linear"
    assert axes.get_ylim()[0] == 0
    assert len(axes.lines[0].get_xdata()) <= 400  # type: ignore[arg-type]


def test_the_chosen_rate_is_marked_on_the_curve() -> None:
    figure = range_test({"rates": [1e-4, 1e-3, 1e-2], "losses": [2.0, 1.0, 3.0], "suggestion": 1e-3})
    assert "chosen: 0.001" in words(figure)
    assert figure.axes[0].lines[-1].get_ydata()[0] == pytest.approx(1.0)  # type: ignore[index]


def test_histogram_bars_are_the_counts() -> None:
    figure = histogram([0.0, 1.0, 3.0], [4, 7], "age", [(1.5, "median")])
    heights = [patch.get_height() for patch in figure.axes[0].patches]  # type: ignore[attr-defined]
    assert heights == [4, 7]
    assert "median 1.5" in words(figure)


def test_calibration_draws_filled_bins_only() -> None:
    bins = [
        {"low": 0.0, "high": 0.5, "count": 0, "confidence": None, "accuracy": None},
        {"low": 0.5, "high": 1.0, "count": 9, "confidence": 0.8, "accuracy": 0.7},
    ]
    figure = calibration({"bins": bins, "ece": 0.1})
    assert list(figure.axes[0].lines[-1].get_xdata()) == [0.8]  # type: ignore[arg-type]


def test_curves_and_residuals_are_drawn() -> None:
    assert roc({"false_positive_rate": [0, 1], "true_positive_rate": [0, 1]})
    rare = precision_recall({"recall": [1, 0], "precision": [0.95, 1]}, share=0.95)
    assert "guessing" in words(rare)
    assert residuals([[1.0, 1.0]], "price")


def probes(layers: int, looks: int) -> pl.DataFrame:
    rows = [
        {"step": 50 * look, "position": place, "layer": f"block.{place}.layer", "gradient_norm": 10.0**-place}
        for look in range(looks)
        for place in range(layers)
    ]
    return pl.DataFrame(rows)


def test_layers_go_down_and_steps_across() -> None:
    figure = probe_heatmap(probes(3, 4), "gradient_norm")
    assert figure is not None
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [
        f"block.{k}.layer" for k in range(3)
    ]
    strength = figure.axes[0].images[0].get_array()[..., 3]  # type: ignore[index]
    assert strength.shape == (3, 4)
    assert (strength[0] > strength[1]).all()


def test_layers_without_the_statistic_are_left_out() -> None:
    frame = probes(3, 2).with_columns(
        gradient_norm=pl.when(pl.col("position") == 1).then(None).otherwise(pl.col("gradient_norm"))
    )
    figure = probe_heatmap(frame, "gradient_norm")
    assert figure is not None
    assert len(figure.axes[0].get_yticklabels()) == 2


def test_150_layers_fit_into_a_figure_of_bounded_height() -> None:
    figure = probe_heatmap(probes(150, 3), "gradient_norm")
    assert figure is not None
    assert figure.get_size_inches()[1] * 72 < 500
    assert len(figure.axes[0].get_yticklabels()) <= 40


def test_one_look_is_enough_to_draw() -> None:
    assert probe_heatmap(probes(2, 1), "gradient_norm") is not None


def test_correlations_show_the_lower_triangle_with_numbers() -> None:
    matrix = [[1.0, 0.5, -0.94], [0.5, 1.0, 0.01], [-0.94, 0.01, 1.0]]
    figure = correlations({"names": ["a", "b", "c"], "matrix": matrix})
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["b", "c"]
    assert sorted(words(figure)) == sorted([".5", "−.9", "0"])


def test_a_confusion_map_survives_a_class_that_never_occurs() -> None:
    assert to_svg(confusion_map([[5, 1], [0, 0]], ["a", "b"]), "confusion")


def test_scales_suit_their_values() -> None:
    assert scale_of(np.array([[-1.0, 2.0]])).signed
    assert scale_of(np.geomspace(1e-4, 1, 50)[None]).logarithmic
    assert not scale_of(np.linspace(1, 2, 50)[None]).logarithmic
    assert not scale_of(np.array([[0.0, 0.0, 1e-6, 1.0]])).logarithmic, "zeros have no logarithm"
    assert scale_of(np.full((2, 2), np.nan)) == Scale(0.0, 0.0)


def test_strength_is_monotonic_and_marks_missing_cells() -> None:
    for values in (np.linspace(0, 1, 9), np.geomspace(1e-5, 1, 9)):
        strength = scale_of(values[None]).strength(values)
        assert (np.diff(strength) >= 0).all()
        assert strength[0] > 0
    assert math.isnan(Scale(0, 1).strength(np.array([math.nan]))[0])
    assert Scale(3, 3).strength(np.array([3.0]))[0] == 0.5


@pytest.mark.parametrize(
    ("value", "label"),
    [(-0.5, "−0.5"), (1e9, "1G"), (123456, "123.5k"), (2.5e-7, "2e-7"), (float("inf"), ""), (-3000, "−3k")],
)
def test_tick_labels_are_short(value: float, label: str) -> None:
    assert short(value) == label


def test_names_from_data_are_drawn_as_they_are() -> None:
    hostile = "$\\frac{$ <script>\n多い"
    for figure in (
        histogram([0, 1], [1], hostile),
        residuals([[0, 1]], hostile),
        correlations({"names": [hostile, "b"], "matrix": [[1, 0.4], [0.4, 1]]}),
        confusion_map([[1, 0], [0, 1]], [hostile, "b"]),
    ):
        text = to_svg(figure, "names")
        assert "$\\frac{$ &lt;" in text
        ElementTree.fromstring(text)
