"""Measuring the trained network: each task has its own measure, and all leave the same records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from glasshouse.core.devices import threads
from glasshouse.core.files import write_atomic, write_json
from glasshouse.data.parts import OutputScale, Part, Prepared
from glasshouse.data.settings import PICTURE_TASKS
from glasshouse.data.text.caption_preparation import CaptionPreparation
from glasshouse.data.text.pair_preparation import PairPreparation
from glasshouse.data.text.tag_preparation import TagPreparation
from glasshouse.evaluation import (
    Answered,
    Evaluation,
    Making,
    evaluate,
    evaluate_bound,
    evaluate_generation,
    evaluate_likelihood,
    evaluate_reconstruction,
)
from glasshouse.evaluation.captions import evaluate_captions
from glasshouse.evaluation.detection import evaluate_detection
from glasshouse.evaluation.forecast import evaluate_forecast
from glasshouse.evaluation.frames import evaluate_frames
from glasshouse.evaluation.image_to_image import evaluate_image_to_image
from glasshouse.evaluation.language import evaluate_language
from glasshouse.evaluation.segmentation import evaluate_segmentation
from glasshouse.evaluation.strokes import evaluate_strokes
from glasshouse.evaluation.tagging import evaluate_tagging
from glasshouse.evaluation.translation import evaluate_translation
from glasshouse.evaluation.verification import FOLDER as COMPARED
from glasshouse.evaluation.verification import evaluate_verification
from glasshouse.losses.contract import ONE_FOR_TWO
from glasshouse.models import DeepBeliefNetwork
from glasshouse.models.outputs import outputs_of
from glasshouse.objectives import Adversarial, ContrastiveDivergence, Objective
from glasshouse.project.question import known_modes, question_of, to_pixels
from glasshouse.project.stages import Stage
from glasshouse.project.work import Work
from glasshouse.project.write_pictures import write_pictures
from glasshouse.training.job import Job
from glasshouse.training.records import SAMPLES, exhibits_of


def evaluate_network(stage: Stage, work: Work) -> dict[str, Any]:
    """Measure the network against baselines, and write ``evaluation.json`` and ``predictions.parquet``."""
    prepared, raw = work.prepared, work.raw
    if isinstance(stage.job.objective, Adversarial):
        return evaluate_making(stage, work)
    if prepared.task == "reconstruction":
        return evaluate_reconstructions(stage, work)
    if prepared.task == "verification":
        with threads(stage.job.threads):
            return write_evaluation(stage, evaluate_verification(question_of(stage, work)), COMPARED)
    if prepared.task == "language":
        return write_evaluation(stage, evaluate_language(stage.job.network, prepared))
    if prepared.task in PICTURE_TASKS:
        return evaluate_pictures(stage, work)
    if prepared.task == "frames":
        return write_evaluation(stage, evaluate_frames(stage.job.network, prepared))
    if prepared.task == "strokes":
        return write_evaluation(stage, evaluate_strokes(stage.job.network, prepared, stage.experiment.seed))
    if prepared.task == "captioning" and isinstance(work.preparation, CaptionPreparation):
        return evaluate_caption_writing(stage, work, work.preparation)
    if prepared.task == "tagging" and isinstance(work.preparation, TagPreparation):
        seed = stage.experiment.seed
        return write_evaluation(stage, evaluate_tagging(stage.job.network, prepared, work.preparation, seed))
    if prepared.task == "translation" and isinstance(work.preparation, PairPreparation):
        network, seed = stage.job.network, stage.experiment.seed
        with threads(stage.job.threads):
            return write_evaluation(stage, evaluate_translation(network, prepared, work.preparation, seed))
    if prepared.task == "forecast":
        scale = prepared.scale or OutputScale(0.0, 1.0)
        season = stage.experiment.data.season
        return write_evaluation(stage, evaluate_forecast(stage.job.network, prepared, scale, season))
    if stage.job.objective.meaning is None:
        return evaluate_loss(stage, prepared)
    experiment = stage.experiment
    answered = answers(stage.job, prepared.parts())
    evaluation = evaluate(answered, prepared, raw, experiment.seed, experiment.output.metrics)
    return write_evaluation(stage, evaluation, "mistakes")


def evaluate_caption_writing(stage: Stage, work: Work, preparation: CaptionPreparation) -> dict[str, Any]:
    """Measure captions, and write the same records, with the pictures that they are about."""
    with threads(stage.job.threads):
        drawn = to_pixels(work.prepared, preparation.seen)
        evaluation = evaluate_captions(
            stage.job.network, work.prepared, preparation, stage.experiment.seed, drawn
        )
    return write_evaluation(stage, evaluation, "captions")


def evaluate_reconstructions(stage: Stage, work: Work) -> dict[str, Any]:
    """Measure how well rows come back, and write the same records, with pictures where rows are pictures."""
    measure = evaluate_reconstruction
    if isinstance(stage.job.objective, ContrastiveDivergence):
        deep = isinstance(stage.job.network, DeepBeliefNetwork)
        measure = evaluate_bound if deep else evaluate_likelihood
    with threads(stage.job.threads):
        evaluation = measure(question_of(stage, work))
    return write_evaluation(stage, evaluation, "reconstruction")


def evaluate_pictures(stage: Stage, work: Work) -> dict[str, Any]:
    """Measure what comes out for pictures (masks, pictures, boxes), and write the same records."""
    network, prepared, seed = stage.job.network, work.prepared, stage.experiment.seed
    shown = to_pixels(prepared, work.preparation)
    with threads(stage.job.threads):
        if prepared.task == "detection":
            evaluation = evaluate_detection(network, prepared, shown, seed)
        elif prepared.task == "image_to_image":
            levels = work.raw.pixels if work.raw is not None and work.raw.kind == "images" else None
            evaluation = evaluate_image_to_image(network, prepared, shown, levels)
        else:
            evaluation = evaluate_segmentation(network, prepared, shown, seed)
    return write_evaluation(stage, evaluation, "examples")


def evaluate_making(stage: Stage, work: Work) -> dict[str, Any]:
    """Measure how like the data made rows are, and write the same records."""
    exhibits = exhibits_of(stage.run.path / SAMPLES)
    with threads(stage.job.threads):
        evaluation = evaluate_generation(Making(question_of(stage, work), exhibits, known_modes(work)))
    return write_evaluation(stage, evaluation, "generation")


def write_evaluation(stage: Stage, evaluation: Evaluation, folder: str = "mistakes") -> dict[str, Any]:
    """Write the records of an evaluation, and its pictures below a folder of the run."""
    path = stage.run.path
    write_json(path / "evaluation.json", evaluation.record)
    write_atomic(path / "predictions.parquet", lambda place: evaluation.predictions.write_parquet(place))
    write_pictures(path / folder, evaluation.pictures)
    stage.tell(str(evaluation.record["verdict"]))
    record: dict[str, Any] = evaluation.record
    return record


def evaluate_loss(stage: Stage, prepared: Prepared) -> dict[str, Any]:
    """For a loss of the user's own, of which nobody knows what the outputs mean: its value on every part."""
    job = stage.job
    metrics = {
        name: {"loss": job.objective.judge(job.network, part).loss} for name, part in prepared.parts().items()
    }
    record = {"task": prepared.task, "target": prepared.target_name, "primary": "loss", "metrics": metrics}
    write_json(stage.run.path / "evaluation.json", record)
    return record


def answers(job: Job, parts: Mapping[str, Part]) -> dict[str, Answered]:
    """What the network says about every row of every part, beside what is true."""
    answered = {}
    for name, part in parts.items():
        with threads(job.threads):
            prediction = job.objective.predict(outputs_of(job.network, part.inputs))
        answered[name] = Answered(truth(part, job.objective), prediction, part.rows)
    return answered


def truth(part: Part, objective: Objective) -> NDArray[Any]:
    """The targets of a part: class indices, or numbers in the target's own unit."""
    if objective.meaning in ONE_FOR_TWO:
        return part.targets.long().reshape(-1).numpy()
    if objective.meaning != "values":
        return part.targets.numpy()
    values = part.targets.double().numpy().reshape(len(part), -1)[:, 0]
    scale = objective.scale
    return values if scale is None else values * scale.spread + scale.centre
