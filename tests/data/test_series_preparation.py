"""Windows of a series as steps: scaled by training windows alone, and what comes is never seen."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from glasshouse.core.errors import DataError, UsageError
from glasshouse.data import assemble, divide, fit_preparation, load, preparation_from_dict
from glasshouse.data.settings import DataSettings
from glasshouse.data.splits.by_time import without_overlap

ROWS = 60
FRAME = pl.DataFrame(
    {
        "day": np.arange(ROWS)[::-1].copy(),
        "sales": np.arange(ROWS, dtype=float)[::-1] ** 1.5,
        "heat": np.sin(np.arange(ROWS))[::-1] + 0.5,
    }
)


def settings(**data):
    values = {"source": "memory", "target": "sales", "time": "day", "task": "forecast", "window": 4}
    return DataSettings(**{**values, "horizon": 3, **data})


def prepared(**data):
    chosen = settings(**data)
    raw = load(chosen, FRAME)
    split = without_overlap(divide(raw, chosen.split, 0), chosen.horizon)
    preparation = fit_preparation(raw, split.train, chosen)
    return raw, split, preparation, assemble(raw, split, preparation, chosen.task)


def test_targets_are_the_next_steps_in_the_order_of_time():
    raw, split, preparation, found = prepared()
    series = np.arange(ROWS) ** 1.5
    row = int(split.train[5])
    came = found.train.targets[5].numpy() * found.scale.spread + found.scale.centre
    np.testing.assert_allclose(came, series[row + 4 : row + 7], rtol=1e-5)
    windows = preparation.transform(raw.take(np.array([row])))[0]
    column = preparation.variables.index("sales")
    shown = windows[:, column] * preparation.spread[column] + preparation.centre[column]
    np.testing.assert_allclose(shown, series[row : row + 4], rtol=1e-5, atol=1e-4)
    assert found.series_column == column
    assert found.outputs == 3


def test_no_window_of_a_part_reaches_into_the_next():
    _, split, _, _ = prepared()
    ends = [rows.max() + 3 for rows in (split.train, split.validation)]  # last step that a target reaches
    assert ends[0] < split.validation.min() + 1  # before the first target of the next part
    assert ends[1] < split.test.min() + 1


def test_the_scale_is_that_of_training_windows():
    chosen = settings(prepare={"relative": False})
    later = pl.when(pl.col("day") > 50).then(1e6).otherwise(pl.col("heat"))
    changed = FRAME.with_columns(later.alias("heat"))
    fitted = []
    for frame in (FRAME, changed):
        raw = load(chosen, frame)
        fitted.append(fit_preparation(raw, np.arange(30), chosen))
    assert fitted[0].to_dict()["centre"] == fitted[1].to_dict()["centre"]
    flat = np.stack([(np.arange(ROWS) ** 1.5)[row : row + 4] for row in range(30)])
    assert fitted[0].spread[0] == pytest.approx(flat.std())


def test_relative_windows_are_scaled_by_their_changes():
    _, split, preparation, _ = prepared()
    flat = np.stack([(np.arange(ROWS) ** 1.5)[row : row + 4] for row in split.train])
    moved = (flat[:, :-1] - flat[:, -1:]).ravel()
    assert preparation.spread[0] == pytest.approx(np.sqrt((moved**2).mean()))


def test_missing_numbers_take_the_step_before():
    frame = FRAME.sort("day").with_columns(
        pl.when(pl.col("day") == 2).then(None).otherwise(pl.col("heat")).alias("heat")
    )
    chosen = settings()
    raw = load(chosen, frame)
    preparation = fit_preparation(raw, np.arange(30), chosen)
    first = preparation.transform(raw.take(np.array([0])))[0, :, 1]
    assert first[2] == first[1] != first[3]
    third = preparation.transform(raw.take(np.array([2])))[0, :, 1]
    assert third[0] == 0.0  # nothing before it: the centre


def test_it_comes_back_from_its_state_and_reads_new_rows():
    raw, _, preparation, _ = prepared()
    again = preparation_from_dict(preparation.to_dict())
    assert np.array_equal(again.transform(raw), preparation.transform(raw))
    new = again.read(FRAME.sort("day").tail(6))
    assert again.transform(new).shape == (3, 4, 2)


def test_horizon_0_hides_the_target_from_the_window():
    kinds = (np.arange(ROWS) % 2).astype(int)
    frame = FRAME.with_columns(pl.Series("busy", kinds))
    chosen = settings(target="busy", task="classification", horizon=0)
    raw = load(chosen, frame)
    preparation = fit_preparation(raw, np.arange(30), chosen, steps=True)
    assert preparation.variables == ["sales", "heat"]
    ordered = frame.sort("day")["busy"].to_list()
    assert raw.target.values.tolist() == ordered[3:]


def test_a_forecast_without_a_window_is_refused():
    with pytest.raises(UsageError, match="data.task = 'forecast' with data.window = 0, data.horizon = 3"):
        load(settings(window=0), FRAME)


def test_a_part_shorter_than_the_horizon_is_refused():
    chosen = settings(horizon=12)
    raw = load(chosen, FRAME)
    with pytest.raises(DataError, match="12 steps ahead of windows"):
        without_overlap(divide(raw, chosen.split, 0), 12)
