"""The section on energies: how probable rows are, what hidden units look for, where chains go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from glasshouse.plot import learning_curve
from glasshouse.report import numbers
from glasshouse.report.pictures import data_uri
from glasshouse.report.reconstruction import MOST_SHARPLY
from glasshouse.report.records import Records
from glasshouse.report.section import Content, drawn

Figure = dict[str, Any] | None
LIKELIHOODS = (
    (
        "log_likelihood",
        "Log-likelihood",
        "In nats per validation row, exact, after every epoch. The epoch where it was highest was kept.",
    ),
    (
        "bound",
        "Bound of the likelihood",
        "Of validation rows, in nats, after every epoch of the machine on top; the partition function is "
        "exact. The epoch where it was highest was kept.",
    ),
    (
        "pseudo_likelihood",
        "Pseudo-likelihood",
        "In nats per validation row, by one number of each, always the same one, given all others. The epoch "
        "where it was highest was kept.",
    ),
)
"""What validation rows are judged by: names in the history, titles and captions."""


def energy(records: Records) -> Content | None:
    """What the template of the section draws; nothing for networks without an energy."""
    record = records.json.get("evaluation") or {}
    looked = record.get("energy")
    if looked is None:
        return None
    images = (records.json.get("exploration") or {}).get("images")
    part = record["intervals"]["part"]
    free = {
        name: numbers.number(each["free_energy"], 4)
        for name, each in record["metrics"].items()
        if "free_energy" in each
    }
    return {
        "part": "training" if part == "train" else part,
        "pixelated": images is None or max(images["height"], images["width"]) <= MOST_SHARPLY,
        "how": _how(looked),
        "free": [{"name": "training" if name == "train" else name, "value": free[name]} for name in free],
        "units": [data_uri(records.path / each) for each in looked["units"]],
        "dreams": [[data_uri(records.path / each) for each in chain] for chain in looked["dreams"]],
        "steps": looked["steps"],
        "samples": [data_uri(records.path / each) for each in looked["samples"]],
    }


def _how(looked: Mapping[str, Any]) -> str:
    """How the partition function came about, in words."""
    if looked["method"] == "pseudo":
        return (
            "The machine is too large for an estimate of its partition function: the pseudo-likelihood, "
            "which tells every number all the others, is all that is measured."
        )
    value = numbers.number(looked["log_partition"], 6)
    if looked["method"] == "exact":
        return f"ln Z = {value}, exact: every state of the smaller layer was gone through."
    low = "below" if looked["low"] is None else f"between {numbers.number(looked['low'], 6)} and"
    return (
        f"ln Z = {value}, probably {low} {numbers.number(looked['high'], 6)}, by annealed importance "
        f"sampling with {looked['chains']:,} chains over {looked['temperatures']:,} temperatures. By their "
        f"weights they are worth {looked['effective']:.0f} chains; a few would mean that the estimate is not "
        "to be trusted."
    )


def energy_figures(records: Records, best: int | None) -> list[Figure]:
    """How training went, by numbers that tell something; nothing where there is no energy."""
    history = records.history
    if "train_free_energy" not in history.columns:
        return []
    figures = [_likelihood(history, best)]
    caption = (
        "Mean over rows. Its level means nothing, because Z moves too; the distance does: where validation "
        "rows rise above training rows, the machine begins to learn its rows by heart."
    )
    figures.append(drawn(learning_curve(history, "free_energy", best), "Free energy", caption))
    caption = (
        "The free energy of rows minus that of the chains' ends. Its slope is what training follows; its "
        "value is no measure of quality."
    )
    figures.append(drawn(learning_curve(history, "loss", best), "What was made small", caption))
    return figures


def _likelihood(history: pl.DataFrame, best: int | None) -> Figure:
    for name, title, caption in LIKELIHOODS:
        if f"validation_{name}" in history.columns:
            return drawn(learning_curve(history, name, best), title, caption)
    return None
