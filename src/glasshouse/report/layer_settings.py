"""A layer's settings in plain words, without what its shapes say already."""

from __future__ import annotations

import re

from glasshouse.report.numbers import percent

_SILENT = frozenset(
    [
        "kernel_size",
        "stride",
        "padding",
        "dilation",
        "groups",
        "bias",
        "p",
        "inplace",
        "in_features",
        "out_features",
        "eps",
        "momentum",
        "affine",
        "track_running_stats",
        "ceil_mode",
        "start_dim",
        "end_dim",
        "output_size",
        "padding_mode",
        "return_indices",
    ]
)
"""Settings that are told in words of their own, that shapes tell, or that hardly anybody changes."""


def plain_settings(kind: str, settings: str) -> str:
    """What PyTorch prints between a layer's brackets, in words.

    Args:
        kind: The layer's class.
        settings: Its ``extra_repr``.

    Example:
        >>> plain_settings("Conv2d", "1, 16, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), bias=False")
        '3 × 3, stride 2, padding 1, no bias'
        >>> plain_settings("Linear", "in_features=64, out_features=10, bias=True")
        ''
    """
    pairs = dict(re.findall(r"(\w+)=(\([^)]*\)|[^,]+)", settings))
    if not pairs:
        # bare sizes are in the shapes; other words are worth keeping
        return "" if re.fullmatch(r"[\d\s,().]*", settings) else settings
    words = []
    kernel, stride = pairs.get("kernel_size", "1"), pairs.get("stride", "1")
    if "kernel_size" in pairs:
        words.append(_sides(kernel, kind))
    if _same(stride) not in ("1", _same(kernel)):
        words.append(f"stride {_same(stride)}")
    if _same(pairs.get("padding", "0")) != "0":
        words.append(f"padding {_same(pairs['padding'])}")
    if pairs.get("groups", "1") != "1":
        words.append(f"{pairs['groups']} groups")
    if pairs.get("bias") == "False":
        words.append("no bias")
    if "p" in pairs:
        words.append(f"{percent(float(pairs['p']), 0)} of the inputs silenced")
    others = [f"{name.replace('_', ' ')} {value}" for name, value in pairs.items() if name not in _SILENT]
    return ", ".join(words + others)


def _sides(text: str, kind: str) -> str:
    sides = re.findall(r"\d+", text)
    if len(sides) == 1 and not kind.endswith("1d"):
        sides *= 3 if kind.endswith("3d") else 2
    return " × ".join(sides) or text


def _same(text: str) -> str:
    """One number where all sides have it."""
    sides = re.findall(r"\d+", text)
    return sides[0] if sides and len(set(sides)) == 1 else text
