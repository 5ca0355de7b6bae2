"""Every network of the course is the published one: parameters and work to the unit, every stage's shape."""

from __future__ import annotations

import pytest
import torch

from glasshouse import models
from glasshouse.models import MODELS, ledger
from glasshouse.models.ledger import _macs

from ..facts.conftest import facts  # noqa: F401  (the same fixture reads the collected facts)
from .architectures import ARCHITECTURES, our_name


def label(architecture):
    return " ".join(architecture.fact)


def built(build, settings):
    """The network without memory for its numbers: shapes are all that is asked of it."""
    with torch.device("meta"):
        return build(**settings)


def looked_through(network, shape, trains=False):
    """Output shapes of the direct children, and the work of all layers, in one pass."""
    shapes, work = {}, []
    for name, child in network.named_children():
        child.register_forward_hook(
            lambda _m, _i, out, name=name: shapes.update({name: tuple(out.shape[1:])})
        )
    for module in network.modules():
        if not any(module.children()):
            module.register_forward_hook(lambda m, i, out: work.append(_macs(m, i[0], out)))
    network.train(trains)
    with torch.no_grad():
        network(torch.empty(2, *shape, device="meta"))
    return shapes, sum(work)


@pytest.mark.parametrize("case", ARCHITECTURES, ids=label)
def test_parameters_work_and_stages_are_the_published_ones(case):
    network = built(case.build, case.settings)
    shapes, macs = looked_through(network, case.input, case.trains)
    assert sum(each.numel() for each in network.parameters()) == case.parameters
    statistics = [each.numel() for name, each in network.named_buffers() if "running" in name]
    assert sum(statistics) == case.statistics
    assert macs == case.macs
    assert {name: shapes[name] for name in case.stages} == case.stages


def test_the_table_agrees_with_the_collected_facts(facts):  # noqa: F811
    entries = facts("architectures.json")["architectures"]
    found = []
    for case in ARCHITECTURES:
        name, word = case.fact
        [entry] = [each for each in entries if each["name"] == name and word in each["variant"]]
        found.append(entry)
        assert tuple(entry["input"]) == case.input
        assert (entry["params_exact"], entry["macs"]) == (case.parameters, case.macs), label(case)
        assert entry["bn_running_stats"] == case.statistics, label(case)
        stages = {our_name(name, stage): tuple(shape) for stage, shape in entry["stage_shapes"].items()}
        assert stages == {stage: case.stages[stage] for stage in stages}, label(case)
    [dream] = [each for each in entries if each not in found]
    assert dream["name"] == "DeepDream"  # an algorithm on GoogLeNet, whose layer it names


def test_the_layer_of_deepdream_has_its_shape():
    shapes, _ = looked_through(built(models.googlenet, {}), (3, 224, 224))
    assert shapes["inception_4c"] == (512, 14, 14)


IN_TIME = {name for name in MODELS if MODELS[name].facts["takes"] in ("sequence", "video")}
OPEN = {"perceptron", "stack", "captioner", *IN_TIME}
"""Models whose size the data and the user decide."""


@pytest.mark.parametrize("name", [name for name in MODELS if name not in OPEN])
def test_the_numbers_on_a_card_are_those_of_the_network(name):
    concept = MODELS[name]
    shape = concept.facts["input"]
    given = {"classes": concept.facts["classes"]} if "classes" in concept.facts else {}
    if concept.facts["takes"] == "vector":
        given = {"inputs": shape[0]}
        if "classes" in concept.facts:
            given["outputs"] = concept.facts["classes"]
    elif "size" in concept.settings():
        given["size"] = shape[1:]
    if "channels" in concept.settings():
        given["channels"] = shape[0]
    network = built(concept.build, given)
    rows = ledger(network, torch.empty(1, *shape, device="meta"))
    # A part that answering does not take, a critic say, is no row.
    assert sum(each.numel() for each in network.parameters()) == concept.facts["parameters"]
    assert sum(row.macs for row in rows) == concept.facts["macs"]
