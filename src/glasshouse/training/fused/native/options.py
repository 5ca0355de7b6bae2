"""How the loop is compiled."""

from __future__ import annotations

from typing import Any

INSIDE: dict[str, Any] = {
    "error_model": "numpy",
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
    "_nrt": False,
}
"""Only compiled code calls what lies inside; ways in from Python would have to be compiled too."""
PLAIN: dict[str, Any] = {**INSIDE, "fastmath": {"contract", "nsz"}}
"""Products and sums may become one instruction; NaN and infinity stay as they are, so that they are found."""
SUMS: dict[str, Any] = {**INSIDE, "fastmath": {"contract", "nsz", "reassoc"}}
"""Sums may also be taken in another order, one in every lane of a vector."""
WRITTEN_IN: dict[str, Any] = {**PLAIN, "inline": "always"}
"""For what is called from one place only. LLVM goes over a function again in every one that calls it, so the
time of compiling grows with the depth of calls; what is written in before LLVM sees it adds no depth."""
