from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from glasshouse.core.errors import DataError
from glasshouse.data.raw import RawTable, Target
from glasshouse.data.settings import DataSettings
from glasshouse.data.tables.read_table import read_table, table_from_frame

Make = Callable[..., RawTable]


def _table(values: Sequence[Any], **changes: Any) -> RawTable:
    frame = {"x": [i % 7 for i in range(len(values))], "y": list(values)}
    return table_from_frame(frame, DataSettings(source="f", target="y", **changes))


def _target(values: Sequence[Any], **changes: Any) -> Target:
    target = _table(values, **changes).target
    assert target is not None
    return target


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (["a", "b"] * 20, "classification"),
        ([True, False] * 20, "classification"),
        ([0, 1] * 20, "classification"),
        ([-1.0, 1.0] * 20, "classification"),
        ([0, 1, 2] * 20, "classification"),
        (list(range(10)) * 20, "classification"),
        ([5, 10, 15] * 20, "classification"),
        ([0.5, 1.5] * 20, "regression"),
        ([5, 10, 15, 40], "regression"),
        (list(range(50)) * 4, "regression"),
        ([i * 1000 for i in range(200)], "regression"),
    ],
)
def test_the_task_is_told_by_the_values(values: list[Any], task: str) -> None:
    assert _target(values).task == task


def test_few_whole_numbers_become_classes_with_a_note_how_to_say_otherwise() -> None:
    table = _table([3, 4, 5, 6, 7, 8] * 40)
    assert table.target is not None
    assert table.target.classes == ("3", "4", "5", "6", "7", "8")
    assert table.notes == (
        "target 'y' holds 6 whole numbers from 3 to 8: each is a class; "
        "--task regression predicts them as amounts",
    )
    other = _table([3, 4, 5, 6, 7, 8] * 40, task="regression")
    assert other.target is not None
    assert other.target.values.dtype == np.float64
    assert other.notes == ()


def test_the_kind_in_the_settings_decides_too() -> None:
    assert _target([3, 4, 5] * 40, columns={"y": "number"}).task == "classification"
    assert _target([0.5, 1.5] * 40, columns={"y": "category"}).classes == ("0.5", "1.5")


def test_classes_are_sorted_as_numbers_where_all_are_and_else_as_words() -> None:
    assert _target([10, 9, 2] * 40).classes == ("2", "9", "10")
    assert _target(["10", "9", "2"] * 40, columns={"y": "category"}).classes == ("2", "9", "10")
    assert _target(["b", "a", "10"] * 40).classes == ("10", "a", "b")


def test_codes_point_at_the_classes() -> None:
    target = _target(["v", "u", "v", "w"])
    assert target.classes == ("u", "v", "w")
    assert target.values.tolist() == [1, 0, 1, 2]
    assert target.values.dtype == np.int64


def test_rows_without_a_target_are_left_out_counted_and_named(tmp_path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "".join(f"{i}.5,{'ab'[i % 2] if i % 5 else ''}\n" for i in range(20)))
    table = read_table(DataSettings(source=str(path), target="y"))
    assert len(table) == 16
    assert table.notes == ("4 rows without a value of 'y' were left out (t.csv, lines 2, 7 and 12)",)


@pytest.mark.parametrize(
    ("values", "changes", "said"),
    [
        (["a"] * 9, {}, "f: the target 'y' has one class only: 'a'"),
        ([1.5] * 9, {}, "f: the target 'y' is 1.5 in every row"),
        ([1] * 9, {"task": "regression"}, "f: the target 'y' is 1 in every row"),
        ([None] * 9, {}, "f: every cell of the target 'y' is missing"),
        ([1.5, np.inf, 2.5], {}, "f, row 1, column 'y': inf is no finite number"),
        (["a", "b"] * 9, {"task": "regression"}, "f, rows 0, 1 and 2, column 'y': regression needs numbers"),
        ([f"id{i}" for i in range(50)], {}, "the target 'y' has 50 different values in 50 rows"),
        ([i * 1.1 for i in range(50)], {"task": "classification"}, "has 50 different values in 50 rows"),
        ([np.datetime64("2012-01-01"), np.datetime64("2012-01-02")] * 9, {}, "the target 'y' is a date"),
    ],
)
def test_targets_that_cannot_be_learnt_are_refused(values: Any, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError) as caught:
        _target(values, **changes)
    assert said in str(caught.value)
    assert caught.value.fix


def test_one_word_in_a_regression_target_is_named(tmp_path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "".join(f"{i}.5,{'low' if i % 4 == 2 else i * 1.5}\n" for i in range(20)))
    with pytest.raises(DataError) as caught:
        read_table(DataSettings(source=str(path), target="y", task="regression"))
    assert "t.csv, lines 4, 8 and 12, column 'y': regression needs numbers" in str(caught.value)
    assert "'low', 'low', 'low' (5 cells in all)" in str(caught.value)
    assert "--task classification" in caught.value.fix


def _files(tmp_path, train: str, test: str) -> DataSettings:
    (tmp_path / "train.csv").write_text(train)
    (tmp_path / "test.csv").write_text(test)
    return DataSettings(
        source=str(tmp_path / "train.csv"), test=str(tmp_path / "test.csv"), target=-1, header=False
    )


def test_a_full_stop_behind_the_labels_of_a_test_file_is_removed_and_noted(tmp_path) -> None:
    table = read_table(_files(tmp_path, "1.5,<=50K\n2.5,>50K\n" * 9, "1,>50K.\n2,<=50K.\n"))
    assert table.target is not None
    assert table.target.classes == ("<=50K", ">50K")
    assert table.target.values[-2:].tolist() == [1, 0]
    assert table.notes == ("the full stop at the end of the labels in test.csv was removed",)


def test_other_unknown_labels_of_a_test_file_are_named(tmp_path) -> None:
    with pytest.raises(DataError) as caught:
        read_table(_files(tmp_path, "1.5,a\n2.5,b\n" * 9, "1,a\n2,c\n3,a.\n"))
    assert "test.csv, lines 2 and 3: classes that never occur in training: 'a.', 'c'" in str(caught.value)
    assert "one of 'a', 'b'" in str(caught.value)


def test_one_and_one_point_zero_are_the_same_class(tmp_path) -> None:
    table = read_table(_files(tmp_path, "1.5,1\n2.5,0\n" * 9, "1,1.0\n2,0.0\n"))
    assert table.target is not None
    assert table.target.classes == ("0", "1")
    assert table.target.values[-2:].tolist() == [1, 0]


def test_spellings_of_true_and_false_are_two_classes(tmp_path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(
        "x,y\n" + "".join(f"{i}.5,{['True', 'FALSE', 'true', 'False'][i % 4]}\n" for i in range(20))
    )
    table = read_table(DataSettings(source=str(path), target="y"))
    assert table.target is not None
    assert table.target.classes == ("false", "true")
