"""Pictures the size of a word: a histogram, shares or curves in the cell of a table."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

_WIDTH, _HEIGHT = 120, 26


def bars(counts: Sequence[int]) -> Markup:
    """A histogram as one path. Small counts that are not zero stay visible.

    Example:
        >>> str(bars([1, 0, 4])).count("M")
        2
    """
    most = max(counts, default=0) or 1
    step = _WIDTH / max(1, len(counts))
    path = []
    for place, number in enumerate(counts):
        if number:
            height = max(1.0, _HEIGHT * number / most)
            path.append(
                f"M{place * step:.1f} {_HEIGHT}v-{height:.1f}h{max(0.6, step - 0.6):.1f}v{height:.1f}z"
            )
    return _drawn(f'<path d="{"".join(path)}"/>')


def shares(parts: Sequence[float]) -> Markup:
    """Shares of a whole side by side, each paler than the one before; what is left stays empty.

    Example:
        >>> str(shares([0.5, 0.25])).count("<rect")
        2
    """
    left, pieces = 0.0, []
    for place, share in enumerate(parts):
        width = max(0.0, share * _WIDTH - 1)
        strength = max(0.18, 0.9 * 0.72**place)
        pieces.append(
            f'<rect x="{left:.1f}" y="8" width="{width:.1f}" height="10" fill-opacity="{strength:.2f}"/>'
        )
        left += share * _WIDTH
    return _drawn("".join(pieces))


def curves(first: Sequence[float], second: Sequence[float]) -> Markup:
    """Two curves over the same steps, the second in the second colour, and over both at the same scale.

    Example:
        >>> str(curves([0.0, 1.0], [0.0, 0.5])).count("<path")
        2
    """
    low, high = min(*first, *second), max(*first, *second)
    room = (high - low) or 1.0
    paths = []
    for values, name in ((first, "one"), (second, "other")):
        step = _WIDTH / max(1, len(values) - 1)
        points = [
            f"{place * step:.1f} {_HEIGHT - 1 - (_HEIGHT - 2) * (value - low) / room:.1f}"
            for place, value in enumerate(values)
        ]
        paths.append(f'<path class="{name}" d="M{"L".join(points)}"/>')
    return _drawn("".join(paths), "spark curves")


def _drawn(inner: str, kind: str = "spark") -> Markup:
    # built from numbers alone, so there is nothing to escape
    return Markup(  # noqa: S704
        f'<svg class="{kind}" viewBox="0 0 {_WIDTH} {_HEIGHT}" aria-hidden="true" '
        f'preserveAspectRatio="none">{inner}</svg>'
    )
