"""Texts that a language model writes while it learns, and afterwards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from glasshouse.core.files import write_atomic
from glasshouse.data.text.text_preparation import TextPreparation
from glasshouse.models.sampling import written
from glasshouse.training.observers import Plan
from glasshouse.training.records import read_lines

SAMPLES = "samples.jsonl"
LENGTH = 300
"""Characters of a sample."""
TEMPERATURE = 0.7
LINES = 12
"""Most epochs that are written after, spread over all of them."""


class Writer:
    """Looks on while a language model learns, and lets it write the same beginning on after some epochs.

    What it writes is drawn from a generator of its own, so that training is the same with it as without.

    Args:
        folder: The run folder; ``samples.jsonl`` is written there.
        network: The language model.
        preparation: Its vocabulary.
        prompt: The beginning, as token numbers.
        seed: Seed of the experiment.
    """

    def __init__(
        self, folder: Path, network: nn.Module, preparation: TextPreparation, prompt: list[int], seed: int
    ) -> None:
        self.path = folder / SAMPLES
        self.network = network
        self.vocabulary = preparation.vocabulary
        self.prompt = prompt
        self.seed = seed
        self.every = 1
        self.epochs = 1
        self.lines: list[Mapping[str, Any]] = []

    def started(self, plan: Plan) -> None:
        """Keep what was written before the epoch at which a run goes on."""
        self.epochs = plan.epochs
        self.every = max(1, round(plan.epochs / LINES))
        known = read_lines(self.path) if self.path.exists() else []
        self.lines = [each for each in known if each["epoch"] <= plan.first_epoch]

    def stepped(self, step: int, rows: int, loss: float | None) -> None:
        """Nothing is written in the middle of an epoch."""

    def epoch_ended(self, row: dict[str, Any], timing: dict[str, Any]) -> None:
        """Write on, when it is this epoch's turn."""
        epoch = int(row["epoch"])
        if epoch != 1 and epoch % self.every and epoch != self.epochs:
            return
        tokens = written(self.network, self.prompt, LENGTH, temperature=TEMPERATURE, seed=self.seed)
        self.lines.append(
            {
                "epoch": epoch,
                "loss": (row.get("validation") or row["train"])["loss"],
                "prompt": self.vocabulary.decode(self.prompt),
                "text": self.vocabulary.decode(tokens),
                "temperature": TEMPERATURE,
            }
        )
        write_atomic(self.path, "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in self.lines))

    def ended(self, reason: str) -> None:
        """All is written already."""
