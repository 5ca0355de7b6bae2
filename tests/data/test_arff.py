from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from scipy.io import arff as scipy_arff

from glasshouse.core.errors import DataError
from glasshouse.data.settings import DataSettings
from glasshouse.data.tables.arff import read_arff
from glasshouse.data.tables.read_table import read_table
from glasshouse.data.tables.text_file import TextFile

HEAD = """% a comment
@relation weather
@ATTRIBUTE outlook {sunny, overcast, 'light rain'}
@attribute 'wind speed' REAL
@attribute remark string
@attribute day date "dd.MM.yyyy HH:mm"
@attribute play {yes,no}
@DATA
"""


def _read(text: str):
    return read_arff(TextFile(Path("w.arff"), text))


def test_all_types_quotes_comments_and_missing_values() -> None:
    cells = _read(
        HEAD
        + "sunny, 1.5, 'it''s \\'fine\\', isn\\'t it', '01.02.2003 04:05', yes\n".replace("''", "")
        + "% between\n\n"
        + "'light rain', ?, \"two words\", ?, no\n"
        + "?,2e1,'?',05.02.2003 04:05,no\n"
    )
    assert cells.frame.columns == ["outlook", "wind speed", "remark", "day", "play"]
    assert cells.frame.row(0) == ("sunny", "1.5", "its 'fine', isn't it", "01.02.2003 04:05", "yes")
    assert cells.frame.row(1) == ("light rain", None, "two words", None, "no")
    assert cells.frame.row(2) == (None, "2e1", "?", "05.02.2003 04:05", "no")
    assert cells.lines is not None
    assert cells.lines.tolist() == [9, 12, 13]
    assert {name: (each.kind, each.form) for name, each in cells.declared.items()} == {
        "outlook": ("category", ""),
        "wind speed": ("number", ""),
        "day": ("date", "%d.%m.%Y %H:%M"),
        "play": ("category", ""),
    }


def test_sparse_rows_leave_out_zeros_and_first_values() -> None:
    cells = _read(
        "@relation s\n@attribute a numeric\n@attribute b {x, 'y z'}\n@attribute c integer\n@data\n"
        "{0 1.5, 1 'y z'}\n{2 ?}\n{ }\n"
    )
    assert cells.frame.rows() == [("1.5", "y z", "0"), ("0", "x", None), ("0", "x", "0")]


def test_weights_are_left_out_and_noted_and_tabs_separate() -> None:
    cells = _read("@relation s\n@attribute a numeric\n@attribute b {x,y}\n@data\n1,x,{2.5}\n2\ty\n")
    assert cells.frame.rows() == [("1", "x"), ("2", "y")]
    assert cells.notes == ("weights of rows were left out: every row counts once",)


def test_numbers_and_nominals_agree_with_scipy() -> None:
    text = "@relation r\n@attribute x numeric\n@attribute y {a,b}\n@attribute z real\n@data\n" + "".join(
        f"{i * 0.37},{'ab'[i % 2]},{'?' if i % 5 == 0 else i}\n" for i in range(50)
    )
    theirs, _ = scipy_arff.loadarff(io.StringIO(text))
    ours = _read(text).frame
    assert np.array_equal(ours["x"].cast(float).to_numpy(), theirs["x"])
    assert np.array_equal(ours["z"].cast(float).fill_null(np.nan).to_numpy(), theirs["z"], equal_nan=True)
    assert [each.decode() for each in theirs["y"]] == ours["y"].to_list()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "sunny,1.5,a,?\n", "w.arff, line 9: 4 values"),
        (
            HEAD + "cloudy,1.5,a,?,no\n",
            "line 9, attribute 'outlook': the value 'cloudy' was not declared",
        ),
        (HEAD, "w.arff has no rows after @data"),
        ("@relation r\n@attribute a numeric\n", "ends in line 3 before @data"),
        ("@relation r\n@data\n1\n", "line 2: @data before any @attribute"),
        ("@relation r\n@attribute a\n@data\n1\n", "line 2: '@attribute a'"),
        ("@relation r\n@attribute a colour\n@data\n1\n", "line 2: attribute 'a' has the type 'colour'"),
        ("@relation r\n@attribute a numeric\n@attribute a real\n@data\n1,2\n", "line 3: a second attribute"),
        ("@relation r\n@attribute a date 'QQ'\n@data\n1\n", "has the part 'QQ'"),
        ("a,b\n1,2\n", "line 1: 'a,b'"),
        ("@relation r\n@attribute a numeric\n@data\n{1 5}\n", "line 4: '1 5' in a sparse row"),
        (
            "@relation r\n@attribute a numeric\n@data\n{0 5\n",
            "line 4: a sparse row without its",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, said: str) -> None:
    with pytest.raises(DataError) as caught:
        _read(text)
    assert said in str(caught.value)
    assert caught.value.fix


def test_a_table_is_made_of_it_with_declared_kinds(tmp_path: Path) -> None:
    path = tmp_path / "w.arff"
    ends = ("sunny,1,word{},0{}.02.2003 04:05,yes\n", "overcast,2,word{},0{}.02.2003 04:05,no\n")
    rows = "".join(ends[i % 2].format(i % 4, i % 9 + 1) for i in range(20))
    path.write_text(HEAD + rows)
    table = read_table(DataSettings(source=str(path), target="play"))
    assert [each.kind for each in table.columns] == ["category", "number", "category", "date"]
    assert table.target is not None
    assert table.target.classes == ("no", "yes")


def test_text_in_a_numeric_attribute_is_named(tmp_path: Path) -> None:
    path = tmp_path / "w.arff"
    path.write_text("@relation r\n@attribute a numeric\n@attribute y {u,v}\n@data\n1,u\nlots,v\n")
    with pytest.raises(DataError, match=r"w.arff, line 6, column 'a': text where a number is due: 'lots'"):
        read_table(DataSettings(source=str(path), target="y"))


def test_none_is_a_value_in_arff_unless_the_user_says_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "w.arff"
    path.write_text(
        "@relation r\n@attribute a {none,some}\n@attribute y {u,v}\n@data\n" + "none,u\nsome,v\n" * 9
    )
    assert read_table(DataSettings(source=str(path), target="y")).frame["a"].null_count() == 0
    table = read_table(DataSettings(source=str(path), target="y", missing=("some",)))
    assert table.frame["a"].null_count() == 9
