"""Parts whose targets belong to pictures: masks, pictures, boxes."""

from __future__ import annotations

import torch

from glasshouse.core.errors import UsageError
from glasshouse.data.assembly.divided import Rows, divided
from glasshouse.data.assembly.inputs import inputs_of
from glasshouse.data.parts import Part, Prepared, Split
from glasshouse.data.preparation import Preparation
from glasshouse.data.raw import Raw


def picture_targets(raw: Raw, split: Split, preparation: Preparation) -> Prepared:
    """Pictures and what is to be learnt of each: a mask, a picture with levels from 0 to 1, or boxes."""
    target = raw.target
    if target is None:
        raise UsageError(
            f"{raw.origin} has no masks, pictures or boxes to learn",
            expected="a target for every picture",
            fix="give a folder with inputs and targets",
        )

    def part(rows: Rows, name: str) -> Part:
        values = torch.from_numpy(target.values[rows])
        if target.task == "segmentation":
            values = values.long()
        elif target.task == "image_to_image":
            values = (values.float() / 255).contiguous(memory_format=torch.channels_last)
        return Part(inputs_of(raw.take(rows), preparation, name), values, rows)

    return Prepared(
        *divided(raw, split, part),
        task=target.task,
        input_shape=preparation.input_shape,
        outputs=target.values.shape[1] if target.task == "image_to_image" else len(target.classes),
        classes=target.classes,
        target_name=target.name,
    )
