"""Operations that no tape sees: a user's own ``autograd.Function``, compiled code.

They are noticed by their result, and joined to what is known by autograd's graph.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

Edge = tuple[Any, int]
"""A node of autograd's graph, and which of its outputs."""


class Unseen:
    """What lies in autograd's graph between a tensor and the known tensors below it.

    Args:
        tensor: A result of which no recorded operation is known.
        known: The edges that belong to known tensors.

    Attributes:
        sources: The known edges that it was computed from, each once.
    """

    def __init__(self, tensor: torch.Tensor, known: Mapping[Edge, Any]) -> None:
        edge = torch.autograd.graph.get_gradient_edge(tensor)
        self.top: Edge = (edge.node, edge.output_nr)
        self.sources: list[Edge] = []
        self.order: list[Any] = []
        self._visit(self.top[0], known, set())
        self.name = type(self.top[0]).__name__.removesuffix("Backward").rstrip("0123456789") or "unseen"
        self.name = self.name.removesuffix("Backward")

    def _visit(self, node: Any, known: Mapping[Edge, Any], seen: set[Any]) -> None:
        """Nodes in an order in which each comes after all that it needs; then reversed for the way back."""
        if node in seen:
            return
        seen.add(node)
        for below in node.next_functions:
            if below[0] is None:
                continue
            if below in known or not below[0].next_functions:
                if below not in self.sources:
                    self.sources.append(below)
            else:
                self._visit(below[0], known, seen)
        self.order.append(node)

    def backward(self, gradient: torch.Tensor) -> list[torch.Tensor | None]:
        """The gradient by each source, for a gradient of the result.

        Args:
            gradient: The gradient of the loss by the result.
        """
        arrived: dict[Edge, torch.Tensor] = {self.top: gradient}
        for node in reversed(self.order):
            outputs = 1 + max((at for one, at in arrived if one is node), default=-1)
            if not outputs:
                continue
            given = [arrived.get((node, at)) for at in range(outputs)]
            call = node.apply if hasattr(node, "apply") else node
            back = call(*given)
            parts: Sequence[Any] = back if isinstance(back, tuple) else (back,)
            for below, part in zip(node.next_functions, parts, strict=False):
                if below[0] is not None and part is not None:
                    before = arrived.get(below)
                    arrived[below] = part if before is None else before + part
        return [arrived.get(source) for source in self.sources]
