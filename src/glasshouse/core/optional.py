"""The one door through which optional packages come in."""

from __future__ import annotations

import importlib
from types import ModuleType

from glasshouse.core.errors import MissingDependencyError


def require(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Import an optional package, or say how to install it.

    Args:
        module: Dotted name of the module to import.
        extra: The extra of Glasshouse that brings it: ``pip install 'glasshouse[EXTRA]'``.
        purpose: What it is needed for, to finish the sentence "... is needed for".

    Raises:
        MissingDependencyError: The package is not installed.

    Example:
        >>> require("json", extra="none", purpose="this example").dumps([1])
        '[1]'
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and not module.startswith(error.name):
            raise  # the package is there, but something that it needs itself is broken
        package = module.split(".", maxsplit=1)[0]
        raise MissingDependencyError(
            f"the package {package!r} is needed for {purpose} and is not installed",
            fix=f"pip install 'glasshouse[{extra}]'",
        ) from error
