"""The main job in the right order; the only place that knows all the others."""

from __future__ import annotations

from glasshouse.project.dreaming import dreamt as dream
from glasshouse.project.fit import fit
from glasshouse.project.pipeline import resume, run
from glasshouse.project.sweep import sweep

__all__ = ["dream", "fit", "resume", "run", "sweep"]
