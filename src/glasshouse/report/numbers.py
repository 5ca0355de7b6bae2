"""Numbers as people read them: few digits, thousands apart, units spelled."""

from __future__ import annotations

import math
import re
from typing import Any

DASH = "–"
_MINUS = "−"


def count(value: float | None) -> str:
    """A whole number with its thousands apart.

    Example:
        >>> count(1234567)
        '1,234,567'
    """
    return DASH if value is None else f"{round(value):,}".replace("-", _MINUS)


def brief(value: float | None) -> str:
    """A large count in three digits.

    Example:
        >>> [brief(value) for value in (950, 24058, 1_500_000, 61_100_840)]
        ['950', '24.1 k', '1.5 M', '61.1 M']
    """
    if value is None:
        return DASH
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= limit:
            scaled = value / (1e3 if letter == "k" else limit)
            return f"{scaled:.3g} {letter}" if abs(scaled) < 999.5 else f"{scaled:.0f} {letter}"
    return count(value)


def percents(text: str) -> str:
    """A sentence whose per cent signs stand apart from their numbers, and on the same line.

    Example:
        >>> percents("90.7% of 5 %") == "90.7\N{NO-BREAK SPACE}% of 5\N{NO-BREAK SPACE}%"
        True
    """
    return re.sub(r"(?<=\d) ?%", "\N{NO-BREAK SPACE}%", text)


def percent(share: float | None, digits: int = 1) -> str:
    """A share in per cent; small ones never become 0, nor large ones 100, unless they are.

    Example:
        >>> percent(0.1234), percent(1.0), percent(0.0001), percent(0.99999)
        ('12.3 %', '100 %', '< 0.1 %', '> 99.9 %')
    """
    if share is None:
        return DASH
    step = 10.0**-digits
    if share in (0, 1):
        return f"{share * 100:.0f} %"
    if 0 < share * 100 < step / 2:
        return f"< {step:g} %"
    if 100 - step / 2 <= share * 100 < 100:
        return f"> {100 - step:g} %"
    return f"{share * 100:.{digits}f} %".replace("-", _MINUS)


def decimal(value: float | None, places: int = 3) -> str:
    """A number with a fixed number of places, so that a column of them lines up.

    Example:
        >>> decimal(0.98765), decimal(-0.5), decimal(None)
        ('0.988', '−0.500', '–')
    """
    if value is None or not math.isfinite(value):
        return DASH
    text = f"{value:.{places}f}"
    # a sign before nothing but zeros would only puzzle
    return text.lstrip("-") if not float(text) else text.replace("-", _MINUS)


def number(value: float | None, digits: int = 4) -> str:
    """Any number in a few significant digits.

    Example:
        >>> [number(value) for value in (0, 3.14159, 123456.7, 0.00012345, -2.5e-9, 4e12)]
        ['0', '3.142', '123,457', '0.0001234', '−2.5e-9', '4e12']
    """
    if value is None or not math.isfinite(value):
        return DASH
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 1e9 or size < 1e-4:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        mantissa = mantissa.rstrip("0").rstrip(".")
        return (
            f"{mantissa}e{int(exponent)}".replace("-", _MINUS, 1)
            if value < 0
            else f"{mantissa}e{int(exponent)}"
        )
    if size >= 10 ** (digits - 1):
        return f"{value:,.0f}".replace("-", _MINUS)
    text = f"{value:.{max(0, digits - 1 - math.floor(math.log10(size)))}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", _MINUS)


IN_A_UNIT = (
    "rmse",
    "mae",
    "mse",
    "median_absolute_error",
    "log_likelihood",
    "bound",
    "free_energy",
    "pseudo_likelihood",
)


def metric(name: str, value: float | None) -> str:
    """A metric: three places for shares, four significant digits for errors in a unit."""
    return number(value) if name in IN_A_UNIT else decimal(value)


def seconds(value: float | None) -> str:
    """A time.

    Example:
        >>> [seconds(value) for value in (0.0321, 1.234, 59.6, 100, 3725)]
        ['32 ms', '1.2 s', '60 s', '1 min 40 s', '1 h 2 min']
    """
    if value is None:
        return DASH
    if value < 1:
        return f"{value * 1000:.0f} ms"
    if value < 90:
        return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def shape(sizes: Any) -> str:
    """A tensor's shape.

    Example:
        >>> shape([16, 8, 8]), shape([])
        ('16 × 8 × 8', '–')
    """
    return " × ".join(f"{size:,}" for size in sizes) or DASH


def value(thing: Any) -> str:
    """A cell of the data, whatever it is."""
    if thing is None:
        return DASH
    if isinstance(thing, bool):
        return "true" if thing else "false"
    if isinstance(thing, float):
        return (
            f"{thing:,.0f}".replace("-", _MINUS) if thing.is_integer() and abs(thing) < 1e9 else number(thing)
        )
    return str(thing)
