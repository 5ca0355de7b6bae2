"""The curve of a schedule: the factor on the learning rate over the epochs."""

from __future__ import annotations

from glasshouse.concepts.curves.curve import Curve, Line, buildable
from glasshouse.core.concept import Concept
from glasshouse.schedules import Clock, Schedule

EPOCHS, STEPS = 30, 16
"""Length of the training that is shown, and steps in one epoch."""
FALLS = 8
"""Epochs for which the watched loss falls, before it stays as it is."""
WARMUP = 0.1


def schedule_curve(concept: Concept) -> Curve | None:
    """The factor at every step; where a warm-up can be set, with one and without.

    Args:
        concept: A schedule.

    Returns:
        ``None`` where settings without a default are needed.
    """
    if not buildable(concept):
        return None
    schedule: Schedule = concept.build()
    lines = [_line("factor", schedule)]
    about = f"Factor on the learning rate over {EPOCHS} epochs"
    if "warmup" in concept.settings():
        lines.append(_line(f"warmup = {WARMUP:g}", concept.build(warmup=WARMUP)))
        about += ", without a warm-up (solid) and with one (broken)"
    if type(schedule).observe is not Schedule.observe:
        about += f". The watched loss falls for {FALLS} epochs, then no more"
    return Curve(tuple(lines), across="epoch", up="factor", about=f"{about}.", zero=True)


def _line(name: str, schedule: Schedule) -> Line:
    x: list[float] = []
    y: list[float] = []
    for step in range(EPOCHS * STEPS):
        x.append(step / STEPS)
        y.append(schedule.factor(Clock(step, STEPS, EPOCHS)))
        if (step + 1) % STEPS == 0:
            schedule.observe(1.0 / (1 + min(step // STEPS, FALLS)))
    return Line(name, tuple(x), tuple(y))
