from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import Normalizer

from glasshouse.core.errors import BundleError, DataError
from glasshouse.data.encoders.table_preparation import TablePreparation
from glasshouse.data.raw import Column, RawTable, Target
from glasshouse.data.settings import DataSettings
from glasshouse.data.tables.read_table import read_table, table_from_frame

ROWS = 60
SETTINGS = DataSettings(source="people", target="income")


def _people() -> dict[str, list[Any]]:
    return {
        "age": [20.0 + i % 41 if i % 9 else None for i in range(ROWS)],
        "wealth": [float(i**4) for i in range(ROWS)],
        "city": [["Rome", "Oslo", "Lima"][i % 3] if i % 11 else None for i in range(ROWS)],
        "member": [bool(i % 2) if i % 7 else None for i in range(ROWS)],
        "since": [dt.datetime(2012, 1, 1) + dt.timedelta(days=i, hours=i % 5) for i in range(ROWS)],
        "about": [f"likes thing number {i % 13} and {i % 7} more of them, says {i}" for i in range(ROWS)],
        "row": list(range(ROWS)),
        "income": ["low" if i % 4 else "high" for i in range(ROWS)],
    }


def _table() -> RawTable:
    return table_from_frame(_people(), SETTINGS)


@pytest.fixture
def fitted() -> TablePreparation:
    return TablePreparation.fit(_table(), np.arange(0, ROWS, 2), SETTINGS)


@pytest.mark.parametrize("scaling", ["auto", "z-score", "min-max", "unit-vector", "quantile", "none"])
def test_a_stored_preparation_gives_the_same_features_bit_for_bit(scaling: str) -> None:
    chosen = SETTINGS.replace(prepare={"scaling": scaling, "text_features": 30})
    table = _table()
    preparation = TablePreparation.fit(table, np.arange(0, ROWS, 2), chosen)
    again = TablePreparation.from_dict(json.loads(json.dumps(preparation.to_dict())))
    features = preparation.transform(table)
    assert features.dtype == np.float32
    assert features.shape == (ROWS, *preparation.input_shape) == (ROWS, len(preparation.feature_names))
    assert np.isfinite(features).all()
    assert again.transform(table).tobytes() == features.tobytes()
    assert again.to_dict() == preparation.to_dict()
    assert again.describe() == preparation.describe()


def test_rows_that_are_not_given_have_no_influence() -> None:
    table = _table()
    rows = np.arange(30)
    other = _people()
    other["age"] = other["age"][:30] + [1e6] * 30
    other["city"] = other["city"][:30] + [f"new{i}" for i in range(30)]
    other["about"] = other["about"][:30] + ["quite other words"] * 30
    changed = table_from_frame(other, SETTINGS)
    fits = [TablePreparation.fit(each, rows, SETTINGS).to_dict()["encoders"] for each in (table, changed)]
    assert fits[0] == fits[1]


def test_each_column_in_use_is_described(fitted: TablePreparation) -> None:
    told = {each["name"]: each for each in fitted.describe()}
    assert list(told) == ["age", "wealth", "city", "member", "since", "about"]
    assert [each["kind"] for each in told.values()] == [
        "number",
        "number",
        "category",
        "boolean",
        "date",
        "text",
    ]
    assert sum(each["features"] for each in told.values()) == fitted.input_shape[0]
    assert told["age"]["becomes"].startswith("median 34.5 for missing, z-score with mean ")
    assert told["city"]["becomes"] == "3 one-hot columns and missing"
    assert fitted.feature_names[:2] == ("age", "age (missing)")


def test_unit_vectors_agree_with_scikit_learn_and_zero_rows_stay_zero() -> None:
    numbers = np.random.default_rng(0).normal(size=(50, 3)) * [1, 100, 1e5]
    numbers[7] = 0
    frame = {
        "a": numbers[:, 0],
        "b": numbers[:, 1],
        "k": ["u", "v"] * 25,
        "c": numbers[:, 2],
        "y": ["p", "q"] * 25,
    }
    chosen = DataSettings(source="f", target="y", prepare={"scaling": "unit-vector"})
    table = table_from_frame(frame, chosen)
    preparation = TablePreparation.fit(table, np.arange(50), chosen)
    assert preparation.feature_names == ("a", "b", "k = u", "k = v", "c")
    features = preparation.transform(table)
    np.testing.assert_allclose(features[:, [0, 1, 4]], Normalizer().fit_transform(numbers), rtol=1e-5)
    assert features[:, 2].tolist() == [1, 0] * 25


def test_huge_numbers_stay_finite(fitted: TablePreparation) -> None:
    rows = fitted.read(
        [{**{name: cells[0] for name, cells in _people().items()}, "age": 1e308, "wealth": -1e308}]
    )
    assert np.isfinite(fitted.transform(rows)).all()


def test_new_rows_may_come_as_anything_and_read_the_same(fitted: TablePreparation, tmp_path: Path) -> None:
    people = {name: cells for name, cells in _people().items() if name not in ("income", "row")}
    frame = pl.DataFrame(people)
    frame.write_csv(tmp_path / "new.csv")
    frame.select(reversed(frame.columns)).write_csv(tmp_path / "new.tsv", separator="\t")
    frame.write_parquet(tmp_path / "new.parquet")
    expected = fitted.transform(_table()).tobytes()
    sources = [
        frame,
        frame.lazy(),
        pd.DataFrame(people),
        people,
        frame.to_dicts(),
        tmp_path / "new.csv",
        str(tmp_path / "new.tsv"),
        tmp_path / "new.parquet",
        _people(),
    ]
    for source in sources:
        raw = fitted.read(source)
        assert raw.target is None
        assert fitted.transform(raw).tobytes() == expected


def test_missing_and_unknown_columns_are_told_together_with_what_was_meant(fitted: TablePreparation) -> None:
    people = _people()
    people["citi"] = people.pop("city")
    people["colour"] = people.pop("member")
    with pytest.raises(BundleError) as caught:
        fitted.read(people)
    message = str(caught.value)
    assert "2 columns are missing: 'city', 'member'; 2 columns are unknown: 'citi', 'colour'" in message
    assert "rename 'citi' to 'city'" in caught.value.fix
    assert "remove 'colour'" in caught.value.fix
    assert "add 'member'" in caught.value.fix


def test_a_cell_that_does_not_fit_is_named_with_its_line(fitted: TablePreparation, tmp_path: Path) -> None:
    frame = pl.DataFrame(_people()).with_columns(pl.col("age").cast(pl.String).fill_null(""))
    frame[3, "age"] = "old"
    frame.write_csv(tmp_path / "new.csv")
    with pytest.raises(DataError) as caught:
        fitted.read(tmp_path / "new.csv")
    assert "new.csv, line 5, column 'age': text where a number is due: 'old'" in str(caught.value)
    assert caught.value.fix == "correct the cell, or leave it empty if the value is missing"


def test_columns_that_training_left_out_may_hold_anything(fitted: TablePreparation) -> None:
    people = _people()
    people["row"] = ["anything"] * ROWS
    people["income"] = [None] * ROWS
    assert fitted.transform(fitted.read(people)).shape == (ROWS, *fitted.input_shape)


def test_dates_are_understood_in_the_form_of_training_and_as_iso(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("when,y\n" + "".join(f"{i % 28 + 1}.{i % 12 + 1}.2012,{i * 1.5}\n" for i in range(60)))
    chosen = DataSettings(source=str(path), target="y")
    table = read_table(chosen)
    preparation = TablePreparation.fit(table, np.arange(60), chosen)
    for cell in ("3.2.2012", "2012-02-03", "2012-02-03T00:00:00Z", dt.date(2012, 2, 3)):
        assert preparation.read({"when": [cell]}).frame["when"][0] == dt.datetime(2012, 2, 3)
    with pytest.raises(DataError, match="row 0, column 'when': text where a date is due: 'tomorrow'"):
        preparation.read({"when": ["tomorrow"]})


def test_unseen_categories_are_warned_of(fitted: TablePreparation) -> None:
    people = _people()
    people["city"] = ["Rome", "Bonn", "Kiel"] * 20
    assert fitted.warnings(fitted.read(people)) == [
        "column 'city': 2 values were never seen in training, treated as none of the known ones"
    ]


def _headless(tmp_path: Path) -> tuple[TablePreparation, RawTable]:
    path = tmp_path / "train.csv"
    path.write_text("".join(f"{'ab'[i % 2]},{i * 1.5},7,w{i % 3}\n" for i in range(60)))
    chosen = DataSettings(source=str(path), target=0)
    table = read_table(chosen)
    return TablePreparation.fit(table, np.arange(60), chosen), table


@pytest.mark.parametrize(
    "line",
    ["{y},{x},7,{w}", "{x},7,{w}", "{x},{w}"],
    ids=["as in training", "without the target", "only the columns in use"],
)
def test_rows_without_names_are_matched_by_position(tmp_path: Path, line: str) -> None:
    preparation, table = _headless(tmp_path)
    rows = [line.format(y="ab"[i % 2], x=i * 1.5, w=f"w{i % 3}") + "\n" for i in range(60)]
    path = tmp_path / "new.csv"
    path.write_text("".join(rows))
    assert np.array_equal(preparation.transform(preparation.read(path)), preparation.transform(table))


def test_a_header_of_generated_names_above_rows_without_names_is_understood(tmp_path: Path) -> None:
    preparation, table = _headless(tmp_path)
    path = tmp_path / "new.csv"
    path.write_text("column_3,column_1\n" + "".join(f"w{i % 3},{i * 1.5}\n" for i in range(60)))
    assert np.array_equal(preparation.transform(preparation.read(path)), preparation.transform(table))


def test_too_few_columns_without_names_are_refused(tmp_path: Path) -> None:
    preparation, _ = _headless(tmp_path)
    (tmp_path / "new.csv").write_text("1.5\n2.5\n")
    with pytest.raises(BundleError) as caught:
        preparation.read(tmp_path / "new.csv")
    assert "new.csv has 1 columns without names" in str(caught.value)
    assert "3 columns in the order of training, or 4 with the target 'column_0'" in str(caught.value)


def test_a_file_that_lost_its_header_is_refused_but_an_array_goes_by_position(tmp_path: Path) -> None:
    frame = {
        "a": [i * 1.5 for i in range(40)],
        "b": [i % 7 for i in range(40)],
        "y": [i * 2.5 for i in range(40)],
    }
    chosen = DataSettings(source="f", target="y")
    preparation = TablePreparation.fit(table_from_frame(frame, chosen), np.arange(40), chosen)
    (tmp_path / "new.csv").write_text("1.5,2\n3.5,4\n")
    with pytest.raises(BundleError, match=r"new.csv has no header"):
        preparation.read(tmp_path / "new.csv")
    by_name = preparation.read({"b": [2, 4], "a": [1.5, 3.5]})
    assert preparation.read(np.array([[1.5, 2], [3.5, 4]])).frame.equals(by_name.frame)
    (tmp_path / "named.csv").write_text("b,a\n2,1.5\n4,3.5\n")
    assert preparation.read(tmp_path / "named.csv").frame.equals(by_name.frame)


def test_a_table_made_by_hand_needs_no_layout() -> None:
    frame = pl.DataFrame({"x1": [0.5, 1.5, 2.5], "x2": [1.0, 0.0, 2.0]})
    columns = (Column("x1", "number"), Column("x2", "number"))
    table = RawTable(frame, columns, Target("y", "classification", np.array([0, 1, 0]), ("a", "b")), "toy")
    preparation = TablePreparation.fit(table, np.arange(3), DataSettings(source="toy"))
    again = TablePreparation.from_dict(preparation.to_dict())
    assert np.array_equal(
        again.transform(again.read({"x2": [1.0], "x1": [0.5], "y": ["a"]})), preparation.transform(table)[:1]
    )


def test_a_damaged_state_is_refused(fitted: TablePreparation) -> None:
    state = fitted.to_dict()
    for damage in ({**state, "encoders": [{"column": "x"}]}, {"kind": "table"}, {**state, "layout": None}):
        with pytest.raises(BundleError, match="a stored preparation of a table is damaged"):
            TablePreparation.from_dict(damage)


def test_nothing_to_fit_on_is_refused() -> None:
    with pytest.raises(DataError, match="6 columns and 0 rows to fit the preparation on"):
        TablePreparation.fit(_table(), np.arange(0), SETTINGS)


@given(
    st.lists(st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)), min_size=8, max_size=20),
    st.lists(st.one_of(st.none(), st.text(min_size=1)), min_size=8, max_size=20),
    st.sampled_from(["auto", "z-score", "min-max", "unit-vector", "quantile", "none"]),
)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_features_are_finite_whatever_the_columns_hold(
    numbers: list[float | None], words: list[str | None], scaling: str
) -> None:
    rows = min(len(numbers), len(words))
    frame = pl.DataFrame({"n": numbers[:rows], "w": words[:rows]}, schema={"n": pl.Float64, "w": pl.String})
    table = RawTable(frame, (Column("n", "number"), Column("w", "category")), None, "random")
    chosen = DataSettings(
        source="random", prepare={"scaling": scaling, "rare_below": 1, "most_categories": 2}
    )
    preparation = TablePreparation.fit(table, np.arange(rows // 2), chosen)
    features = preparation.transform(table)
    assert np.isfinite(features).all()
    again = TablePreparation.from_dict(json.loads(json.dumps(preparation.to_dict())))
    assert again.transform(table).tobytes() == features.tobytes()
