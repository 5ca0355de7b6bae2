"""The section on answers that are pictures: what went in, what should come out, and what did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from glasshouse.report import numbers
from glasshouse.report.pictures import data_uri
from glasshouse.report.records import Records
from glasshouse.report.section import Content

Looked = Mapping[str, Any]
PIXELS = 64
"""Pixels a side up to which pictures are shown with their pixels as squares."""
GROUPS = {
    "best": ("The best", "What it can do."),
    "typical": ("In the middle", "Half of the images came out better, half worse."),
    "worst": (
        "The worst",
        "Look for a pattern: a kind of image that is rare in training, or a wrong target.",
    ),
}
TITLES = {"input": "what went in", "target": "what is right", "answer": "the answer", "missed": "missed"}
LEADS = {
    "segmentation": "From left to right: what went in, the true class of every pixel, the network’s answer, "
    "and the true class where the answer is wrong.",
    "image_to_image": "From left to right: what went in, what should come out, {baseline}the network’s "
    "answer.",
    "detection": "True boxes on the left, the network’s on the right, in the colours of their classes.",
}


def picture_answers(records: Records) -> Content | None:
    """What the template of the section draws; nothing for runs whose answers are no pictures."""
    looked = (records.json.get("evaluation") or {}).get("pictures")
    if looked is None:
        return None
    record = records.json["evaluation"]
    exact = looked["kind"] != "image_to_image"
    groups = [
        {
            "title": GROUPS[each["group"]][0],
            "about": GROUPS[each["group"]][1],
            "rows": [_entry(records, row, looked, exact) for row in each["rows"]],
        }
        for each in looked["groups"]
        if each["rows"]
    ]
    images = (records.json.get("exploration") or {}).get("images") or {"height": 0, "width": 0}
    baseline = f"{looked['baseline']}, " if looked.get("baseline") else ""
    return {
        "kind": looked["kind"],
        "lead": LEADS[looked["kind"]].format(baseline=baseline),
        "score": looked["score"],
        "part": record["intervals"]["part"],
        "groups": groups,
        "pixelated": max(images["height"], images["width"]) <= PIXELS,
        "classes": [_class(each) for each in looked.get("classes", ())],
        "objects": [
            {**each, "precision": numbers.decimal(each["precision"]), "width": each["precision"] or 0.0}
            for each in looked.get("objects", ())
        ],
        "lost": looked.get("lost", 0),
        "grid": numbers.shape(looked.get("grid", ())),
        "sure": numbers.percent(looked.get("sure"), 0),
    }


def _entry(records: Records, row: Looked, looked: Looked, exact: bool) -> dict[str, Any]:
    places = 1 if looked["kind"] == "image_to_image" else 3
    unit = " dB" if looked["kind"] == "image_to_image" else ""
    classes = looked.get("objects", ())
    return {
        "row": row["row"],
        "score": numbers.decimal(row["score"], places) + unit,
        "boxes": {
            name: [_box(each, classes) for each in row[name]] for name in ("true", "found") if name in row
        },
        "pictures": [
            {
                "uri": data_uri(records.path / each["path"], exact or each["title"] == "input"),
                "title": TITLES.get(each["title"], each["title"]),
            }
            for each in row["pictures"]
        ],
    }


def _box(entry: Looked, classes: Sequence[Looked]) -> dict[str, Any]:
    """A box in hundredths of the picture."""
    told = classes[entry["kind"]]
    sides = {name: round(100 * entry[name], 2) for name in ("left", "top", "width", "height")}
    sure = numbers.percent(entry["sure"], 0) if "sure" in entry else ""
    return {**sides, "name": told["name"], "colour": told["colour"], "sure": sure}


def _class(entry: Looked) -> dict[str, Any]:
    return {
        "name": entry["name"],
        "colour": entry["colour"],
        "iou": numbers.decimal(entry["iou"]),
        "width": entry["iou"] or 0.0,
        "share": numbers.percent(entry["share"]),
        "found": numbers.percent(entry["found"]),
    }
