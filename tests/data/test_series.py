from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glasshouse.core.errors import BundleError, DataError, UsageError
from glasshouse.data.encoders.table_preparation import TablePreparation
from glasshouse.data.raw import RawTable
from glasshouse.data.settings import DataSettings
from glasshouse.data.tables.read_table import read_table

Read = Callable[..., RawTable]
STEPS = 20
ROWS = [f"2012-01-{i + 1:02d},{i * i}.5,{i * 2}.25,{'sun' if i % 3 else 'rain'}" for i in range(STEPS)]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def make(rows: list[str] = ROWS, **changes: Any) -> RawTable:
        path = tmp_path / "s.csv"
        path.write_text("\n".join(["day,level,flow,sky", *rows]) + "\n")
        return read_table(DataSettings(**{"source": str(path), "target": "level", "window": 3, **changes}))

    return make


def test_a_sample_is_the_last_steps_of_all_numbers_and_the_target_follows(read: Read) -> None:
    table = read(horizon=2)
    assert table.frame.columns == [
        "level[t-2]", "flow[t-2]", "level[t-1]", "flow[t-1]", "level[t]", "flow[t]",
    ]  # fmt: skip
    assert len(table) == STEPS - 3 - 2 + 1
    assert table.frame.row(0) == (0.5, 0.25, 1.5, 2.25, 4.5, 4.25)
    assert table.target is not None
    assert table.target.values.tolist() == [i * i + 0.5 for i in range(4, STEPS)]
    assert table.time is not None
    assert table.time.tolist() == list(range(2, STEPS - 2))


def test_rows_are_ordered_by_time_first(read: Read) -> None:
    shuffled = [ROWS[i] for i in np.random.default_rng(0).permutation(STEPS)]
    ordered, other = read(time="day"), read(shuffled, time="day")
    assert ordered.frame.equals(other.frame)
    assert ordered.target is not None
    assert other.target is not None
    assert np.array_equal(ordered.target.values, other.target.values)
    assert not read(shuffled).frame.equals(other.frame)


def test_classes_can_be_forecast_too(read: Read) -> None:
    table = read(target="sky")
    assert table.target is not None
    assert table.target.classes == ("rain", "sun")
    assert table.target.values.tolist() == [int(i % 3 != 0) for i in range(3, STEPS)]


def test_windows_whose_future_is_missing_are_left_out_and_noted(read: Read) -> None:
    rows = list(ROWS)
    rows[10] = "2012-01-11,,20.25,sun"
    table = read(rows)
    assert len(table) == STEPS - 3 - 1
    assert table.frame["level[t]"].null_count() == 1
    assert "1 windows were left out: 'level' is missing after them" in table.notes


def test_uneven_steps_and_shared_times_are_noted(read: Read) -> None:
    rows = [ROWS[i] for i in range(STEPS) if i not in (5, 6)]
    assert "1 of 17 steps in 'day' are not as long as most: gaps stay gaps" in read(rows, time="day").notes
    twice = [*ROWS, ROWS[-1]]
    assert any("1 rows share their time in 'day'" in note for note in read(twice, time="day").notes)


def test_months_differ_in_length_without_a_gap(read: Read) -> None:
    rows = [f"{2000 + i // 12}-{i % 12 + 1:02d}-01,{i * i}.5,{i}.25,sun" for i in range(30)]
    assert not [note for note in read(rows, time="day").notes if "steps" in note]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"window": 21}, "s.csv has 20 rows, fewer than the window of 21 steps"),
        ({"window": 15, "horizon": 6}, "s.csv has 20 rows: none is left 6 steps after a window"),
    ],
)
def test_a_series_that_is_too_short_is_refused(read: Read, changes: dict[str, int], said: str) -> None:
    with pytest.raises(DataError) as caught:
        read(**changes)
    assert said in str(caught.value)


def test_a_series_without_numbers_or_with_groups_is_refused(read: Read) -> None:
    with pytest.raises(DataError, match="a series needs a numeric column"):
        read([f"2012-01-{i + 1:02d},a,b,{'sun' if i % 3 else 'rain'}" for i in range(STEPS)], target="sky")
    with pytest.raises(UsageError, match=r"data.window = 3 with data.group = 'sky'"):
        read(group="sky")


def test_a_separate_test_series_is_cut_by_itself(read: Read, tmp_path: Path) -> None:
    later = tmp_path / "later.csv"
    later.write_text("\n".join(["day,level,flow,sky", *ROWS[:8]]) + "\n")
    table = read(test=str(later), time="day")
    assert table.given_test is not None
    assert table.given_test.sum() == 8 - 3
    assert table.frame[-5:].equals(table.frame[:5])
    assert table.time is not None
    assert (np.diff(table.time) > 0).all()


def test_a_plain_series_can_be_predicted_with_windows_whose_future_is_unknown(
    read: Read, tmp_path: Path
) -> None:
    settings = DataSettings(source="", target="level", window=3, time="day")
    table = read(time="day")
    fitted = TablePreparation.fit(table, np.arange(len(table)), settings)
    preparation = TablePreparation.from_dict(fitted.to_dict())
    plain = tmp_path / "new.csv"
    plain.write_text(
        "\n".join(["level,day,flow", *(",".join(row.split(",")[i] for i in (1, 0, 2)) for row in ROWS)])
    )
    raw = preparation.read(plain)
    assert len(raw) == STEPS - 2
    assert np.array_equal(preparation.transform(raw)[:-1], preparation.transform(table))
    assert (
        len(
            preparation.read(
                {"day": ["2013-01-01", "2013-01-02", "2013-01-03"], "level": [1, 2, 3], "flow": [1, 2, 3]}
            )
        )
        == 1
    )
    with pytest.raises(DataError, match="the rows given has 1 rows, fewer than the window of 3 steps"):
        preparation.read({"day": "2013-01-01", "level": 1.0, "flow": 2.0})
    with pytest.raises(BundleError, match="1 column is missing: 'flow'"):
        preparation.read({"day": ["2013-01-01"], "level": [1.0]})
