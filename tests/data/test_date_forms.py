from __future__ import annotations

import datetime as dt

import pandas as pd
import polars as pl
import pytest

from glasshouse.data.tables.date_forms import find_date_form, parse_dates, parse_iso

NOON = dt.datetime(2012, 10, 28, 12, 34)


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2012-10-28", dt.datetime(2012, 10, 28)),
        ("2012/10/28", dt.datetime(2012, 10, 28)),
        ("2012-10", dt.datetime(2012, 10, 1)),
        ("20121028", dt.datetime(2012, 10, 28)),
        ("28.10.2012", dt.datetime(2012, 10, 28)),
        ("28.10.12", dt.datetime(2012, 10, 28)),
        ("28/10/2012", dt.datetime(2012, 10, 28)),
        ("10/28/2012", dt.datetime(2012, 10, 28)),
        ("10/28/12", dt.datetime(2012, 10, 28)),
        ("28-10-2012", dt.datetime(2012, 10, 28)),
        ("28 Oct 2012", dt.datetime(2012, 10, 28)),
        ("28 October 2012", dt.datetime(2012, 10, 28)),
        ("28-OCT-12", dt.datetime(2012, 10, 28)),
        ("Oct 28, 2012", dt.datetime(2012, 10, 28)),
        ("2012-10-28 12:34", NOON),
        ("2012-10-28T12:34:00", NOON),
        ("2012-10-28 12:34:00.000", NOON),
        ("2012-10-28T12:34:00Z", NOON),
        ("2012-10-28T14:34:00+02:00", NOON),
        ("2012-10-28 14:34:00.5 +0200", NOON.replace(microsecond=500_000)),
        ("28.10.2012 12:34", NOON),
        ("10/28/2012 12:34 PM", NOON),
        ("10/28/2012 12:34:00 pm", NOON),
    ],
)
def test_common_forms_are_recognised_and_read(cell: str, moment: dt.datetime) -> None:
    cells = pl.Series([cell] * 3)
    found = find_date_form(cells)
    assert found is not None
    assert found.share == 1
    assert parse_dates(cells, found.form).to_list() == [moment] * 3


@pytest.mark.parametrize("cell", ["abc", "12:30", "1.5", "2012", "3/4", "version 1.2", "2012-13-45", "12-34"])
def test_other_cells_are_no_dates(cell: str) -> None:
    found = find_date_form(pl.Series([cell] * 3))
    assert found is None or found.share == 0


def test_days_beyond_twelve_settle_the_order_without_a_note() -> None:
    found = find_date_form(pl.Series(["03/04/2012", "28/04/2012"]))
    assert found is not None
    assert (found.form, found.note) == ("%d/%m/%Y", "")


def test_an_ambiguous_order_is_settled_by_rising_dates_else_month_first_and_noted() -> None:
    rising = find_date_form(pl.Series(["01/02/2012", "02/02/2012", "01/03/2012"]))
    assert rising is not None
    assert rising.form == "%d/%m/%Y"
    assert rising.note == (
        "dates such as '01/02/2012' can be read in two ways: they were read as day, month, year"
    )
    other = find_date_form(pl.Series(["03/02/2012", "01/05/2012", "02/04/2012"]))
    assert other is not None
    assert other.form == "%m/%d/%Y"
    assert "month, day, year" in other.note


def test_the_share_counts_what_is_no_date() -> None:
    found = find_date_form(pl.Series(["2012-01-01", "2012-02-31", "soon", "2012-01-04"]))
    assert found is not None
    assert found.share == 0.5


def test_iso_dates_of_mixed_length_agree_with_pandas() -> None:
    cells = ["2012-10-28", "2012-10-28T12:34", "2012-10-28 12:34:56.25", "2012-10-28T12:34:56+02:00", "no"]
    ours = parse_iso(pl.Series(cells)).to_list()
    theirs = pd.to_datetime(pd.Series(cells), format="ISO8601", utc=True, errors="coerce").dt.tz_localize(
        None
    )
    assert ours == [None if pd.isna(each) else each.to_pydatetime() for each in theirs]
