"""The report: one HTML file with everything that a run wrote down, to look at without a network."""

from __future__ import annotations

from glasshouse.report.report import write_report
from glasshouse.report.sweeps import write_sweep_report

__all__ = ["write_report", "write_sweep_report"]
