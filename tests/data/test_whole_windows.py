"""Windows that are themselves learnt: labels of all their steps, and no step in two parts."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from glasshouse.core.errors import DataError, SettingError, UnknownNameError
from glasshouse.data import load
from glasshouse.data.series.whole_windows import of_whole_windows
from glasshouse.data.settings import DataSettings
from glasshouse.experiment import Experiment
from glasshouse.project.materials import gather, read_and_divide

ROWS, WINDOW = 400, 6


def series(odd=(50, 51, 390)):
    generator = np.random.default_rng(0)
    state = ["odd" if row in odd else "fine" for row in range(ROWS)]
    return pl.DataFrame({"load": generator.normal(size=ROWS).round(3), "state": state})


def experiment(**data):
    named = {"source": "memory", "task": "reconstruction", "window": WINDOW, "target": "state", **data}
    return Experiment(data=named)


def test_a_window_is_normal_only_where_all_its_steps_are():
    raw, _ = read_and_divide(experiment(normal="fine"), series())
    odd = {row for row in range(ROWS) if row in (50, 51, 390)}
    for window, label in enumerate(raw.target.values):
        steps = set(range(window, window + WINDOW))
        assert raw.target.classes[label] == ("odd" if steps & odd else "fine")


def test_no_step_is_learnt_and_judged_at_the_same_time():
    _, split = read_and_divide(experiment(), series())
    parts = [np.unique(rows[:, None] + np.arange(WINDOW)) for rows in (split.train, split.validation)]
    last = np.unique(split.test[:, None] + np.arange(WINDOW))
    assert parts[0].max() < parts[1].min()
    assert parts[1].max() < last.min()


def test_windows_that_touch_another_class_are_only_judged():
    _, split = read_and_divide(experiment(normal="fine"), series())
    touched = set(range(50 - WINDOW + 1, 52))
    assert touched <= set(split.test.tolist())
    assert not touched & set(split.train.tolist() + split.validation.tolist())
    # Windows left out between two parts are not judged either: they share steps with both.
    assert len(split.train) + len(split.validation) + len(split.test) < ROWS - WINDOW + 1


def test_every_step_has_the_same_scale():
    prepared = gather(experiment(), series()).prepared
    assert prepared.input_shape == (WINDOW, 1)
    inputs = prepared.train.inputs[:, :, 0]
    np.testing.assert_array_equal(inputs[1:, :-1].numpy(), inputs[:-1, 1:].numpy())


def test_a_class_that_is_not_there_is_named():
    raw = load(DataSettings(source="odd-days", task="reconstruction"))
    with pytest.raises(UnknownNameError, match="no class named 'fin'"):
        of_whole_windows(raw, "fin")
    with pytest.raises(SettingError, match="on windows without classes"):
        read_and_divide(experiment(normal="fine", target=None), series().drop("state"))


def test_odd_days_are_in_the_last_two_fifths_and_none_follows_another():
    raw = load(DataSettings(source="odd-days", task="reconstruction", window=1))
    odd = np.flatnonzero(raw.target.values == raw.target.classes.index("unusual"))
    days = np.unique(odd // 24)
    assert len(odd) == 12 * 24
    assert days.min() >= 144
    assert np.diff(days).min() >= 2


def test_the_benchmark_says_which_folder_it_wants(monkeypatch, tmp_path):
    monkeypatch.setenv("GLASSHOUSE_DATA", str(tmp_path))
    with pytest.raises(DataError, match=r"nab/data/realKnownCause/nyc_taxi\.csv is not on this machine"):
        load(DataSettings(source="nab-nyc-taxi", task="reconstruction"))


def test_marks_of_the_benchmark_lie_where_its_file_says(monkeypatch, tmp_path):
    folder = tmp_path / "some" / "nab"
    (folder / "data" / "realKnownCause").mkdir(parents=True)
    (folder / "labels").mkdir()
    times = [f"2014-07-01 {hour:02}:00:00" for hour in range(24)]
    values = [round(np.sin(place), 3) for place in range(24)]
    text = "\n".join(f"{time},{value}" for time, value in zip(times, values, strict=True))
    (folder / "data" / "realKnownCause" / "nyc_taxi.csv").write_text(f"timestamp,value\n{text}\n")
    marks = '[["2014-07-01 03:00:00.000000", "2014-07-01 05:00:00.000000"]]'
    (folder / "labels" / "combined_windows.json").write_text(f'{{"realKnownCause/nyc_taxi.csv": {marks}}}')
    monkeypatch.setenv("GLASSHOUSE_DATA", str(tmp_path))
    raw = load(DataSettings(source="nab-nyc-taxi", task="reconstruction", window=1))
    odd = np.flatnonzero(raw.target.values == raw.target.classes.index("unusual"))
    assert odd.tolist() == [3, 4, 5]
    assert raw.frame["value[t]"].to_list() == pytest.approx(values)
