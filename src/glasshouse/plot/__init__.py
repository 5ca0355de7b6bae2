"""Figures from records: each takes what a run wrote down and gives a matplotlib figure, without pyplot.

:func:`to_svg` turns a figure into SVG that takes its colours from the page it stands in; :func:`as_file`
makes a file of it.
"""

from __future__ import annotations

from glasshouse.plot.band_curves import Band, band_curves
from glasshouse.plot.calibration import calibration
from glasshouse.plot.clouds import clouds
from glasshouse.plot.confusion_map import confusion_map
from glasshouse.plot.correlations import correlations
from glasshouse.plot.curves import curves
from glasshouse.plot.distances import distances
from glasshouse.plot.episode import episode
from glasshouse.plot.histogram import histogram
from glasshouse.plot.latent_plane import latent_plane, spreads
from glasshouse.plot.learning_curve import learning_curve
from glasshouse.plot.learning_rate import learning_rate
from glasshouse.plot.parallel_coordinates import Axis, parallel_coordinates
from glasshouse.plot.precision_recall import precision_recall
from glasshouse.plot.probe_heatmap import probe_heatmap
from glasshouse.plot.range_test import range_test
from glasshouse.plot.residuals import residuals
from glasshouse.plot.reward_curve import reward_curve
from glasshouse.plot.roc import roc
from glasshouse.plot.search_progress import search_progress
from glasshouse.plot.series import series
from glasshouse.plot.setting_slice import setting_slice
from glasshouse.plot.svg import as_file, to_svg

__all__ = [
    "Axis",
    "Band",
    "as_file",
    "band_curves",
    "calibration",
    "clouds",
    "confusion_map",
    "correlations",
    "curves",
    "distances",
    "episode",
    "histogram",
    "latent_plane",
    "learning_curve",
    "learning_rate",
    "parallel_coordinates",
    "precision_recall",
    "probe_heatmap",
    "range_test",
    "residuals",
    "reward_curve",
    "roc",
    "search_progress",
    "series",
    "setting_slice",
    "spreads",
    "to_svg",
]
