"""Every entry of the errata: its proof holds, and the page states the numbers that the proof computed."""

from __future__ import annotations

import itertools
import re

import pytest

from tests.facts.covered import COVERED

pytest.importorskip("errata", reason="the handbook is not part of this copy: no errata to prove")

import errata
from errata.entry import Erratum, Proof, printed
from errata.networks import ALEXNET, ZFNET, googlenet, mobilenet, resnet, totals, vgg, walk
from errata.page import entry

ENTRIES = {each.key: each for topic in errata.TOPICS for each in topic.entries}
PROVEN = [each for each in ENTRIES.values() if each.shows]


@pytest.mark.parametrize("key", [each.key for each in PROVEN])
def test_the_proof_holds_and_its_numbers_are_on_the_page(key):
    erratum = ENTRIES[key]
    proof = erratum.shows()
    assert proof.truths, "a proof without anything that must hold"
    assert [truth for truth, holds in proof.truths.items() if not holds] == []
    text = "\n".join(entry(erratum))
    assert "[[" not in text
    for name in erratum.places():
        forms = re.findall(rf"\[\[{name}(?::([^\]]+))?\]\]", erratum.said + erratum.fact + erratum.proof)
        for form in forms:
            assert printed(format(proof.numbers[name], form)) in text


def test_no_number_is_computed_in_vain():
    for shows in {each.shows for each in PROVEN}:
        used = set().union(*(each.places() for each in PROVEN if each.shows is shows))
        assert set(shows().numbers) == used, shows.__qualname__


def test_an_entry_without_a_computation_names_its_source():
    for each in ENTRIES.values():
        assert each.said
        assert each.fact
        assert each.shows or each.source, each.key


def test_numbers_are_printed_as_in_books():
    assert [printed(each) for each in ("-2.5", "9.5e-07", "1e+04", "-1e-03", "6,400")] == [
        "−2.5",
        "9.5\N{NO-BREAK SPACE}·\N{NO-BREAK SPACE}10⁻⁷",
        "10⁴",
        "−10⁻³",
        "6,400",
    ]


def test_keys_and_titles_are_used_once():
    every = [each for topic in errata.TOPICS for each in topic.entries]
    assert len({each.key for each in every}) == len({each.title for each in every}) == len(every)


def test_a_proof_that_fails_stops_the_page():
    wrong = Erratum("sum", "A sum", "1 + 1 = 3", "2", shows=lambda: Proof({}, {"1 + 1 is 3": 1 + 1 == 3}))
    with pytest.raises(ValueError, match="errata 'sum': no longer true: 1 \\+ 1 is 3"):
        list(entry(wrong))


def test_every_entry_is_in_the_table_and_no_statement_is_answered_twice():
    assert set(COVERED) == set(ENTRIES)
    numbers = list(itertools.chain.from_iterable(COVERED.values()))
    assert len(numbers) == len(set(numbers))


def test_every_collected_statement_is_answered(facts):
    collected = {each["id"] for each in facts("errata.json")}
    assert set(itertools.chain.from_iterable(COVERED.values())) == collected


@pytest.mark.parametrize(
    ("layers", "side", "parameters", "work"),
    [
        pytest.param(ALEXNET, 227, 60_965_224, 724_406_816, id="AlexNet"),
        pytest.param(ZFNET, 224, 62_357_608, 1_168_032_896, id="ZFNet"),
        pytest.param(vgg(), 224, 138_357_544, 15_470_264_320, id="VGG-16"),
        pytest.param(googlenet(), 224, 6_998_552, 1_582_671_872, id="GoogLeNet"),
        pytest.param(resnet(), 224, 60_192_808, 11_282_415_616, id="ResNet-152"),
        pytest.param(mobilenet(), 224, 4_231_976, 568_740_352, id="MobileNet"),
    ],
)
def test_counted_networks_have_the_known_totals(layers, side, parameters, work):
    assert totals(layers, 3, side) == (parameters, work)


def test_sizes_along_a_network_are_pytorchs():
    torch = pytest.importorskip("torch")
    x = torch.empty(1, 3, 224, 224, device="meta")
    for layer, passed in zip(vgg()[:-3], walk(vgg(), 3, 224), strict=False):
        module = (
            torch.nn.Conv2d(x.shape[1], layer.maps, layer.kernel, layer.stride, layer.padding, device="meta")
            if hasattr(layer, "maps")
            else torch.nn.MaxPool2d(layer.kernel, layer.stride)
        )
        x = module(x)
        assert tuple(x.shape[1:]) == (passed.maps, passed.side, passed.side)
        assert sum(each.numel() for each in module.parameters()) == passed.parameters
