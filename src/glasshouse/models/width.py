"""The width multiplier: the same network with fewer or more maps in every layer."""

from __future__ import annotations

from glasshouse.core.checks import number


def scaled(maps: int, width: float, multiple: int = 1) -> int:
    """So many times the maps of the published network, as a whole number.

    Args:
        maps: As published.
        width: Above 0; 1 is the published network.
        multiple: What the number must be divisible by, as grouped convolutions ask.

    Raises:
        SettingError: ``width`` is not above 0.

    Source:
        Howard et al. 2017, MobileNets, section 3.3.

    Example:
        >>> scaled(64, 0.5), scaled(96, 0.1, multiple=2)
        (32, 10)
    """
    number("width", width, above=0)
    return max(multiple, multiple * round(maps * width / multiple))
