"""One-cycle: the learning rate rises once, falls once, and ends far below where it began."""

from __future__ import annotations

import itertools
import math
from typing import Literal

from glasshouse.core.arithmetic import Quantity, cos
from glasshouse.core.checks import number, one_of
from glasshouse.core.concept import Concept
from glasshouse.core.errors import SettingError
from glasshouse.schedules.contract import Clock, Schedule, worked_factor, written

SHAPES = ("cosine", "linear")


class OneCycle(Schedule):
    r"""The rate rises from a start to 1, then falls to an end far below, along cosines or straight lines.

    .. math::
        f = b + (a - b) \tfrac12 (1 + \cos \pi q) \;\text{(cosine)},\quad f = a + (b - a)\, q
        \;\text{(linear)}

    from a to b in each phase, of which the share q is done. With three phases, the fall first mirrors the
    rise, and the last phase goes from the start to the end.

    Args:
        rise: Share of training in which the rate rises, above 0 and below 1; at most 0.5 in three phases.
        start: Share of the rate at the first step, above 0 and at most 1.
        end: Share of the rate at the last step, from 0 to 1.
        shape: ``"cosine"`` or ``"linear"``.
        three_phases: Whether the fall mirrors the rise before the end is gone to.

    Raises:
        SettingError: A setting lies outside its range.

    Source:
        Smith and Topin 2018, Super-convergence: very fast training of neural networks using large learning
        rates, arXiv 1708.07120.

    Example:
        >>> one = OneCycle(rise=0.5, start=0.1, end=0.0, shape="linear")
        >>> [round(one.factor(Clock(step, 10, 1)), 3) for step in (0, 2, 4, 9)]
        [0.1, 0.55, 1.0, 0.0]
    """

    def __init__(
        self,
        rise: float = 0.3,
        start: float = 0.04,
        end: float = 4e-6,
        shape: Literal["cosine", "linear"] = "cosine",
        three_phases: bool = False,
    ) -> None:
        self.rise = number("rise", rise, above=0, below=1)
        self.start = number("start", start, above=0, at_most=1)
        self.end = number("end", end, at_least=0, at_most=1)
        self.shape = one_of("shape", shape, SHAPES)
        self.three_phases = three_phases
        if three_phases and rise > 0.5:
            raise SettingError(
                f"rise = {rise!r} with three phases",
                expected="a share above 0 and at most 0.5, because the fall is as long as the rise",
                fix="set rise to 0.45, say",
            )

    def formula(self, clock: Clock, p: Quantity, e: Quantity) -> Quantity:
        """The place between the two ends of the present phase."""
        a, b, done = self.phase(clock)
        q = written("q", done, p)
        if self.shape == "linear":
            return a + (b - a) * q
        return b + (a - b) * 0.5 * (1 + cos(written("pi", math.pi, p) * q))

    def phase(self, clock: Clock) -> tuple[float, float, float]:
        """The factors at the two ends of the present phase, and the share of it that is done.

        Args:
            clock: Where training stands.
        """
        corners = self.corners(clock.steps)
        for (begins, a), (ends, b) in itertools.pairwise(corners):
            if clock.step <= ends:
                return a, b, (clock.step - begins) / (ends - begins)
        return corners[-1][1], corners[-1][1], 0.0

    def corners(self, steps: int) -> list[tuple[float, float]]:
        """The steps at which phases meet, with the factors there; phases without length are left out.

        Args:
            steps: Optimizer steps that are planned.
        """
        peak, last = self.rise * steps - 1, float(steps - 1)
        corners = [(0.0, self.start), (peak, 1.0)]
        corners += [(2 * peak, self.start)] if self.three_phases else []
        corners.append((last, self.end))
        kept = [corners[0]]
        for corner in corners[1:]:
            if corner[0] > kept[-1][0]:
                kept.append(corner)
            else:
                # So few steps that a phase has none: what follows begins at its top.
                kept[-1] = (kept[-1][0], max(kept[-1][1], corner[1]))
        return kept


CONCEPT = Concept(
    name="one_cycle",
    kind="schedule",
    summary="The rate rises once, falls once, and ends far below where it began.",
    build=OneCycle,
    aliases=("1cycle", "super_convergence"),
    equation=r"f = b + (a - b) \tfrac12 (1 + \cos \pi q)",
    symbols={
        "a": "factor at the begin of the phase: start, or 1",
        "b": "factor at its end: 1, or end",
        "q": "share of the phase that is done, from 0 to 1",
    },
    when="Short runs with a rate as large as the range test allows.",
    pitfalls=(
        "The learning rate is the peak: take one from near the top of the range test, not from its middle.",
        "It must run to its end; half a cycle stops where the rate is large.",
    ),
    conventions=(
        "As PyTorch's OneCycleLR: start = 1 / div_factor, end = start / final_div_factor, rise = pct_start.",
        "The paper rises and falls in straight lines and three phases; PyTorch's and fastai's default is two "
        "phases along cosines.",
        "The paper and PyTorch move the momentum the other way round; here it stays.",
    ),
    source="Smith and Topin 2018, Super-convergence, arXiv 1708.07120.",
    worked=worked_factor(OneCycle, Clock(step=3, steps_per_epoch=10, epochs=2), rise=0.35),
)
