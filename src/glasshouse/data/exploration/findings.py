"""What a user should know about the data before training, each with its numbers and what to do."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from glasshouse.data.exploration.leakage import SUSPICIOUS

Finding = dict[str, str]

_UNEVEN = 5.0
_RARE_SHARE = 0.1
_MUCH_MISSING = 0.2
_MOSTLY_MISSING = 0.5
_FEW_ROWS = 200
_VERY_FEW_ROWS = 50
_FEW_PER_CLASS = 10
_NOTEWORTHY_COPIES = 0.01
_MORE_THAN_CHANCE = 5
_SAME = 0.999
_AGAINST_COPIES = {
    "rows": "remove the copies, or keep equal rows together with a group column: --set data.group=NAME",
    "windows": "look whether the series stands still or repeats itself there",
}
_BY_CLASS = {
    "classification": "collect more of them, or merge them with a related class",
    "verification": "collect more of them: few rows make few pairs that are alike",
}
"""Tasks in which a class needs rows enough, and where they come from."""


def find(record: dict[str, Any], alone: dict[str, float]) -> list[Finding]:
    """All findings about explored data, warnings first.

    Args:
        record: What exploration wrote down so far.
        alone: How well each column predicts the target alone.
    """
    found = [
        *_leakage(record, alone),
        *_imbalance(record),
        *_copies(record),
        *_missing(record["columns"]),
        *_few_rows(record),
        *_redundant(record["correlations"]),
        *_ignored(record["columns"]),
        *_images(record["images"]),
    ]
    return sorted(found, key=lambda finding: finding["severity"] != "warning")


def _finding(severity: str, code: str, text: str, remedy: str, where: str = "") -> Finding:
    return {"severity": severity, "code": code, "where": where, "text": text, "remedy": remedy}


def _key(column: str) -> str:
    """A column's key on the command line, quoted for TOML and the shell where that is needed."""
    if re.fullmatch(r"[A-Za-z0-9_-]+", column):
        return f"data.columns.{column}"
    return f"'data.columns.\"{column}\"'"


def _leakage(record: dict[str, Any], alone: dict[str, float]) -> Iterator[Finding]:
    target = record["target"]
    for column, score in alone.items():
        if score >= SUSPICIOUS[target["task"]]:
            measure = "balanced accuracy" if target["task"] == "classification" else "R2 of ranks"
            yield _finding(
                "warning",
                "leakage",
                f"{column!r} alone predicts {target['name']!r} with {measure} {score:.3f} on rows it was not "
                "fitted on: it may be the answer under another name",
                f"if it is not known when you predict, leave it out: --set {_key(column)}=ignore",
                column,
            )


def _imbalance(record: dict[str, Any]) -> Iterator[Finding]:
    target = record["target"]
    if target is None or record["task"] != "classification":
        return
    classes = [each for each in target["classes"] if each["count"] > 0]
    largest = max(classes, key=lambda each: each["count"])
    smallest = min(classes, key=lambda each: each["count"])
    fair = 1 / len(classes)
    if target["imbalance"] >= _UNEVEN or smallest["share"] < _RARE_SHARE * 2 * fair:
        yield _finding(
            "warning",
            "imbalance",
            f"the class {largest['name']!r} has {target['imbalance']:.1f} times as many rows as "
            f"{smallest['name']!r} ({largest['count']:,} and {smallest['count']:,}): always answering "
            f"{largest['name']!r} is right for {largest['share']:.1%}",
            "look at balanced accuracy and the per-class table; to weigh all classes alike: "
            "--set objective.class_weights=balanced",
        )


def _copies(record: dict[str, Any]) -> Iterator[Finding]:
    copies, rows = record["duplicates"], record["rows"]
    thing = record["things"]
    judged = record["parts"]["validation"] + record["parts"]["test"]
    across, extra, contradictory = copies["across_parts"], copies["rows"], copies["contradictory"]
    if across:
        share = across / max(1, judged)
        yield _finding(
            "warning" if share >= _NOTEWORTHY_COPIES and across >= _MORE_THAN_CHANCE else "hint",
            "across-parts",
            f"{across:,} of {judged:,} validation and test {thing} ({share:.1%}) also stand in the training "
            "part, equal in every value: the metrics count them as if they were new",
            _AGAINST_COPIES.get(thing, "remove the copies"),
        )
    elif extra:
        yield _finding(
            "hint",
            "duplicates",
            f"{extra:,} of {rows:,} {thing} ({extra / rows:.1%}) are exact copies of others",
            "look whether the series stands still there"
            if thing == "windows"
            else "remove them, unless they are separate observations that happen to agree",
        )
    if record["task"] == "classification" and contradictory >= _NOTEWORTHY_COPIES * rows:
        yield _finding(
            "hint",
            "contradictions",
            f"{contradictory:,} times, equal inputs carry different classes: no network can get both right",
            "check the labels, or look for a column that tells them apart",
        )


def _missing(columns: list[dict[str, Any]]) -> Iterator[Finding]:
    for column in columns:
        share = column["missing_share"]
        if column["used"] and share >= _MUCH_MISSING:
            yield _finding(
                "warning" if share >= _MOSTLY_MISSING else "hint",
                "missing",
                f"{column['name']!r} is missing in {column['missing']:,} rows ({share:.1%})",
                f"if what is left tells little, leave it out: --set {_key(column['name'])}=ignore",
                column["name"],
            )


def _few_rows(record: dict[str, Any]) -> Iterator[Finding]:
    parts, target, task = record["parts"], record["target"], record["task"]
    judged = parts["test"] or parts["validation"]
    # Of a text in pieces each holds many characters, all of which are foretold.
    if parts["train"] < _FEW_ROWS and judged and task != "language":
        margin = 1.96 * 0.5 / math.sqrt(judged)
        unsure = "what is measured on so few would be different on others"
        if task == "classification":
            unsure = (
                f"a share of right answers measured on those is uncertain by up to {margin:.0%} either way"
            )
        yield _finding(
            "warning" if parts["train"] < _VERY_FEW_ROWS else "hint",
            "few-rows",
            f"there are {parts['train']:,} {record['things']} to train on and {judged:,} to judge by: "
            f"{unsure}",
            "compare models on several seeds or splits before preferring one",
        )
    if target is not None and target["task"] == "classification" and task in _BY_CLASS:
        small = [each for each in target["classes"] if 0 < each["count"] < _FEW_PER_CLASS]
        if small:
            named = ", ".join(f"{each['name']!r} ({each['count']})" for each in small[:5])
            yield _finding(
                "hint",
                "few-rows",
                f"{len(small)} class{'es have' if len(small) > 1 else ' has'} fewer than {_FEW_PER_CLASS} "
                f"rows: {named}{' ...' if len(small) > 5 else ''}",
                _BY_CLASS[task],
            )


def _redundant(correlations: dict[str, Any]) -> Iterator[Finding]:
    names, matrix = correlations["names"], correlations["matrix"]
    pairs = [
        (names[i], names[j], matrix[i][j])
        for i in range(len(names))
        for j in range(i + 1, len(names))
        if abs(matrix[i][j]) >= _SAME
    ]
    if pairs:
        shown = ", ".join(f"{left!r} and {right!r} ({value:.4f})" for left, right, value in pairs[:3])
        yield _finding(
            "hint",
            "redundant",
            f"{len(pairs)} pair{'s' if len(pairs) > 1 else ''} of columns with the same numbers up to scale: "
            f"{shown}",
            "one of each pair is enough",
            pairs[0][1],
        )


def _ignored(columns: list[dict[str, Any]]) -> Iterator[Finding]:
    unused = [each for each in columns if each["because"]]
    if unused:
        shown = "; ".join(f"{each['name']!r}: {each['because']}" for each in unused[:5])
        more = f"; and {len(unused) - 5} more" if len(unused) > 5 else ""
        yield _finding(
            "hint",
            "ignored-columns",
            f"{len(unused)} column{'s are' if len(unused) > 1 else ' is'} not used ({shown}{more})",
            f"to use one all the same, say what it is: --set {_key(unused[0]['name'])}=category",
            unused[0]["name"],
        )


def _images(images: dict[str, Any] | None) -> Iterator[Finding]:
    if images is None:
        return
    broken = images["broken"]
    if broken:
        yield _finding(
            "warning",
            "broken-images",
            f"{len(broken)} image file{'s' if len(broken) > 1 else ''} could not be read and "
            f"{'were' if len(broken) > 1 else 'was'} skipped, the first: {broken[0]['file']} "
            f"({broken[0]['reason']})",
            "repair or remove them; to stop on them instead: --set data.broken_images=fail",
        )
    if images["blank"]:
        yield _finding(
            "hint",
            "blank-images",
            f"{images['blank']:,} image{'s are' if images['blank'] > 1 else ' is'} one flat colour",
            "check whether they were exported correctly",
        )
