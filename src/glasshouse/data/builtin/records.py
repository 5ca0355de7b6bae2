"""Tables made from a fixed seed: ratings, payments, a series with seasons, and a chaotic one."""

from __future__ import annotations

import datetime

import numpy as np
import polars as pl

from glasshouse.core.seeds import numpy_stream

PEOPLE, FILMS = 60, 50
SHOPS = ("food", "fuel", "clothes", "travel", "games", "jewels")


def ratings(rows: int = 2400) -> pl.DataFrame:
    """Ratings from 1 to 5 that people gave to films; most pairs are not rated.

    People have one of four tastes and films one of five kinds, neither of which is told. How a taste likes a
    kind is more than the mean of the person and the mean of the film.

    Args:
        rows: How many of the 3,000 pairs are rated.
    """
    generator = numpy_stream(0, "records", "ratings")
    tastes, kinds = generator.integers(0, 4, PEOPLE), generator.integers(0, 5, FILMS)
    liking = generator.permutation(np.linspace(-1.4, 1.4, 20)).reshape(4, 5)
    person, film = generator.normal(0.0, 0.3, PEOPLE), generator.normal(0.0, 0.3, FILMS)
    pairs = generator.permutation(PEOPLE * FILMS)[:rows]
    rater, rated = pairs // FILMS, pairs % FILMS
    told = 3.0 + person[rater] + film[rated] + liking[tastes[rater], kinds[rated]]
    told += generator.normal(0.0, 0.3, rows)
    return pl.DataFrame(
        {
            "person": [f"person {place:02}" for place in rater],
            "film": [f"film {place:02}" for place in rated],
            "rating": np.clip(np.round(told, 1), 1.0, 5.0),
        }
    )


def payments(rows: int = 40_000) -> pl.DataFrame:
    """Card payments, of which about one in forty is fraud.

    No single number gives a fraud away: it is a large sum at a shop where this is rare, at night, shortly
    after another payment far away.

    Args:
        rows: How many, from 1.
    """
    generator = numpy_stream(0, "records", "payments")
    fraud = generator.random(rows) < 0.025
    kind = np.where(fraud, generator.integers(0, 3, rows), -1)  # three ways of being a fraud
    shop = generator.choice(len(SHOPS), rows, p=[0.4, 0.2, 0.18, 0.1, 0.1, 0.02])
    shop = np.where(kind == 0, generator.choice([4, 5], rows), shop)
    usual = np.array([35.0, 50.0, 60.0, 220.0, 30.0, 260.0])[shop]
    amount = usual * np.exp(generator.normal(0.0, 0.5, rows)) * np.where(kind == 0, 4.0, 1.0)
    hour = np.where(kind == 1, generator.normal(3.0, 1.5, rows), generator.normal(14.0, 4.5, rows)) % 24
    since = np.exp(generator.normal(6.5, 1.2, rows)) * np.where(kind == 2, 0.03, 1.0)
    away = np.exp(generator.normal(1.5, 1.0, rows)) * np.where(kind == 2, 30.0, 1.0)
    away *= np.where(kind == 1, 6.0, 1.0)
    return pl.DataFrame(
        {
            "shop": [SHOPS[place] for place in shop],
            "amount": np.round(amount, 2),
            "hour": np.round(hour, 2),
            "minutes_since_last": np.round(since, 1),
            "kilometres_from_last": np.round(away, 1),
            "fraud": np.where(fraud, "yes", "no"),
        }
    )


def seasons(rows: int = 480) -> pl.DataFrame:
    """Forty years of months with a trend, a season and chance that lingers.

    Args:
        rows: Months, from 1.
    """
    generator = numpy_stream(0, "records", "seasons")
    noise, lingering = generator.normal(0.0, 0.5, rows), np.zeros(rows)
    for month in range(rows):
        lingering[month] = noise[month] + (0.7 * lingering[month - 1] if month else 0.0)
    months = np.arange(rows)
    level = 50.0 + 0.08 * months + 6.0 * np.sin(2 * np.pi * months / 12)
    level += 2.0 * np.cos(4 * np.pi * months / 12) + lingering
    dates = [datetime.date(1980 + month // 12, month % 12 + 1, 1) for month in range(rows)]
    return pl.DataFrame({"month": dates, "level": np.round(level, 2)})


def mackey_glass(rows: int = 1500) -> pl.DataFrame:
    r"""How many cells a body counts when it makes them by how many it had some time ago: a chaotic series.

    .. math:: \frac{dx}{dt} = \frac{0.2\, x(t - 17)}{1 + x(t - 17)^{10}} - 0.1\, x(t)

    taken every three units of time, with a little chance in what is read off. No linear model foretells it
    well.

    Args:
        rows: Steps, from 1.

    Source:
        Mackey and Glass 1977, Oscillation and chaos in physiological control systems.
    """
    tenth, delay, early, apart = 0.1, 170, 3000, 30
    cells = np.full(delay + early + apart * rows, 1.2)
    for place in range(delay, len(cells)):
        ago, now = cells[place - delay], cells[place - 1]
        cells[place] = now + tenth * (0.2 * ago / (1 + ago**10) - 0.1 * now)
    read = cells[delay + early :: apart]
    read = read + numpy_stream(0, "records", "mackey-glass").normal(0.0, 0.01, rows)
    return pl.DataFrame({"step": np.arange(rows), "level": np.round(read, 4)})
