"""Everything that is measured about translations, put together into one record."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from glasshouse.core.files import plain
from glasshouse.data.parts import Part, Prepared
from glasshouse.data.text.pair_preparation import PairPreparation
from glasshouse.evaluation.evaluation import Evaluation
from glasshouse.evaluation.written_texts import Texts, WrittenTexts, words_of
from glasshouse.models.outputs import evaluating
from glasshouse.models.search import END, PAD, greedy
from glasshouse.objectives.translation import Translation

EXAMPLES = 20
MAPS = 4
"""Attention maps that are kept."""


def evaluate_translation(
    network: nn.Module, prepared: Prepared, preparation: PairPreparation, seed: int
) -> Evaluation:
    """Measure translations that are searched for, against copying from the nearest training text.

    Args:
        network: The trained network.
        prepared: Pairs.
        preparation: The vocabularies.
        seed: For what is drawn: texts, resamples.
    """
    written = WrittenTexts.of(network, prepared, Translation(), preparation.steps[1], seed)
    copied = nearest(prepared.train, written.shown.sources, prepared.tokens)
    simple = (("nearest sentence", "the translation of the training text that shares most words", copied),)
    record = written.record("translation", "different texts", simple, _told)
    record["translation"] = {
        "examples": _examples(written, preparation),
        "maps": _maps(network, written.shown, preparation),
    }
    return Evaluation(plain(record), {}, written.predictions(preparation.wanted.decode))


def _told(simple: list[float]) -> str:
    return f"Copying from the nearest training text gives {simple[0]:.1f}."


def nearest(train: Part, sources: torch.Tensor, tokens: int) -> list[list[int]]:
    """For each text the translation of the training text with the most similar words (Jaccard)."""

    def words(rows: torch.Tensor) -> torch.Tensor:
        bags = torch.zeros(len(rows), tokens)
        bags.scatter_(1, rows, 1.0)
        bags[:, PAD] = 0.0
        return bags

    own = words(sources)
    best = torch.full((len(sources),), -1.0)
    place = torch.zeros(len(sources), dtype=torch.long)
    for start in range(0, len(train), 2048):
        other = words(train.inputs[start : start + 2048])
        shared = own @ other.T
        alike = shared / (own.sum(1, keepdim=True) + other.sum(1) - shared).clamp(min=1)
        score, at = alike.max(dim=1)
        better = score > best
        best = torch.where(better, score, best)
        place = torch.where(better, at + start, place)
    return [words_of(each) for each in train.targets[place].tolist()]


def _examples(written: WrittenTexts, preparation: PairPreparation) -> list[dict[str, str]]:
    of, said = written.shown, written.said[written.judged]
    return [
        {
            "source": preparation.given.decode(of.sources[place].tolist()),
            "right": preparation.wanted.decode(of.rights[place][0]),
            "said": preparation.wanted.decode(said[place]),
            "searched": preparation.wanted.decode(written.searched[place]),
        }
        for place in range(min(EXAMPLES, len(said)))
    ]


def _maps(network: nn.Module, of: Texts, preparation: PairPreparation) -> list[dict[str, Any]]:
    """Where the network looked while it wrote, of the longest texts."""
    lengths = (of.sources != PAD).sum(dim=1)
    chosen = lengths.argsort(descending=True, stable=True)[:MAPS]
    device = next(network.parameters()).device
    with evaluating(network), torch.no_grad():
        tokens, weights = greedy(network, of.sources[chosen].to(device), preparation.steps[1])
    if weights is None:
        return []
    maps = []
    for row, place in enumerate(chosen.tolist()):
        said = tokens[row].tolist()
        steps = said.index(END) + 1 if END in said else len(said)
        read = of.sources[place, : int(lengths[place])].tolist()
        maps.append(
            {
                "source": [preparation.given.tokens[each] for each in read],
                "said": [preparation.wanted.tokens[each] for each in said[:steps]],
                "weights": weights[row, :steps, : len(read)].cpu().tolist(),
            }
        )
    return maps
