"""Scaled tanh: the squashing function of LeNet-5."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.concept import Concept


class ScaledTanh(nn.Module):
    """``f(x) = amplitude * tanh(slope * x)``.

    With LeCun's numbers f(1) = 1 and f(-1) = -1, and the second derivative is largest there, so that
    targets of +1 and -1 lie where a unit still learns.

    Args:
        amplitude: Height of the plateaus.
        slope: Steepness at 0 is amplitude times slope.

    Source:
        LeCun, Bottou, Bengio and Haffner 1998, Gradient-based learning applied to document recognition,
        appendix A.

    Example:
        >>> round(float(ScaledTanh()(torch.tensor(1.0))), 4)
        1.0
    """

    def __init__(self, amplitude: float = 1.7159, slope: float = 2 / 3) -> None:
        super().__init__()
        self.amplitude = amplitude
        self.slope = slope

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Any shape in, the same shape out."""
        return self.amplitude * torch.tanh(self.slope * x)

    def extra_repr(self) -> str:
        """The settings, for ``print(network)``."""
        return f"amplitude={self.amplitude:.5g}, slope={self.slope:.5g}"


CONCEPT = Concept(
    name="scaled_tanh",
    kind="activation",
    summary="A tanh stretched so that +1 and -1 are fixed points: the squashing function of LeNet-5.",
    build=ScaledTanh,
    aliases=("lecun_tanh",),
    equation=r"f(x) = A \tanh(S x),\; A = 1.7159,\; S = \tfrac23",
    derivative=r"f'(x) = A S (1 - \tanh^2(S x))",
    when="To build LeNet-5 as it was in 1998.",
    pitfalls=("It saturates like any tanh.",),
    source="LeCun, Bottou, Bengio and Haffner 1998, appendix A.",
    facts={"initializer": "lecun_uniform"},
)
