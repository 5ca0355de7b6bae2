"""What the published files look like, read with nothing but the path and the target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glasshouse.core.errors import UsageError
from glasshouse.data.encoders.table_preparation import TablePreparation
from glasshouse.data.raw import RawTable, Target
from glasshouse.data.settings import DataSettings
from glasshouse.data.tables.read_table import read_table, read_text_folder

pytestmark = pytest.mark.real_data
Find = Callable[[str], Path]


def _read(path: Path, target: str | int, **changes: Any) -> tuple[RawTable, Target]:
    table = read_table(DataSettings(source=str(path), target=target, **changes))
    assert table.target is not None
    return table, table.target


def _counts(target: Target) -> dict[str, int]:
    return {target.classes[code]: count for code, count in sorted(Counter(target.values.tolist()).items())}


def test_adult_with_its_test_file(real_data: Find) -> None:
    train, test = real_data("tabular/adult-train.csv"), real_data("tabular/adult-test.csv")
    table, target = _read(train, "-1", test=str(test))
    assert table.given_test is not None
    assert (len(table), int(table.given_test.sum())) == (48_842, 16_281)
    assert target.name == "column_14"
    assert _counts(target) == {"<=50K": 37_155, ">50K": 11_687}
    assert sum(table.frame[:32_561].null_count().row(0)) == 4_262
    assert sum(table.frame[32_561:].null_count().row(0)) == 2_203
    assert table.notes == ("the full stop at the end of the labels in adult-test.csv was removed",)
    settings = DataSettings(source=str(train), target=14)
    preparation = TablePreparation.fit(table, np.arange(32_561), settings)
    unlabelled = preparation.read(test)
    assert np.array_equal(preparation.transform(unlabelled), preparation.transform(table)[32_561:])


def test_bank_marketing(real_data: Find) -> None:
    table, target = _read(real_data("tabular/bank-additional.csv"), "y")
    assert table.frame.shape == (4_119, 20)
    assert _counts(target) == {"no": 3_668, "yes": 451}
    assert (
        sum((table.frame[each.name] == "unknown").sum() for each in table.columns if each.kind == "category")
        == 1_230
    )


@pytest.mark.parametrize(("colour", "rows"), [("red", 1_599), ("white", 4_898)])
def test_wine_quality_is_classes_or_amounts(real_data: Find, colour: str, rows: int) -> None:
    path = real_data(f"tabular/winequality-{colour}.csv")
    table, target = _read(path, "quality")
    assert table.frame.shape == (rows, 11)
    assert all(each.kind == "number" for each in table.columns)
    assert target.task == "classification"
    assert "--task regression" in table.notes[0]
    assert _read(path, "quality", task="regression")[1].task == "regression"


def test_german_credit_and_banknotes_have_no_header(real_data: Find) -> None:
    table, target = _read(real_data("tabular/german.csv"), -1)
    assert table.frame.shape == (1_000, 20)
    assert _counts(target) == {"1": 700, "2": 300}
    table, target = _read(real_data("tabular/banknote_authentication.csv"), "4")
    assert table.frame.shape == (1_372, 4)
    assert _counts(target) == {"0": 762, "1": 610}


def test_california_housing(real_data: Find) -> None:
    table, target = _read(real_data("tabular/california-housing.csv"), "median_house_value")
    assert table.frame.shape == (20_640, 9)
    assert target.task == "regression"
    assert table.frame["total_bedrooms"].null_count() == 207
    assert table.columns[-1].kind == "category"


def test_penguins(real_data: Find) -> None:
    table, target = _read(real_data("tabular/penguins.csv"), "Species")
    assert table.frame.shape == (344, 6)
    assert _counts(target) == {"Adelie": 152, "Chinstrap": 68, "Gentoo": 124}


def test_hypothyroid_in_arff(real_data: Find) -> None:
    path = real_data("tabular/hypothyroid.arff")
    table, target = _read(path, "Class")
    assert table.frame.shape == (3_772, 29)
    assert sorted(_counts(target).values()) == [2, 95, 194, 3_481]
    assert sum(table.frame.null_count().row(0)) == 6_064
    ignored = {each.name: each.ignored_because for each in table.columns if each.ignored_because}
    assert ignored == {"TBG": "every cell is missing", "TBG measured": "every cell is 'f'"}
    with pytest.raises(UsageError, match="for example --target Class"):
        read_table(DataSettings(source=str(path)))


def test_spam_messages_with_quotes_that_enclose_nothing(real_data: Find) -> None:
    table, target = _read(real_data("text/sms-spam.tsv"), 0)
    assert len(table) == 5_574
    assert _counts(target) == {"ham": 4_827, "spam": 747}
    assert [each.kind for each in table.columns] == ["text"]


def test_names_by_language(real_data: Find) -> None:
    table = read_text_folder(DataSettings(source=str(real_data("text/names"))))
    assert table.target is not None
    assert len(table.target.classes) == 18
    counts = _counts(table.target)
    assert counts["Russian"] > 9_000
    assert counts["Korean"] == 94


def test_shakespeare_has_no_target(real_data: Find) -> None:
    with pytest.raises(UsageError, match="holds lines of text without columns"):
        read_table(DataSettings(source=str(real_data("text/tinyshakespeare.txt"))))


def test_occupancy_rows_have_names_and_the_test_file_too(real_data: Find) -> None:
    folder = "timeseries/occupancy/"
    table, target = _read(
        real_data(f"{folder}datatraining.txt"),
        "Occupancy",
        test=str(real_data(f"{folder}datatest.txt")),
        time="date",
    )
    assert table.given_test is not None
    assert (len(table), int(table.given_test.sum())) == (8_143 + 2_665, 2_665)
    assert [each.name for each in table.columns][:2] == ["row", "date"]
    assert table.columns[0].ignored_because == "it counts the rows"
    assert table.columns[1].kind == "date"
    assert target.classes == ("0", "1")
    assert table.time is not None
    assert (np.diff(table.time[:8_143]) > 0).all()


def test_carbon_dioxide_as_a_series(real_data: Find) -> None:
    path = real_data("timeseries/co2-concentration.csv")
    table, target = _read(path, "CO2", window=12, time="Date")
    assert table.frame.columns[0] == "CO2[t-11]"
    assert table.frame.shape == (741 - 12, 24)
    assert target.task == "regression"
    settings = DataSettings(source=str(path), target="CO2", window=12, time="Date")
    preparation = TablePreparation.fit(table, np.arange(500), settings)
    assert len(preparation.read(path)) == 741 - 12 + 1


def test_seattle_weather_with_dates_as_features(real_data: Find) -> None:
    table, target = _read(real_data("timeseries/seattle-weather.csv"), "weather", time="date")
    assert table.frame.shape == (1_461, 5)
    assert target.classes == ("drizzle", "fog", "rain", "snow", "sun")
    assert table.columns[0].kind == "date"


def test_every_series_of_the_anomaly_benchmark_is_read(real_data: Find) -> None:
    files = sorted(real_data("timeseries/nab/data").rglob("*.csv"))
    assert files
    for path in files:
        if path.name != "art_flatline.csv":
            table, target = _read(path, "value", window=4, time="timestamp", task="regression")
            assert table.frame.width == 4
            assert np.isfinite(target.values).all()
