"""Finding a concept of any kind by name."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from glasshouse.concepts import SHELVES, Card, cards, everything, find, of_kind, show
from glasshouse.concepts.shelves import FOLDERS, full_name, meanings
from glasshouse.core.errors import UnknownNameError, UsageError


@pytest.mark.parametrize("concept", everything(), ids=full_name)
def test_every_concept_is_found_by_each_of_its_names(concept):
    assert find(full_name(concept)) == [concept]
    for name in (concept.name, *concept.aliases):
        for spelling in (name, name.upper(), name.replace("_", "-"), name.replace("_", " ")):
            assert concept in meanings(spelling)
    assert concept in of_kind(concept.kind)
    assert concept in of_kind(FOLDERS[concept.kind])
    for kind in concept.also:
        assert concept in of_kind(kind)
        assert concept in find(f"{kind}:{concept.name}")


def test_the_shelves_are_all_tables_of_the_house():
    assert list(SHELVES) == [
        "activation", "layer", "loss", "optimizer", "schedule", "initializer", "regularizer", "clipping",
        "metric", "model",
    ]  # fmt: skip
    assert all(concept.kind == kind for kind, shelf in SHELVES.items() for concept in shelf.values())


def test_a_name_of_two_kinds_means_both_and_a_kind_in_front_decides():
    assert [full_name(each) for each in find("mae")] == ["loss:mae", "metric:mae"]
    assert [full_name(each) for each in find("metric:MAE")] == ["metric:mae"]
    assert [full_name(each) for each in find("metrics:mae")] == ["metric:mae"]
    assert show("mae").kind == "loss"
    assert show("mae").others == ("metric:mae",)
    assert "glasshouse show metric:mae" in str(show("mae"))
    assert [card.others for card in cards("mae")] == [(), ()]  # both are shown: neither points elsewhere


def test_a_name_wins_over_another_concept_of_that_alias():
    assert [full_name(each) for each in find("perceptron")] == ["model:perceptron"]
    assert "loss:perceptron_criterion" in show("perceptron").others


WRONG = {
    "adma": ("there is no concept named 'adma'", "did you mean 'adam'"),
    "loss:adam": ("there is no concept named 'loss:adam'", "did you mean 'adam'"),
    "loss:mea": ("there is no concept named 'loss:mea'", "'loss:mae'?"),
    "los:mae": ("there is no kind of concept named 'los'", "did you mean 'loss'"),
    "kwyjibo": ("there is no concept named 'kwyjibo'", "`glasshouse list concepts` shows all names"),
    "": ("there is no concept named ''", "shows all names"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_name_that_nothing_has_is_told_with_near_ones_of_all_kinds(name):
    received, fix = WRONG[name]
    with pytest.raises(UnknownNameError) as caught:
        show(name)
    assert caught.value.received == received
    assert fix in caught.value.fix
    assert caught.value.expected


def test_what_has_no_picture_says_so(tmp_path):
    with pytest.raises(UsageError, match="a figure of layer:linear"):
        show("linear").write_svg(tmp_path / "none.svg")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("concept", everything(), ids=full_name)
def test_every_card_is_readable_at_the_width_that_is_asked_for(concept):
    card = Card(concept)
    for width in (60, 80, 120):
        lines = card.text(width).plain.splitlines()
        code = {f"  {line}" for line in (*card.experiment.splitlines(), *card.python.splitlines())}
        assert not [line for line in lines if cell_len(line) > width and line not in code]
        assert "\\" not in card.text(width).plain
    assert repr(card) == str(card) == card.text(80).plain
    assert concept.name in card._repr_html_()


def test_a_card_tells_what_only_its_kind_has():
    text = str(show("model:perceptron"))
    assert "Takes        tables, and pictures as rows of pixels" in text
    assert "training.batch_size = 1" in text
    assert "Better       lower" in str(show("rmse"))


def test_a_worked_number_says_whether_the_built_thing_agrees():
    text = str(show("swish"))
    assert "0.31123, the same" in text
    wrong = Card(show("swish").concept)
    wrong.worked["computed"] = 0.4
    assert "computed   0.4\n" in str(wrong)
    assert "the same" not in str(wrong)
