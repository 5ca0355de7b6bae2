"""Everything that is measured about translations, put together into one record."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import nn

from glasshouse.core.files import plain
from glasshouse.core.seeds import numpy_stream
from glasshouse.data.parts import Part, Prepared
from glasshouse.data.text.pair_preparation import PairPreparation
from glasshouse.evaluation.bleu import bleu
from glasshouse.evaluation.evaluation import Evaluation
from glasshouse.evaluation.intervals import LEVEL
from glasshouse.models.outputs import evaluating
from glasshouse.models.search import END, PAD, beam, greedy
from glasshouse.objectives.translation import Translation

TEXTS = 500
"""Most different texts whose translations are searched for, of each part."""
EXAMPLES = 20
MAPS = 4
"""Attention maps that are kept."""
BEAM = 4
RESAMPLES = 200


class Texts:
    """Different texts or pictures of a part, with all that is right about them.

    Args:
        part: Pairs of a source and what is to be written.
        seed: For the draw of those that are looked at.
    """

    def __init__(self, part: Part, seed: int) -> None:
        self.rights: list[list[list[int]]] = []
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


def words_of(tokens: list[int]) -> list[int]:
    """The tokens of an output up to its end."""
    kept = tokens[: tokens.index(END)] if END in tokens else tokens
    return [each for each in kept if each != PAD]


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
    parts = prepared.parts()
    judged = next(name for name in ("test", "validation", "train") if name in parts)
    steps = preparation.steps[1]
    told = {name: Translation().judge(network, part) for name, part in parts.items()}
    texts = {name: Texts(part, seed) for name, part in parts.items()}
    said = {name: greedily(network, each.sources, steps) for name, each in texts.items()}
    metrics = {
        name: {
            "bleu": 100 * bleu(said[name], texts[name].rights),
            "exact": exact(said[name], texts[name].rights),
            "token_accuracy": told[name].parts["accuracy"],
            "nats": told[name].loss,
        }
        for name in parts
    }
    of = texts[judged]
    searched = [words_of(each) for each in beam(network, of.sources, steps, BEAM)]
    copied = nearest(prepared.train, of.sources, prepared.tokens)
    others = (
        ("beam search", f"the same network, with the {BEAM} likeliest beginnings kept", searched),
        ("nearest sentence", "the translation of the training text that shares most words", copied),
    )
    baselines = [
        {
            "name": name,
            "about": about,
            "metrics": {"bleu": 100 * bleu(each, of.rights), "exact": exact(each, of.rights)},
        }
        for name, about, each in others
    ]
    span = bleu_interval(said[judged], of.rights, seed)
    record = {
        "task": "translation",
        "target": prepared.target_name,
        "classes": [],
        "primary": "bleu",
        "metrics": metrics,
        "intervals": {
            "part": judged,
            "rows": len(of.rows),
            "level": LEVEL,
            "method": f"{RESAMPLES} resamples of the texts",
            "metrics": {"bleu": span},
        },
        "baselines": baselines,
        "difference": None,
        "verdict": _verdict(judged, len(of.rows), metrics[judged], span, baselines),
        **dict.fromkeys(("confusion", "per_class", "calibration", "curves", "residuals", "mistaken")),
        "mistakes": [],
        "translation": {
            "examples": _examples(of, said[judged], searched, preparation),
            "maps": _maps(network, of, preparation),
        },
    }
    frame = pl.DataFrame(
        {
            "part": [judged] * len(of.rows),
            "row": parts[judged].rows[of.rows],
            "target": [preparation.wanted.decode(each[0]) for each in of.rights],
            "prediction": [preparation.wanted.decode(each) for each in said[judged]],
        }
    )
    return Evaluation(plain(record), {}, frame)


def greedily(network: nn.Module, sources: torch.Tensor, steps: int) -> list[list[int]]:
    """Greedy outputs of all texts, up to their ends."""
    device = next(network.parameters()).device
    with evaluating(network), torch.no_grad():
        found = [greedy(network, each.to(device), steps)[0] for each in torch.split(sources, 256)]
    return [words_of(each) for each in torch.cat(found).tolist()]


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


def exact(said: list[list[int]], rights: list[list[list[int]]]) -> float:
    """The share of outputs that are word for word one of the right ones.

    Args:
        said: An output for each source.
        rights: The right ones of each.

    Example:
        >>> exact([[4, 5], [4]], [[[4, 5], [6]], [[5]]])
        0.5
    """
    return sum(each in right for each, right in zip(said, rights, strict=True)) / len(said)


def bleu_interval(said: list[list[int]], rights: list[list[list[int]]], seed: int) -> tuple[float, float]:
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


def _verdict(
    judged: str,
    texts: int,
    measured: dict[str, float],
    span: tuple[float, float],
    baselines: list[dict[str, Any]],
) -> str:
    where = f"{texts:,} different {'training' if judged == 'train' else judged} texts"
    beamed, copied = (each["metrics"]["bleu"] for each in baselines)
    return (
        f"BLEU {measured['bleu']:.1f} (95 % interval {span[0]:.1f} to {span[1]:.1f}) on {where}, greedily; "
        f"{beamed:.1f} with a beam of {BEAM}. {measured['exact'] * 100:.1f} % are word for word what "
        f"somebody wrote. Copying from the nearest training text gives {copied:.1f}."
    )


def _examples(
    of: Texts, said: list[list[int]], searched: list[list[int]], preparation: PairPreparation
) -> list[dict[str, str]]:
    return [
        {
            "source": preparation.given.decode(of.sources[place].tolist()),
            "right": preparation.wanted.decode(of.rights[place][0]),
            "said": preparation.wanted.decode(said[place]),
            "searched": preparation.wanted.decode(searched[place]),
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
