"""The curve of an initializer: a histogram of the weights that it gives."""

from __future__ import annotations

import torch

from glasshouse.concepts.curves.curve import Curve, Line, buildable
from glasshouse.core.concept import Concept

OUTPUTS, INPUTS, BINS = 256, 400, 50


def initializer_curve(concept: Concept) -> Curve | None:
    """How often which weight is drawn for one layer, from a fixed seed.

    Args:
        concept: An initializer.

    Returns:
        ``None`` where settings without a default are needed.
    """
    if not buildable(concept):
        return None
    weights = torch.empty(OUTPUTS, INPUTS)
    with torch.no_grad():
        concept.build()(weights, torch.Generator().manual_seed(0))
    reach = max(float(weights.abs().max()) * 1.1, 0.01)
    counts, edges = torch.histogram(weights.flatten(), bins=BINS, range=(-reach, reach))
    share = (100 * counts / weights.numel()).tolist()
    places = edges.tolist()
    # The outline of the bars: every edge has the height before it and the one behind it.
    x = [place for place in places for _ in (0, 1)]
    y = [0.0, *(height for height in share for _ in (0, 1)), 0.0]
    spread = float(weights.std(correction=0))
    return Curve(
        (Line("", tuple(x), tuple(y)),),
        across="weight",
        up="% of the weights",
        about=f"Weights of a layer of {INPUTS} inputs and {OUTPUTS} units; standard deviation {spread:.3g}.",
        filled=True,
        zero=True,
    )
