"""The section on what a generator makes: samples now and over time, ways between them, modes, copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from glasshouse.plot import clouds, curves
from glasshouse.report.pictures import data_uri
from glasshouse.report.records import Records
from glasshouse.report.section import Content, drawn

Looked = Mapping[str, Any]


def generation(records: Records) -> Content | None:
    """What the template of the section on made rows draws; nothing for a network that makes none."""
    looked = (records.json.get("evaluation") or {}).get("generation")
    if looked is None:
        return None
    images = (records.json.get("exploration") or {}).get("images")
    return {
        "things": "pictures" if looked["pictures"] else "rows",
        "pictures": _pictures(looked["pictures"], records.path) if looked["pictures"] else None,
        "pixelated": images is None or max(images["height"], images["width"]) <= 48,
        "figures": [each for each in (_clouds(looked), _found(looked)) if each],
        "classes": _classes(looked["classes"]),
        "modes": looked["modes"],
        "signs": _signs(looked),
        "features": looked["features"],
    }


def _pictures(pictures: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    def shown(paths: Sequence[str]) -> list[str | None]:
        return [data_uri(folder / path) for path in paths]

    samples = shown(pictures["samples"])
    nearest = shown(pictures["nearest"])
    return {
        "samples": samples,
        "over_time": [
            {"epoch": each["epoch"], "pictures": shown(each["pictures"])} for each in pictures["over_time"]
        ],
        "ways": [shown(way) for way in pictures["ways"]],
        "pairs": list(zip(samples, nearest, strict=False)),
    }


def _clouds(looked: Looked) -> dict[str, Any] | None:
    points = looked["points"]
    if points is None or not points["moments"]:
        return None
    caption = (
        "Real rows in grey, and over them rows that the generator made of codes that were the same each "
        f"time: {' across, '.join(points['names'])} upwards, in prepared units."
    )
    return drawn(clouds(points["real"], points["moments"]), "Made rows over time", caption)


def _found(looked: Looked) -> dict[str, Any] | None:
    """Modes that were found, and clean rows, over the epochs."""
    moments = looked["modes_over_time"]
    if len(moments) < 2:
        return None
    modes = looked["modes"]["modes"]
    epochs = [float(each["epoch"]) for each in moments]
    lines = [
        ("modes found", epochs, [each["found"] / modes for each in moments]),
        ("clean rows", epochs, [each["clean"] for each in moments]),
    ]
    caption = (
        f"Of the {modes} modes the share that holds at least a tenth of the rows due to it, and the share of "
        "made rows within three standard deviations of a mode."
    )
    return drawn(curves(lines, "epoch", "share", zero=True), "Modes over time", caption)


def _classes(classes: Looked | None) -> dict[str, Any] | None:
    """Shares of the classes, of real and made rows, each with the width of its bar."""
    if classes is None:
        return None
    largest = max([*classes["real"], *classes["made"]]) or 1.0
    rows = [
        {"name": name, "real": real, "made": made, "width": made / largest}
        for name, real, made in zip(classes["names"], classes["real"], classes["made"], strict=True)
    ]
    return {
        "rows": rows[:30],
        "left_out": max(0, len(rows) - 30),
        "found": classes["found"],
        "count": len(rows),
        "distance": classes["distance"],
        "accuracy": classes["accuracy"],
    }


def _signs(looked: Looked) -> list[dict[str, Any]]:
    """The signs of collapse and of copying, each with what it would be for real rows."""
    signs = []
    if looked["collapse"] is not None:
        signs += [
            {
                "name": "variety",
                "about": "variance of made rows, as a share of that of real ones; near 0 all are alike",
                "value": looked["collapse"]["variety"],
                "real": 1.0,
            },
            {
                "name": "near doubles",
                "about": "made rows whose nearest other made row is closer than 99 in 100 real ones have it",
                "value": looked["collapse"]["duplicates"],
                "real": 0.01,
            },
        ]
    if looked["copies"] is not None:
        signs.append(
            {
                "name": "copies",
                "about": "made rows that lie closer to a training row than 99 in 100 unseen real ones do",
                "value": looked["copies"]["share"],
                "real": 0.01,
            }
        )
    return signs
