"""Contractive: reconstruction with a code that hardly moves when the row does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from glasshouse.core.errors import ModelError
from glasshouse.losses import Loss
from glasshouse.objectives.coding import Coding, Penalised

SLOPES: dict[type[nn.Module], Callable[[torch.Tensor], torch.Tensor]] = {
    nn.Sigmoid: lambda h: h * (1 - h),
    nn.Tanh: lambda h: 1 - h * h,
    nn.Identity: torch.ones_like,
    nn.ReLU: lambda h: (h > 0).to(h.dtype),
}
"""Derivatives of activations, by what they gave."""


class Contractive(Coding):
    r"""Reconstruction with a penalty on the encoder's Jacobian.

    .. math:: L = \ell(g(f(x)), x) + \lambda \left\lVert \frac{\partial f(x)}{\partial x} \right\rVert_F^2

    For one linear layer with a sigmoid, :math:`h = \sigma(W x + b)`, the norm has a closed form,

    .. math:: \lVert J \rVert_F^2 = \sum_j \left(h_j (1 - h_j)\right)^2 \sum_i W_{ji}^2

    which costs next to nothing; tanh, ReLU and no activation have theirs. Any other encoder is
    differentiated, one backward pass for each number of the code.

    Args:
        loss: Compares outputs with inputs.
        strength: :math:`\lambda`, from 0.

    Source:
        Rifai et al. 2011, Contractive auto-encoders: explicit invariance during feature extraction.

    Example:
        >>> from glasshouse.models import autoencoder
        >>> network = autoencoder(3, hidden=[], code=2, code_activation="sigmoid")
        >>> x = torch.tensor([[0.5, -1.0, 2.0]])
        >>> J = torch.autograd.functional.jacobian(lambda row: network.encode(row)[0], x)[:, 0]
        >>> bool(torch.allclose(squared_jacobian(network, x, network.encode(x)), J.square().sum()))
        True
    """

    def __init__(self, loss: Loss, strength: float = 0.01) -> None:
        super().__init__(loss)
        self.strength = strength

    def refuse(self, network: nn.Module) -> None:
        """Refuse a network without a code, and batch norm, under which rows have no Jacobian of their own."""
        super().refuse(network)
        found = next((name for name, each in network.named_modules() if isinstance(each, _BatchNorm)), None)
        if found is not None:
            raise ModelError(
                f"objective 'contractive' with batch norm in layer {found!r}",
                expected="an encoder that looks at each row for itself",
                fix="set model.normalization = 'layer' or 'none'",
            )

    def penalised(self, network: nn.Module, inputs: torch.Tensor, code: torch.Tensor) -> Penalised:
        """The penalty of a batch."""
        squared = squared_jacobian(network, inputs, code).mean()
        return Penalised(self.strength * squared, {"jacobian": squared.detach()})


def squared_jacobian(network: nn.Module, inputs: torch.Tensor, code: torch.Tensor) -> torch.Tensor:
    """The squared Frobenius norm of the encoder's Jacobian for each row, with its gradient.

    Args:
        network: With ``encode``.
        inputs: Rows (N, ...).
        code: What ``encode`` gave for them (N, K).

    Returns:
        Shape (N,).
    """
    single = _single_layer(network)
    if single is not None:
        weight, slope = single
        return slope(code).square() @ weight.square().sum(dim=1)
    return _differentiated(network, inputs)


def _single_layer(
    network: nn.Module,
) -> tuple[torch.Tensor, Callable[[torch.Tensor], torch.Tensor]] | None:
    """Weights and slope of an encoder that is one linear layer and one known activation, or nothing."""
    encoder = getattr(network, "encoder", None)
    if type(encoder) is not nn.Sequential:
        return None
    layers: list[Any] = [each for each in encoder if not isinstance(each, nn.Flatten)]
    if not layers or type(layers[0]) is not nn.Linear or len(layers) > 2:
        return None
    slope = SLOPES.get(type(layers[1]) if len(layers) == 2 else nn.Identity)
    return None if slope is None else (layers[0].weight, slope)


def _differentiated(network: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    """The same for any encoder: the gradient of each number of the code, one vector-Jacobian product each."""
    coder: Any = network
    recording = torch.is_grad_enabled()
    with torch.enable_grad():
        x = inputs.detach().requires_grad_()
        code = coder.encode(x).reshape(len(x), -1)
        total = torch.zeros(len(x), dtype=code.dtype, device=code.device)
        for unit in code.unbind(dim=1):
            # Rows do not look at each other, so the gradient of the sum holds that of each row.
            (gradient,) = torch.autograd.grad(unit.sum(), x, create_graph=recording, retain_graph=True)
            total = total + gradient.reshape(len(x), -1).square().sum(dim=1)
    return total
