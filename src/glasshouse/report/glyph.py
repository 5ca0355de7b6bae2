"""A layer's output drawn as what it is: a bar of numbers, or sheets of feature maps."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

_SIZE = 44


def glyph(shape: Sequence[int], largest: int, weighted: bool) -> Markup:
    """Draw the shape of a layer's output for one sample.

    Args:
        shape: (numbers,), (channels, height, width) or any other.
        largest: The largest height of feature maps in the network, for scale.
        weighted: Whether the layer has weights: it is then drawn filled.

    Example:
        >>> str(glyph((16, 8, 8), 8, True)).count("<rect") > str(glyph((10,), 8, True)).count("<rect")
        True
    """
    if len(shape) >= 3:
        inner = _sheets(shape[0], shape[-2] / max(1, largest), shape[-1] / max(1, largest))
    elif len(shape) == 2:
        inner = _sheets(1, min(1.0, shape[0] / max(shape)), min(1.0, shape[1] / max(shape)))
    elif shape:
        inner = _bar(shape[0])
    else:
        inner = f'<circle cx="{_SIZE / 2}" cy="{_SIZE / 2}" r="4"/>'
    kind = "glyph weighted" if weighted else "glyph"
    # built from numbers alone, so there is nothing to escape
    return Markup(  # noqa: S704
        f'<svg class="{kind}" viewBox="0 0 {_SIZE} {_SIZE}" aria-hidden="true">{inner}</svg>'
    )


def _sheets(count: int, tall: float, wide: float) -> str:
    """As many sheets as the logarithm of the channels, one behind the other."""
    sheets = 1 + min(5, round(math.log2(max(1, count)) / 2))
    shift = 2.6
    room = _SIZE - 6 - shift * (sheets - 1)
    height, width = max(5.0, room * math.sqrt(tall)), max(5.0, room * math.sqrt(wide))
    left = (_SIZE - width - shift * (sheets - 1)) / 2
    top = (_SIZE - height - shift * (sheets - 1)) / 2
    return "".join(
        f'<rect x="{left + shift * k:.1f}" y="{top + shift * (sheets - 1 - k):.1f}" '
        f'width="{width:.1f}" height="{height:.1f}" rx="1"/>'
        for k in reversed(range(sheets))
    )


def _bar(count: int) -> str:
    height = min(_SIZE - 4.0, 6 + 5.2 * math.log2(max(1, count)) * 0.72)
    return (
        f'<rect x="{_SIZE / 2 - 4}" y="{(_SIZE - height) / 2:.1f}" width="8" height="{height:.1f}" rx="1"/>'
    )
