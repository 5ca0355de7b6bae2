"""Frames of an episode, drawn from the state alone: a cart with its pole, a pendulum, a walk over a grid."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

FRAMES = 8
"""How many moments of an episode are drawn."""
SIDE = 100
"""Width and height of a frame, in its own units."""

State = Sequence[float]


def frames(episode: Mapping[str, Any], world: str) -> Markup | None:
    """A strip of frames as SVG; ``None`` for worlds that nobody can draw.

    Args:
        episode: ``seen`` and ``actions`` of every step.
        world: Its name.

    Example:
        >>> strip = frames({"seen": [[0.0, 0.0, 0.1, 0.0]], "actions": [[1.0]]}, "gymnasium:CartPole-v1")
        >>> strip.count("<svg"), "step 0" in strip
        (1, True)
    """
    draw = DRAWN.get(world.rpartition(":")[2].split("-v")[0])
    seen, actions = episode["seen"], episode["actions"]
    if draw is None or not seen:
        return None
    last = len(seen) - 1
    moments = sorted({round(last * place / (FRAMES - 1)) for place in range(FRAMES)})
    drawings = [
        f'<li><svg viewBox="0 0 {SIDE} {SIDE}" role="img" aria-label="step {step}">'
        f"{draw(seen[step], actions[step])}</svg><span>step {step}</span></li>"
        for step in moments
    ]
    return Markup("".join(drawings))  # noqa: S704 - made of numbers alone


def cart_pole(state: State, action: State) -> str:
    """Cart, pole, and the side to which it is pushed. The picture is as wide as the cart may go."""
    x, _, angle, _ = state
    middle, floor, length = 50 + x / 2.4 * 42, 74.0, 46.0
    top = middle + length * math.sin(angle), floor - 8 - length * math.cos(angle)
    push = 1 if action[0] > 0.5 else -1
    tail = middle - push * 9
    return (
        f'<path class="ground" d="M4 {floor}H96"/>'
        f'<rect class="body" x="{middle - 9:.1f}" y="{floor - 12:.1f}" width="18" height="9" rx="1.5"/>'
        f'<path class="rod" d="M{middle:.1f} {floor - 8:.1f}L{top[0]:.1f} {top[1]:.1f}"/>'
        f'<circle class="joint" cx="{middle:.1f}" cy="{floor - 8:.1f}" r="1.8"/>'
        f'<path class="push" d="M{tail - push * 10:.1f} {floor - 7.5:.1f}H{tail - push * 2:.1f}'
        f'm{-push * 3.5:.1f} -3l{push * 3.5:.1f} 3l{-push * 3.5:.1f} 3"/>'
    )


def pendulum(state: State, action: State) -> str:
    """Rod, bob, and the torque as an arc: the longer, the stronger."""
    cos, sin, _ = state
    tip = 50 - 34 * sin, 50 - 34 * cos  # the angle counts against the clock, from upright
    torque = max(-2.0, min(2.0, action[0]))
    end = -torque / 2 * 2.4
    arc = ""
    if abs(torque) > 0.05:
        x, y = 50 + 12 * math.sin(end), 50 - 12 * math.cos(end)
        arc = f'<path class="push" d="M50 38A12 12 0 0 {1 if end > 0 else 0} {x:.1f} {y:.1f}"/>'
        arc += f'<circle class="tip" cx="{x:.1f}" cy="{y:.1f}" r="2.2"/>'
    return (
        '<circle class="ground" cx="50" cy="50" r="40"/>'
        f'<path class="rod" d="M50 50L{tip[0]:.1f} {tip[1]:.1f}"/>'
        f'<circle class="body" cx="{tip[0]:.1f}" cy="{tip[1]:.1f}" r="5"/>'
        f'<circle class="joint" cx="50" cy="50" r="2"/>{arc}'
    )


def line(state: State, action: State) -> str:
    """The mass on its line, and the force on it."""
    x, force = 50 + max(-1.0, min(1.0, state[0])) * 42, action[0] / 2 * 22
    head = 3 if force > 0 else -3
    return (
        '<path class="ground" d="M4 60H96M50 54v12"/>'
        f'<rect class="body" x="{x - 7:.1f}" y="46" width="14" height="14" rx="2"/>'
        f'<path class="push" d="M{x:.1f} 38h{force:.1f}m{-head} -3l{head} 3l{-head} 3"/>'
    )


DRAWN: dict[str, Callable[[State, State], str]] = {
    "CartPole": cart_pole,
    "Pendulum": pendulum,
    "linear": line,
}
"""Worlds that can be drawn from what is seen of them."""


def grid(known: Mapping[str, Any], episode: Mapping[str, Any]) -> Markup:
    """The map of a grid world: values as shades, what the network would do as arrows, the walk as a line.

    Args:
        known: ``map``, ``said``, ``action`` and ``floor``.
        episode: ``seen``, and where it ended ``end``: rows with one 1.

    Example:
        >>> known = {"map": [" G"], "said": [0.5, 0.0], "action": [1, 0], "floor": [0]}
        >>> "→" in grid(known, {"seen": [[1.0, 0.0]]})
        True
    """
    rows, said = known["map"], known["said"]
    width, height = len(rows[0]), len(rows)
    floor = set(known["floor"])
    values = [said[each] for each in floor]
    low, high = min(values), max(values)
    cells, words = [], []
    for state in range(width * height):
        row, column = divmod(state, width)
        letter = rows[row][column]
        x, y = 20 * column, 20 * row
        if state in floor:
            share = 0.08 + 0.5 * (said[state] - low) / ((high - low) or 1.0)
            cells.append(
                f'<rect class="value" x="{x}" y="{y}" width="19" height="19" style="opacity:{share:.2f}"/>'
            )
            words.append(f'<text x="{x + 9.5}" y="{y + 9}">{"↑→↓←"[known["action"][state]]}</text>')
            words.append(f'<text class="small" x="{x + 9.5}" y="{y + 16.5}">{said[state]:.2f}</text>')
        else:
            kind = {"#": "wall", "X": "pit", "G": "goal"}[letter]
            cells.append(f'<rect class="{kind}" x="{x}" y="{y}" width="19" height="19"/>')
            word = {"X": "pit", "G": "goal"}.get(letter, "")
            words.append(f'<text class="small" x="{x + 9.5}" y="{y + 12}">{word}</text>')
    places = [
        divmod(max(range(len(seen)), key=seen.__getitem__), width)
        for seen in [*episode["seen"], *episode.get("end", [])]
    ]
    walk = "L".join(f"{20 * column + 9.5} {20 * row + 9.5}" for row, column in places)
    cells.append(f'<path class="walk" d="M{walk}"/>')  # below the words, which it must not strike out
    return Markup(  # noqa: S704 - made of numbers and of letters that GridWorld allows
        f'<svg class="grid" viewBox="0 0 {20 * width} {20 * height}" role="img" '
        f'aria-label="the map, with what the network would do in every cell">{"".join(cells + words)}</svg>'
    )
