"""Operations that are recorded as the smaller ones of which they consist."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any

from glasshouse.explain.operation_names import operation_name
from glasshouse.explain.operations import READERS

Expansion = Callable[[Any, tuple[Any, ...], dict[str, Any]], Callable[[], Any] | None]

EXPANSIONS: dict[str, Expansion] = {}
"""By the operation's name: from the call to a function that computes the same in smaller operations."""


@cache
def opened(function: Any) -> Any:
    """PyTorch's own Python code of an operation, prepared to be looked into; ``None`` where there is none.

    Such a function asks first whether somebody wants to see the call. The copy does not ask, so the
    operations inside of it are seen instead.

    Args:
        function: What a torch function mode was called with.
    """
    if not isinstance(function, FunctionType) or operation_name(function) in READERS:
        return None
    asks = [name for name in function.__code__.co_names if name.startswith("has_torch_function")]
    if not asks:
        return None
    names = {**function.__globals__, **dict.fromkeys(asks, _nobody)}
    copy = FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, function.__closure__
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


def _nobody(*arguments: Any) -> bool:
    return False
