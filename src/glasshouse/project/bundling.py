"""What goes into the bundle of a run."""

from __future__ import annotations

from typing import Any, cast

from glasshouse.data.settings import PICTURE_TASKS
from glasshouse.experiment import Run
from glasshouse.losses.contract import Meaning
from glasshouse.objectives import Adversarial
from glasshouse.project.stages import Stage
from glasshouse.project.work import Work
from glasshouse.ship.schema import Meaning as ShippedMeaning
from glasshouse.ship.write_bundle import Content

OF_ANOTHER_SIZE = ("translation", "captioning", "tagging", "strokes", *PICTURE_TASKS)
"""Tasks whose networks give another number of numbers for a row than they were built for."""
SHIPPED: dict[str, ShippedMeaning | None] = {
    "next_token": "logits",
    "translation": None,
    "frames": None,
    "captioning": None,
    "strokes": None,
}
"""What outputs mean in a bundle, where that differs from training."""
SEARCHED = {
    "translation": "a translation is searched for word by word",
    "captioning": "a caption is searched for word by word",
}
"""Tasks whose answers are no function of one graph, and why: one reads, and another one writes a step."""


def shipped_meaning(meaning: Meaning | None) -> ShippedMeaning | None:
    """What outputs mean in a bundle."""
    if meaning is None or meaning in SHIPPED:
        return SHIPPED[meaning] if meaning else None
    return cast(ShippedMeaning, meaning)


def content(run: Run, stage: Stage, work: Work, evaluation: dict[str, Any]) -> Content:
    """What goes into the bundle."""
    prepared = work.prepared
    part = prepared.test or prepared.validation or prepared.train
    return Content(
        network=stage.job.network,
        model=work.model,
        preparation=work.preparation,
        input_shape=prepared.input_shape,
        task="generation" if isinstance(work.objective, Adversarial) else prepared.task,
        classes=prepared.classes,
        target_name=prepared.target_name,
        meaning=shipped_meaning(work.objective.meaning),
        scale=prepared.scale,
        samples=part.inputs[:64],
        evaluation=evaluation,
        name=run.name,
        seed=stage.experiment.seed,
        notes=work.notes,
        outputs=work.objective.outputs(prepared) if prepared.task in OF_ANOTHER_SIZE else 0,
        no_onnx=SEARCHED.get(prepared.task, ""),
    )
