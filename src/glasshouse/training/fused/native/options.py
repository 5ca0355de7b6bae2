"""How the loop is compiled."""

from __future__ import annotations

from typing import Any

PLAIN: dict[str, Any] = {"error_model": "numpy", "fastmath": {"contract", "nsz"}}
"""Products and sums may become one instruction; NaN and infinity stay what they are, so that they are found."""
SUMS: dict[str, Any] = {"error_model": "numpy", "fastmath": {"contract", "nsz", "reassoc"}}
"""Sums may also be taken in another order, one in every lane of a vector."""
