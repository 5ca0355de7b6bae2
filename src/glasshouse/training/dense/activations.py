"""Elementwise activations by the kernels that PyTorch has for them, back into the gradient's own memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from glasshouse.activations import ACTIVATIONS
from glasshouse.training.dense.by_rule import by_rule
from glasshouse.training.dense.kernels import kernel
from glasshouse.training.dense.site import Bound, Site

functions: Any = torch._C._nn

Kernel = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805
"""The constants of Klambauer et al. 2017, as PyTorch has them."""


def _kept_input(site: Site, value: Kernel, slope: Kernel) -> Bound:
    """For derivatives that are written in x: ``value(x, y)`` fills y, ``slope(dy, x)`` changes dy."""
    y = site.empty()
    kept = y

    def forward(x: torch.Tensor) -> torch.Tensor:
        nonlocal kept
        kept = x
        return value(x, y)

    return Bound(forward, lambda dy: slope(dy, kept), site.shape)


def _kept_output(site: Site, value: Kernel, slope: Kernel) -> Bound:
    """For derivatives that are written in y: ``value(x, y)`` fills y, ``slope(dy, y)`` changes dy."""
    y = site.empty()
    return Bound(lambda x: value(x, y), lambda dy: slope(dy, y), site.shape)


def relu(_module: nn.Module, site: Site) -> Bound:
    """``max(0, x)``; the slope is 1 where y is above 0."""
    floor, back = torch.clamp_min, kernel("threshold_backward")
    return _kept_output(site, lambda x, y: floor(x, 0, out=y), lambda dy, y: back(dy, y, 0, grad_input=dy))


def leaky_relu(module: Any, site: Site) -> Bound:
    """``x`` or ``a x``."""
    a, value, back = module.negative_slope, functions.leaky_relu, kernel("leaky_relu_backward")
    return _kept_input(
        site, lambda x, y: value(x, a, out=y), lambda dy, x: back(dy, x, a, False, grad_input=dy)
    )


def tanh(_module: nn.Module, site: Site) -> Bound:
    """``tanh x``; the slope is ``1 - y^2``."""
    value, back = torch.tanh, kernel("tanh_backward")
    return _kept_output(site, lambda x, y: value(x, out=y), lambda dy, y: back(dy, y, grad_input=dy))


def sigmoid(_module: nn.Module, site: Site) -> Bound:
    """``1 / (1 + e^-x)``; the slope is ``y (1 - y)``."""
    value, back = torch.sigmoid, kernel("sigmoid_backward")
    return _kept_output(site, lambda x, y: value(x, out=y), lambda dy, y: back(dy, y, grad_input=dy))


def silu(_module: nn.Module, site: Site) -> Bound:
    """``x sigma(x)``."""
    value, back = functions.silu, kernel("silu_backward")
    return _kept_input(site, lambda x, y: value(x, out=y), lambda dy, x: back(dy, x, grad_input=dy))


def gelu(module: Any, site: Site) -> Bound:
    """``x Phi(x)``, exact or by tanh."""
    how, value, back = module.approximate, functions.gelu, kernel("gelu_backward")
    return _kept_input(
        site,
        lambda x, y: value(x, approximate=how, out=y),
        lambda dy, x: back(dy, x, approximate=how, grad_input=dy),
    )


def elu(module: Any, site: Site) -> Bound:
    """``x`` or ``alpha (e^x - 1)``."""
    return _elu(site, module.alpha, 1.0)


def selu(_module: nn.Module, site: Site) -> Bound:
    """ELU with the constants that keep mean and variance."""
    return _elu(site, SELU_ALPHA, SELU_SCALE)


def _elu(site: Site, alpha: float, scale: float) -> Bound:
    value, back = functions.elu, kernel("elu_backward")
    return _kept_input(
        site,
        lambda x, y: value(x, alpha, scale, out=y),
        lambda dy, x: back(dy, alpha, scale, 1, False, x, grad_input=dy),
    )


def softplus(module: Any, site: Site) -> Bound:
    """``ln(1 + e^(beta x)) / beta``, and x beyond the threshold."""
    beta, far = module.beta, module.threshold
    value, back = functions.softplus, kernel("softplus_backward")
    return _kept_input(
        site, lambda x, y: value(x, beta, far, out=y), lambda dy, x: back(dy, x, beta, far, grad_input=dy)
    )


def hardtanh(module: Any, site: Site) -> Bound:
    """``x`` between two bounds; ReLU6, the ramp and hard tanh."""
    low, high = module.min_val, module.max_val
    value, back = functions.hardtanh, kernel("hardtanh_backward")
    return _kept_input(
        site, lambda x, y: value(x, low, high, out=y), lambda dy, x: back(dy, x, low, high, grad_input=dy)
    )


def hardswish(_module: nn.Module, site: Site) -> Bound:
    """``x`` times the hard sigmoid."""
    value, back = functions.hardswish, kernel("hardswish_backward", "default")
    return _kept_input(site, lambda x, y: value(x, out=y), lambda dy, x: back(dy, x))


def hard_sigmoid(_module: nn.Module, site: Site) -> Bound:
    """``x / 6 + 1/2`` between 0 and 1."""
    if site.dtype == torch.float64:
        # The kernel goes back with the 1/6 of float32, wrong in the ninth digit.
        return by_rule(ACTIVATIONS["hard_sigmoid"])(_module, site)
    value, back = functions.hardsigmoid, kernel("hardsigmoid_backward")
    return _kept_input(site, lambda x, y: value(x, out=y), lambda dy, x: back(dy, x, grad_input=dy))


def mish(_module: nn.Module, site: Site) -> Bound:
    """``x tanh(softplus x)``."""
    value, back = functions.mish, kernel("mish_backward", "default")
    return _kept_input(site, lambda x, y: value(x, out=y), lambda dy, x: back(dy, x))


def softmax(module: Any, site: Site) -> Bound:
    """Shares of 1 along an axis."""
    axis, dtype, value = module.dim, site.dtype, torch.softmax
    back = kernel("_softmax_backward_data", "out")
    return _kept_output(
        site,
        lambda x, y: value(x, axis, out=y),
        lambda dy, y: back(dy, y, axis, dtype, grad_input=torch.empty_like(dy)),
    )


def nothing(_module: nn.Module, site: Site) -> Bound:
    """The identity."""
    return Bound(None, None, site.shape)
