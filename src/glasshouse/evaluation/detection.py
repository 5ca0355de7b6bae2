"""Everything that is measured about objects that were found, put together into one record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from torch import nn

from glasshouse.core.files import plain
from glasshouse.core.seeds import numpy_stream
from glasshouse.data.images.box_overlap import SAME, Found, box_iou, found_in
from glasshouse.data.images.palette import colour_of
from glasshouse.data.parts import Part, Prepared
from glasshouse.evaluation.evaluation import Evaluation
from glasshouse.evaluation.intervals import LEVEL
from glasshouse.evaluation.mean_average_precision import Matched, average_precisions, matched
from glasshouse.evaluation.paired import score_difference
from glasshouse.evaluation.picture_examples import examples
from glasshouse.evaluation.showing import Gallery, ToPixels
from glasshouse.models.grid_cells import decoded, encoded
from glasshouse.models.outputs import outputs_of

RESAMPLES = 500
METHOD = f"percentiles over {RESAMPLES} resamples of the pictures, drawn with replacement"
SURE = 0.25
"""How sure a box must be to be shown and to count as an answer; average precision looks at all of them."""
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Answer:
    """What was found in the pictures of a part, and how good that is.

    Args:
        found: The boxes of every picture, the surest first.
        boxes: The same, matched with the objects.
        overlaps: Of every true object the overlap with the box that covers it best, one array per picture.
        kinds: Whether that box has the object's class.
        scores: Of every picture: the overlaps of objects whose class was told, over objects or boxes,
            whichever are more; 1 for an empty picture in which nothing was found.
    """

    found: list[Found]
    boxes: Matched
    overlaps: list[Numbers]
    kinds: list[NDArray[np.bool_]]
    scores: Numbers


def evaluate_detection(
    network: nn.Module, prepared: Prepared, to_pixels: ToPixels | None, seed: int
) -> Evaluation:
    """Measure average precision, overlap and classes of boxes, and set them against the mean box.

    Args:
        network: The trained network.
        prepared: Pictures and their objects.
        to_pixels: From prepared pictures to levels; ``None`` where that is not possible.
        seed: For the resamples.
    """
    parts = prepared.parts()
    judged = next(name for name in ("test", "validation", "train") if name in parts)
    part, classes = parts[judged], prepared.outputs
    asked = {name: answer(ask(network, each), each, classes) for name, each in parts.items()}
    found = asked[judged]
    metrics = {name: measured(each) for name, each in asked.items()}
    simple = answer([mean_box(prepared)] * len(part), part, classes)
    baseline = {
        "name": "mean box",
        "about": "finds one object of the commonest class in every picture, with the mean place and size of "
        "the training objects",
        "metrics": measured(simple),
    }
    spans = resampled(found, seed)
    gallery = Gallery(to_pixels, "examples")
    record = {
        "task": "detection",
        "target": prepared.target_name,
        "classes": list(prepared.classes),
        "primary": "average_precision_50",
        "metrics": metrics,
        "intervals": {
            "part": judged,
            "rows": len(part),
            "level": LEVEL,
            "method": METHOD,
            "metrics": spans,
        },
        "baselines": [baseline],
        "difference": {
            "baseline": "mean box",
            **score_difference("picture_overlap", "picture", found.scores, simple.scores).to_dict(),
        },
        "verdict": _verdict(judged, metrics[judged], spans, part, baseline),
        **dict.fromkeys(("confusion", "per_class", "calibration", "curves", "residuals", "mistaken")),
        "mistakes": [],
        "pictures": _pictures(network, prepared, part, found, gallery),
    }
    return Evaluation(plain(record), gallery.pictures, _predictions(asked, parts))


def ask(network: nn.Module, part: Part) -> list[Found]:
    """What a network finds in the pictures of a part."""
    boxes = decoded(outputs_of(network, part.inputs)).cpu().numpy()
    return [found_in(each) for each in boxes]


def true_objects(part: Part) -> list[Numbers]:
    """The objects of every picture, without empty slots."""
    rows = part.targets.double().numpy()
    return [each[each[:, 0] >= 0] for each in rows]


def answer(found: list[Found], part: Part, classes: int) -> Answer:
    """Set what was found against the objects that there are."""
    objects = true_objects(part)
    overlaps, kinds, scores = [], [], []
    for boxes, true in zip(found, objects, strict=True):
        sure = boxes.above(SURE)
        table = box_iou(true[:, 1:], sure.places)
        best = table.argmax(axis=1) if len(sure.kinds) else np.zeros(len(true), np.int64)
        covered = table.max(axis=1) if len(sure.kinds) else np.zeros(len(true))
        told = sure.kinds[best] == true[:, 0] if len(sure.kinds) else np.zeros(len(true), bool)
        overlaps.append(covered)
        kinds.append(told)
        most = max(len(true), len(sure.kinds))
        scores.append(float((covered * told).sum() / most) if most else 1.0)
    return Answer(found, matched(found, objects, classes), overlaps, kinds, np.array(scores))


def measured(answers: Answer) -> dict[str, float]:
    """The metrics of a part: ``average_precision_50``, the mean over the classes at an overlap of one half;
    ``box_iou``, the mean overlap of true objects with the box that covers them best, 0 where there is none;
    ``class_accuracy``, of the objects that are covered by half the share whose class was told.
    """
    overlaps = np.concatenate(answers.overlaps)
    told = np.concatenate(answers.kinds)[overlaps >= SAME]
    return {
        "average_precision_50": float(np.nanmean(average_precisions(answers.boxes))),
        "box_iou": float(overlaps.mean()),
        "class_accuracy": float(told.mean()) if len(told) else float("nan"),
    }


def mean_box(prepared: Prepared) -> Found:
    """One box for every picture: mean place and size of the training objects, and their commonest class."""
    objects = np.concatenate(true_objects(prepared.train))
    kind = np.bincount(objects[:, 0].astype(np.int64)).argmax()
    return Found(np.array([kind]), np.ones(1), objects[:, 1:].mean(axis=0, keepdims=True))


def resampled(answers: Answer, seed: int) -> dict[str, tuple[float, float]]:
    """Intervals of the metrics, by drawing pictures anew; none for a single picture."""
    rows = len(answers.found)
    if rows < 2:
        return {}
    generator = numpy_stream(seed, "detection intervals")
    drawn = generator.multinomial(rows, np.full(rows, 1 / rows), size=RESAMPLES).astype(np.float64)
    sums = np.array([each.sum() for each in answers.overlaps])
    counts = np.array([len(each) for each in answers.overlaps])
    half = [each >= SAME for each in answers.overlaps]
    near = np.array([each.sum() for each in half])
    told = np.array([(kind & each).sum() for kind, each in zip(answers.kinds, half, strict=True)])
    values = {"box_iou": (drawn @ sums) / np.maximum(drawn @ counts, 1)}
    if near.sum() > 0:
        values["class_accuracy"] = (drawn @ told) / np.maximum(drawn @ near, 1)
    values["average_precision_50"] = np.array(
        [np.nanmean(average_precisions(answers.boxes, weights)) for weights in drawn]
    )
    ends = [0.5 - LEVEL / 2, 0.5 + LEVEL / 2]
    return {name: tuple(np.quantile(each, ends).tolist()) for name, each in values.items()}


def _verdict(
    name: str,
    metrics: dict[str, float],
    spans: dict[str, tuple[float, float]],
    part: Part,
    baseline: dict[str, Any],
) -> str:
    span = spans.get("average_precision_50")
    told = f" (95 % interval {span[0]:.3f} to {span[1]:.3f})" if span else ""
    objects = sum(len(each) for each in true_objects(part))
    name = "training" if name == "train" else name
    return (
        f"Of {objects:,} objects in {len(part):,} {name} images it finds boxes with an average precision of "
        f"{metrics['average_precision_50']:.3f}{told} at an overlap of one half; boxes overlap with the "
        f"objects by {metrics['box_iou']:.3f} on average. The mean box has "
        f"{baseline['metrics']['average_precision_50']:.3f} and {baseline['metrics']['box_iou']:.3f}."
    )


def _pictures(
    network: nn.Module, prepared: Prepared, part: Part, answers: Answer, gallery: Gallery
) -> dict[str, Any]:
    """What the report shows: true boxes and those that were found, drawn over the picture."""
    groups = examples(answers.scores, part.rows, part.inputs, gallery, lambda _: {})
    objects = true_objects(part)
    for group in groups:
        for entry in group["rows"]:
            sure = answers.found[entry["place"]].above(SURE)
            entry["true"] = [_box(int(each[0]), each[1:]) for each in objects[entry["place"]]]
            entry["found"] = [
                {**_box(int(kind), place), "sure": float(score)}
                for kind, score, place in zip(sure.kinds, sure.scores, sure.places, strict=True)
            ]
    precisions = average_precisions(answers.boxes)
    counts = answers.boxes.objects.sum(axis=0)
    sides = outputs_of(network, part.inputs[:1]).shape[2:]
    held = int(encoded(part.targets, *sides).holds.sum())
    return {
        "kind": "detection",
        "score": "overlap of the picture’s boxes",
        "sure": SURE,
        "grid": list(sides),
        "lost": int(counts.sum()) - held,
        "groups": groups,
        "objects": [
            {
                "name": name,
                "colour": colour_of(1 + place),
                "count": int(counts[place]),
                "precision": float(precisions[place]),
            }
            for place, name in enumerate(prepared.classes)
        ],
    }


def _box(kind: int, place: Numbers) -> dict[str, Any]:
    across, down, wide, high = (float(each) for each in place)
    return {"kind": kind, "left": across - wide / 2, "top": down - high / 2, "width": wide, "height": high}


def _predictions(asked: dict[str, Answer], parts: dict[str, Part]) -> pl.DataFrame:
    """One row per picture: ``prediction`` is the overlap of its boxes, ``target`` how many objects it has."""
    frames = [
        pl.DataFrame(
            {
                "part": [name] * len(part),
                "row": part.rows,
                "target": np.array([len(each) for each in true_objects(part)], np.float64),
                "prediction": asked[name].scores,
            }
        )
        for name, part in parts.items()
    ]
    return pl.concat(frames)
