"""Everything that is measured about classes of pixels, put together into one record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import nn

from glasshouse.core.files import plain
from glasshouse.core.seeds import numpy_stream
from glasshouse.data.images.palette import colour_of, coloured
from glasshouse.data.parts import Part, Prepared
from glasshouse.evaluation.evaluation import Evaluation
from glasshouse.evaluation.intervals import LEVEL
from glasshouse.evaluation.paired import score_difference
from glasshouse.evaluation.picture_examples import examples
from glasshouse.evaluation.showing import Gallery, ToPixels
from glasshouse.metrics.mean_iou import iou_of, mean_iou_of
from glasshouse.models.outputs import batches_of, evaluating
from glasshouse.objectives.segmentation import confusion_of

RESAMPLES = 1000
METHOD = f"percentiles over {RESAMPLES:,} resamples of the pictures, drawn with replacement"
Counts = NDArray[np.int64]
"""How often each class of pixels was called each class."""


@dataclass(frozen=True)
class Said:
    """What a network says about the pixels of a part.

    Args:
        masks: Classes, uint8, shape (pictures, height, width).
        counts: True class by class that was said, shape (pictures, K, K).
    """

    masks: NDArray[np.uint8]
    counts: Counts

    @property
    def metrics(self) -> dict[str, float]:
        """Over all pixels of the part together."""
        return measured(self.counts.sum(axis=0))

    @property
    def scores(self) -> NDArray[np.float64]:
        """The mean overlap of every picture."""
        return scores_of(self.counts)


def evaluate_segmentation(
    network: nn.Module, prepared: Prepared, to_pixels: ToPixels | None, seed: int
) -> Evaluation:
    """Measure overlap and accuracy over pixels, and set them against the commonest classes.

    Args:
        network: The trained network.
        prepared: Pictures and their masks.
        to_pixels: From prepared pictures to levels; ``None`` where that is not possible.
        seed: For the resamples.
    """
    parts = prepared.parts()
    judged = next(name for name in ("test", "validation", "train") if name in parts)
    said = {name: ask(network, part, prepared.outputs) for name, part in parts.items()}
    metrics = {name: each.metrics for name, each in said.items()}
    simple = simple_masks(prepared, parts[judged])
    answers = {name: counted(masks, parts[judged].targets, prepared.outputs) for name, _, masks in simple}
    baselines: list[dict[str, Any]] = [
        {"name": name, "about": about, "metrics": measured(answers[name].sum(axis=0))}
        for name, about, _ in simple
    ]
    best = max(baselines, key=lambda each: float(each["metrics"]["mean_iou"]))
    found = said[judged]
    spans = resampled(found.counts, seed)
    beside = score_difference("picture_iou", "picture", found.scores, scores_of(answers[str(best["name"])]))
    gallery = Gallery(to_pixels, "examples")
    record = {
        "task": "segmentation",
        "target": prepared.target_name,
        "classes": list(prepared.classes),
        "primary": "mean_iou",
        "metrics": metrics,
        "intervals": {
            "part": judged,
            "rows": len(parts[judged]),
            "level": LEVEL,
            "method": METHOD,
            "metrics": spans,
        },
        "baselines": baselines,
        "difference": {"baseline": best["name"], **beside.to_dict()},
        "verdict": _verdict(judged, metrics[judged], spans, len(prepared.classes), len(parts[judged]), best),
        "confusion": {"matrix": found.counts.sum(axis=0).tolist(), "part": judged, "pairs": []},
        **dict.fromkeys(("per_class", "calibration", "curves", "residuals", "mistaken")),
        "mistakes": [],
        "pictures": _pictures(prepared, parts[judged], found, gallery),
    }
    return Evaluation(plain(record), gallery.pictures, _predictions(said, parts))


def ask(network: nn.Module, part: Part, classes: int) -> Said:
    """The classes that a network gives the pixels of a part, batch by batch."""
    masks, counts, start = [], [], 0
    with evaluating(network), torch.no_grad():
        for batch in batches_of(network, part.inputs):
            answer = network(batch).argmax(dim=1).cpu()
            counts.append(confusion_of(answer, part.targets[start : start + len(batch)], classes))
            masks.append(answer.to(torch.uint8))
            start += len(batch)
    return Said(torch.cat(masks).numpy(), torch.cat(counts).numpy())


def measured(counts: Counts) -> dict[str, float]:
    """The metrics of counts (K, K)."""
    return {"mean_iou": mean_iou_of(counts), "pixel_accuracy": float(np.trace(counts) / counts.sum())}


def scores_of(counts: Counts) -> NDArray[np.float64]:
    """The mean overlap of every picture, over the classes that are in it or were said to be.

    Args:
        counts: Shape (pictures, K, K).
    """
    scores: NDArray[np.float64] = np.nanmean(iou_of(counts), axis=1)
    return scores


def counted(masks: NDArray[Any], targets: torch.Tensor, classes: int) -> Counts:
    """The counts (N, K, K) of masks that something else than a network said; one may stand for all."""
    said = torch.from_numpy(np.broadcast_to(masks, tuple(targets.shape)).astype(np.int64))
    counts: Counts = confusion_of(said, targets, classes).numpy()
    return counts


def simple_masks(prepared: Prepared, part: Part) -> list[tuple[str, str, NDArray[np.int64]]]:
    """Two ways to say classes without looking: name, what it does, its mask (1, H, W).

    Args:
        prepared: Its training masks are counted.
        part: What is judged.
    """
    targets = prepared.train.targets
    shares = torch.stack([(targets == each).float().mean(dim=0) for each in range(prepared.outputs)])
    commonest = int(shares.mean(dim=(1, 2)).argmax())
    everywhere = np.full((1, *part.targets.shape[1:]), commonest, dtype=np.int64)
    name = prepared.classes[commonest]
    return [
        ("commonest class", f"calls every pixel {name!r}, the commonest class in training", everywhere),
        (
            "commonest by place",
            "calls every pixel what is commonest at its place in training",
            shares.argmax(dim=0, keepdim=True).numpy(),
        ),
    ]


def resampled(counts: Counts, seed: int) -> dict[str, tuple[float, float]]:
    """Intervals of the metrics, by drawing pictures anew; none for a single picture."""
    rows = len(counts)
    if rows < 2:
        return {}
    generator = numpy_stream(seed, "segmentation intervals")
    drawn = generator.multinomial(rows, np.full(rows, 1 / rows), size=RESAMPLES)
    totals = (drawn @ counts.reshape(rows, -1)).reshape(RESAMPLES, *counts.shape[1:])
    values = {
        "mean_iou": np.nanmean(iou_of(totals), axis=1),
        "pixel_accuracy": np.trace(totals, axis1=1, axis2=2) / totals.sum(axis=(1, 2)),
    }
    ends = [0.5 - LEVEL / 2, 0.5 + LEVEL / 2]
    return {name: tuple(np.quantile(each, ends).tolist()) for name, each in values.items()}


def _verdict(
    part: str,
    metrics: dict[str, float],
    spans: dict[str, tuple[float, float]],
    classes: int,
    rows: int,
    best: dict[str, Any],
) -> str:
    span = spans.get("mean_iou")
    told = f" (95 % interval {span[0]:.3f} to {span[1]:.3f})" if span else ""
    part = "training" if part == "train" else part
    return (
        f"Regions of {classes} classes overlap with the true ones by {metrics['mean_iou']:.3f} on average"
        f"{told}, where 1 is exact, in {rows:,} {part} images; {metrics['pixel_accuracy']:.1%} of the pixels "
        f"are right. The best simple method, {best['name']}, has {best['metrics']['mean_iou']:.3f}."
    )


def _pictures(prepared: Prepared, part: Part, found: Said, gallery: Gallery) -> dict[str, Any]:
    """What the report shows: masks side by side, and how well each class is covered."""
    classes = prepared.outputs
    truth = part.targets.numpy()

    def further(places: NDArray[np.int64]) -> dict[str, NDArray[np.uint8]]:
        wrong = (truth[places] != found.masks[places])[..., None]
        true = coloured(truth[places], classes)
        # What is right is transparent, so that the page shows through.
        missed = np.concatenate([true, np.where(wrong, 255, 0).astype(np.uint8)], axis=3)
        return {"target": true, "answer": coloured(found.masks[places], classes), "missed": missed}

    total = found.counts.sum(axis=0)
    overlaps = iou_of(total)
    return {
        "kind": "segmentation",
        "score": "mean IoU of the picture",
        "groups": examples(found.scores, part.rows, part.inputs, gallery, further),
        "classes": [
            {
                "name": name,
                "colour": colour_of(place),
                "iou": float(overlaps[place]),
                "share": float(total[place].sum() / total.sum()),
                "found": float(total[place, place] / max(1, total[place].sum())),
            }
            for place, name in enumerate(prepared.classes)
        ],
    }


def _predictions(said: dict[str, Said], parts: dict[str, Part]) -> pl.DataFrame:
    """One row per picture: ``prediction`` is its mean overlap, ``target`` the share of its pixels that is
    ground truth of the commonest class, by which runs on other pictures are told.
    """
    frames = []
    for name, part in parts.items():
        flat = part.targets.flatten(1)
        frames.append(
            pl.DataFrame(
                {
                    "part": [name] * len(part),
                    "row": part.rows,
                    "target": (flat == 0).double().mean(dim=1).numpy(),
                    "prediction": said[name].scores,
                }
            )
        )
    return pl.concat(frames)
