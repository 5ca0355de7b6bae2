"""Optimizers side by side on one weight, worked out: every intermediate number of every step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from glasshouse.core.checks import number, whole_number
from glasshouse.core.concept import Spec, read_spec
from glasshouse.core.errors import UsageError
from glasshouse.core.update import Update
from glasshouse.explain.arithmetic import renamed
from glasshouse.explain.pieces.drawing import COLOURS, Axes, apart, dot, line, svg, text
from glasshouse.explain.pieces.given import numbers
from glasshouse.explain.pieces.piece import Line, Piece
from glasshouse.optimizers import OPTIMIZERS

INKS = [name for name in COLOURS if name in ("accent", "second", "third", "muted")]


def updates(
    optimizers: Spec | Sequence[Spec], gradients: Any, weight: float = 0.0, steps: int = 10, **settings: Any
) -> Piece:
    r"""What optimizers make of the same gradients of one weight, step by step.

    .. math:: w_{t+1} = w_t - \Delta(g_1, \dots, g_t)

    Args:
        optimizers: Name of an optimizer or a table with its settings, or several of them.
        gradients: The gradient at every step, one number each; or the slope of a loss as a function of the
            weight, and every optimizer goes its own way on it.
        weight: Where the weight begins.
        steps: How many steps on a slope, from 1; gradients that are numbers have one step each.
        settings: Settings for all of them, such as ``learning_rate=0.1``.

    Raises:
        UsageError: There is no optimizer or no gradient.
        UnknownNameError: There is no such optimizer.
        SettingError: One of them has no such setting, or refuses its value.

    Source:
        Goodfellow, Bengio and Courville 2016, Deep learning, chapter 8.

    Example:
        >>> piece = updates(["sgd", "momentum"], [1.0, 1.0], learning_rate=0.1)
        >>> [round(each, 3) for each in piece.results["momentum"].tolist()]
        [0.0, -0.1, -0.29]
        >>> down = updates("sgd", lambda w: 2 * w, weight=1.0, steps=2, learning_rate=0.25)
        >>> down.result.tolist()
        [1.0, 0.5, 0.25]
    """
    specs = [optimizers] if isinstance(optimizers, (str, Mapping)) else list(optimizers)
    number("weight", weight)
    whole_number("steps", steps, at_least=1)
    slope = gradients if callable(gradients) else None
    g = torch.zeros(steps) if slope else numbers("gradients", gradients, 1)
    if not specs or not len(g):
        raise UsageError(
            f"{len(specs)} optimizers and {len(g)} gradients",
            expected="at least one of each",
            fix='write updates("adam", [1.0, 1.0])',
        )
    paths: dict[str, torch.Tensor] = {}
    lines: list[Line] = []
    for spec in specs:
        name, update = _update(spec, settings)
        label = name if name not in paths else f"{name} {len(paths) + 1}"
        w, way = torch.tensor([float(weight)], dtype=torch.float64), [float(weight)]
        state = update.start(w)
        for t, gradient in enumerate(g, start=1):
            step = numbers("slope", slope(float(w))).reshape(1) if slope else gradient.reshape(1)
            written = update.expand(w, step, state, t, (0,))
            one = dict.fromkeys(("w", "g", *update.state), 1)
            lines.append(Line("w", renamed(written, {}, one), f"{label}, step {t}"))
            w, state = update.step(w, step, state, t)
            way.append(float(w))
        paths[label] = torch.tensor(way, dtype=torch.float64)

    def draw() -> str:
        low = min(float(path.min()) for path in paths.values())
        high = max(float(path.max()) for path in paths.values())
        axes = Axes((0, len(g)), (low, high), room=0.0)
        shapes = axes.frame("step", "w")
        labels = apart([axes.at(0, float(path[-1]))[1] for path in paths.values()])
        for place, (label, path) in enumerate(paths.items()):
            ink = INKS[place % len(INKS)]
            points = [axes.at(t, each) for t, each in enumerate(path.tolist())]
            shapes += [line(points, ink, dashed=place >= len(INKS)), *(dot(*each, 3, ink) for each in points)]
            shapes.append(text(points[-1][0] + 8, labels[place], label, ink, "start", 12))
        return svg(axes.size[0] + 90, axes.size[1], shapes, "The weight after every step")

    return Piece(
        f"{len(g)} steps of {', '.join(paths) if len(paths) < 4 else f'{len(paths)} optimizers'}",
        r"w_{t+1} = w_t - \Delta(g_1, \dots, g_t)",
        {"g": "the slope of a loss at w" if slope else g, "w": f"{weight:g} before the first step"},
        paths,
        lambda: lines,
        draw,
    )


def _update(spec: Spec, settings: Mapping[str, Any]) -> tuple[str, Update]:
    name, own = read_spec(spec, "optimizer")
    concept = OPTIMIZERS.find(name)
    built = OPTIMIZERS.build(
        {"name": name, **settings, **own}, [torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))]
    )
    update: Update = concept.rule(built.param_groups[0])  # type: ignore[misc]
    return concept.name, update
