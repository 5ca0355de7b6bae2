"""The ``[ensemble]`` section: how many networks answer together, and what tells them apart."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from glasshouse.core.settings import Count, Settings

EnsembleKind = Literal["seeds", "bagging", "snapshots"]


class EnsembleSettings(Settings):
    """How many networks answer together.

    Example:
        >>> EnsembleSettings(members=20).kind
        'seeds'
    """

    members: Count = Field(1, description="Networks that answer together, from 1: a single one")
    kind: EnsembleKind = Field(
        "seeds",
        description="One of seeds, bagging, snapshots. seeds: other first weights and orders of rows. "
        "bagging: also rows drawn with replacement. snapshots: one run whose rate falls and rises again, "
        "of which every low is kept.",
    )
