"""The section on rows that a network gives back: pictures side by side, the code, what is unusual."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glasshouse.plot import histogram, latent_plane, spreads
from glasshouse.plot.odd_windows import odd_windows
from glasshouse.report import numbers
from glasshouse.report.pictures import data_uri
from glasshouse.report.records import Records
from glasshouse.report.section import Content, drawn
from glasshouse.report.sparkline import curves
from glasshouse.report.terms import explored_things

Looked = Mapping[str, Any]
MOST_SHARPLY = 48
"""Pixels a side up to which pictures are shown with their pixels as squares."""


def reconstruction(records: Records) -> Content | None:
    """What the template of the section draws; nothing for networks that predict."""
    record = records.json.get("evaluation") or {}
    looked = record.get("reconstruction")
    if looked is None:
        return None
    images = (records.json.get("exploration") or {}).get("images")
    rows = {name: [_entry(records, each) for each in looked["examples"][name]] for name in ("drawn", "worst")}
    figures = [
        _in_time(looked.get("series")),
        _histogram(looked["unusual"], record["intervals"]["part"]),
        *_code(looked["code"]),
    ]
    return {
        "pictures": any(each["original"] for each in rows["drawn"]),
        "curves": any(each["curve"] for each in rows["drawn"]),
        "things": explored_things(records),
        "pixelated": images is None or max(images["height"], images["width"]) <= MOST_SHARPLY,
        "drawn": rows["drawn"],
        "worst": rows["worst"],
        "seen": any(each["seen"] for each in rows["drawn"]),
        "samples": [data_uri(records.path / each) for each in looked["samples"]],
        "ways": [[data_uri(records.path / each) for each in way] for way in looked["ways"]],
        "denoising": _denoising(looked["denoising"]),
        "code": _told(looked["code"]),
        "unusual": _unusual(looked["unusual"]),
        "part": record["intervals"]["part"],
        "figures": [each for each in figures if each],
    }


def _entry(records: Records, entry: Looked) -> dict[str, Any]:
    pictures = {
        name: data_uri(records.path / entry[name]) if entry[name] else None
        for name in ("original", "seen", "reconstruction")
    }
    told = [
        {"name": each["name"], "is": numbers.number(each["is"], 3), "back": numbers.number(each["back"], 3)}
        for each in entry.get("numbers", ())
    ]
    curve = entry.get("curve")
    return {
        "row": entry["row"],
        "error": numbers.number(entry["error"], 3),
        "numbers": told,
        "curve": curves(curve["is"], curve["back"]) if curve else None,
        **pictures,
    }


def _histogram(found: Looked, part: str) -> dict[str, Any] | None:
    counted = found["histogram"]
    marks = [(each["threshold"], f"{100 * each['rate']:g} %") for each in found["thresholds"][:2]]
    beyond = f" The last bar holds {counted['beyond']:,} larger ones." if counted["beyond"] else ""
    caption = (
        f"Mean squared error of each {part} row, in prepared units. The lines are the thresholds for false "
        f"alarms at those rates.{beyond}"
    )
    figure = histogram(counted["edges"], counted["counts"], "error of a row", marks)
    return drawn(figure, "How well rows come back", caption)


def _in_time(series: Looked | None) -> dict[str, Any] | None:
    if series is None:
        return None
    found = ""
    if series["marked"]:
        found = f" In {series['found']} of {series['stretches']} marked stretches a window is named."
    caption = (
        f"The last step of every window. Named are windows whose error lies above the threshold for "
        f"{100 * series['rate']:g} % false alarms.{found}"
    )
    return drawn(odd_windows(series), "Unusual windows over time", caption)


def _code(code: Looked | None) -> list[dict[str, Any] | None]:
    if code is None:
        return []
    plane = code["plane"]
    named = code["classes"] and all(len(name) == 1 for name in code["classes"])
    caption = (
        f"{'Each letter is a row, by its class' if named else 'Each dot is a row'}: {plane['method']}, which "
        f"show {numbers.percent(plane['explained'])} of how codes differ. Classes had no part in training."
        if code["classes"]
        else f"Each dot is a row: {plane['method']}, which show {numbers.percent(plane['explained'])} of how "
        "codes differ."
    )
    figures = [drawn(latent_plane(plane["points"], code["classes"]), "The plane of codes", caption)]
    if code["width"] > 1:
        words = f"{code['used']} of {code['width']} carry something; the others say the same of every row."
        figures.append(drawn(spreads(code["spreads"]), "What the code uses", words))
    return figures


def _told(code: Looked | None) -> dict[str, Any] | None:
    if code is None:
        return None
    near = code["neighbours"]
    return {
        "width": code["width"],
        "used": code["used"],
        "by_code": numbers.percent(near["code"]) if near else None,
        "by_rows": numbers.percent(near["rows"]) if near else None,
    }


def _denoising(found: Looked | None) -> dict[str, Any] | None:
    if found is None:
        return None
    linear = found["principal components"]
    return {
        "corruption": str(found["corruption"]).replace("_", " "),
        "amount": numbers.number(found["amount"], 3),
        "noise": numbers.number(found["noise"], 3),
        "network": numbers.number(found["network"], 3),
        "linear": None if linear is None else numbers.number(linear, 3),
    }


def _unusual(found: Looked) -> dict[str, Any]:
    rows = [
        {
            "rate": numbers.percent(each["rate"], 1),
            "threshold": numbers.number(each["threshold"], 3),
            "above": numbers.percent(each["above"], 1),
            "false": numbers.percent(each["false_alarms"], 1) if "false_alarms" in each else None,
            "found": numbers.percent(each["found"], 1) if "found" in each else None,
        }
        for each in found["thresholds"]
    ]
    return {
        "rows": rows,
        "calibrated": found["rows"],
        "part": found["part"],
        "area": None if found["roc_auc"] is None else numbers.decimal(found["roc_auc"], 3),
        "normal": found.get("normal"),
        "told": any(each["found"] for each in rows),
    }
