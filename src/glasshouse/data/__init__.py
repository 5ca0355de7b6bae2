"""Data: where it comes from, what is in it, how it is divided and made into numbers.

The road is ``raw = load(settings)``, ``split = divide(raw, ...)``, ``explore(raw, split)``,
``preparation = fit_preparation(raw, split.train, settings)``, ``assemble(raw, split, preparation)``: nothing
is fitted before the split, and what is fitted sees the training rows only.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glasshouse.data.assembly import assemble
    from glasshouse.data.builtin.catalogue import BUILTIN
    from glasshouse.data.exploration.explore import explore
    from glasshouse.data.images.augment import Augmenter
    from glasshouse.data.loading import load
    from glasshouse.data.preparations import fit_preparation, preparation_from_dict
    from glasshouse.data.splits.split import divide

__all__ = [
    "BUILTIN",
    "Augmenter",
    "assemble",
    "divide",
    "explore",
    "fit_preparation",
    "load",
    "preparation_from_dict",
]

# Imported when first asked for: torch, scikit-learn and polars take seconds, and help texts need none.
# No module here may have the name of a function in this table, for it would take the function's place.
_HOMES = {
    "BUILTIN": "builtin.catalogue",
    "Augmenter": "images.augment",
    "assemble": "assembly",
    "divide": "splits.split",
    "explore": "exploration.explore",
    "fit_preparation": "preparations",
    "load": "loading",
    "preparation_from_dict": "preparations",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
