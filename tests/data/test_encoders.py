from __future__ import annotations

import datetime as dt
import json

import numpy as np
import polars as pl
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from glasshouse.data.encoders.booleans import BooleanEncoder
from glasshouse.data.encoders.categories import CategoryEncoder
from glasshouse.data.encoders.dates import DateEncoder
from glasshouse.data.encoders.encoder import Encoder
from glasshouse.data.encoders.text import TextEncoder


def _words(cells: list[str | None]) -> pl.Series:
    return pl.Series("c", cells, dtype=pl.String)


def _moments(cells: list[dt.datetime | None]) -> pl.Series:
    return pl.Series("d", cells, dtype=pl.Datetime("us"))


def test_categories_become_one_column_each() -> None:
    encoder = CategoryEncoder.fit(_words(["b", "a", "b", "a"]), 64, 1)
    assert encoder.features == ("c = a", "c = b")
    assert encoder.transform(_words(["a", "b", "z", None])).tolist() == [[1, 0], [0, 1], [0, 0], [0, 0]]
    assert encoder.becomes() == "2 one-hot columns"


def test_rare_and_unseen_categories_share_other_and_missing_stands_alone() -> None:
    encoder = CategoryEncoder.fit(_words(["a"] * 5 + ["b"] * 5 + ["c"] * 4 + [None]), 64, 5)
    assert encoder.features == ("c = a", "c = b", "c = (other)", "c = (missing)")
    rows = encoder.transform(_words(["a", "c", "never", None]))
    assert rows.tolist() == [[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    assert encoder.becomes() == "2 one-hot columns, other (1 rare) and missing"


def test_the_most_frequent_categories_are_kept_ties_by_name_and_the_rest_has_its_frequency() -> None:
    cells = _words(["d"] * 4 + ["b"] * 3 + ["a"] * 3 + ["c"] * 2)
    encoder = CategoryEncoder.fit(cells, 2, 1)
    assert encoder.features == ("c = a", "c = d", "c = (other)", "c (frequency)")
    logarithms = np.log1p([4] * 4 + [3] * 6 + [2] * 2)
    expected = (logarithms - logarithms.mean()) / logarithms.std()
    np.testing.assert_allclose(encoder.transform(cells)[:, -1], expected)
    unseen = encoder.transform(_words(["never"]))[0]
    assert unseen[:3].tolist() == [0, 0, 1]
    assert unseen[3] == pytest.approx((0 - logarithms.mean()) / logarithms.std())


def test_all_rare_categories_leave_only_other() -> None:
    encoder = CategoryEncoder.fit(_words(["a", "b", "c"]), 64, 5)
    assert encoder.features == ("c = (other)",)
    assert encoder.transform(_words(["a", None])).tolist() == [[1], [1]]


def test_unseen_categories_are_told() -> None:
    with_other = CategoryEncoder.fit(_words(["a"] * 5 + ["b"]), 64, 5)
    without = CategoryEncoder.fit(_words(["a"] * 5), 64, 5)
    assert with_other.unseen(_words(["x", "y", "x", "a", "b"])) == (
        "2 values were never seen in training, treated as 'other'"
    )
    assert without.unseen(_words(["x", "a"])) == (
        "1 value was never seen in training, treated as none of the known ones"
    )
    assert without.unseen(_words(["a", None])) == (
        "1 missing, which training never saw, treated as none of the known ones"
    )
    assert without.unseen(_words(["a"])) == ""


def test_booleans_become_zero_and_one_with_a_flag_where_cells_are_missing() -> None:
    cells = pl.Series("b", [True, False, None])
    assert BooleanEncoder.fit(cells).transform(cells).tolist() == [[1, 0], [0, 0], [0, 1]]
    assert BooleanEncoder.fit(cells[:2]).transform(cells).tolist() == [[1], [0], [0]]


def test_dates_become_days_year_and_places_on_circles() -> None:
    cells = _moments([dt.datetime(2012, 1, 2, 6), dt.datetime(2013, 4, 4, 18, 30), dt.datetime(2012, 7, 4)])
    encoder = DateEncoder.fit(cells)
    assert encoder.features == (
        "d (days)", "d (year)", "d (month, sin)", "d (month, cos)", "d (weekday, sin)", "d (weekday, cos)",
        "d (hour, sin)", "d (hour, cos)",
    )  # fmt: skip
    rows = encoder.transform(cells)
    days = np.array([0, 458 - 0.5 + 18.5 / 24 + 0.25 - 0.0, 183.75])
    days[1] = (dt.datetime(2013, 4, 4, 18, 30) - dt.datetime(2012, 1, 2, 6)) / dt.timedelta(days=1)
    np.testing.assert_allclose(rows[:, 0], (days - days.mean()) / days.std())
    np.testing.assert_allclose(rows[1, 2:4], [np.sin(np.pi / 2), np.cos(np.pi / 2)], atol=1e-12)
    monday, thursday = rows[0, 4:6], rows[1, 4:6]
    np.testing.assert_allclose(monday, [0, 1], atol=1e-12)
    np.testing.assert_allclose(thursday, [np.sin(6 * np.pi / 7), np.cos(6 * np.pi / 7)])
    np.testing.assert_allclose(rows[0, 6:8], [1, 0], atol=1e-12)
    np.testing.assert_allclose(rows[1, 6], np.sin(2 * np.pi * 18.5 / 24))


def test_what_does_not_differ_in_dates_is_left_out_and_missing_ones_have_a_flag() -> None:
    cells = _moments([dt.datetime(2012, 1, 2), dt.datetime(2012, 1, 4), None])
    encoder = DateEncoder.fit(cells)
    assert encoder.features == ("d (days)", "d (weekday, sin)", "d (weekday, cos)", "d (missing)")
    rows = encoder.transform(cells)
    assert rows[2].tolist() == [0, 0, 0, 1]
    assert rows[:2, 0].tolist() == [-1, 1]
    assert encoder.becomes() == "days since 2012-01-02 as z-score, weekday on a circle, a flag for missing"


def test_no_date_at_all_becomes_zeros() -> None:
    encoder = DateEncoder.fit(_moments([None, None]))
    assert encoder.transform(_moments([None, dt.datetime(2012, 1, 1)])).tolist() == [[0, 1], [0, 0]]


SENTENCES = [
    f"win {i % 7} prizes now, dear friend number {i % 3}" if i % 2 else "see you at home" for i in range(30)
]


def test_text_agrees_with_scikit_learn_before_and_after_storing() -> None:
    encoder = TextEncoder.fit(_words([*SENTENCES, None]), 20)
    assert encoder.unit == "word"
    assert len(encoder.features) == 20
    oracle = TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, max_features=20, token_pattern=r"(?u)\b\w+\b", dtype=np.float32
    ).fit(SENTENCES)
    new = ["win 3 prizes", "unheard of", ""]
    expected = oracle.transform(new).toarray()
    assert encoder.transform(_words([*new[:2], None])).tolist() == expected.tolist()
    assert [f"c: {each}" for each in oracle.get_feature_names_out()] == list(encoder.features)


def test_single_words_become_runs_of_letters() -> None:
    encoder = TextEncoder.fit(_words(["Adamidis", "Papadopoulos", "O'Brien"] * 5), 50)
    assert encoder.unit == "letter"
    assert encoder.becomes() == "TF-IDF of 50 runs of 1 to 4 letters"
    assert np.abs(encoder.transform(_words(["Papadimos"]))).sum() > 0


def test_text_without_words_becomes_a_zero() -> None:
    encoder = TextEncoder.fit(_words(["...", "!?"]), 50)
    assert encoder.features == ("c: (no words)",) or encoder.unit == "letter"
    assert np.isfinite(encoder.transform(_words(["...", None]))).all()
    assert TextEncoder.fit(_words([None, None]), 50).transform(_words(["a b"])).tolist() == [[0.0]]


@pytest.mark.parametrize(
    ("encoder", "cells"),
    [
        (
            CategoryEncoder.fit(_words(["a"] * 5 + ["ü"] * 3 + ["c", None]), 2, 2),
            _words(["a", "c", None, "z"]),
        ),
        (BooleanEncoder.fit(pl.Series("b", [True, None])), pl.Series("b", [True, False, None])),
        (
            DateEncoder.fit(_moments([dt.datetime(1812, 1, 2, 3, 4, 5, 6), dt.datetime(2013, 1, 2), None])),
            _moments([dt.datetime(2020, 2, 29, 23, 59), None]),
        ),
        (TextEncoder.fit(_words(SENTENCES), 40), _words(SENTENCES)),
        (TextEncoder.fit(_words(["Ärger", "Øre", "Zoë"] * 3), 40), _words(["Ärmel"])),
    ],
)
def test_every_encoder_survives_json_bit_for_bit(encoder: Encoder, cells: pl.Series) -> None:
    again = type(encoder).restore(encoder.column, json.loads(json.dumps(encoder.state())))  # type: ignore[attr-defined]
    assert again.features == encoder.features
    assert again.becomes() == encoder.becomes()
    assert again.state() == encoder.state()
    assert again.transform(cells).tobytes() == encoder.transform(cells).tobytes()
