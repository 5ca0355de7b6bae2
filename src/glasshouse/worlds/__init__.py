"""Worlds: what is learnt in by acting. Those of gymnasium, and small ones whose best policies are known."""

from __future__ import annotations

from glasshouse.core.errors import UnknownNameError
from glasshouse.core.names import suggestions
from glasshouse.worlds.contract import Actions, Moved, World
from glasshouse.worlds.episode import Episode, play, seeds_for
from glasshouse.worlds.grid_world import GridWorld
from glasshouse.worlds.gymnasium_world import GymnasiumWorld
from glasshouse.worlds.linear_world import LinearWorld
from glasshouse.worlds.tabular_world import TabularWorld, value_iteration

__all__ = [
    "Actions",
    "Episode",
    "GridWorld",
    "GymnasiumWorld",
    "LinearWorld",
    "Moved",
    "TabularWorld",
    "World",
    "is_world",
    "make_world",
    "play",
    "seeds_for",
    "value_iteration",
]

OWN: dict[str, type[GridWorld] | type[LinearWorld]] = {"grid": GridWorld, "linear": LinearWorld}
"""Worlds of the house: ``data.source = "world:grid"``."""


def is_world(source: str) -> bool:
    """Whether the name of data stands for a world.

    Args:
        source: As in ``data.source``.

    Example:
        >>> is_world("gymnasium:CartPole-v1"), is_world("iris")
        (True, False)
    """
    return source.startswith(("gymnasium:", "world:"))


def make_world(source: str) -> World:
    """The world of a name.

    Args:
        source: ``"gymnasium:"`` and a name of gymnasium, or ``"world:"`` and one of the house.

    Raises:
        UnknownNameError: There is no such world.
        MissingDependencyError: gymnasium is not installed.

    Example:
        >>> make_world("world:grid").actions.names
        ('up', 'right', 'down', 'left')
    """
    kind, _, name = source.partition(":")
    if kind == "gymnasium":
        return GymnasiumWorld(name)
    if kind != "world" or name not in OWN:
        near = suggestions(name, OWN, most=1)
        raise UnknownNameError(
            f"there is no world {source!r}",
            expected="gymnasium:NAME, or one of " + ", ".join(f"world:{each}" for each in OWN),
            fix=f"did you mean 'world:{near[0]}'?" if near else "choose one of these",
        )
    return OWN[name]()
