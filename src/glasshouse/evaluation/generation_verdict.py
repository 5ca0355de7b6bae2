"""The sentences on how good made rows are, with the evidence in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ALIKE = 0.5
"""Share of the real rows' variety below which made rows count as collapsed."""
DOUBLES = 0.2
"""Share of near doubles above which they do."""
FEW = 0.5
"""Share of the classes, and of the best possible coverage, below which few are found."""


def generation_verdict(record: Mapping[str, Any], things: str) -> str:
    """What a reader should know first.

    Args:
        record: The evaluation of a network that makes rows.
        things: ``"rows"`` or ``"pictures"``.

    Example:
        >>> likeness = {"coverage": 0.9, "discriminator_loss": 1.38}
        >>> record = {
        ...     "metrics": {"test": likeness}, "intervals": {"part": "test", "rows": 100},
        ...     "baselines": [{"name": "training rows", "metrics": {"coverage": 0.97}}],
        ...     "generation": {"modes": None, "classes": None, "copies": None,
        ...                    "collapse": {"variety": 0.98, "duplicates": 0.01},
        ...                    "game": {"name": "minimax", "optimum": 1.386}},
        ... }
        >>> print(generation_verdict(record, "rows"))
        Of 100 test rows 90 % have a made row near them, where training rows reach 97 %. Made rows are as varied as real ones (98 % of their variance). The discriminator's loss is 1.38; it would be 1.39 if it could tell nothing.
    """  # noqa: E501 - a verdict is one line
    looked, part = record["generation"], record["intervals"]["part"]
    measured = record["metrics"][part]
    sentences = []
    if looked["modes"] is not None:
        modes = looked["modes"]
        sentences.append(
            f"The generator has found {modes['found']} of {modes['modes']} modes; {modes['clean']:.0%} of "
            "its rows lie within three standard deviations of one."
        )
    best = record["baselines"][0]["metrics"]["coverage"]
    coverage = measured["coverage"]
    if coverage is not None and best is not None:
        sentences.append(
            f"Of {record['intervals']['rows']:,} {'training' if part == 'train' else part} {things} "
            f"{coverage:.0%} have a made one near them, where training {things} reach {best:.0%}."
            if things != "rows"
            else f"Of {record['intervals']['rows']:,} {'training' if part == 'train' else part} rows "
            f"{coverage:.0%} have a made row near them, where training rows reach {best:.0%}."
        )
    simple = [each for each in record["baselines"][1:] if each["metrics"].get("coverage") is not None]
    if coverage is not None and simple:
        above = max(simple, key=lambda each: float(each["metrics"]["coverage"]))
        if above["metrics"]["coverage"] > coverage:
            sentences.append(
                f"A simple method does better: {above['name']}, {above['metrics']['coverage']:.0%}."
            )
    sentences.append(_variety(looked, coverage, best, things))
    if looked["copies"] is not None and looked["copies"]["share"] > 0.1:
        sentences.append(
            f"{looked['copies']['share']:.0%} of the made {things} lie closer to a training one than 99 in "
            "100 unseen ones do: it repeats what it saw."
        )
    optimum = looked["game"]["optimum"]
    sentences.append(
        f"The discriminator's loss is {measured['discriminator_loss']:.2f}; it would be {optimum:.2f} if it "
        "could tell nothing."
    )
    return " ".join(each for each in sentences if each).replace("%", " %")


def _variety(looked: Mapping[str, Any], coverage: float | None, best: float | None, things: str) -> str:
    """Whether it collapsed, and by what it is seen."""
    found, classes = looked["collapse"], looked["classes"]
    if found is None:
        return ""
    variety, doubles = found["variety"], found["duplicates"]
    known = "" if classes is None else f"{classes['found']} of {len(classes['names'])} classes"
    few = classes is not None and classes["found"] < FEW * len(classes["names"])
    if variety < ALIKE or doubles > DOUBLES or few:
        signs = [f"{variety:.0%} of the real ones' variance"]
        signs += [f"{doubles:.0%} near doubles"] if doubles > DOUBLES else []
        signs += [known] if known else []
        return f"It has collapsed, at least in part: made {things} have {', '.join(signs)}."
    known = f" and fall into {known}" if known else ""
    words = f"Made {things} are as varied as real ones ({variety:.0%} of their variance){known}"
    if coverage is not None and best is not None and coverage < FEW * best:
        return f"{words}, but they lie beside them more often than among them."
    return f"{words}."
