"""Writing the report of a sweep: its folder in, one HTML file out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from glasshouse.core.files import write_atomic
from glasshouse.report.rendering import environment
from glasshouse.report.section import UNEXPECTED, Content, Section
from glasshouse.report.sweeps.again import again
from glasshouse.report.sweeps.curves import curves
from glasshouse.report.sweeps.findings import Findings, read_findings
from glasshouse.report.sweeps.lines import lines
from glasshouse.report.sweeps.matters import matters
from glasshouse.report.sweeps.top import top
from glasshouse.report.sweeps.trials import trials
from glasshouse.report.sweeps.winner import winner
from glasshouse.search import Sweep

SECTIONS: tuple[tuple[str, str, Callable[[Findings], Content]], ...] = (
    ("trials", "The best trials", trials),
    ("lines", "The search, drawn", lines),
    ("matters", "Which settings matter", matters),
    ("curves", "How they learnt", curves),
    ("winner", "The winner", winner),
    ("again", "What was searched", again),
)


def write_sweep_report(sweep: Sweep, summary: Mapping[str, Any]) -> Path:
    """Write ``report.html`` into a sweep's folder. The page needs no network and no script.

    Args:
        sweep: The folder.
        summary: What it amounts to, as ``summary.json`` has it.

    Returns:
        The page's path.

    Raises:
        StorageError: The page cannot be written.

    Example:
        >>> import glasshouse as gh
        >>> experiment = gh.Experiment(data="iris", training={"epochs": 1}, output={"onnx": False})
        >>> sweep = gh.sweep(experiment, {"model.hidden": [[2], [4]]}, folds=2, seeds=1, refit=False,
        ...                  out=getfixture("tmp_path"))
        >>> write_sweep_report(sweep, sweep.summary).name
        'report.html'
    """
    findings = read_findings(sweep, summary)
    sections = [_section(key, title, build, findings) for key, title, build in SECTIONS]
    template = environment().get_template("sweep.html.j2")
    path = sweep.path / "report.html"
    write_atomic(path, template.render(top=top(findings), sections=sections, language="en"))
    return path


def _section(key: str, title: str, build: Callable[[Findings], Content], findings: Findings) -> Section:
    """A section, or a remark in its place where a record has an unexpected form."""
    try:
        content = build(findings)
    except UNEXPECTED as error:
        what = f"{type(error).__name__}: {error}"
        content = {"missing": f"What was recorded for this section has an unexpected form ({what})."}
    return Section(key, title, content)
