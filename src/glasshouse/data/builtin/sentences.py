"""Texts made from a fixed seed, in which the order of words decides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from glasshouse.core.seeds import numpy_stream

_THINGS = ("film", "book", "meal", "hotel", "concert", "play", "journey", "lesson", "phone", "game")
_GOOD = ("good", "great", "lovely", "clever", "pleasant", "charming", "funny", "warm", "bright", "fresh")
_BAD = ("bad", "awful", "dull", "clumsy", "boring", "poor", "sad", "cold", "weak", "stale")
_NOT = ("not", "never", "hardly")
_ASIDE = ("i had not seen before", "you never asked for", "we could hardly find")
"""Negations that say nothing of what is thought."""
_VERY = ("", "really ", "very ", "quite ")
_UNITS = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
          "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
          "nineteen")  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_PLACES = ("hall", "library", "garden", "kitchen", "office", "theatre")
_TOPICS = ("money", "music", "roses", "trains", "books", "bread", "paint", "chess")
_TEAMS = ("red", "blue", "green", "old", "young", "new")
_WHO = ("dog", "cat", "fox", "owl", "bear", "mouse")
_HOW = ("small", "old", "quiet", "brave", "tired")
_DOES = ("runs to", "looks at", "sleeps in", "sings in", "waits by")
_WHERE = ("house", "wood", "river", "field", "barn")


def _one(words: Sequence[str], generator: np.random.Generator) -> str:
    return words[int(generator.integers(len(words)))]


def opinions(rows: int = 3000) -> pl.DataFrame:
    """Opinions, with negations that turn them and others that do not: "the meal you never saw was not good".

    Each word of praise and of blame is used on both sides, and a negation turns an opinion only where it
    stands right before it, so that counting words says little.

    Args:
        rows: How many, from 1.
    """
    generator = numpy_stream(0, "sentences", "opinions")
    texts, said = [], []
    for _ in range(rows):
        praise = bool(generator.integers(2))
        clauses = []
        for _ in range(int(generator.integers(1, 3))):
            turned = bool(generator.integers(2))
            word = _one(_GOOD if praise != turned else _BAD, generator)
            turn = f"{_one(_NOT, generator)} " if turned else ""
            aside = f"{_one(_ASIDE, generator)} " if generator.random() < 0.3 else ""
            thing = _one(_THINGS, generator)
            clauses.append(f"the {thing} {aside}was {turn}{_one(_VERY, generator)}{word}")
        texts.append(" , ".join(clauses))
        said.append("praise" if praise else "blame")
    return pl.DataFrame({"text": texts, "opinion": said})


def number_words(rows: int = 3000) -> pl.DataFrame:
    """Numbers below ten thousand in words, and in digits: "four thousand twelve", "4 0 1 2".

    Args:
        rows: How many, from 1 to 10,000; no number occurs twice.
    """
    generator = numpy_stream(0, "sentences", "numbers")
    numbers = generator.permutation(10_000)[:rows]
    return pl.DataFrame(
        {
            "words": [in_words(int(number)) for number in numbers],
            "digits": [" ".join(str(number)) for number in numbers],
        }
    )


def in_words(number: int) -> str:
    """A number below ten thousand in words.

    Example:
        >>> in_words(4012), in_words(0), in_words(90)
        ('four thousand twelve', 'zero', 'ninety')
    """
    words = []
    for size, name in ((1000, "thousand"), (100, "hundred")):
        if number >= size:
            words += [_UNITS[number // size], name]
            number %= size
    if number >= 20:
        words += [_TENS[number // 10], _UNITS[number % 10]]
    else:
        words.append(_UNITS[number])
    return " ".join(word for word in words if word) or "zero"


def notices(rows: int = 3000) -> pl.DataFrame:
    """Reports of meetings, in varying order and with words that say nothing, and their gist.

    Args:
        rows: How many, from 1.
    """
    generator = numpy_stream(0, "sentences", "notices")
    long, short = [], []
    for _ in range(rows):
        day, place, topic, team = (_one(each, generator) for each in (_DAYS, _PLACES, _TOPICS, _TEAMS))
        hour = _one(_UNITS[1:13], generator)
        when, where = f"on {day} at {hour}", f"in the {place}"
        who = f"the {team} team met"
        what = f"to talk at length about {topic}"
        forms = (
            f"{when} {who} {where} {what}",
            f"{who} {when} {what} {where}",
            f"{who} {where} {what} {when}",
        )
        long.append(_one(forms, generator))
        short.append(f"{team} : {topic} , {day} {hour}")
    return pl.DataFrame({"report": long, "gist": short})


def tales(sentences: int = 2000) -> str:
    """A text of short sentences about animals, one behind the other.

    What comes next is open only at a few places of a sentence, so its entropy is known: five choices of 5, 6,
    5, 5 and 5 words in a sentence.

    Args:
        sentences: How many, from 1.
    """
    generator = numpy_stream(0, "sentences", "tales")
    told = [
        f"The {_one(_HOW, generator)} {_one(_WHO, generator)} {_one(_DOES, generator)} the "
        f"{_one(_HOW, generator)} {_one(_WHERE, generator)}."
        for _ in range(sentences)
    ]
    return " ".join(told)
