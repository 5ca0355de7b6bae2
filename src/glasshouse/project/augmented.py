"""What random changes do to some training rows, kept for the report: as they are, and as they are shown."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from glasshouse.core.files import write_json
from glasshouse.core.seeds import derive
from glasshouse.data.clips.picture import sheet_of_frames
from glasshouse.data.images.image_preparation import ImagePreparation
from glasshouse.data.images.palette import colour_of, coloured
from glasshouse.data.parts import Part
from glasshouse.data.preparation import Preparation
from glasshouse.data.settings import PICTURE_TASKS
from glasshouse.data.sound.sound_preparation import SoundPreparation
from glasshouse.data.sound.spectrogram import FLOOR
from glasshouse.data.video.video_preparation import VideoPreparation
from glasshouse.experiment import Experiment, Run
from glasshouse.experiment.augmenting import augmenter
from glasshouse.project.work import Work
from glasshouse.project.write_pictures import write_pictures
from glasshouse.training.batches import AugmentsPairs

RECORD, FOLDER = "augmentation.json", "augmented"
ROWS, TIMES = 6, 3
"""How many rows are shown, and how often each is changed."""
SCALE = 4
"""Pixels of a side for each pixel of a picture that boxes are drawn on."""
Pictures = list[NDArray[np.uint8]]


def show_augmented(run: Run, experiment: Experiment, work: Work) -> None:
    """Write some training rows down as they are and as they are changed, with their targets.

    Args:
        run: Whose folder takes the pictures and ``augmentation.json``.
        experiment: With changes switched on; the same seed gives the same pictures.
        work: The rows and their preparation.
    """
    part, task = work.prepared.train, work.prepared.task
    chosen = torch.linspace(0, len(part) - 1, min(ROWS, len(part))).long()
    inputs, targets = changed(experiment, work.preparation, part, chosen, task)
    assert work.preparation is not None, "rows without a preparation are not changed"
    sides = {"inputs": to_pictures(work.preparation, inputs)}
    if task in PICTURE_TASKS:
        sides["targets"] = of_targets(task, targets, sides["inputs"], work.prepared.outputs)
    names = {
        side: [f"{side}-{place // (TIMES + 1)}-{place % (TIMES + 1)}" for place in range(len(found))]
        for side, found in sides.items()
    }
    for side, found in sides.items():
        write_pictures(run.path / FOLDER, dict(zip(names[side], found, strict=True)))
    rows = [
        {
            "row": int(part.rows[row]),
            **{
                side: [f"{FOLDER}/{name}.png" for name in each[at * (TIMES + 1) : (at + 1) * (TIMES + 1)]]
                for side, each in names.items()
            },
        }
        for at, row in enumerate(chosen.tolist() if sides["inputs"] else [])
    ]
    write_json(run.path / RECORD, {"task": task, "kind": work.preparation.kind, "rows": rows})


def changed(
    experiment: Experiment, preparation: Preparation | None, part: Part, chosen: torch.Tensor, task: str
) -> tuple[torch.Tensor, torch.Tensor]:
    """Each of some rows as it is, and behind it as it comes out of several changes, with targets.

    Args:
        experiment: Its changes and its seed count.
        preparation: Of the rows.
        part: Where they are taken from.
        chosen: Their places in the part.
        task: What is learnt.
    """
    augment = augmenter(experiment.data.augment, preparation, task)
    inputs, targets = ([part.inputs[chosen].cpu()], [part.targets[chosen].cpu()])
    for time in range(TIMES):
        generator = torch.Generator().manual_seed(derive(experiment.seed, "augment", "shown", time))
        if isinstance(augment, AugmentsPairs):
            one, other = augment.pair(inputs[0], targets[0], generator)
        else:
            one, other = augment(inputs[0], generator), targets[0]
        inputs.append(one)
        targets.append(other)
    return torch.stack(inputs, dim=1).flatten(0, 1), torch.stack(targets, dim=1).flatten(0, 1)


def to_pictures(preparation: Preparation, inputs: torch.Tensor) -> Pictures:
    """Prepared rows as levels to look at; none where the levels are lost.

    Args:
        preparation: Of pictures, sounds or videos.
        inputs: Shape (N, *input_shape).
    """
    if isinstance(preparation, SoundPreparation):
        return [_of_sound(preparation, each) for each in inputs.numpy()]
    if isinstance(preparation, VideoPreparation):
        frames = preparation.images.levels(inputs.flatten(0, 1).numpy())
        if frames is None:
            return []
        return [sheet_of_frames(each) for each in frames.reshape(inputs.shape)]
    assert isinstance(preparation, ImagePreparation), "neither pictures, sounds nor videos"
    levels = preparation.levels(inputs.numpy())
    return [] if levels is None else [_picture(each) for each in levels]


def of_targets(task: str, targets: torch.Tensor, inputs: Pictures, classes: int) -> Pictures:
    """What is to be learnt, as levels to look at.

    Args:
        task: What targets are.
        targets: Masks, pictures or boxes.
        inputs: The pictures that they belong to; boxes are drawn on them.
        classes: How many classes there are.
    """
    if task == "segmentation":
        return list(coloured(targets.numpy(), classes))
    if task == "detection":
        pairs = zip(inputs, targets.tolist(), strict=bool(inputs))
        return [_boxed(picture, objects) for picture, objects in pairs]
    return [_picture(each) for each in (255 * targets.clamp(0, 1)).round().to(torch.uint8).numpy()]


def _picture(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Channels first to what Pillow takes."""
    return levels[0] if len(levels) == 1 else np.ascontiguousarray(levels.transpose(1, 2, 0))


def _of_sound(preparation: SoundPreparation, row: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A spectrogram, low pitch at the bottom, light where it is loud."""
    bands = row.T if preparation.steps else row[0]
    centre = np.array(preparation.centre, dtype=np.float32)[:, np.newaxis]
    decibels = bands * preparation.decibels[:, np.newaxis] + centre
    levels: NDArray[np.uint8] = np.rint(255 * np.clip(1 - decibels[::-1] / FLOOR, 0, 1)).astype(np.uint8)
    return np.ascontiguousarray(levels)


def _boxed(picture: NDArray[np.uint8], objects: list[Any]) -> NDArray[np.uint8]:
    """A picture with the boxes of its objects."""
    image = Image.fromarray(picture).convert("RGB")
    width, height = SCALE * image.width, SCALE * image.height
    image = image.resize((width, height), Image.Resampling.NEAREST)
    pen = ImageDraw.Draw(image)
    for kind, right, down, wide, high in objects:
        if kind >= 0:
            corners = (
                (right - wide / 2) * width,
                (down - high / 2) * height,
                (right + wide / 2) * width - 1,
                (down + high / 2) * height - 1,
            )
            pen.rectangle(corners, outline=colour_of(int(kind) + 1), width=2)
    return np.asarray(image)
