"""Peak signal-to-noise ratio: the error of a picture's levels, in decibels."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glasshouse.core.arithmetic import log
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.expression import Number, wrap
from glasshouse.metrics.answers import Answers
from glasshouse.metrics.mse import mse
from glasshouse.metrics.worked_answers import worked_numbers

BEST = 100.0
"""What a picture counts that came out exactly, in decibels, where pictures are put together."""


def psnr(target: ArrayLike, prediction: Answers, peak: float = 1.0) -> float:
    r"""How far the peak lies above the error, in decibels.

    .. math:: 10 \log_{10} \frac{\text{peak}^2}{\tfrac1N \sum (y - \hat y)^2}

    Args:
        target: True levels, shape (N,): all pixels and channels of a picture one after the other.
        prediction: Its ``values``, or these alone, shape (N,).
        peak: The distance from black to white, above 0: 1, or 255.

    Returns:
        Decibels; infinite where the picture came out exactly.

    Raises:
        DataError: There are no rows, not equally many targets and answers, or answers of another kind.
        SettingError: ``peak`` is not above 0.

    Source:
        Huynh-Thu and Ghanbari 2008, Scope of validity of PSNR in image/video quality assessment.

    Example:
        >>> f"{psnr([0.0, 0.5, 1.0, 1.0], [0.1, 0.4, 0.9, 1.1]):.1f}"
        '20.0'
    """
    number("peak", peak, above=0)
    error = mse(target, prediction)
    return math.inf if error == 0 else 10 * math.log10(peak**2 / error)


def build(peak: float = 1.0) -> Callable[[ArrayLike, Answers], float]:
    """The metric for one peak."""
    return partial(psnr, peak=number("peak", peak, above=0))


def psnr_of(errors: NDArray[np.float64]) -> NDArray[np.float64]:
    """The ratio of every picture, at most 100 dB, so that one that came out exactly spoils no mean.

    Args:
        errors: Mean squared error of each picture, of levels from 0 to 1.

    Example:
        >>> psnr_of(np.array([0.01, 0.0])).tolist()
        [20.0, 100.0]
    """
    least = 10 ** (-BEST / 10)
    found: NDArray[np.float64] = -10 * np.log10(np.maximum(errors, least))
    return found


CONCEPT = Concept(
    name="psnr",
    kind="metric",
    summary="How far the peak lies above the error of a picture's levels, in decibels.",
    build=build,
    aliases=("peak_signal_to_noise_ratio",),
    equation=r"10 \log_{10} \frac{\text{peak}^2}{\tfrac1N \sum (y - \hat y)^2}",
    symbols={
        "y": "true level",
        r"\hat y": "predicted level",
        "N": "pixels times channels",
        "peak": "from black to white: 1, or 255",
    },
    when="Pictures that are to come out: super-resolution, denoising, colourisation.",
    pitfalls=(
        "It compares pixel by pixel: a sharp picture that is moved by a pixel scores below a blurred one.",
        "3 dB more is half the squared error.",
    ),
    conventions=(
        "Of many pictures, the mean of their ratios, as in the literature; not the ratio of the mean error.",
        "On red, green and blue alike; papers on super-resolution often measure luminance alone.",
    ),
    source="Huynh-Thu and Ghanbari 2008.",
    facts={"task": "regression", "needs": "values", "better": "higher", "default": False},
    worked=worked_numbers(
        psnr,
        lambda y, s: wrap(
            10
            * log(Number(3.0) / ((y[0] - s[0]) ** 2 + (y[1] - s[1]) ** 2 + (y[2] - s[2]) ** 2))
            / log(Number(10.0))
        ),
    ),
)
