"""The section on the network: its layers drawn with shapes, parameters and cost."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from glasshouse.report.glyph import glyph
from glasshouse.report.numbers import percent, shape
from glasshouse.report.records import Records
from glasshouse.report.section import Content

MOST_LAYERS = 40
"""Layers that are drawn one by one; longer networks are folded into blocks."""
_FIRST, _LAST = 16, 8

Layer = Mapping[str, Any]


def network(records: Records) -> Content:
    """What the template of the network section draws."""
    record = records.json.get("network")
    if record is None:
        return {"missing": records.missing("network", "description of the network")}
    layers = _drawn(record["layers"], record["input_shape"])
    model = record["model"]
    settings = {key: value for key, value in model.items() if key not in ("name", "class")}
    return {
        "name": model.get("name") or model.get("class") or "network",
        "own": "name" not in model,
        "settings": ", ".join(f"{key} = {value}" for key, value in settings.items()),
        "input": {"shape": shape(record["input_shape"]), "glyph": layers["input"]},
        "groups": fold(layers["layers"]),
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


def _drawn(layers: Sequence[Layer], input_shape: Sequence[int]) -> dict[str, Any]:
    """Each layer with its picture and its shares of parameters and cost."""
    shapes = [input_shape, *(each["output_shape"] for each in layers)]
    largest = max((each[-2] for each in shapes if len(each) >= 3), default=1)
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
                "glyph": glyph(each["output_shape"], largest, own > 0),
                "parameters": own,
                "frozen": each["frozen"] > 0,
                "share": own / weights,
                "macs": each["macs"],
                "work": each["macs"] / work,
            }
        )
    return {"input": glyph(input_shape, largest, weighted=False), "layers": rows}


def plain_settings(kind: str, settings: str) -> str:
    """A layer's settings without what the shapes say already, in plain words.

    Example:
        >>> plain_settings("Conv2d", "1, 16, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), bias=False")
        '3 × 3, stride 2, padding 1, no bias'
        >>> plain_settings("Linear", "in_features=64, out_features=10, bias=True")
        ''
    """
    pairs = dict(re.findall(r"(\w+)=(\([^)]*\)|[^,]+)", settings))
    if not pairs:
        # positional sizes of convolutions are in the shapes; other words are worth keeping
        return "" if kind.startswith(("Conv", "BatchNorm")) else settings
    words = []
    if "kernel_size" in pairs:
        words.append(_sides(pairs["kernel_size"]))
    if _sides(pairs.get("stride", "1")) not in (
        "1",
        _sides(pairs.get("kernel_size", "1")).split(" ")[0],
        "1 × 1",
    ):
        words.append(f"stride {_same(pairs['stride'])}")
    if _same(pairs.get("padding", "0")) != "0":
        words.append(f"padding {_same(pairs['padding'])}")
    if pairs.get("groups", "1") != "1":
        words.append(f"{pairs['groups']} groups")
    if pairs.get("bias") == "False":
        words.append("no bias")
    if "p" in pairs:
        words.append(f"{percent(float(pairs['p']), 0)} of the inputs silenced")
    known = {
        "kernel_size", "stride", "padding", "dilation", "groups", "bias", "p", "inplace", "in_features",
        "out_features", "eps", "momentum", "affine", "track_running_stats", "ceil_mode", "start_dim", "end_dim",
        "output_size", "padding_mode", "return_indices",
    }  # fmt: skip
    words += [f"{name.replace('_', ' ')} {value}" for name, value in pairs.items() if name not in known]
    return ", ".join(words)


def _sides(text: str) -> str:
    sides = re.findall(r"\d+", text)
    return " × ".join(sides if len(sides) > 1 else sides * 2) if sides else text


def _same(text: str) -> str:
    sides = re.findall(r"\d+", text)
    return sides[0] if len(set(sides)) == 1 else text


def fold(layers: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
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
    return [_block(group) if len(group) > 2 else {"block": None, "layers": group} for group in groups]


def _block(layers: list[dict[str, Any]]) -> dict[str, Any]:
    first, last = str(layers[0]["name"]), str(layers[-1]["name"])
    shared = first.split(".")[0] if first.split(".")[0] == last.split(".")[0] else f"{first} to {last}"
    summary = {
        "name": shared,
        "count": len(layers),
        "parameters": sum(each["parameters"] for each in layers),
        "share": sum(each["share"] for each in layers),
        "macs": sum(each["macs"] for each in layers),
        "shape": layers[-1]["shape"],
        "glyph": layers[-1]["glyph"],
    }
    return {"block": summary, "layers": layers}
