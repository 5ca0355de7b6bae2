from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glasshouse.core.errors import DataError, UnknownNameError, UsageError
from glasshouse.data.raw import RawTable, TableLayout
from glasshouse.data.settings import DataSettings
from glasshouse.data.tables import delimited
from glasshouse.data.tables.cells import ReadingOptions
from glasshouse.data.tables.delimited import read_delimited
from glasshouse.data.tables.read_table import read_table
from glasshouse.data.tables.text_file import TextFile

Read = Callable[..., RawTable]
ROWS = "".join(f"{i * 1.5},w{i % 3},{'ab'[i % 2]}\n" for i in range(30))
HEADED = "x,c,y\n" + ROWS


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write a file and read it with the last column as the target."""

    def make(content: str | bytes, name: str = "t.csv", **changes: Any) -> RawTable:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_table(DataSettings(source=str(path), **{"target": -1, **changes}))

    return make


def _is_the_plain_table(table: RawTable) -> bool:
    return (
        table.frame.columns == ["x", "c"]
        and table.frame["x"].to_list() == [i * 1.5 for i in range(30)]
        and table.frame["c"].to_list() == [f"w{i % 3}" for i in range(30)]
        and table.target is not None
        and table.target.values.tolist() == [i % 2 for i in range(30)]
        and table.target.classes == ("a", "b")
    )


@pytest.mark.parametrize(
    "content",
    [
        HEADED,
        HEADED.replace("\n", "\r\n"),
        HEADED.replace("\n", "\r"),
        "\ufeff" + HEADED,
        HEADED.rstrip("\n"),
        "\n\n" + HEADED.replace("15.0", "\n15.0") + "\n\n",
        HEADED.replace("15.0", ",,\n15.0"),
        HEADED.replace(",", " , "),
        HEADED.replace(",", ";"),
        HEADED.replace(",", "\t"),
        HEADED.replace(",", "|"),
        HEADED.replace(",", "   "),
        "sep=;\n" + HEADED.replace(",", ";"),
        "# made by hand\n# at noon\n" + HEADED,
        "My report, 2024\n".replace(",", "") + "\n" + HEADED,
        "# " + HEADED,
        "x,c,y,\n" + ROWS,
        "x,c,y\n" + ROWS.replace("\n", ",\n"),
        '"x","c","y"\n' + "".join(f'{i * 1.5},"w{i % 3}","{"ab"[i % 2]}"\n' for i in range(30)),
        'x, "c" ,y\n' + "".join(f'{i * 1.5}, "w{i % 3}" , "{"ab"[i % 2]}"\n' for i in range(30)),
    ],
)
def test_the_same_table_in_many_spellings_reads_the_same(read: Read, content: str) -> None:
    assert _is_the_plain_table(read(content))


def test_the_first_row_of_a_file_is_the_line_an_editor_shows(read: Read) -> None:
    assert read(HEADED).first_row == 2
    assert read(ROWS).first_row == 1
    assert read("My title\n\n" + HEADED).first_row == 4


def test_a_table_without_header_gets_generated_names(read: Read) -> None:
    table = read(ROWS)
    assert table.frame.columns == ["column_0", "column_1"]
    assert table.target is not None
    assert table.target.name == "column_2"
    assert table.layout is not None
    assert not table.layout.header


@pytest.mark.parametrize(
    "content",
    [
        '"x","c","y"\n' + "".join(f'"{i}",{row}\n' for i, row in enumerate(ROWS.splitlines(), 1)),
        ",x,c,y\n" + "".join(f"{i},{row}\n" for i, row in enumerate(ROWS.splitlines())),
    ],
)
def test_row_names_as_r_and_pandas_write_them_become_an_ignored_column(read: Read, content: str) -> None:
    table = read(content)
    assert table.columns[0].name == "row"
    assert table.columns[0].ignored_because == "it counts the rows"
    assert table.frame.columns == ["row", "x", "c"]


def test_quoted_cells_hold_separators_quotes_and_line_ends(read: Read) -> None:
    cell = '"said ""no, {0}""\nand, then, left"'
    text = "x,t,y\n" + "".join(f"{i}.5,{cell.format(i)},{'ab'[i % 2]}\n" for i in range(30))
    table = read(text)
    assert table.frame["t"].to_list() == [f'said "no, {i}"\nand, then, left' for i in range(30)]


def test_backslashes_may_escape_quotes(read: Read) -> None:
    text = "x,t,y\n" + "".join(f'{i}.5,"he said \\"no {i}\\", then",{"ab"[i % 2]}\n' for i in range(30))
    assert read(text).frame["t"][3] == 'he said "no 3", then'


def test_quotes_that_are_plain_characters_do_not_join_lines(read: Read) -> None:
    lines = [f"{'ham' if i % 3 else 'spam'}\tmessage number {i} of many" for i in range(60)]
    lines[7] = 'ham\t"Where are you?'
    lines[21] = 'ham\tA 5" disk and "so on'
    lines[40] = 'spam\t"Win" now "or never'
    table = read("\n".join(lines) + "\n", name="t.tsv", target=0)
    assert len(table) == 60
    assert table.frame["column_1"][7] == '"Where are you?'
    assert 'quotes (") do not enclose cells: they were left as characters' in table.notes


def test_duplicate_and_empty_names_are_made_good_and_noted(read: Read) -> None:
    table = read("x,x,,x_2,y\n" + "".join(f"{i}.5,{i * 2}.5,{i * 3}.5,{i}.25,{i % 2}\n" for i in range(30)))
    assert table.frame.columns == ["x", "x_3", "column_2", "x_2"]
    assert "a second column called 'x' was renamed 'x_3'" in table.notes


def test_repeated_headers_inside_are_left_out_and_noted(read: Read) -> None:
    table = read("x,c,y\n" + ROWS + HEADED)
    assert len(table) == 60
    assert "1 rows that repeat the header were left out (t.csv, line 32)" in table.notes


def test_the_settings_overrule_what_is_found(read: Read) -> None:
    assert (
        read("a;b\n1,2;3\n4,5;6\n" * 9, separator=";", header=False, task="classification").frame.width == 1
    )
    with pytest.raises(DataError, match="line 1, column 'column_0': text where a number is due: 'x'"):
        read("x,c,y\n" + ROWS, header=False)


@pytest.mark.parametrize(
    ("content", "said", "fix"),
    [
        (HEADED + "1.5,w2\n" + ROWS, "t.csv, line 32: 2 cells", "complete the line"),
        (HEADED + "1.5,w2,a,b\n" + ROWS, "t.csv, line 32: 4 cells", "put quotes around cells"),
        (HEADED + "1.5,w2", "t.csv, line 32: 2 cells", "cut off"),
        ("x,c,y\n", "t.csv has a header and no rows", "--no-header"),
        ("x,c,y", "t.csv has a header and no rows", "--no-header"),
        ("k,l\n" + ROWS + "1,2,3,4\n", "t.csv, line 32: 4 cells", "separator"),
        ("a,b,c,d,e\n" + ROWS, "t.csv, line 1: the header names 5 columns", "complete the header"),
        ("x,t,y\n" + '1,"a, b,c\n' + '2,"d, e",f\n' * 9, "quote", "line"),
    ],
)
def test_damaged_tables_are_refused_with_file_and_line(read: Read, content: str, said: str, fix: str) -> None:
    with pytest.raises(DataError) as caught:
        read(content)
    assert said in str(caught.value)
    assert fix in caught.value.fix


def test_many_ragged_rows_are_counted(read: Read) -> None:
    with pytest.raises(DataError) as caught:
        read("x,c,y\n" + "1,2\n" * 9 + ROWS)
    assert "line 2: 2 cells (and 8 more such rows: lines 3, 4, 5, 6, 7 ...)" in str(caught.value)
    assert "3 cells, as in the other 30 rows" in str(caught.value)


def test_the_target_goes_by_name_index_and_digits(read: Read) -> None:
    for which in ("c", 1, -2, "1", "-2"):
        table = read(HEADED, target=which)
        assert table.target is not None
        assert table.target.name == "c"
        assert table.frame.columns == ["x", "y"]


def test_a_misspelt_target_gets_a_suggestion(read: Read) -> None:
    with pytest.raises(UnknownNameError) as caught:
        read("income,age\n1,2\n3,4\n", target="incom")
    assert "there is no column named 'incom'" in str(caught.value)
    assert "did you mean 'income'?" in str(caught.value)
    with pytest.raises(UnknownNameError, match="an index from 0 to 1, or from -2 to -1"):
        read("income,age\n1,2\n3,4\n", target=2)


def test_no_target_lists_the_columns_and_suggests_one(read: Read) -> None:
    with pytest.raises(UsageError) as caught:
        read("age,Class,job title\n" + "1,a,b\n" * 3, target=None)
    assert "t.csv: no target is named" in str(caught.value)
    assert "one of its columns: age, Class, job title" in str(caught.value)
    assert "--target Class" in str(caught.value)
    with pytest.raises(UsageError, match="--target 'job title'"):
        read("age,job title\n" + "1,b\n" * 3, target=None)


def test_a_test_file_is_read_with_the_kinds_of_training(read: Read, tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_text("y,c,x\nb,1,2\na,w1,4\n")
    table = read(HEADED, test=str(tmp_path / "test.csv"))
    assert table.given_test is not None
    assert table.given_test.tolist() == [False] * 30 + [True] * 2
    assert table.frame["c"].to_list()[-2:] == ["1", "w1"]
    assert table.frame["x"].to_list()[-2:] == [2.0, 4.0]
    assert table.target is not None
    assert table.target.values[-2:].tolist() == [1, 0]


def test_a_cell_of_the_test_file_that_does_not_fit_is_named(read: Read, tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_text("x,c,y\n1,w1,a\nmany,w1,b\n")
    with pytest.raises(DataError) as caught:
        read(HEADED, test=str(tmp_path / "test.csv"))
    assert "test.csv, line 3, column 'x': text where a number is due: 'many'" in str(caught.value)
    assert caught.value.fix == "correct the cell, or leave it empty if the value is missing"


def test_a_test_file_with_other_columns_is_refused(read: Read, tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_text("x,k,y\n1,w1,a\n2,w1,b\n")
    with pytest.raises(DataError) as caught:
        read(HEADED, test=str(tmp_path / "test.csv"))
    assert "1 column is missing: 'c'; 1 column is unknown: 'k'" in str(caught.value)


def test_group_and_time_are_handed_to_the_split(read: Read) -> None:
    rows = "".join(f"{i * 1.5},p{i // 3},2012-01-{30 - i:02d},{'ab'[i % 2]}\n" for i in range(30))
    table = read("x,who,when,y\n" + rows, group="who", time="when")
    assert table.group is not None
    assert table.group.tolist() == [f"p{i // 3}" for i in range(30)]
    assert table.columns[1].ignored_because == "it says which rows belong together, for the split"
    assert table.time is not None
    assert table.time.dtype == np.int64
    assert (np.diff(table.time) == -1).all()
    assert table.columns[2].kind == "date"
    assert not table.columns[2].ignored_because


def test_rows_without_a_group_are_groups_of_their_own(read: Read) -> None:
    rows = "".join(f"{i * 1.5},{'p' if i > 2 else ''},{'ab'[i % 2]}\n" for i in range(9))
    table = read("x,who,y\n" + rows, group="who")
    assert table.group is not None
    assert len(set(table.group.tolist())) == 4


def test_a_missing_or_unreadable_time_is_refused(read: Read) -> None:
    rows = "".join(f"{i * 1.5},2012-01-{i + 1:02d},{'ab'[i % 2]}\n" for i in range(9))
    with pytest.raises(DataError, match=r"t.csv, line 11: the time in column 'when' is missing"):
        read("x,when,y\n" + rows + "3,,a\n", time="when")
    with pytest.raises(DataError, match="the time column 'c' is neither dates nor numbers"):
        read(HEADED, time="c")


def test_target_and_group_must_differ(read: Read) -> None:
    with pytest.raises(UsageError, match="column 'y' is the target and the group column"):
        read(HEADED, group="y")


def test_parquet_keeps_types_and_damage_is_named(tmp_path: Path) -> None:
    frame = pl.DataFrame({"x": [1.5, None, 2.5] * 9, "b": [True, False, None] * 9, "y": ["u", "v", "u"] * 9})
    path = tmp_path / "t.parquet"
    frame.write_parquet(path)
    table = read_table(DataSettings(source=str(path), target="y"))
    assert [each.kind for each in table.columns] == ["number", "boolean"]
    assert table.frame.equals(frame.drop("y"))
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match="is no sound Parquet file"):
        read_table(DataSettings(source=str(path), target="y"))


def test_the_layout_survives_json(read: Read) -> None:
    table = read("x,when,y\n" + "".join(f"{i}.5,2012-01-{i + 1:02d},{'ab'[i % 2]}\n" for i in range(9)))
    assert table.layout is not None
    assert TableLayout.from_dict(table.layout.to_dict()) == table.layout


WORD = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1)
CELL = st.one_of(WORD, st.builds("{0}\n{1}".format, WORD, WORD), st.builds('{0}, "{1}"'.format, WORD, WORD))


@given(
    st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=2, max_size=12),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n"]),
)
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_pythons_own_writer_writes_comes_back(
    rows: list[list[str]], separator: str, ending: str
) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=separator, lineterminator=ending, quoting=csv.QUOTE_ALL).writerows(
        [["a", "b", "c"], *rows]
    )
    cells = read_delimited(
        TextFile(Path("t.csv"), stream.getvalue()),
        ReadingOptions(header=True, separator=separator, missing=()),
    )
    assert cells.frame.rows() == [tuple(cell.strip() for cell in row) for row in rows]


PLAIN = st.text(st.characters(codec="ascii", exclude_categories=["Cc"], exclude_characters='",#'), max_size=5)


@given(
    st.lists(st.lists(PLAIN, min_size=3, max_size=3), min_size=2, max_size=12),
    st.sampled_from(["\n", "\r\n"]),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_the_fast_way_gives_what_the_slow_way_gives(rows: list[list[str]], ending: str) -> None:
    text = ending.join(",".join(row) for row in [["a", "b", "c"], *rows, ["x", "y", "z"]])
    options = ReadingOptions(header=True, separator=",", missing=())
    fast = read_delimited(TextFile(Path("t.csv"), text), options)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "read_regular", lambda *_: None)
        slow = read_delimited(TextFile(Path("t.csv"), text), options)
    assert fast.frame.equals(slow.frame)
    assert fast.lines is not None
    assert slow.lines is not None
    assert fast.lines.tolist() == slow.lines.tolist()
    assert fast.notes == slow.notes
