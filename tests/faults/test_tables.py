"""Tables that are not as they should be, through the whole command."""

from __future__ import annotations

import pytest

GOOD = "a,b,y\n" + "".join(f"{i},{i * 7 % 5},{'u' if i % 2 else 'v'}\n" for i in range(40))

WRONG = [
    (GOOD.replace("\n7,", "\n1e300,"), [], 1, "line 9, column 'a': '1e300' is too large to compute with"),
    (GOOD.replace("\n7,", "\ninf,"), [], 1, "line 9, column 'a': 'inf' is no finite number"),
    (GOOD.replace("\n7,", "\nseven,"), [], 1, "line 9, column 'a': text where a number is due: 'seven'"),
    (GOOD.replace(",", ";"), ["--separator", ","], 2, "say with --separator what should"),
    (GOOD, ["--no-header"], 2, "name one by its index, such as -1 for the last, or say --header"),
    (GOOD, ["--target", "Y"], 2, "did you mean 'y'?"),
    (GOOD, ["--target", "y "], 2, "did you mean 'y'?"),
    (GOOD, ["--target", "7"], 2, "an index from 0 to 2"),
    (GOOD, ["--test", "."], 1, ". is a folder expected a table with the columns a, b"),
    ("a,b,y\n1,2,u\n2,3,v\n", [], 1, "2 rows to divide"),
]


@pytest.mark.parametrize(("content", "more", "code", "told"), WRONG, ids=range(len(WRONG)))
def test_a_table_that_cannot_be_used_is_told_by_file_line_and_column(
    refused, tmp_path, content, more, code, told
):
    (tmp_path / "table.csv").write_text(content)
    more = more if "--target" in more else ["--target", "y", *more]
    assert told in refused("run", "table.csv", *more, code=code)


def test_what_was_decided_while_reading_is_told(call, tmp_path):
    (tmp_path / "größe 100% [b].csv").write_text(GOOD.replace("a,b,y", "a,a,y").replace("\n7,", "\n,,\n7,"))
    code, out, err = call("run", "größe 100% [b].csv", "--target", "y")
    assert code == 0
    assert "Note: a second column called 'a' was renamed 'a_2'." in err
    assert "Note: 1 row without any value was left out (line 9)." in err
    assert "größe-100-b-" in out


@pytest.mark.parametrize("name", ["", "  ", "x" * 300])
def test_names_that_no_file_can_have(refused, name):
    message = refused("run", name)
    assert "is empty" in message or "cannot be read: File name too long" in message
