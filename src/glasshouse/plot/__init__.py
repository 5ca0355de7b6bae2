"""Figures from records: each takes what a run wrote down and gives a matplotlib figure, without pyplot.

:func:`to_svg` turns a figure into SVG that takes its colours from the page it stands in; :func:`as_file`
makes a file of it.
"""

from __future__ import annotations

from glasshouse.plot.calibration import calibration
from glasshouse.plot.confusion_map import confusion_map
from glasshouse.plot.correlations import correlations
from glasshouse.plot.curves import curves
from glasshouse.plot.histogram import histogram
from glasshouse.plot.latent_plane import latent_plane, spreads
from glasshouse.plot.learning_curve import learning_curve
from glasshouse.plot.learning_rate import learning_rate
from glasshouse.plot.precision_recall import precision_recall
from glasshouse.plot.probe_heatmap import probe_heatmap
from glasshouse.plot.range_test import range_test
from glasshouse.plot.residuals import residuals
from glasshouse.plot.roc import roc
from glasshouse.plot.svg import as_file, to_svg

__all__ = [
    "as_file",
    "calibration",
    "confusion_map",
    "correlations",
    "curves",
    "histogram",
    "latent_plane",
    "learning_curve",
    "learning_rate",
    "precision_recall",
    "probe_heatmap",
    "range_test",
    "residuals",
    "roc",
    "spreads",
    "to_svg",
]
