"""Every concept with its card: equation, when to use it, what goes wrong with it, where it comes from."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from markdown_pieces import code, literal, prose, sentence

from glasshouse.activations import ACTIVATIONS
from glasshouse.cli.list import GIVEN
from glasshouse.core.concept import Catalogue, Concept
from glasshouse.data import BUILTIN
from glasshouse.initializers import INITIALIZERS
from glasshouse.losses import LOSSES
from glasshouse.metrics import METRICS
from glasshouse.models import MODELS
from glasshouse.optimizers import OPTIMIZERS
from glasshouse.schedules import SCHEDULES

SHELVES = {
    "models": MODELS,
    "activations": ACTIVATIONS,
    "losses": LOSSES,
    "optimizers": OPTIMIZERS,
    "schedules": SCHEDULES,
    "metrics": METRICS,
    "initializers": INITIALIZERS,
}
NOT_FOR_USERS = {*GIVEN, "parameters", "inplace", "device", "dtype", "num_parameters"}
"""Arguments that the program supplies, or that change nothing that is computed."""
ELSEWHERE = {"optimizer": {"learning_rate", "weight_decay"}, "loss": {"class_weights", "label_smoothing"}}
"""Settings that have a key of their own in the experiment."""
TAKES = {"vector": "tables, and pictures as rows of pixels", "image": "pictures"}


def catalogue(which: str) -> Iterator[str]:
    """The concepts of one kind."""
    shelf = SHELVES[which]
    yield from _overview(shelf)
    for concept in shelf.values():
        yield from _card(concept)


def _overview(shelf: Catalogue) -> Iterator[str]:
    yield "| name | what it is |"
    yield "|---|---|"
    for name, concept in shelf.items():
        yield f"| [`{name}`](#{_label(concept)}) | {prose(concept.summary).rstrip('.')} |"
    yield ""


def _label(concept: Concept) -> str:
    return f"{concept.kind}-{concept.name.replace('_', '-')}"


def _card(concept: Concept) -> Iterator[str]:
    yield f"({_label(concept)})="
    yield f"## `{concept.name}`"
    yield ""
    yield sentence(concept.summary)
    yield ""
    for formula in filter(None, (concept.equation, concept.derivative)):
        yield from (":::{math}", formula, ":::", "")
    yield "```{eval-rst}"
    yield from _facts(concept)
    yield "```"
    yield ""


def _facts(concept: Concept) -> Iterator[str]:
    """A field list in reStructuredText, where ``name`` in the text needs no escaping but backslashes do."""
    if concept.when:
        yield f":When: {_plain(concept.when)}"
    if concept.pitfalls:
        yield f":Mind: {_plain(' '.join(concept.pitfalls))}"
    if concept.kind == "model":
        yield f":Takes: {TAKES[concept.facts['takes']]}"
        yield from _counts(concept)
    if "learning_rate" in concept.facts:
        yield f":Rate at auto: {concept.facts['learning_rate']:g}"
    if "initializer" in concept.facts:
        yield f":Weights at auto: ``{concept.facts['initializer']}``"
    settings = list(_settings(concept))
    if settings:
        yield f":Settings: {', '.join(settings)}"
    defaults = concept.facts.get("defaults", {})
    if defaults:
        decided = ", ".join(f"``{key} = {literal(value)}``" for key, value in defaults.items())
        yield f":Decides at auto: {decided}"
    if concept.aliases:
        yield f":Also called: {', '.join(f'``{each}``' for each in concept.aliases)}"
    yield f":Source: {_plain(concept.source)}"
    yield ""


def _counts(concept: Concept) -> Iterator[str]:
    """Parameters and work of a model, and for what they are counted."""
    facts = concept.facts
    if "parameters" in facts:
        shape = " x ".join(map(str, facts["input"]))
        counted = f"for inputs of {shape} and {facts.get('classes', 1000)} classes"
        yield f":Parameters: {facts['parameters']:,}"
        yield f":Multiply-accumulates: {facts['macs']:,} {counted}"
    if facts.get("smallest", 1) > 1:
        yield f":Smallest picture: {facts['smallest']} x {facts['smallest']} pixels"


def _settings(concept: Concept) -> Iterator[str]:
    hidden = NOT_FOR_USERS | ELSEWHERE.get(concept.kind, set())
    for name, parameter in concept.settings().items():
        if name in hidden:
            continue
        plain = parameter.default is inspect.Parameter.empty or parameter.default is None
        yield f"``{name}``" if plain else f"``{name} = {literal(parameter.default)}``"


def _plain(text: str) -> str:
    """Words for reStructuredText."""
    for sign in "\\*`|_":
        text = text.replace(sign, "\\" + sign)
    return text


def builtin_data(_which: str) -> Iterator[str]:
    """The data sets that have a name, as a table."""
    yield "| name | what it is | predicts | rows |"
    yield "|---|---|---|--:|"
    for name, concept in BUILTIN.items():
        facts = concept.facts
        predicts = "classes" if facts["task"] == "classification" else "a number"
        told = [concept.summary, f"needs {facts['needs']}" if facts["needs"] else "", concept.source]
        about = " ".join(sentence(each) for each in told if each)
        yield f"| {code(name)} | {about} | {predicts} | {facts['rows']:,} |"
