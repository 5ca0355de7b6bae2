"""Built-in data made from a fixed seed: what they promise to hold, checked by other means than made them."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import average_precision_score

from glasshouse.data.builtin import records, sentences
from glasshouse.data.builtin.catalogue import BUILTIN, load_builtin
from glasshouse.data.settings import DataSettings

MADE = {
    "opinions": {},
    "numbers": {"task": "translation", "target": "digits"},
    "notices": {"task": "translation", "target": "gist", "prepare": {"longest": 24}},
    "tales": {"task": "language"},
    "ratings": {},
    "payments": {},
    "mackey-glass": {"task": "forecast", "window": 24, "horizon": 12},
    "seasons": {"task": "forecast", "window": 24, "horizon": 12},
    "cadences": {},
}

PRAISE = {"good", "great", "lovely", "clever", "pleasant", "charming", "funny", "warm", "bright", "fresh"}
SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def read(name):
    return load_builtin(name, DataSettings.read({"source": name, **MADE[name]}))


@pytest.mark.parametrize("name", MADE)
def test_each_is_the_same_whenever_it_is_made(name):
    first, second = read(name), read(name)
    assert first.frame.equals(second.frame)
    assert first.origin == name
    windows = 35 if name in ("seasons", "mackey-glass") else 0  # of the last months the future is not known
    assert len(first) + windows == pytest.approx(BUILTIN[name].facts["rows"], rel=0.1)


def test_an_opinion_is_what_its_last_words_say():
    for text, opinion in sentences.opinions(500).iter_rows():
        for clause in text.split(" , "):
            said = re.search(r"was (not |never |hardly )?(?:really |very |quite )?(\w+)$", clause)
            praises = said[2] in PRAISE
            assert (opinion == "praise") == (praises != bool(said[1])), text


def test_counting_words_says_little_of_an_opinion():
    frame = sentences.opinions()
    words = sorted({word for text in frame["text"] for word in text.split()})
    counts = np.array([[text.split().count(word) for word in words] for text in frame["text"]])
    said = (frame["opinion"] == "praise").to_numpy()
    right = (
        LogisticRegression(max_iter=1000).fit(counts[:2000], said[:2000]).score(counts[2000:], said[2000:])
    )
    assert 0.4 < right < 0.7


def test_numbers_in_words_can_be_counted_back():
    small = {word: place for place, word in enumerate(SMALL)}
    small |= {word: 20 + 10 * place for place, word in enumerate(TENS)}

    def counted(words):
        total, last = 0, 0
        for word in words.split():
            if word in ("hundred", "thousand"):
                total, last = total + last * (100 if word == "hundred" else 1000), 0
            else:
                last += small[word]
        return total + last

    frame = sentences.number_words()
    assert frame["words"].n_unique() == len(frame)
    for words, digits in frame.iter_rows():
        assert counted(words) == int(digits.replace(" ", ""))


def test_a_gist_says_who_met_when_and_why_and_leaves_out_where():
    for report, gist in sentences.notices(300).iter_rows():
        team, topic, day, hour = re.fullmatch(r"(\w+) : (\w+) , (\w+) (\w+)", gist).groups()
        assert f"the {team} team met" in report
        assert f"about {topic}" in report
        assert f"on {day} at {hour}" in report
        place = re.search(r"in the (\w+)", report)[1]
        assert place not in gist.split()


def test_a_tale_has_the_entropy_that_its_choices_have():
    told = sentences.tales(3000).split(". ")
    assert len(told) == 3000
    words = [re.fullmatch(r"The (\w+) (\w+) (\w+ \w+) the (\w+) (\w+)\.?", each).groups() for each in told]
    entropy = 0.0
    for column in zip(*words, strict=True):
        shares = np.unique(column, return_counts=True)[1] / len(words)
        entropy -= float((shares * np.log(shares)).sum())
    assert entropy == pytest.approx(4 * np.log(5) + np.log(6), abs=0.01)


def test_ratings_are_more_than_the_means_of_person_and_film():
    frame = records.ratings()
    assert frame.select("person", "film").n_unique() == len(frame)
    assert frame["rating"].is_between(1, 5).all()
    rows = frame.select("person", "film").to_dummies().to_numpy()
    left = LinearRegression().fit(rows, frame["rating"]).score(rows, frame["rating"])
    assert 0.15 < left < 0.6


def test_frauds_are_rare_and_no_single_number_gives_them_away():
    frame = records.payments()
    fraud = (frame["fraud"] == "yes").to_numpy()
    assert 0.02 < fraud.mean() < 0.03
    for name in ("amount", "hour", "minutes_since_last", "kilometres_from_last"):
        numbers = frame[name].to_numpy()
        assert max(average_precision_score(fraud, sign * numbers) for sign in (1, -1)) < 0.5


def test_who_knew_how_payments_are_made_would_find_most_frauds_and_not_all():
    frame = records.payments()
    shop = np.array([records.SHOPS.index(name) for name in frame["shop"]])
    share = np.array([0.4, 0.2, 0.18, 0.1, 0.1, 0.02])[shop]
    usual = np.log([35.0, 50.0, 60.0, 220.0, 30.0, 260.0])[shop]
    amount, hour = np.log(frame["amount"].to_numpy()), frame["hour"].to_numpy()
    since = np.log(frame["minutes_since_last"].to_numpy().clip(0.05))
    away = np.log(frame["kilometres_from_last"].to_numpy().clip(0.05))

    def of_day(mean, spread):
        return sum(norm.pdf(hour + 24 * day, mean, spread) for day in range(-2, 3))

    def density(shops, sum_of, hours, minutes, kilometres):
        spent, moved = norm.pdf(amount, usual + sum_of, 0.5), norm.pdf(away, kilometres)
        return shops * spent * hours * moved * norm.pdf(since, minutes, 1.2)

    day, night = of_day(14.0, 4.5), of_day(3.0, 1.5)
    honest = density(share, 0.0, day, 6.5, 1.5)
    frauds = (
        density(np.isin(shop, (4, 5)) / 2, np.log(4.0), day, 6.5, 1.5)
        + density(share, 0.0, night, 6.5, 1.5 + np.log(6.0))
        + density(share, 0.0, day, 6.5 + np.log(0.03), 1.5 + np.log(30.0))
    ) / 3
    best = average_precision_score(frame["fraud"] == "yes", frauds / honest)
    assert best == pytest.approx(0.850, abs=0.002)


def test_a_series_has_a_season_of_twelve_months_and_a_trend():
    frame = records.seasons()
    assert frame["month"].diff().drop_nulls().dt.total_days().is_between(28, 31).all()
    level = frame["level"].to_numpy()
    assert np.polyfit(np.arange(len(level)), level, 1)[0] == pytest.approx(0.08, abs=0.01)
    strength = np.abs(np.fft.rfft(level - np.polyval(np.polyfit(np.arange(480), level, 1), np.arange(480))))
    assert int(np.argmax(strength)) == 480 // 12


def test_a_piece_ends_on_the_chord_that_it_began_with_by_way_of_its_fifth():
    for notes in read("cadences").frame["notes"].head(40):
        steps = notes.split(" ")
        assert steps[0] == steps[1] == steps[-1] == steps[-2]
        bass = [min(map(int, step.split("-"))) for step in (steps[-4], steps[-1])]
        assert (bass[0] - bass[1]) % 12 == 7
        assert all(len(step.split("-")) == 4 for step in steps)


def test_a_target_of_ones_own_choice_is_kept():
    raw = load_builtin("payments", DataSettings.read({"source": "payments", "target": "amount"}))
    assert (raw.target.name, raw.target.task) == ("amount", "regression")
    assert isinstance(raw.frame, pl.DataFrame)


def test_mackey_and_glass_follow_their_equation_between_the_steps_that_are_read():
    from scipy.integrate import solve_ivp

    # The method of steps: while less than the delay goes by, what was some time ago is known.
    read = records.mackey_glass(400)["level"].to_numpy()
    times = np.arange(len(read)) * 3.0

    def slope(t, x):
        ago = np.interp(t - 17.0, times, read)
        return 0.2 * ago / (1 + ago**10) - 0.1 * x

    for start in (100, 200, 300):
        ahead = times[start : start + 6]
        solved = solve_ivp(slope, (ahead[0], ahead[-1]), read[start : start + 1], t_eval=ahead, rtol=1e-8)
        np.testing.assert_allclose(solved.y[0], read[start : start + 6], atol=0.06)


def test_mackey_and_glass_are_bounded_and_never_repeat():
    read = records.mackey_glass()["level"].to_numpy()
    assert 0.2 < read.min() < 0.6
    assert 1.1 < read.max() < 1.5
    periods = range(10, 300)
    alike = [np.corrcoef(read[:-period], read[period:])[0, 1] for period in periods]
    assert max(alike) < 0.97
