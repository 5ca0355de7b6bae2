"""Images in the section on the data: samples and the mean of each class."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glasshouse.report import numbers
from glasshouse.report.pictures import data_uri

MOST_BYTES = 600_000
"""Characters of pictures in this section; beyond them fewer samples per class are shown."""
MOST_CLASSES = 40
HEADINGS = {"sounds": "How the sounds look", "videos": "How the videos look"}
ABOUT = {
    "sounds": "Each picture is a sound: time to the right, pitch upwards, light where it is loud.",
    "videos": "Each picture is a video: its frames line by line, from left to right.",
}


def describe_images(record: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """What the template draws of a set of images.

    Args:
        record: ``exploration.json``.
        folder: The run folder, which holds the pictures.
    """
    images = record["images"]
    target = record["target"] or {}
    classes = target["classes"] if target.get("task") == "classification" else []
    counts = {each["name"]: each for each in classes}
    means = {each["class"]: each["picture"] for each in images["class_means"]}
    rows = [
        {
            "name": name,
            "count": counts.get(name, {}).get("count"),
            "share": counts.get(name, {}).get("share"),
            "mean": data_uri(folder / "pictures" / f"{means[name]}.png") if name in means else None,
            "samples": [
                data_uri(folder / "pictures" / f"{each['picture']}.png")
                for each in images["samples"]
                if each["class"] == name
            ],
        }
        for name in list(dict.fromkeys(each["class"] for each in images["samples"]))[:MOST_CLASSES]
    ]
    return {
        "facts": _facts(images),
        "classes": _lightened(rows),
        "of_classes": len(rows) > 1,
        "left_out": max(0, len(counts) - len(rows)),
        "pixelated": max(images["height"], images["width"]) <= 48,
        "heading": HEADINGS.get(record["kind"], "How the images look"),
        "about": ABOUT.get(record["kind"], ""),
    }


def _facts(images: Mapping[str, Any]) -> list[tuple[str, str]]:
    if "facts" in images:  # sounds and videos
        return [(name, value) for name, value in images["facts"]]
    colour = "grey" if images["channels"] == 1 else "colour"
    facts = [("size", f"{images['height']} × {images['width']} pixels, {colour}")]
    sizes = images["original_sizes"]
    if sizes is not None and sizes["distinct"] > 1:
        small, large = numbers.shape(sizes["smallest"]), numbers.shape(sizes["largest"])
        facts.append(("before resizing", f"{sizes['distinct']:,} sizes from {small} to {large}"))
    if len(images["modes"]) > 1:
        facts.append(("read from", ", ".join(f"{mode} ({each:,})" for mode, each in images["modes"].items())))
    levels = ", ".join(
        f"{mean:.0f} ± {spread:.0f}" for mean, spread in zip(images["mean"], images["std"], strict=True)
    )
    facts.append(("levels, mean ± spread", f"{levels} of 255"))
    if images["broken"]:
        facts.append(
            (
                "not readable",
                f"{len(images['broken']):,} file{'' if len(images['broken']) == 1 else 's'}, skipped",
            )
        )
    return facts


def _lightened(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Fewer samples per class where all of them would make the page heavy."""
    most = max((len(row["samples"]) for row in rows), default=0)
    while most > 1 and sum(len(uri or "") for row in rows for uri in row["samples"][:most]) > MOST_BYTES:
        most -= 1
    return [{**row, "samples": row["samples"][:most]} for row in rows]
