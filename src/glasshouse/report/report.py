"""Writing the report: records in, one HTML file out."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from glasshouse.core.files import write_atomic
from glasshouse.experiment.run import Run
from glasshouse.report import numbers
from glasshouse.report.data import data
from glasshouse.report.forecast import forecasts
from glasshouse.report.header import header
from glasshouse.report.inside import inside
from glasshouse.report.mistakes import mistakes
from glasshouse.report.network import network
from glasshouse.report.over_time import over_time
from glasshouse.report.preparation import preparation
from glasshouse.report.records import read_records
from glasshouse.report.repeat import repeat
from glasshouse.report.results import results
from glasshouse.report.section import build_section
from glasshouse.report.training import training
from glasshouse.report.translation import translations
from glasshouse.report.writing import writing

SECTIONS = (
    ("data", "The data", data),
    ("preparation", "Preparation", preparation),
    ("network", "The network", network),
    ("training", "Training", training),
    ("inside", "Inside the layers", inside),
    ("time", "Over time", over_time),
    ("writing", "What it writes", writing),
    ("results", "Results", results),
    ("forecast", "The forecast", forecasts),
    ("translation", "Translations", translations),
    ("mistakes", "The worst mistakes", mistakes),
    ("repeat", "What was run", repeat),
)

OF_SOME = ("time", "writing", "forecast", "translation")
"""Sections that are left out of runs that have nothing of the kind."""


def write_report(run: Run) -> Path:
    """Write ``report.html`` into the run folder, from its records alone.

    The page needs no network and no script. It comes out for runs that failed or were interrupted too, with
    what there is and a word on what there is not.

    Args:
        run: A run in any state.

    Returns:
        The page's path.

    Raises:
        StorageError: The page cannot be written.

    Example:
        >>> from glasshouse.experiment.run import new_run
        >>> run = new_run(getfixture("tmp_path"), "empty")
        >>> write_report(run).name
        'report.html'
    """
    records = read_records(run)
    top = build_section("header", "", header, records)
    sections = [build_section(key, title, build, records) for key, title, build in SECTIONS]
    sections = [each for each in sections if "absent" not in each.content]
    page = (
        _environment()
        .get_template("report.html.j2")
        .render(top=top.content, sections=sections, language="en")
    )
    path = run.path / "report.html"
    write_atomic(path, page)
    return path


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("glasshouse.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {
        name: getattr(numbers, name)
        for name in ("count", "brief", "percent", "decimal", "number", "seconds", "value")
    }
    environment.filters |= {**filters, "settings": mark_settings}
    return environment


def mark_settings(text: str) -> Markup:
    """Set what is to be typed apart from the words around it.

    Example:
        >>> str(mark_settings("weigh them: --set objective.class_weights=balanced"))
        'weigh them: <code>--set objective.class_weights=balanced</code>'
    """
    return Markup(re.sub(r"(--set (?:&#39;.*?&#39;\S*|\S+))", r"<code>\1</code>", str(escape(text))))  # noqa: S704
