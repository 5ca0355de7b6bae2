"""The last section of a sweep's report: what was searched, and how to go on with it."""

from __future__ import annotations

import shlex

from glasshouse.report.section import Content
from glasshouse.report.sweeps.findings import Findings

FILES = {
    "space.toml": "what varies, and over what",
    "experiment.toml": "what all trials have in common",
    "sweep.json": "strategy, folds, seeds",
    "trials": "every trial: settings, scores of every fold and seed, curves, seconds",
    "summary.json": "the best, how sure that is, how much each setting matters",
    "winner": "the run of the best settings, with report and bundle",
}


def again(findings: Findings) -> Content:
    """What the template draws."""
    sweep = findings.sweep
    folder = shlex.quote(str(sweep.path))
    settings = findings.settings
    options = f"--strategy {settings.strategy} --trials {settings.trials}"
    options += f" --folds {settings.folds} --seeds {settings.seeds}"
    if settings.outer_folds:
        options += f" --outer-folds {settings.outer_folds}"
    again = f"glasshouse sweep {folder}/experiment.toml --space {folder}/space.toml {options}"
    commands = [("Search again", again)]
    if sweep.run is not None:
        run = shlex.quote(str(sweep.run.path))
        commands.append(("Use the winner", f"glasshouse predict {run} NEW-DATA --out predictions.csv"))
    return {
        "commands": commands,
        "space": (sweep.path / "space.toml").read_text(encoding="utf-8"),
        "experiment": (sweep.path / "experiment.toml").read_text(encoding="utf-8"),
        "files": [(name, about) for name, about in FILES.items() if (sweep.path / name).exists()],
    }
