"""What is to be learnt of pictures: how much of them each class covers, how many objects there are."""

from __future__ import annotations

from typing import Any

import numpy as np

from glasshouse.data.raw import Target


def describe_picture_target(target: Target) -> dict[str, Any]:
    """The classes of pixels or objects with their counts, or the size of the pictures that are to come out.

    Args:
        target: Masks, pictures or boxes.

    Example:
        >>> masks = np.array([[[0, 0], [0, 1]]], np.uint8)
        >>> found = describe_picture_target(Target("mask", "segmentation", masks, ("ground", "cell")))
        >>> [(each["name"], each["count"]) for each in found["classes"]]
        [('ground', 3), ('cell', 1)]
    """
    known: dict[str, Any] = {"name": target.name, "task": target.task}
    if target.task == "image_to_image":
        channels, height, width = target.values.shape[1:]
        return {**known, "channels": channels, "height": height, "width": width, "classes": []}
    values = target.values if target.task == "segmentation" else target.values[..., 0]
    counts = np.bincount(values[values >= 0].astype(np.int64).ravel(), minlength=len(target.classes))
    total = max(1, int(counts.sum()))
    described = {
        **known,
        "classes": [
            {"name": name, "count": int(count), "share": float(count / total)}
            for name, count in zip(target.classes, counts, strict=True)
        ],
    }
    if target.task == "detection":
        described["most"] = int((values >= 0).sum(axis=1).max())
    return described
