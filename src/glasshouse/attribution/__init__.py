"""Attribution: what a trained network looks for, shown in the pictures that it looks at."""

from __future__ import annotations

from glasshouse.attribution.activation_maximization import maximise
from glasshouse.attribution.deconvolution import Projection, deconvolve
from glasshouse.attribution.dream import Dream, dream
from glasshouse.attribution.layer_output import layer_output

__all__ = ["Dream", "Projection", "deconvolve", "dream", "layer_output", "maximise"]
