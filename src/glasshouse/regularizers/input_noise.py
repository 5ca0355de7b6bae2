"""Input noise: in training, normal numbers are added to the inputs."""

from __future__ import annotations

import torch

from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import DataError
from glasshouse.regularizers.contract import Noise
from glasshouse.regularizers.noise_rule import NoiseRule, worked_noise


class InputNoise(Noise):
    r"""Normal noise on the inputs.

    .. math:: y = x + \sigma n, \quad n \sim \mathcal{N}(0, 1)

    In evaluation y = x. For small noise it acts like a penalty on the slope of the network by its inputs.

    Shapes: any shape in, the same shape out.

    Args:
        deviation: The standard deviation sigma, in the unit of the prepared inputs, at least 0.

    Raises:
        SettingError: ``deviation`` is no finite number from 0.
        DataError: In the forward pass, when the inputs are no floating-point numbers.

    Source:
        Bishop 1995, Training with noise is equivalent to Tikhonov regularization, Neural Computation 7.

    Example:
        >>> noise = InputNoise(0.5)
        >>> bool((noise(torch.zeros(3)) != 0).all()), noise.eval()(torch.zeros(3)).tolist()
        (True, [0.0, 0.0, 0.0])
    """

    on = "inputs"

    def __init__(self, deviation: float = 0.1) -> None:
        super().__init__()
        self.deviation = number("deviation", deviation, at_least=0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Any shape in, the same shape out."""
        if not x.is_floating_point():
            raise DataError(
                f"inputs of type {str(x.dtype).removeprefix('torch.')} under input noise",
                expected="floating-point numbers: noise on indices of words or classes means nothing",
                fix="leave input_noise out of training.regularizers",
            )
        return x + self.deviation * torch.randn_like(x) if self.training else x

    def extra_repr(self) -> str:
        """The settings, for ``print``."""
        return f"deviation={self.deviation:g}"


CONCEPT = Concept(
    name="input_noise",
    kind="regularizer",
    summary="In training, adds normal noise to the inputs of the network.",
    build=InputNoise,
    aliases=("gaussian_noise", "noise"),
    equation=r"y = x + \sigma n,\quad n \sim \mathcal{N}(0, 1)",
    derivative=r"\partial L / \partial x = \partial L / \partial y",
    symbols={
        "x": "prepared inputs, any shape",
        "sigma": "standard deviation, at least 0; with standardised inputs 0.05 to 0.3 are usual",
        "n": "normal numbers, drawn anew for every batch",
    },
    when="With few rows of numbers: it makes neighbours of a row be answered alike.",
    pitfalls=(
        "It is in the unit of the prepared inputs: 0.1 is little for standardised columns, and plain to "
        "see on "
        "pixels from 0 to 1.",
        "It must be off in evaluation: model.eval().",
        "The training loss with it is higher than without: compare losses in evaluation.",
    ),
    conventions=("The noise is added after scaling and augmentation, before the first layer.",),
    source=(
        "Sietsma and Dow 1991, Creating artificial neural networks that generalize; Bishop 1995, "
        "Training with "
        "noise is equivalent to Tikhonov regularization, Neural Computation 7."
    ),
    rule=NoiseRule.of,
    worked=worked_noise(InputNoise, 0.1),
)
