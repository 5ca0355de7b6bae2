"""The section on pre-training: how every layer learnt, and what it added to the bound of the likelihood."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import polars as pl

from glasshouse.plot import learning_curve
from glasshouse.report import numbers
from glasshouse.report.records import Records
from glasshouse.report.section import Content, drawn

METHODS = {
    "rbm": "as a restricted Boltzmann machine, by contrastive divergence, on the hidden probabilities of the "
    "layer below",
    "denoising": "as the encoder of a denoising autoencoder, on what the layer below gives",
    "supervised": "with an output layer of its own, on the target, while the layers below rest",
}
"""How layers were trained, to go after "was trained"."""
DRAWN = "as a restricted Boltzmann machine, by contrastive divergence, on hidden units drawn of those below"
"""The same for a deep belief network."""
CURVES = {
    "rbm": "Mean squared error of what comes back through the machine. It tells that a layer learns, not how "
    "probable it finds its rows.",
    "denoising": "How far what is mended lies from what was there before the noise.",
    "supervised": "The loss of the layer with the output layer that it has for the time being.",
}
"""What the curves show."""


def pretraining(records: Records) -> Content | None:
    """What the template of the section draws; nothing for networks that were trained as a whole."""
    record = records.json.get("pretraining")
    if record is None:
        return None
    layers = record["layers"]
    bounds = [layer["bound"] for layer in layers if layer.get("bound")]
    return {
        "before": "the machine on top" if record["drawn"] else "the network as a whole",
        "method": DRAWN if record["drawn"] else METHODS[record["method"]],
        "measure": {"reconstruction": "squared error"}.get(record["curve"], record["curve"]),
        "annealed": any(each["method"] == "annealed" for each in bounds),
        "layers": [_row(layer, record["curve"]) for layer in layers],
        "time": numbers.seconds(sum(layer["seconds"] for layer in layers)),
        "bounded": bool(bounds),
        "bound": _told(bounds),
        "figures": [_figure(layer, record) for layer in layers],
    }


def _row(layer: Mapping[str, Any], curve: str) -> dict[str, Any]:
    last = layer["history"][max(0, layer["kept"] - 1)]
    bound = layer.get("bound") or {}
    return {
        "name": layer["name"],
        "sizes": f"{layer['inputs']:,} → {layer['units']:,}",
        "epochs": layer["epochs"],
        "kept": layer["kept"],
        "train": numbers.number(last["train"][curve]),
        "validation": numbers.number((last.get("validation") or {}).get(curve)),
        "bound": numbers.number(bound.get("value")),
        "between": f"{numbers.number(bound['low'])} to {numbers.number(bound['high'])}"
        if bound.get("method") == "annealed"
        else "",
    }


def _told(bounds: list[dict[str, Any]]) -> str:
    """What the bounds say, in sentences."""
    if not bounds:
        return ""
    first = bounds[0]
    how = {"exact": "exact", "annealed": "annealed", "pseudo": "not estimated, for the number of weights"}
    methods = " and ".join(dict.fromkeys(how[each["method"]] for each in bounds))
    said = (
        f"On {first['rows']:,} {first['part']} rows, in nats per row. With one machine it is the "
        "log-likelihood itself; with more it is a bound from below, in which each machine takes the place of "
        f"what the one below said of its hidden units. The partition functions are {methods}."
    )
    known = [each["value"] for each in bounds if each["value"] is not None]
    if len(known) < 2:
        return said
    gains = ", ".join(numbers.number(after - before, 3) for before, after in pairwise(known))
    return said + f" Each machine more changed it by {gains} nats."


def _figure(layer: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Any] | None:
    rows = []
    for line in layer["history"]:
        row = {"epoch": line["epoch"]}
        for part in ("train", "validation"):
            row |= {f"{part}_{name}": value for name, value in (line.get(part) or {}).items()}
        rows.append(row)
    history = pl.DataFrame(rows)
    # The last epoch of a machine is kept whatever it was, so that nothing is to be marked.
    best = None if record["method"] == "rbm" else layer["kept"]
    title = f"Layer {layer['number']}: {layer['inputs']:,} → {layer['units']:,}"
    return drawn(learning_curve(history, record["curve"], best), title, CURVES[record["method"]])
