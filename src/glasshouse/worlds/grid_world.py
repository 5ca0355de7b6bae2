"""A walk over a grid to a goal: small enough that what is best is known in every cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from glasshouse.core.checks import number
from glasshouse.core.errors import SettingError
from glasshouse.worlds.contract import Actions
from glasshouse.worlds.tabular_world import Outcome, TabularWorld

MAP = ("   # ", " #   ", " # # ", "   X ", " #  G")
"""Walls (#), a pit (X) and the goal (G)."""
MOVES = {"up": (-1, 0), "right": (0, 1), "down": (1, 0), "left": (0, -1)}


class GridWorld(TabularWorld):
    """Walk to the goal, around walls and a pit. A step costs, the goal pays 1, the pit costs 1.

    Args:
        rows: The map, all rows equally long: a space for floor, ``#`` a wall, ``X`` a pit, ``G`` a goal, and
            ``S`` where episodes begin; without any they begin on any floor.
        slip: Chance that a step goes in a random direction instead, from 0 to 1.
        cost: What a step costs, from 0.

    Raises:
        SettingError: The map is no rectangle of these letters, or has no goal or no floor.

    Example:
        >>> world = GridWorld()
        >>> world.reset(seed=0).shape, len(world.actions)
        ((25,), 4)
    """

    name = "world:grid"
    limit: int | None = 50
    discount: ClassVar[float] = 0.9

    def __init__(self, rows: Sequence[str] = MAP, slip: float = 0.0, cost: float = 0.1) -> None:
        letters = set("".join(rows))
        if len({len(row) for row in rows}) != 1 or not letters <= set(" #XGS") or not {"G"} <= letters:
            raise SettingError(
                f"rows = {list(rows)!r}",
                expected="a rectangle of spaces, #, X, S and at least one G",
                fix="make all rows equally long",
            )
        self.rows = tuple(rows)
        self.slip = number("slip", slip, at_least=0, at_most=1)
        self.cost = number("cost", cost, at_least=0)
        self.width = len(rows[0])
        self.states = len(rows) * self.width
        self.seen = tuple(f"row {row + 1}, column {column + 1}" for row, column in self._cells())
        self.ends = ((0.0, 1.0),) * self.states
        self.actions = Actions(tuple(MOVES))
        letter = "S" if "S" in letters else " "
        self._begins = [state for state, cell in enumerate(self._cells()) if self._letter(cell) == letter]
        if not self._begins:
            raise SettingError(
                f"rows = {list(rows)!r}", expected="a cell of floor to begin in", fix="add a space or an S"
            )

    def _cells(self) -> list[tuple[int, int]]:
        return [(row, column) for row in range(len(self.rows)) for column in range(self.width)]

    def _letter(self, cell: tuple[int, int]) -> str:
        row, column = cell
        inside = 0 <= row < len(self.rows) and 0 <= column < self.width
        return self.rows[row][column] if inside else "#"

    def floor(self) -> list[int]:
        """The states in which something can be done: no wall, no pit, no goal."""
        return [state for state, cell in enumerate(self._cells()) if self._letter(cell) in " S"]

    def begins(self) -> list[int]:
        """The states in which episodes begin, all equally likely."""
        return self._begins

    def outcomes(self, state: int, action: int) -> list[Outcome]:
        """What may come of an action. Nothing comes of one at the goal, in the pit or in a wall."""
        if self._letter(divmod(state, self.width)) in "#XG":
            return [Outcome(1.0, state, 0.0, True)]
        if self.slip == 0:
            return [self._moved(state, action, 1.0)]
        chances = [self.slip / len(MOVES) + (1 - self.slip) * (each == action) for each in range(len(MOVES))]
        return [self._moved(state, each, chance) for each, chance in enumerate(chances) if chance > 0]

    def _moved(self, state: int, action: int, chance: float) -> Outcome:
        row, column = divmod(state, self.width)
        down, right = list(MOVES.values())[action]
        found = self._letter((row + down, column + right))
        if found == "#":
            return Outcome(chance, state, -self.cost, False)
        after = (row + down) * self.width + column + right
        pay = {"G": 1.0, "X": -1.0}.get(found, 0.0)
        return Outcome(chance, after, pay - self.cost, found in "GX")
