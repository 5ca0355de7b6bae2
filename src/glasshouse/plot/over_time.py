"""What happens over the steps of a sequence: gradients and gates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from glasshouse.plot.style import ACCENT, INK, MUTED, SECOND, legend, logarithmic, name_axes, panel

GATE_STYLES = ((ACCENT, "solid"), (SECOND, (0, (4, 3))), (INK, (0, (1, 2))))
MOST_NAMES = 32
MOST_LETTERS = 48
"""Letters of names that stand side by side below the axis."""
"""Steps up to which each has its name below the axis."""


def gradient_over_time(lines: Mapping[str, Sequence[float]]) -> Figure:
    """Draw the length of the loss's gradient by the input of every step, on a logarithmic scale.

    Args:
        lines: By when it was measured: ``"before training"``, ``"after training"``. The last step last.

    Example:
        >>> len(gradient_over_time({"after training": [0.1, 0.2, 1.0]}).axes[0].lines)
        1
    """
    figure, axes = panel(height=240)
    for (name, values), colour in zip(lines.items(), (ACCENT, MUTED), strict=False):
        steps = range(-len(values) + 1, 1)
        # what is zero has no logarithm: it lies below the picture
        shown = [value if value > 0 else float("nan") for value in values]
        axes.plot(steps, shown, color=colour, linewidth=1.5, label=name)
    legend(axes)
    if any(value > 0 for values in lines.values() for value in values):
        logarithmic(axes.yaxis)
    name_axes(axes, "steps before the end", "gradient (log scale)")
    return figure


def gates(found: Mapping[str, Sequence[float]], steps: Sequence[str]) -> Figure:
    """Draw how far the gates are open at every step, from 0 to 1.

    Args:
        found: By the name of the gate, one number per step.
        steps: What each step is called.

    Example:
        >>> len(gates({"forget": [0.9, 0.1]}, ["a", "b"]).axes[0].lines)
        1
    """
    figure, axes = panel(height=250, margins=(44, 14, 26, 64))
    for (name, values), (colour, dashes) in zip(found.items(), GATE_STYLES, strict=False):
        axes.plot(range(len(values)), values, color=colour, linestyle=dashes, linewidth=1.5, label=name)
    axes.set_ylim(0, 1)
    legend(axes, "best", 3)
    if len(steps) <= MOST_NAMES:
        names = [_visible(each) for each in steps]
        # Words would run into each other: they stand upright.
        upright = sum(map(len, names)) + len(names) > MOST_LETTERS
        axes.set_xticks(range(len(steps)), names, rotation=90 if upright else 0)
    name_axes(axes, "step", "open")
    return figure


def _visible(name: str) -> str:
    """A token as it can be read below an axis; dollars would begin a formula."""
    return {" ": "_", "\n": "/", "\t": ">"}.get(name, name).replace("$", r"\$")[:8]
