"""Every error that Glasshouse raises on purpose, drawn as one tree.

::

    GlasshouseError
    ├── UsageError            the command or call cannot be meant that way        (exit code 2)
    │   ├── UnknownNameError  no concept, model, column or setting has that name
    │   └── SettingError      a setting has a value that it cannot have
    │       └── ParameterError    an estimator's parameter has (also a ValueError, as scikit-learn's have)
    ├── DataError             the data cannot be read or used as asked
    │   ├── AbsentDataError   a set that is not shipped is not on this machine
    │   └── SampleError       rows handed to an estimator cannot (also a ValueError)
    ├── ModelError            the network does not fit the data, or itself
    ├── TrainingError         training could not go on
    │   ├── NonFiniteError        a loss, gradient or weight became NaN or infinite
    │   │   └── DivergedError         so it did in an estimator's training (also a ValueError)
    │   └── TrainingStoppedError  somebody asked training to stop before its end
    ├── StorageError          a file could not be written or read
    │   ├── CheckpointError   a checkpoint is damaged or belongs to something else
    │   └── BundleError       a bundle is damaged, foreign, or asked for what it cannot do
    └── MissingDependencyError   an optional package is not installed

Every message has three parts: what was received, what was expected, what to do about it.
"""

from __future__ import annotations


class GlasshouseError(Exception):
    """Base of all errors that a user can act on.

    Args:
        received: What was found, with the file, row, column or key where it was found.
        expected: What would have been right. Left out where ``received`` already says it.
        fix: What to do now, as an instruction.

    Attributes:
        run: The run folder that holds what was reached; empty where no run had begun.

    Example:
        >>> print(GlasshouseError("epochs = -1", expected="a whole number from 1", fix="set epochs = 20"))
        epochs = -1
          expected: a whole number from 1
          fix: set epochs = 20
    """

    exit_code = 1

    def __init__(self, received: str, *, expected: str = "", fix: str = "") -> None:
        self.received = received
        self.expected = expected
        self.fix = fix
        self.run = ""
        super().__init__(received, expected, fix)

    def __str__(self) -> str:
        lines = [self.received]
        if self.expected:
            lines.append(f"  expected: {self.expected}")
        if self.fix:
            lines.append(f"  fix: {self.fix}")
        if self.run:
            lines.append(f"  run: {self.run}")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, str]:
        """The same facts for programs that read ``--json``; ``run`` and ``note`` only where there are any."""
        facts = {
            "kind": type(self).__name__,
            "received": self.received,
            "expected": self.expected,
            "fix": self.fix,
        }
        more = {"run": self.run, "note": "\n".join(getattr(self, "__notes__", []))}
        return {**facts, **{key: value for key, value in more.items() if value}}


class UsageError(GlasshouseError):
    """The command or call cannot be meant that way."""

    exit_code = 2


class UnknownNameError(UsageError):
    """No concept, model, column or setting has that name."""


class SettingError(UsageError):
    """A setting has a value that it cannot have."""


class ParameterError(SettingError, ValueError):
    """A parameter of an estimator has a value that it cannot have; also a ``ValueError``."""


class DataError(GlasshouseError):
    """The data cannot be read, or cannot be used as asked."""


class AbsentDataError(DataError):
    """A data set that Glasshouse does not ship is not on this machine."""


class SampleError(DataError, ValueError):
    """Rows handed to an estimator cannot be used as asked; also a ``ValueError``, for scikit-learn."""


class ModelError(GlasshouseError):
    """The network does not fit the data, or its own parts do not fit each other."""


class TrainingError(GlasshouseError):
    """Training could not go on; what was reached so far is kept in the run folder."""


class NonFiniteError(TrainingError):
    """A loss, gradient or weight became NaN or infinite during training."""


class DivergedError(NonFiniteError, ValueError):
    """An estimator's training left the finite numbers; also a ``ValueError``, for scikit-learn."""


class TrainingStoppedError(TrainingError):
    """Training was asked to stop before its end; its state is on disk."""


class StorageError(GlasshouseError):
    """A file could not be written or read back."""


class CheckpointError(StorageError):
    """A checkpoint is damaged, or belongs to another run or program."""


class BundleError(StorageError):
    """A bundle is damaged, foreign, or was asked for something it cannot do."""


class MissingDependencyError(GlasshouseError):
    """An optional package is needed for this and is not installed."""
