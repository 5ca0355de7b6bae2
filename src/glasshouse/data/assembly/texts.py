"""Parts whose targets are texts: translations, tags, captions."""

from __future__ import annotations

from typing import Literal

import torch

from glasshouse.data.assembly.divided import Rows, divided
from glasshouse.data.assembly.inputs import inputs_of
from glasshouse.data.parts import Part, Prepared, Split
from glasshouse.data.preparation import Preparation
from glasshouse.data.raw import Raw, RawTable
from glasshouse.data.text.caption_preparation import CaptionPreparation
from glasshouse.data.text.pair_preparation import PairPreparation


def text_pairs(
    raw: RawTable, split: Split, preparation: Preparation, task: Literal["translation", "tagging"]
) -> Prepared:
    """Texts and their translations, each with its end; or sequences and their tags."""
    assert isinstance(preparation, PairPreparation), "a translation of no pairs"

    def part(rows: Rows, name: str) -> Part:
        taken = raw.take(rows)
        wanted = torch.from_numpy(preparation.translations(taken))
        return Part(inputs_of(taken, preparation, name), wanted, rows)

    return Prepared(
        *divided(raw, split, part),
        task=task,
        input_shape=preparation.input_shape,
        outputs=len(preparation.wanted),
        classes=(),
        target_name=preparation.target,
        tokens=preparation.tokens,
    )


def captioned(raw: Raw, split: Split, preparation: Preparation) -> Prepared:
    """Pictures or rows and their captions, each with its end."""
    assert isinstance(preparation, CaptionPreparation), "captions of nothing"

    def part(rows: Rows, name: str) -> Part:
        taken = raw.take(rows)
        return Part(inputs_of(taken, preparation, name), torch.from_numpy(preparation.captions(taken)), rows)

    return Prepared(
        *divided(raw, split, part),
        task="captioning",
        input_shape=preparation.input_shape,
        outputs=len(preparation.words),
        classes=(),
        target_name="caption",
    )
