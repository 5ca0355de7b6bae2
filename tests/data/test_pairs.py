"""Pairs of texts: vocabularies of the training part, translations of one text in one part."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from glasshouse.core.errors import DataError, UsageError
from glasshouse.data import assemble, divide, fit_preparation, load, preparation_from_dict
from glasshouse.data.settings import DataSettings
from glasshouse.data.text.pair_preparation import BEGIN, END

FRAME = pl.DataFrame(
    {
        "en": ["Go!", "Go!", "I am here.", "You are there.", "a b c d e f g h i j k"],
        "fr": ["Va !", "Allez !", "Je suis ici.", "Tu es là.", "a"],
    }
)


def settings(**data):
    return DataSettings(**{"source": "memory", "target": "fr", "task": "translation", **data})


def test_long_pairs_are_left_out():
    raw = load(settings(), FRAME)
    assert len(raw) == 4
    assert "4 of 5 pairs have up to 10 words on both sides" in raw.notes


def test_translations_of_one_text_stay_in_one_part():
    frame = pl.DataFrame({"en": [f"word {n // 3}" for n in range(90)], "fr": [f"mot {n}" for n in range(90)]})
    chosen = settings()
    raw = load(chosen, frame)
    split = divide(raw, chosen.split, 0)
    texts = [set(raw.frame["en"][rows].to_list()) for rows in (split.train, split.validation, split.test)]
    assert not texts[0] & texts[1]
    assert not texts[0] & texts[2]
    assert not texts[1] & texts[2]


def test_targets_have_their_end_and_come_back_as_text():
    chosen = settings()
    raw = load(chosen, FRAME)
    preparation = fit_preparation(raw, np.arange(4), chosen)
    wanted = preparation.translations(raw)
    assert (wanted == END).sum(axis=1).tolist() == [1, 1, 1, 1]
    assert preparation.text(wanted[2].tolist()) == "je suis ici ."
    assert preparation.wanted.tokens[BEGIN : END + 1] == ("(begin)", "(end)")
    again = preparation_from_dict(preparation.to_dict())
    assert np.array_equal(again.translations(raw), wanted)
    assert np.array_equal(again.transform(raw), preparation.transform(raw))


def test_vocabularies_are_those_of_the_training_part():
    chosen = settings()
    raw = load(chosen, FRAME)
    preparation = fit_preparation(raw, np.array([0, 1]), chosen)
    assert set(preparation.given.known) == {"go", "!"}
    assert set(preparation.wanted.known) == {"(begin)", "(end)", "va", "allez", "!"}
    assert preparation.warnings(preparation.read(["Go!", "Stay!"])) == [
        "1 of 2 texts hold words that training never saw"
    ]


def test_parts_are_assembled():
    frame = pl.DataFrame({"en": [f"word {n}" for n in range(40)], "fr": [f"mot {n}" for n in range(40)]})
    chosen = settings()
    raw = load(chosen, frame)
    split = divide(raw, chosen.split, 0)
    prepared = assemble(raw, split, fit_preparation(raw, split.train, chosen), chosen.task)
    assert prepared.train.targets.shape == (len(split.train), 3)
    assert prepared.outputs == len(prepared.train.targets.unique()) + 3  # padding, unknown, the beginning


def test_what_cannot_be_translated_is_refused():
    with pytest.raises(UsageError, match="no target is named"):
        load(settings(target=None), FRAME)
    with pytest.raises(UsageError, match="2 columns to translate from: en, de"):
        load(settings(), FRAME.with_columns(pl.lit("x").alias("de")).select("en", "de", "fr"))
    with pytest.raises(DataError, match="no pair of texts of up to 1 words"):
        load(settings(prepare={"longest": 1}), FRAME)
