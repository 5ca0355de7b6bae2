"""Everything that is measured about captions, put together into one record."""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
from torch import nn

from glasshouse.core.files import plain
from glasshouse.data.parts import Part, Prepared
from glasshouse.data.text.caption_preparation import CaptionPreparation
from glasshouse.evaluation.evaluation import Evaluation
from glasshouse.evaluation.showing import Gallery, ToPixels
from glasshouse.evaluation.written_texts import WrittenTexts, words_of
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
    objective = Translation(1.0, "captioning")
    written = WrittenTexts.of(network, prepared, objective, preparation.longest, seed)
    of = written.shown
    simple = (
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
    record = written.record("captioning", "pictures" if to_pixels else "rows", simple, _told)
    gallery = Gallery(to_pixels, "captions")
    record["captions"] = _examples(written, preparation, gallery)
    return Evaluation(plain(record), gallery.pictures, written.predictions(preparation.words.decode))


def _told(simple: list[float]) -> str:
    common, near = simple
    return f"Always writing the commonest caption gives {common:.1f}, that of the nearest one {near:.1f}."


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


def _examples(
    written: WrittenTexts, preparation: CaptionPreparation, gallery: Gallery
) -> list[dict[str, Any]]:
    of, said, part = written.shown, written.said[written.judged], written.prepared.parts()[written.judged]
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
