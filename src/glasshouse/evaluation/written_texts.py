"""What is measured of texts that a network writes, be it from another text or about a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import nn

from glasshouse.core.seeds import numpy_stream
from glasshouse.data.parts import Part, Prepared
from glasshouse.evaluation.bleu import bleu
from glasshouse.evaluation.intervals import LEVEL
from glasshouse.models.outputs import evaluating
from glasshouse.models.search import END, PAD, beam, greedy
from glasshouse.objectives.translation import Translation

TEXTS = 500
"""Most different sources from which texts are searched for, of each part."""
BEAM = 4
RESAMPLES = 200

Tokens = list[int]
Baseline = tuple[str, str, list[Tokens]]
"""A simple method: its name, what it does, and what it writes."""


class Texts:
    """Different texts or pictures of a part, with all that is right about them.

    Args:
        part: Pairs of a source and what is to be written.
        seed: For the draw of those that are looked at.
    """

    def __init__(self, part: Part, seed: int) -> None:
        self.rights: list[list[Tokens]] = []
        rows: dict[bytes, int] = {}
        first: list[int] = []
        for row, (source, target) in enumerate(zip(part.inputs, part.targets.tolist(), strict=True)):
            place = rows.setdefault(source.numpy().tobytes(), len(rows))
            if place == len(first):
                first.append(row)
                self.rights.append([])
            self.rights[place].append(words_of(target))
        drawn = np.sort(numpy_stream(seed, "translations").permutation(len(first))[:TEXTS])
        self.rights = [self.rights[place] for place in drawn]
        self.rows = np.array(first)[drawn]
        self.sources = part.inputs[torch.from_numpy(self.rows)]


@dataclass(frozen=True)
class WrittenTexts:
    """What a network writes from the sources of every part, and how good that is.

    Args:
        prepared: The parts.
        judged: The part by which it is judged.
        texts: Of each part the sources and what is right.
        said: Of each part what is written greedily.
        searched: What a beam search finds for the part that is judged.
        metrics: Of each part.
        seed: For resamples.
    """

    prepared: Prepared
    judged: str
    texts: dict[str, Texts]
    said: dict[str, list[Tokens]]
    searched: list[Tokens]
    metrics: dict[str, dict[str, float]]
    seed: int

    @classmethod
    def of(
        cls, network: nn.Module, prepared: Prepared, objective: Translation, steps: int, seed: int
    ) -> WrittenTexts:
        """Let a network write.

        Args:
            network: The trained network.
            prepared: Sources and texts.
            objective: Judges how well it foretells the true words.
            steps: Most tokens of a text.
            seed: For what is drawn: sources, resamples.
        """
        parts = prepared.parts()
        judged = next(name for name in ("test", "validation", "train") if name in parts)
        told = {name: objective.judge(network, part) for name, part in parts.items()}
        texts = {name: Texts(part, seed) for name, part in parts.items()}
        said = {name: greedily(network, each.sources, steps) for name, each in texts.items()}
        metrics = {
            name: {
                **_scores(said[name], texts[name]),
                "token_accuracy": told[name].parts["accuracy"],
                "nats": told[name].loss,
            }
            for name in parts
        }
        searched = [words_of(each) for each in beam(network, texts[judged].sources, steps, BEAM)]
        return cls(prepared, judged, texts, said, searched, metrics, seed)

    @property
    def shown(self) -> Texts:
        """The sources of the part that is judged."""
        return self.texts[self.judged]

    def record(
        self, task: str, things: str, simple: Sequence[Baseline], told: Callable[[list[float]], str]
    ) -> dict[str, Any]:
        """The record that all of them have.

        Args:
            task: What was learnt.
            things: What sources are called.
            simple: Simple methods, beside the beam search.
            told: From the BLEU of each simple method to the end of the verdict.
        """
        beamed = (
            "beam search",
            f"the same network, with the {BEAM} likeliest beginnings kept",
            self.searched,
        )
        baselines: list[dict[str, Any]] = [
            {"name": name, "about": about, "metrics": _scores(each, self.shown)}
            for name, about, each in (beamed, *simple)
        ]
        low, high = bleu_interval(self.said[self.judged], self.shown.rights, self.seed)
        measured, first = self.metrics[self.judged], baselines[0]["metrics"]["bleu"]
        others = [each["metrics"]["bleu"] for each in baselines[1:]]
        verdict = (
            f"BLEU {measured['bleu']:.1f} (95 % interval {low:.1f} to {high:.1f}) on "
            f"{len(self.shown.rows):,} {self._part(things)}, greedily; {first:.1f} with a beam of {BEAM}. "
            f"{measured['exact'] * 100:.1f} % are word for word what somebody wrote. {told(others)}"
        )
        verdict += " A simple method does better." if max(others) > measured["bleu"] else ""
        return {
            "task": task,
            "target": self.prepared.target_name,
            "classes": [],
            "primary": "bleu",
            "metrics": self.metrics,
            "intervals": {
                "part": self.judged,
                "rows": len(self.shown.rows),
                "level": LEVEL,
                "method": f"{RESAMPLES} resamples of the {things.split()[-1]}",
                "metrics": {"bleu": (low, high)},
            },
            "baselines": baselines,
            "difference": None,
            "verdict": verdict,
            **dict.fromkeys(("confusion", "per_class", "calibration", "curves", "residuals", "mistaken")),
            "mistakes": [],
        }

    def _part(self, things: str) -> str:
        name = "training" if self.judged == "train" else self.judged
        first, _, last = things.rpartition(" ")
        return f"{first} {name} {last}".strip()

    def predictions(self, decode: Callable[[Tokens], str]) -> pl.DataFrame:
        """One row for each source of the part that is judged.

        Args:
            decode: From tokens to a text.
        """
        part = self.prepared.parts()[self.judged]
        return pl.DataFrame(
            {
                "part": [self.judged] * len(self.shown.rows),
                "row": part.rows[self.shown.rows],
                "target": [decode(each[0]) for each in self.shown.rights],
                "prediction": [decode(each) for each in self.said[self.judged]],
            }
        )


def _scores(said: list[Tokens], texts: Texts) -> dict[str, float]:
    return {"bleu": 100 * bleu(said, texts.rights), "exact": exact(said, texts.rights)}


def words_of(tokens: Tokens) -> Tokens:
    """The tokens of an output up to its end."""
    kept = tokens[: tokens.index(END)] if END in tokens else tokens
    return [each for each in kept if each != PAD]


def greedily(network: nn.Module, sources: torch.Tensor, steps: int) -> list[Tokens]:
    """Greedy outputs of all sources, up to their ends."""
    device = next(network.parameters()).device
    with evaluating(network), torch.no_grad():
        found = [greedy(network, each.to(device), steps)[0] for each in torch.split(sources, 256)]
    return [words_of(each) for each in torch.cat(found).tolist()]


def exact(said: list[Tokens], rights: list[list[Tokens]]) -> float:
    """The share of outputs that are word for word one of the right ones.

    Args:
        said: An output for each source.
        rights: The right ones of each.

    Example:
        >>> exact([[4, 5], [4]], [[[4, 5], [6]], [[5]]])
        0.5
    """
    return sum(each in right for each, right in zip(said, rights, strict=True)) / len(said)


def bleu_interval(said: list[Tokens], rights: list[list[Tokens]], seed: int) -> tuple[float, float]:
    """The interval of BLEU, in percent, over resamples of the sources.

    Args:
        said: An output for each source.
        rights: The right ones of each.
        seed: For the resamples.
    """
    generator = numpy_stream(seed, "bleu")
    found = []
    for _ in range(RESAMPLES):
        rows: NDArray[np.int64] = generator.integers(0, len(said), len(said))
        found.append(bleu([said[row] for row in rows], [rights[row] for row in rows]))
    low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return 100 * float(low), 100 * float(high)
