"""Texts as tokens: the vocabulary sees the training part alone, and comes back from a bundle as it was."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from glasshouse.core.errors import BundleError, DataError, SettingError
from glasshouse.data import fit_preparation, load, preparation_from_dict
from glasshouse.data.settings import DataSettings
from glasshouse.data.text.vocabulary import PAD, UNKNOWN, Vocabulary, tokens_of

FRAME = pl.DataFrame({"text": ["one two two", "two three, four", "five six seven"], "kind": ["a", "b", "a"]})


def settings(**prepare):
    columns = {"text": "text"}
    return DataSettings(source="memory", target="kind", columns=columns, prepare={"text": "words", **prepare})


def fitted(rows=(0, 1), **prepare):
    chosen = settings(**prepare)
    raw = load(chosen, FRAME)
    return raw, fit_preparation(raw, np.array(rows), chosen)


def test_the_vocabulary_is_that_of_the_training_part():
    raw, preparation = fitted()
    assert preparation.vocabulary.known == ("two", ",", "four", "one", "three")
    assert preparation.transform(raw).tolist() == [
        [5, 2, 2, PAD],
        [2, 6, 3, 4],
        [UNKNOWN, UNKNOWN, UNKNOWN, PAD],
    ]


def test_longer_texts_are_cut_and_told():
    raw, preparation = fitted(longest=2)
    assert preparation.transform(raw).tolist() == [[5, 2], [2, 6], [UNKNOWN, UNKNOWN]]
    told = preparation.warnings(preparation.read(["one two two", "new"]))
    assert told[0] == "1 of 2 texts are longer than 2 tokens and were cut"
    assert told[1].startswith("in 1 of 2 texts a fifth of the words")


def test_most_tokens_keeps_the_most_frequent():
    _, preparation = fitted(most_tokens=1)
    assert preparation.vocabulary.known == ("two",)


def test_a_text_without_tokens_is_one_unknown_token():
    _, preparation = fitted()
    assert preparation.transform(preparation.read(["", "two"]))[:, 0].tolist() == [UNKNOWN, 2]


def test_it_comes_back_from_its_state():
    raw, preparation = fitted()
    again = preparation_from_dict(preparation.to_dict())
    assert np.array_equal(again.transform(raw), preparation.transform(raw))
    assert again.describe() == preparation.describe()
    assert again.tokens == preparation.tokens == 7


def test_a_changed_vocabulary_is_refused():
    state = fitted()[1].to_dict() | {"known": ["two", "two"]}
    with pytest.raises(BundleError, match="a stored vocabulary of 2 words, 1 of them different"):
        preparation_from_dict(state)


def test_other_columns_beside_the_text_are_refused():
    chosen = settings()
    raw = load(chosen, FRAME.with_columns(pl.Series("age", [1.0, 2.5, 3.0])))
    with pytest.raises(SettingError, match=r"data.prepare.text = 'words' for the columns text, age"):
        fit_preparation(raw, np.array([0]), chosen)


def test_texts_without_words_are_refused():
    with pytest.raises(DataError, match="hold no words to learn from"):
        fitted_empty = pl.DataFrame({"text": [" ", "  \t", "one"], "kind": ["a", "b", "a"]})
        chosen = settings(text="words")
        fit_preparation(load(chosen, fitted_empty), np.array([0, 1]), chosen)


def test_names_become_characters():
    frame = pl.DataFrame({"text": ["Ng", "Sato", "Abe", "Li"], "kind": ["c", "j", "j", "c"]})
    chosen = settings(text="tokens")
    raw = load(chosen, frame)
    preparation = fit_preparation(raw, np.arange(4), chosen)
    assert preparation.vocabulary.unit == "characters"
    assert preparation.vocabulary.decode(preparation.transform(raw)[1]) == "Sato"


def test_words_are_lower_case_and_signs_stand_alone():
    assert tokens_of("Call NOW, £100!", "words") == ["call", "now", ",", "£", "100", "!"]


def test_rare_words_are_unknown():
    vocabulary = Vocabulary.fit(["a b", "a c"], "words", at_least=2)
    assert vocabulary.known == ("a",)
