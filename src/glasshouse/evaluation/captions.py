"""Everything that is measured about captions, put together into one record."""

from __future__ import annotations

from collections import Counter
from typing import Any

import polars as pl
import torch
from torch import nn

from glasshouse.core.files import plain
from glasshouse.data.parts import Part, Prepared
from glasshouse.data.text.caption_preparation import CaptionPreparation
from glasshouse.evaluation.bleu import bleu
from glasshouse.evaluation.evaluation import Evaluation
from glasshouse.evaluation.intervals import LEVEL
from glasshouse.evaluation.showing import Gallery, ToPixels
from glasshouse.evaluation.translation import (
    BEAM,
    RESAMPLES,
    Texts,
    bleu_interval,
    exact,
    greedily,
    words_of,
)
from glasshouse.models.search import beam
from glasshouse.objectives.translation import Translation

EXAMPLES = 16
AT_ONCE = 256
"""Rows whose nearest training row is looked for at a time."""


def evaluate_captions(
    network: nn.Module,
    prepared: Prepared,
    preparation: CaptionPreparation,
    seed: int,
    to_pixels: ToPixels | None = None,
) -> Evaluation:
    """Measure captions that are searched for, against the commonest one and that of the nearest picture.

    Args:
        network: The trained network.
        prepared: Pictures or rows, with their captions.
        preparation: The words.
        seed: For what is drawn: rows, resamples.
        to_pixels: From prepared rows to pictures; ``None`` where rows are none.
    """
    parts = prepared.parts()
    judged = next(name for name in ("test", "validation", "train") if name in parts)
    told = {name: Translation(1.0, "captioning").judge(network, part) for name, part in parts.items()}
    texts = {name: Texts(part, seed) for name, part in parts.items()}
    said = {name: greedily(network, each.sources, preparation.longest) for name, each in texts.items()}
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
    searched = [words_of(each) for each in beam(network, of.sources, preparation.longest, BEAM)]
    others = (
        ("beam search", f"the same network, with the {BEAM} likeliest beginnings kept", searched),
        (
            "commonest caption",
            "what stands under most training pictures" if to_pixels else "the most frequent text in training",
            [commonest(prepared.train)] * len(of.rights),
        ),
        (
            "nearest neighbour",
            "the caption of the training row with the smallest squared distance",
            nearest(prepared.train, of.sources),
        ),
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
    gallery = Gallery(to_pixels, "captions")
    record = {
        "task": "captioning",
        "target": prepared.target_name,
        "classes": [],
        "primary": "bleu",
        "metrics": metrics,
        "intervals": {
            "part": judged,
            "rows": len(of.rows),
            "level": LEVEL,
            "method": f"{RESAMPLES} resamples of the rows",
            "metrics": {"bleu": span},
        },
        "baselines": baselines,
        "difference": None,
        "verdict": _verdict(judged, len(of.rows), metrics[judged], span, baselines, to_pixels is not None),
        **dict.fromkeys(("confusion", "per_class", "calibration", "curves", "residuals", "mistaken")),
        "mistakes": [],
        "captions": _examples(of, parts[judged], said[judged], preparation, gallery),
    }
    frame = pl.DataFrame(
        {
            "part": [judged] * len(of.rows),
            "row": parts[judged].rows[of.rows],
            "target": [preparation.words.decode(each[0]) for each in of.rights],
            "prediction": [preparation.words.decode(each) for each in said[judged]],
        }
    )
    return Evaluation(plain(record), gallery.pictures, frame)


def commonest(train: Part) -> list[int]:
    """The caption that most training rows have; of equals the one that stands first.

    Example:
        >>> import numpy as np
        >>> part = Part(torch.zeros(3, 1), torch.tensor([[5, 3], [6, 3], [6, 3]]), np.arange(3))
        >>> commonest(part)
        [6]
    """
    counts = Counter(tuple(words_of(each)) for each in train.targets.tolist())
    return list(counts.most_common(1)[0][0])


def nearest(train: Part, sources: torch.Tensor) -> list[list[int]]:
    """For each row the caption of the training row with the smallest squared distance.

    Args:
        train: The training part.
        sources: Prepared rows (N, ...).

    Example:
        >>> import numpy as np
        >>> part = Part(torch.tensor([[0.0], [9.0]]), torch.tensor([[5, 3], [6, 3]]), np.arange(2))
        >>> nearest(part, torch.tensor([[7.0]]))
        [[6]]
    """
    known = train.inputs.flatten(1)
    places = [torch.cdist(each.flatten(1), known).argmin(dim=1) for each in torch.split(sources, AT_ONCE)]
    return [words_of(each) for each in train.targets[torch.cat(places)].tolist()]


def _verdict(
    judged: str,
    rows: int,
    measured: dict[str, float],
    span: tuple[float, float],
    baselines: list[dict[str, Any]],
    pictures: bool,
) -> str:
    things = "pictures" if pictures else "rows"
    where = f"{rows:,} {'training' if judged == 'train' else judged} {things}"
    beamed, common, near = (each["metrics"]["bleu"] for each in baselines)
    said = (
        f"BLEU {measured['bleu']:.1f} (95 % interval {span[0]:.1f} to {span[1]:.1f}) on {where}, greedily; "
        f"{beamed:.1f} with a beam of {BEAM}. {measured['exact'] * 100:.1f} % are word for word what "
        f"somebody wrote. Always writing the commonest caption gives {common:.1f}, that of the nearest one "
        f"{near:.1f}."
    )
    return said if measured["bleu"] > max(common, near) else f"{said} A simple method does better."


def _examples(
    of: Texts, part: Part, said: list[list[int]], preparation: CaptionPreparation, gallery: Gallery
) -> list[dict[str, Any]]:
    count = min(EXAMPLES, len(said))
    pictures = gallery.add("picture", of.sources[:count])
    return [
        {
            "row": int(part.rows[of.rows[place]]),
            "picture": pictures[place] if pictures else None,
            "right": [preparation.words.decode(each) for each in of.rights[place][:2]],
            "said": preparation.words.decode(said[place]),
            "exact": said[place] in of.rights[place],
        }
        for place in range(count)
    ]
