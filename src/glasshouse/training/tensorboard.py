"""Writing the curves for TensorBoard as well."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from glasshouse.core.optional import require
from glasshouse.training.observers import Plan


class TensorBoard:
    """An observer that writes each epoch as TensorBoard scalars: ``train/loss``, ``validation/accuracy`` ...

    Args:
        folder: Where the event files go, usually ``runs/NAME/tensorboard``.

    Raises:
        MissingDependencyError: The package tensorboard is not installed.
    """

    def __init__(self, folder: Path) -> None:
        module = require("torch.utils.tensorboard", extra="tensorboard", purpose="watch.tensorboard")
        self._writer = module.SummaryWriter(str(folder))

    def started(self, plan: Plan) -> None:
        """Nothing to write yet."""

    def stepped(self, step: int, rows: int, loss: float | None) -> None:
        """Steps are in ``steps.parquet``; TensorBoard gets epochs."""

    def epoch_ended(self, row: dict[str, Any], timing: dict[str, Any]) -> None:
        """One point per curve."""
        for part in ("train", "validation"):
            for name, value in row.get(part, {}).items():
                if value is not None:
                    self._writer.add_scalar(f"{part}/{name}", value, row["epoch"])
        if "penalty" in row:
            self._writer.add_scalar("penalty", row["penalty"], row["epoch"])
        self._writer.add_scalar("learning_rate", row["learning_rate"], row["epoch"])
        self._writer.add_scalar("samples_per_second", timing["samples_per_second"], row["epoch"])
        self._writer.flush()

    def ended(self, reason: str) -> None:
        """Close the files."""
        self._writer.add_text("ended", reason)
        self._writer.close()
