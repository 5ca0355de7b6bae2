"""Layers that have no kernels of their own here, by their concept's rule as it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from glasshouse.core.concept import Concept
from glasshouse.training.dense.site import Bound, Site, UnsupportedError


def by_rule(concept: Concept) -> Callable[[nn.Module, Site], Bound]:
    """The binder of everything that a concept builds.

    Args:
        concept: With a rule from ``x`` to ``y``.
    """

    def bind(module: Any, site: Site) -> Bound:
        if concept.rule is None:
            raise UnsupportedError(site.name, "it has no rule")
        rule, named = concept.rule(module)
        own = {name: each.detach() for name, each in named.items()}
        into = {name: site.gradient(each) for name, each in named.items()}
        shape = tuple(rule.forward({"x": torch.ones(site.shape, dtype=site.dtype), **own}).outputs["y"].shape)
        saved: dict[str, torch.Tensor] = {}

        def forward(x: torch.Tensor) -> torch.Tensor:
            nonlocal saved
            outputs, saved = rule.forward({"x": x, **own})
            y: torch.Tensor = outputs["y"]
            return y

        def backward(dy: torch.Tensor) -> torch.Tensor:
            gradients = rule.backward(saved, {"y": dy})
            for name, place in into.items():
                if place is not None:
                    place.copy_(gradients[name])
            dx: torch.Tensor = gradients["x"]
            return dx

        return Bound(forward, backward, shape)

    return bind
