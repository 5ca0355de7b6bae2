"""Series of the Numenta Anomaly Benchmark whose unusual stretches somebody has marked."""

from __future__ import annotations

import json
from dataclasses import replace

import polars as pl

from glasshouse.data.builtin.data_folder import find_below
from glasshouse.data.raw import RawTable
from glasshouse.data.settings import DataSettings
from glasshouse.data.tables.read_table import table_from_frame

WINDOW = 48
"""Steps of a window where nothing says how many."""
TIME, STATE = "timestamp", "state"
USUAL, UNUSUAL = "usual", "unusual"
FILES = {
    "nab-nyc-taxi": "nyc_taxi",
    "nab-machine-temperature": "machine_temperature_system_failure",
    "nab-ambient-temperature": "ambient_temperature_system_failure",
    "nab-cpu": "cpu_utilization_asg_misconfiguration",
    "nab-latency": "ec2_request_latency_system_failure",
}


def nab_series(name: str, settings: DataSettings) -> RawTable:
    """A series in windows, of which those that touch a marked stretch are of the class ``unusual``.

    Args:
        name: One of :data:`FILES`.
        settings: ``window`` is the number of steps (48 without one).

    Raises:
        AbsentDataError: The series or its labels are not below ``GLASSHOUSE_DATA``.

    Source:
        Lavin and Ahmad 2015, Evaluating real-time anomaly detection algorithms: the Numenta anomaly
        benchmark, arXiv 1510.03336.
    """
    series = find_below(f"nab/data/realKnownCause/{FILES[name]}.csv")
    labels = find_below("nab/labels/combined_windows.json")
    marked = json.loads(labels.read_text(encoding="utf-8"))[f"realKnownCause/{FILES[name]}.csv"]
    frame = pl.read_csv(series).with_columns(pl.col(TIME).str.to_datetime("%Y-%m-%d %H:%M:%S"))
    inside = pl.lit(False)
    for first, last in marked:
        ends = pl.Series([first[:19], last[:19]]).str.to_datetime("%Y-%m-%d %H:%M:%S")
        inside = inside | pl.col(TIME).is_between(ends[0], ends[1])
    state = pl.when(inside).then(pl.lit(UNUSUAL)).otherwise(pl.lit(USUAL)).alias(STATE)
    return marked_series(name, frame.with_columns(state), settings)


def marked_series(name: str, frame: pl.DataFrame, settings: DataSettings) -> RawTable:
    """Windows of a table with a time, a value and a state.

    Args:
        name: What the data are called.
        frame: ``timestamp``, ``value`` and ``state``.
        settings: ``window`` is the number of steps (48 without one).
    """
    settings = settings.replace(
        target=STATE, time=TIME, window=settings.window or WINDOW, horizon=0, source=name
    )
    return replace(table_from_frame(frame, settings), origin=name)
