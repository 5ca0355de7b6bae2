"""Writing the report: records in, one HTML file out."""

from __future__ import annotations

from pathlib import Path

from glasshouse.core.files import write_atomic
from glasshouse.experiment.run import Run
from glasshouse.report.captions import captions
from glasshouse.report.data import data
from glasshouse.report.energy import energy
from glasshouse.report.ensemble import ensemble
from glasshouse.report.forecast import forecasts
from glasshouse.report.generation import generation
from glasshouse.report.header import header
from glasshouse.report.inside import inside
from glasshouse.report.mistakes import mistakes
from glasshouse.report.network import network
from glasshouse.report.over_time import over_time
from glasshouse.report.picture_answers import picture_answers
from glasshouse.report.preparation import preparation
from glasshouse.report.pretraining import pretraining
from glasshouse.report.reconstruction import reconstruction
from glasshouse.report.records import read_records
from glasshouse.report.rendering import environment
from glasshouse.report.repeat import repeat
from glasshouse.report.results import results
from glasshouse.report.returns import returns
from glasshouse.report.section import build_section
from glasshouse.report.strokes import strokes
from glasshouse.report.tagging import tags
from glasshouse.report.training import training
from glasshouse.report.translation import translations
from glasshouse.report.verification import verification
from glasshouse.report.world import world
from glasshouse.report.writing import writing

SECTIONS = (
    ("data", "The data", data),
    ("preparation", "Preparation", preparation),
    ("network", "The network", network),
    ("pretraining", "Pre-training", pretraining),
    ("training", "Training", training),
    ("inside", "Inside the layers", inside),
    ("time", "Over time", over_time),
    ("writing", "What it writes", writing),
    ("generation", "What it makes", generation),
    ("results", "Results", results),
    ("ensemble", "One by one and together", ensemble),
    ("forecast", "The forecast", forecasts),
    ("translation", "Translations", translations),
    ("captions", "Captions", captions),
    ("strokes", "What it draws", strokes),
    ("tags", "Step by step", tags),
    ("verification", "What is near, and what is far", verification),
    ("energy", "Energies", energy),
    ("reconstruction", "What came back", reconstruction),
    ("pictures", "What came out", picture_answers),
    ("mistakes", "The worst mistakes", mistakes),
    ("repeat", "What was run", repeat),
)

IN_A_WORLD = (
    ("world", "The world", world),
    ("network", "The network", network),
    ("training", "Training", training),
    ("inside", "Inside the layers", inside),
    ("returns", "Results", returns),
    ("repeat", "What was run", repeat),
)
"""The sections of a run whose data are a world."""


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
    assert top is not None, "a report always has a top"
    explored = records.json.get("exploration") or {}
    listed = IN_A_WORLD if explored.get("kind") == "world" else SECTIONS
    built = (build_section(key, title, build, records) for key, title, build in listed)
    sections = [each for each in built if each is not None]
    page = (
        environment().get_template("report.html.j2").render(top=top.content, sections=sections, language="en")
    )
    path = run.path / "report.html"
    write_atomic(path, page)
    return path
