"""PyTorch's kernels by their shortest way in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

aten: Any = torch.ops.aten

below_autograd: Callable[[], AbstractContextManager[Any]] = getattr(
    torch._C, "_AutoDispatchBelowAutograd", nullcontext
)
"""Inside it, operators go past autograd instead of through it only to find that nothing is to be recorded.

Worth a twentieth of a step of the smallest networks. The name is PyTorch's own affair: where it is gone,
nothing changes but that.
"""


def kernel(name: str, overload: str = "grad_input") -> Callable[..., Any]:
    """The function behind one overload of an operator, without the Python frame that PyTorch puts around it.

    On the smallest networks that frame is a fifth of the kernel's own time.

    Args:
        name: The operator, such as ``"threshold_backward"``.
        overload: Which form; the one that writes into given memory, unless told otherwise.

    Example:
        >>> back, dy = kernel("threshold_backward"), torch.ones(2)
        >>> back(dy, torch.tensor([0.0, 3.0]), 0, grad_input=dy).tolist()
        [0.0, 1.0]
    """
    found = getattr(getattr(aten, name), overload)
    return getattr(found, "_op", found)  # type: ignore[no-any-return]
