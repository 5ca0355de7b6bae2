"""The stages of the main job, each of which leaves a record that the next can be looked at with."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image

from glasshouse.core.devices import threads
from glasshouse.core.files import write_atomic, write_json
from glasshouse.data.builtin.toys import MODES
from glasshouse.data.encoders.table_preparation import TablePreparation
from glasshouse.data.images.image_preparation import ImagePreparation
from glasshouse.data.parts import OutputScale, Part, Prepared
from glasshouse.data.preparation import Preparation
from glasshouse.data.settings import PICTURE_TASKS
from glasshouse.data.text.caption_preparation import CaptionPreparation
from glasshouse.data.text.pair_preparation import PairPreparation
from glasshouse.data.text.tag_preparation import TagPreparation
from glasshouse.evaluation import (
    Answered,
    Evaluation,
    Known,
    Making,
    Question,
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
from glasshouse.evaluation.over_time import (
    first_recurrent,
    gates_over_time,
    gradient_over_time,
    watched_part,
)
from glasshouse.evaluation.segmentation import evaluate_segmentation
from glasshouse.evaluation.showing import ToPixels
from glasshouse.evaluation.strokes import evaluate_strokes
from glasshouse.evaluation.tagging import evaluate_tagging
from glasshouse.evaluation.translation import evaluate_translation
from glasshouse.evaluation.verification import FOLDER as COMPARED
from glasshouse.evaluation.verification import evaluate_verification
from glasshouse.experiment import Experiment, Run
from glasshouse.experiment.make_job import with_rate
from glasshouse.experiment.toml import write_experiment
from glasshouse.losses.contract import ONE_FOR_TWO
from glasshouse.models import DeepBeliefNetwork, Layer
from glasshouse.models.outputs import outputs_of
from glasshouse.objectives import Adversarial, ContrastiveDivergence, Objective
from glasshouse.project.work import Work
from glasshouse.training.choose_engine import choose_engine
from glasshouse.training.job import Job, Outcome
from glasshouse.training.loop import train
from glasshouse.training.observers import Observer
from glasshouse.training.range_test import range_test
from glasshouse.training.records import SAMPLES, Records, exhibits_of
from glasshouse.training.tensorboard import TensorBoard

Tell = Callable[[str], None]
"""Where the stages say what they have done, a sentence each."""


EACH_STEP = ("translation", "frames", "tagging", "captioning", "strokes")
"""Tasks without a section on gradients over time: every step has a loss of its own."""


def silent(_sentence: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Stage:
    """What every stage needs.

    Args:
        run: The run folder.
        experiment: As it was decided.
        job: Network, batches and settings.
        tell: Told what was done.
        observers: Look on while training.
    """

    run: Run
    experiment: Experiment
    job: Job
    tell: Tell
    observers: Sequence[Observer]


def describe_network(
    run: Run, job: Job, layers: list[Layer], model: dict[str, Any], input_shape: Sequence[int]
) -> None:
    """Write ``network.json``: every layer, and on what it is trained."""
    engine = choose_engine(job)
    trainable = [each for each in job.network.parameters() if each.requires_grad]
    write_json(
        run.path / "network.json",
        {
            "model": model,
            "input_shape": list(input_shape),
            "outputs": layers[-1].output_shape[-1] if layers and layers[-1].output_shape else None,
            "layers": [layer.to_dict() for layer in layers],
            "parameters": sum(each.numel() for each in trainable),
            "frozen": sum(each.numel() for each in job.network.parameters() if not each.requires_grad),
            "macs": sum(layer.macs for layer in layers),
            "device": str(job.device),
            "threads": job.threads,
            "precision": job.precision.name,
            "engine": engine.name,
            "engine_why": engine.why,
            "text": str(job.network),
        },
    )


def find_rate(stage: Stage) -> Stage:
    """Find the learning rate by a range test, where the experiment asks for it, and write it down."""
    run, experiment = stage.run, stage.experiment
    if experiment.training.learning_rate != "find":
        return stage
    found = range_test(stage.job)
    write_json(run.path / "range_test.json", found.to_dict())
    training = experiment.training.replace(learning_rate=found.suggestion)
    experiment = experiment.replace(training=training.model_dump())
    write_experiment(run.path / "experiment.toml", experiment)
    stage.tell(
        f"The range test over {len(found.rates)} steps suggests a learning rate of {found.suggestion:.2g}."
    )
    return replace(stage, experiment=experiment, job=with_rate(stage.job, found.suggestion))


def look_over_time(stage: Stage, work: Work, when: str) -> None:
    """Write ``over_time.json``: gradients through the steps before and after training, gates afterwards."""
    network, prepared = stage.job.network, work.prepared
    if first_recurrent(network) is None or prepared.task in EACH_STEP:
        return
    path, part = stage.run.path / "over_time.json", watched_part(prepared)
    known = stage.run.record("over_time") or {"before": None, "after": None, "gates": None}
    if when == "before" and known["before"] is not None:
        return  # a run that is taken up again has other weights now
    with threads(stage.job.threads):
        known[when] = gradient_over_time(network, stage.job.objective, part, bool(prepared.tokens))
        if when == "after":
            names = work.preparation.token_names if prepared.tokens and work.preparation else ()
            known["gates"] = gates_over_time(network, part, names.__getitem__ if names else None)
    write_json(path, known)


def train_network(stage: Stage) -> Outcome:
    """Train, or go on training, and write ``training.json``."""
    run, job = stage.run, stage.job
    observers = list(stage.observers)
    if stage.experiment.watch.tensorboard:
        observers.append(TensorBoard(run.path / "tensorboard"))
    outcome = train(job, Records(run.path), run.checkpoints(), observers)
    write_json(run.path / "training.json", {**asdict(outcome), "monitor": job.stopping.monitor})
    seconds = sum(run.timings["seconds"].to_list()) if outcome.epochs else 0.0
    stage.tell(
        f"Trained for {outcome.epochs} epoch{'s' * (outcome.epochs != 1)} "
        f"({outcome.steps:,} steps, {seconds:.1f} s); kept epoch {outcome.best_epoch}; {outcome.ended}."
    )
    return outcome


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


def known_modes(work: Work) -> Known | None:
    """The modes of built-in data that were made to have some, as the network sees them."""
    raw, preparation = work.raw, work.preparation
    if raw is None or raw.origin not in MODES or not isinstance(preparation, TablePreparation):
        return None
    modes, encoders = MODES[raw.origin], preparation.encoders
    if [each.column for each in encoders] != ["x1", "x2"] or preparation.input_shape != (2,):
        return None
    columns = [
        each.transform(pl.Series(each.column, at)) for each, at in zip(encoders, modes.centres.T, strict=True)
    ]
    # One spread for both axes: they were scaled alike, but for chance.
    scale = np.mean(
        [np.ptp(column) / np.ptp(at) for column, at in zip(columns, modes.centres.T, strict=True)]
    )
    return Known(np.concatenate(columns, axis=1), float(modes.spread * scale))


def write_evaluation(stage: Stage, evaluation: Evaluation, folder: str = "mistakes") -> dict[str, Any]:
    """Write the records of an evaluation, and its pictures below a folder of the run."""
    path = stage.run.path
    write_json(path / "evaluation.json", evaluation.record)
    write_atomic(path / "predictions.parquet", lambda place: evaluation.predictions.write_parquet(place))
    write_pictures(path / folder, evaluation.pictures)
    stage.tell(str(evaluation.record["verdict"]))
    record: dict[str, Any] = evaluation.record
    return record


def question_of(stage: Stage, work: Work) -> Question:
    """What is asked of a network that learnt rows without a target."""
    prepared = work.prepared
    return Question(
        network=stage.job.network,
        objective=stage.job.objective,
        prepared=prepared,
        raw=work.raw,
        normal=stage.experiment.data.normal,
        to_pixels=to_pixels(prepared, work.preparation),
        names=number_names(prepared, work.preparation),
        seed=stage.experiment.seed,
    )


def to_pixels(prepared: Prepared, preparation: Preparation | None) -> ToPixels | None:
    """What makes pictures of prepared rows again; ``None`` where rows are no pictures.

    Bare tensors of one or three channels are drawn from their lowest number to their highest.
    """
    shape = prepared.input_shape
    if len(shape) != 3 or shape[0] not in (1, 3):
        return None
    low, high = float(prepared.train.inputs.min()), float(prepared.train.inputs.max())

    def drawn(rows: NDArray[np.float32]) -> NDArray[np.uint8]:
        levels = preparation.levels(rows) if isinstance(preparation, ImagePreparation) else None
        if levels is None:
            shares = (rows - low) / ((high - low) or 1.0)
            levels = np.clip(np.rint(255 * shares), 0, 255).astype(np.uint8)
        return levels[:, 0] if shape[0] == 1 else np.ascontiguousarray(levels.transpose(0, 2, 3, 1))

    return drawn


def number_names(prepared: Prepared, preparation: Preparation | None) -> Sequence[str]:
    """What the numbers of a row are called."""
    names = getattr(preparation, "feature_names", None)
    return names if names is not None else [f"input[{place}]" for place in range(prepared.outputs)]


def evaluate_loss(stage: Stage, prepared: Prepared) -> dict[str, Any]:
    """For a loss of the user's own, of which nobody knows what the outputs mean: its value on every part."""
    job = stage.job
    metrics = {
        name: {"loss": job.objective.judge(job.network, part).loss} for name, part in prepared.parts().items()
    }
    record = {"task": prepared.task, "target": prepared.target_name, "primary": "loss", "metrics": metrics}
    write_json(stage.run.path / "evaluation.json", record)
    return record


def write_pictures(folder: Path, pictures: Mapping[str, NDArray[np.uint8]]) -> None:
    """Write small pictures as PNG files, named by their keys."""
    for key, pixels in pictures.items():
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, format="PNG")
        write_atomic(folder / f"{Path(key).stem}.png", stream.getvalue())
