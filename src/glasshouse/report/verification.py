"""The section on what is alike: distances of pairs, pairs judged wrong, neighbours, the plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from glasshouse.plot import distances, latent_plane, roc
from glasshouse.report import numbers
from glasshouse.report.pictures import data_uri
from glasshouse.report.reconstruction import MOST_SHARPLY
from glasshouse.report.records import Records
from glasshouse.report.section import Content, drawn
from glasshouse.report.terms import explored_things

Looked = Mapping[str, Any]


def verification(records: Records) -> Content | None:
    """What the template of the section draws; nothing for networks that compare no rows."""
    record = records.json.get("evaluation") or {}
    looked = record.get("verification")
    if looked is None:
        return None
    images = (records.json.get("exploration") or {}).get("images")
    wrong = looked["wrong"]
    kinds = {kind: [_pair(records, each) for each in wrong[kind]] for kind in ("missed", "mistaken")}
    return {
        "part": record["intervals"]["part"],
        "pairs": record["intervals"]["rows"],
        "things": explored_things(records),
        "pixelated": images is not None and max(images["height"], images["width"]) <= MOST_SHARPLY,
        "pictures": images is not None,
        "target": record["target"],
        "held_out": looked["held_out"],
        "threshold": numbers.number(looked["threshold"], 3),
        "threshold_part": looked["part"],
        "rates": _rates(looked["rates"], looked["rate"]),
        **kinds,
        "counts": wrong["counts"],
        "neighbours": [_asked(records, each) for each in looked["neighbours"]],
        "figures": [each for each in _figures(looked, record["metrics"], record["classes"]) if each],
    }


def _figures(looked: Looked, metrics: Looked, classes: Sequence[str]) -> list[dict[str, Any] | None]:
    counted, plane = looked["histogram"], looked["plane"]
    bars = distances(counted["edges"], counted["same"], counted["different"], looked["threshold"])
    told = (
        "Distances of the embeddings of pairs of one class, filled, and of two, outlined. Where the two "
        "overlap no threshold tells them apart."
    )
    curve = roc(looked["roc"], beside=looked["roc_of_rows"], name="rows themselves")
    area = next(iter(metrics.values()))["roc_auc"] if len(metrics) == 1 else None
    words = (
        "Each point is one threshold: how many pairs of one class are found, and how many of two are taken "
        "for one. The thin line is that of distances between the rows themselves, without a network."
        + (f" Area {numbers.decimal(area)}." if area is not None else "")
    )
    present = sorted({each[2] for each in plane["points"] if each[2] is not None})
    # Of very many classes only those that are shown are named.
    named = [classes[place] for place in present]
    points = [[x, y, present.index(label)] for x, y, label in plane["points"] if label is not None]
    letters = all(len(name) == 1 for name in named)
    about = (
        f"{'Each letter is a row, by its class' if letters else 'Each dot is a row'}: "
        f"{plane['method']}, which show {numbers.percent(plane['explained'])} of how embeddings differ."
    )
    return [
        drawn(bars, "How far apart pairs are", told),
        drawn(curve, "Found, and falsely found", words),
        drawn(latent_plane(points, named), "The plane of embeddings", about),
    ]


def _rates(rates: Sequence[Looked], chosen: float) -> list[dict[str, Any]]:
    return [
        {
            "rate": numbers.percent(each["rate"], 1),
            "threshold": numbers.number(each["threshold"], 3),
            "false": numbers.percent(each["false_accepts"], 1),
            "found": numbers.percent(each["true_accepts"], 1),
            "chosen": each["rate"] == chosen,
        }
        for each in rates
    ]


def _pair(records: Records, entry: Looked) -> dict[str, Any]:
    sides = {side: _row(records, entry[side]) for side in ("one", "other")}
    return {"distance": numbers.number(entry["distance"], 3), **sides}


def _row(records: Records, entry: Looked) -> dict[str, Any]:
    picture = data_uri(records.path / entry["picture"]) if entry["picture"] else None
    return {"row": entry["row"], "class": entry["class"], "picture": picture}


def _asked(records: Records, entry: Looked) -> dict[str, Any]:
    found = [
        {**_row(records, each), "distance": numbers.number(each["distance"], 3), "right": each["right"]}
        for each in entry["found"]
    ]
    return {**_row(records, entry), "found": found}
