"""Noting in the run folder how far a run came, however it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from glasshouse.core.errors import GlasshouseError, TrainingStoppedError
from glasshouse.core.memory import shortage_named
from glasshouse.experiment import Run
from glasshouse.experiment.run import State


@contextmanager
def noting(run: Run, stage: str, begins: bool = True) -> Iterator[None]:
    """Note in the run folder that a stage begins, and how it ended when it did not end well."""
    if begins:
        run.note("running", stage)
    try:
        with shortage_named():
            yield
    except KeyboardInterrupt as error:
        note_end(run, "interrupted", stage, "stopped by Ctrl-C", error)
        raise
    except Exception as error:
        state: State = "interrupted" if isinstance(error, TrainingStoppedError) else "failed"
        if isinstance(error, GlasshouseError):
            error.run = str(run.path)
        note_end(
            run, state, stage, error.received if isinstance(error, GlasshouseError) else repr(error), error
        )
        raise


def note_end(run: Run, state: State, stage: str, message: str, error: BaseException) -> None:
    """Note how a run ended. Where not even that can be written, the error that ended it says so as well."""
    try:
        run.note(state, stage, message)
    except GlasshouseError as second:
        error.add_note(f"and that could not be noted in {run.path}: {second.received}")
