"""The section on the network: its layers drawn with shapes, parameters and cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from glasshouse.report.glyph import glyph
from glasshouse.report.layer_settings import plain_settings
from glasshouse.report.numbers import shape
from glasshouse.report.records import Records
from glasshouse.report.section import Content

MOST_LAYERS = 40
"""Layers that are drawn one by one; longer networks are folded into blocks."""
_FIRST, _LAST = 16, 8

Layer = Mapping[str, Any]

NOT_CHOSEN = ("name", "class", "tokens", "anchor")
"""Entries of a model that are no settings, or that the data decided."""


def network(records: Records) -> Content:
    """What the template of the network section draws."""
    record = records.json.get("network")
    if record is None:
        return {"missing": records.missing("network", "description of the network")}
    shapes = [record["input_shape"], *(each["output_shape"] for each in record["layers"])]
    largest = max((each[-2] for each in shapes if len(each) >= 3), default=1)
    layers = _drawn(record["layers"], largest)
    model = record["model"]
    settings = {key: value for key, value in model.items() if key not in NOT_CHOSEN}
    given = record["input_shape"]
    return {
        "name": model.get("name") or model.get("class") or "network",
        "own": "name" not in model,
        "settings": ", ".join(f"{key} = {value}" for key, value in settings.items()),
        "input": {"shape": shape(given), "glyph": glyph(given, largest, weighted=False)},
        "groups": fold(layers, largest),
        "count": len(record["layers"]),
        "weighted": sum(1 for each in record["layers"] if each["parameters"] + each["frozen"]),
        "parameters": record["parameters"],
        "frozen": record["frozen"],
        "macs": record["macs"],
        "device": record["device"],
        "threads": record["threads"],
        "precision": record["precision"],
        "text": record["text"],
    }


def _drawn(layers: Sequence[Layer], largest: int) -> list[dict[str, Any]]:
    """Each layer with its picture and its shares of parameters and cost."""
    weights = sum(each["parameters"] + each["frozen"] for each in layers) or 1
    work = sum(each["macs"] for each in layers) or 1
    rows = []
    for each in layers:
        own = each["parameters"] + each["frozen"]
        rows.append(
            {
                "name": each["name"],
                "kind": each["kind"],
                "settings": plain_settings(each["kind"], each["settings"]),
                "shape": shape(each["output_shape"]),
                "sizes": each["output_shape"],
                "glyph": glyph(each["output_shape"], largest, own > 0),
                "parameters": own,
                "frozen": each["frozen"] > 0,
                "share": own / weights,
                "macs": each["macs"],
                "work": each["macs"] / work,
            }
        )
    return rows


def fold(layers: Sequence[dict[str, Any]], largest: int) -> list[dict[str, Any]]:
    """Groups of layers to draw: single ones, and in long networks blocks to open.

    Blocks are the modules in which layers stand, by the first part of their dotted names. Where names tell
    nothing, the middle is folded.

    Returns:
        ``{"block": None, "layers": [...]}`` or ``{"block": {"name", "count", "parameters", "share", "shape",
        "glyph"}, "layers": [...]}``.
    """
    if len(layers) <= MOST_LAYERS:
        return [{"block": None, "layers": list(layers)}]
    groups = [list(group) for _, group in groupby(layers, key=lambda each: str(each["name"]).split(".")[0])]
    if len(groups) > MOST_LAYERS or max(map(len, groups)) > 0.7 * len(layers):
        depth = 2 if max(map(len, groups)) > 0.7 * len(layers) else 1
        groups = [
            list(group)
            for _, group in groupby(layers, key=lambda each: ".".join(str(each["name"]).split(".")[:depth]))
        ]
    if len(groups) > MOST_LAYERS:
        groups = [[each] for each in layers[:_FIRST]] + [list(layers[_FIRST:-_LAST])]
        groups += [[each] for each in layers[-_LAST:]]
    return [
        _block(group, largest) if len(group) > 2 else {"block": None, "layers": group} for group in groups
    ]


def _block(layers: list[dict[str, Any]], largest: int) -> dict[str, Any]:
    first, last = str(layers[0]["name"]), str(layers[-1]["name"])
    shared = first.split(".")[0] if first.split(".")[0] == last.split(".")[0] else f"{first} to {last}"
    parameters = sum(each["parameters"] for each in layers)
    summary = {
        "name": shared,
        "count": len(layers),
        "parameters": parameters,
        "share": sum(each["share"] for each in layers),
        "macs": sum(each["macs"] for each in layers),
        "shape": layers[-1]["shape"],
        "glyph": glyph(layers[-1]["sizes"], largest, parameters > 0),
    }
    return {"block": summary, "layers": layers}
