"""The section on what a policy earns: returns beside those of chance, and an episode to look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from glasshouse.plot import curves, episode, histogram
from glasshouse.report import numbers
from glasshouse.report.frames import frames, grid
from glasshouse.report.records import Records
from glasshouse.report.section import Content, drawn
from glasshouse.report.terms import metric_name

ABOUT = {
    "return": "sum of the rewards of an episode, its mean",
    "lowest": "the return of the worst of these episodes",
    "length": "steps until the episode ended, the mean",
    "discounted": "rewards, each worth less than the one before: what training makes large",
}
MOST_SEEN = 8
"""Numbers of a state that are drawn over time."""

Evaluation = Mapping[str, Any]


def returns(records: Records) -> Content:
    """What the template of the section draws."""
    record = records.json.get("evaluation")
    if record is None:
        return {"missing": records.missing("evaluation", "measurement of the policy")}
    shown, known = record["episode"], record["known"]
    on_grid = known is not None and "map" in known
    return {
        "episodes": record["intervals"]["rows"],
        "verdict": record["verdict"],
        "method": record["intervals"]["method"],
        "baselines": record["baselines"],
        "metrics": _metrics(record),
        "episode": shown,
        "ended": "it came to an end" if shown["terminated"] else "time ran out",
        "frames": frames(shown, record["world"]["name"]),
        "grid": grid(known, shown) if on_grid else None,
        "known": _known(known),
        "figures": [each for each in _figures(record, on_grid) if each],
    }


def _metrics(record: Evaluation) -> list[dict[str, Any]]:
    spans = record["intervals"]["metrics"]
    return [
        {
            "name": metric_name(name),
            "about": ABOUT.get(name, ""),
            "value": numbers.number(value),
            "span": " to ".join(map(numbers.number, spans[name])) if name in spans else None,
            "baselines": [numbers.number(each["metrics"].get(name)) for each in record["baselines"]],
            "validation": numbers.number(record["metrics"]["validation"].get(name)),
            "primary": name == record["primary"],
        }
        for name, value in record["metrics"]["test"].items()
    ]


def _known(known: Mapping[str, Any] | None) -> str:
    """How near the network comes to what is known to be best, in words."""
    if known is None:
        return ""
    if "map" in known:
        return (
            "Value iteration knows what every cell is worth. The network’s best action is one of the best in "
            f"{numbers.percent(known['right'], 0)} of the cells, and its values are off by "
            f"{numbers.number(known['apart'], 2)} on average."
        )
    gains = (" and ".join(numbers.number(each, 3) for each in known[key]) for key in ("gain", "said"))
    return (
        "The best policy is a line through the origin, force = −(K₁ position + K₂ velocity): by Riccati’s "
        "equation with K = {}; the actor’s slope at the origin is {}."
    ).format(*gains)


def _figures(record: Evaluation, on_grid: bool) -> list[dict[str, Any] | None]:
    figures = [_spread(record)]
    shown, world = record["episode"], record["world"]
    steps = range(len(shown["said"]))
    lines = [("expected", steps, shown["said"]), ("came", steps, shown["came"])]
    caption = "The network’s value of what it does, and the discounted rewards that then came."
    if len(steps) > 1:
        figures.append(drawn(curves(lines, "step", "value"), "Values along the episode", caption))
    if not on_grid and len(steps) > 1:
        seen = list(zip(world["seen"], zip(*shown["seen"], strict=True), strict=True))[:MOST_SEEN]
        counted = not world["actions"]["low"]
        names = world["actions"]["names"]
        title = "action: " + ", ".join(f"{k} {name}" for k, name in enumerate(names)) if counted else ""
        columns = list(zip(*shown["actions"], strict=True))
        done = [(title or names[place], column) for place, column in enumerate(columns)][:MOST_SEEN]
        caption = "What is seen at every step, and below it what is done."
        figures.append(drawn(episode(seen, done, counted), "The episode, number by number", caption))
    return figures


def _spread(record: Evaluation) -> dict[str, Any] | None:
    """How returns of the test episodes lie."""
    values = np.asarray(record["returns"], np.float64)
    if float(np.ptp(values)) == 0:
        return None
    counts, edges = np.histogram(values, bins=20)
    figure = histogram(
        edges.tolist(), counts.tolist(), "return", [(float(values.mean()), "mean")], up="episodes"
    )
    return drawn(
        figure,
        "Returns of the test episodes",
        "Each episode begins elsewhere; what is done has no chance in it.",
    )
