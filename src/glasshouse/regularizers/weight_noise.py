"""Weight noise: in training, gradients are taken at weights that are shaken a little."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch

from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.regularizers.contract import Noise
from glasshouse.regularizers.noise_rule import NoiseRule, worked_noise


class WeightNoise(Noise):
    r"""Normal noise on the weights while a gradient is computed.

    .. math:: g = \nabla L(w + \sigma n), \quad n \sim \mathcal{N}(0, 1)

    The update then moves the weights themselves, without the noise. Minima that are flat stay, sharp ones
    don't.

    Shapes: weights of any shape in, the same shape out.

    Args:
        deviation: The standard deviation sigma, at least 0.

    Raises:
        SettingError: ``deviation`` is no finite number from 0.

    Source:
        Murray and Edwards 1994, Enhanced MLP performance and fault tolerance resulting from synaptic weight
        noise during training; Graves 2011, Practical variational inference for neural networks.

    Example:
        >>> w = torch.nn.Parameter(torch.tensor([[0.1, 0.2]]))
        >>> before = w.detach().clone()
        >>> with WeightNoise(0.5).around([w]):
        ...     shaken = bool((w != before).all())
        >>> shaken, w.equal(before)
        (True, True)
    """

    on = "weights"

    def __init__(self, deviation: float = 0.01) -> None:
        super().__init__()
        self.deviation = number("deviation", deviation, at_least=0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Any shape in, the same shape out."""
        return x + self.deviation * torch.randn_like(x) if self.training else x

    @contextmanager
    def around(self, weights: Sequence[torch.Tensor]) -> Iterator[None]:
        """Shake the weights inside the block; after it they have the bits that they had before.

        Args:
            weights: The parameters, changed in place. Forward and backward pass belong into the block.
        """
        # Through .data, as optimizers of old did: autograd must not take it for a change of what it saved.
        kept = [each.data.clone() for each in weights]
        try:
            for each in weights:
                each.data.copy_(self(each.data))
            yield
        finally:
            for each, before in zip(weights, kept, strict=True):
                each.data.copy_(before)

    def extra_repr(self) -> str:
        """The settings, for ``print``."""
        return f"deviation={self.deviation:g}"


CONCEPT = Concept(
    name="weight_noise",
    kind="regularizer",
    summary="In training, takes the gradient at weights with normal noise on them.",
    build=WeightNoise,
    aliases=("gaussian_weight_noise",),
    equation=r"y = w + \sigma n,\; n \sim \mathcal{N}(0, 1),\; g = \nabla L(y)",
    derivative=r"\partial L / \partial w = \partial L / \partial y",
    symbols={
        "w": "weights, written x in the rule; biases and norm parameters are left out",
        "sigma": "standard deviation, at least 0; compare it with the size of the weights",
        "n": "normal numbers, drawn anew for every step of the optimizer",
    },
    when="In recurrent networks on little data, and for networks that will run on imprecise hardware.",
    pitfalls=(
        "One size of noise is for weights of all layers: much for small weights, little for large ones.",
        "It costs a copy of the weights and as many normal numbers in every step.",
        "The training loss with it is higher than without: compare losses in evaluation.",
    ),
    conventions=(
        "Noise on the weights is drawn per step (Graves 2011 draws it per sequence); batches that are "
        "accumulated into one step share it.",
    ),
    source=(
        "Murray and Edwards 1994, Enhanced MLP performance and fault tolerance resulting from synaptic "
        "weight "
        "noise during training; Graves 2011, Practical variational inference for neural networks."
    ),
    rule=NoiseRule.of,
    worked=worked_noise(WeightNoise, 0.1),
)
