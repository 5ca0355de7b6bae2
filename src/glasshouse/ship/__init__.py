"""Ship: bundles that answer elsewhere, with PyTorch or with ONNX Runtime alone.

Bundles are written with :func:`glasshouse.ship.write_bundle.write_bundle`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glasshouse.ship.answers import Answers
    from glasshouse.ship.bundle import Bundle
    from glasshouse.ship.load_bundle import load
    from glasshouse.ship.save_predictions import save

__all__ = ["Answers", "Bundle", "load", "save"]

# Imported when first asked for, so that importing one part does not import the others. `write_bundle` is not
# among them: the module of that name would take the function's place, and it needs PyTorch.
_HOMES = {"Answers": "answers", "Bundle": "bundle", "load": "load_bundle", "save": "save_predictions"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
