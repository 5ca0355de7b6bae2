"""ReLU6: a rectifier with a ceiling."""

from __future__ import annotations

from torch import nn

from glasshouse.activations.hard_tanh import RULE
from glasshouse.core.concept import Concept
from glasshouse.core.worked import worked_forward


def relu6() -> nn.ReLU6:
    r"""A rectifier that ends at 6.

    .. math:: f(x) = \min(\max(x, 0), 6)

    Shapes: any shape in, the same shape out.

    Source:
        Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10.

    Example:
        >>> import torch
        >>> relu6()(torch.tensor([-1.0, 4.0, 9.0])).tolist()
        [0.0, 4.0, 6.0]
    """
    return nn.ReLU6()


CONCEPT = Concept(
    name="relu6",
    kind="activation",
    summary="A ReLU that ends at 6, so that few bits hold all its numbers.",
    build=relu6,
    aliases=(),
    equation=r"f(x) = \min(\max(x, 0), 6)",
    derivative=r"f'(x) = 1 \text{ for } 0 < x < 6,\; 0 \text{ else}",
    symbols={"x": "weighted sum of the unit"},
    when="In networks for phones that compute with 8-bit numbers (MobileNet).",
    pitfalls=("Above 6 it passes no gradient: large weighted sums stop learning.",),
    conventions=("At 0 and at 6 the slope is 0, as in PyTorch.",),
    source="Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10.",
    facts={"initializer": "he_normal"},
    rule=RULE,
    worked=worked_forward(relu6, RULE, inputs={"x": [7.5]}, at=(0,)),
)
