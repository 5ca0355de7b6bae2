from __future__ import annotations

import pytest

from glasshouse.data.tables.sniff import find_separator, is_header, rows_of

MISSING = ("", "?", "NA")


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_each_separator_is_found_with_the_others_inside_quotes(separator: str) -> None:
    others = "".join(set(",;\t|") - {separator})
    lines = [separator.join([str(i), f'"a{others}{i}"', f"w{i % 3}"]) + "\n" for i in range(20)]
    assert find_separator(lines) == separator


def test_commas_in_prose_do_not_beat_the_tab() -> None:
    assert find_separator(_lines("ham\tWell, yes, no\nspam\tWin, now\nham\tok\n" * 5)) == "\t"


def test_decimal_commas_do_not_beat_the_semicolon() -> None:
    assert find_separator(_lines("1,5;2,5;3,5\n2,5;3,5;4,5\n" * 5)) == ";"


def test_spaces_are_the_last_resort_and_need_numbers() -> None:
    assert find_separator(_lines(" 1.0   2.5  a\n 2.0  13.5  b\n" * 5)) == " "
    assert find_separator(_lines("two words\nother words\n" * 5)) is None


def test_numbers_aligned_by_spaces_before_a_tab_are_divided_at_both() -> None:
    lines = _lines('18.0   8   307.0\t"chevrolet malibu"\n15.0   8   350.0\t"buick skylark"\n' * 5)
    assert find_separator(lines) == " "
    assert next(rows_of(lines, " ", "double")) == ["18.0", "8", "307.0", "chevrolet malibu"]


def test_a_time_of_day_is_no_second_column() -> None:
    assert find_separator(_lines("when,value\n2014-04-01 00:00:00,1\n2014-04-01 00:05:00,2\n" * 5)) == ","


def test_a_first_line_may_name_the_separator() -> None:
    assert find_separator(_lines("sep=;\na,b;c\n1,2;3\n")) == ";"


def test_prose_has_no_separator() -> None:
    prose = "First Citizen:\nBefore we proceed any further, hear me speak.\n\nAll:\nSpeak, speak.\n"
    assert find_separator(_lines(prose), ".txt") is None


@pytest.mark.parametrize(
    ("first", "body"),
    [
        (["age", "job"], [["39", "clerk"], ["50", "smith"]]),
        (["kind", "colour"], [["a", "red"], ["b", "red"], ["a", "blue"], ["b", "blue"]]),
        (["", "age", "job"], [["0", "39", "clerk"], ["1", "50", "smith"]]),
        (["x", "x", "y"], [["1", "2", "3"], ["4", "5", "6"]]),
        (["country", "1990", "1991"], [["Chad", "4", "5"], ["Peru", "7", "8"]]),
        (["a", "b"], []),
        (["age", "job"], [["39", "clerk"], ["age", "job"], ["50", "smith"]]),
        (["label", "text"], [["a1", "a long sentence about it"], ["b2", "another long sentence"]]),
    ],
)
def test_names_are_recognised(first: list[str], body: list[list[str]]) -> None:
    assert is_header(first, body, MISSING)


@pytest.mark.parametrize(
    ("first", "body"),
    [
        (["39", "clerk"], [["50", "smith"]]),
        (["?", "clerk"], [["50", "smith"]]),
        (["2012-01-02", "clerk"], [["2012-01-03", "smith"]]),
        (["ham", "Go until jurong point"], [["ham", "Ok lar"], ["spam", "Free entry"], ["ham", "U dun"]]),
        (["p", "x", "s"], [["e", "x", "s"], ["p", "y", "s"], ["e", "y", "t"]]),
        (["Adelie", "Torgersen", ""], [["Adelie", "Torgersen", "39.1"], ["Gentoo", "Biscoe", "40"]]),
        (["country", "1990", "12"], [["Chad", "4", "5"], ["Peru", "7", "8"]]),
    ],
)
def test_values_are_not_taken_for_names(first: list[str], body: list[list[str]]) -> None:
    assert not is_header(first, body, MISSING)
