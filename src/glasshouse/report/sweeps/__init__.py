"""The report of a sweep: the search drawn, the best trials, and how far they can be believed."""

from __future__ import annotations

from glasshouse.report.sweeps.page import write_sweep_report

__all__ = ["write_sweep_report"]
