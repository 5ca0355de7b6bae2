"""Several networks that answer as one, in the place of the single network of a run."""

from __future__ import annotations

import time
from dataclasses import replace

from glasshouse.core.errors import SettingError
from glasshouse.core.files import read_json
from glasshouse.models.ensemble import Ensemble, ensemble_spec
from glasshouse.objectives import Adversarial, Objective, Reconstruction, Supervised
from glasshouse.objectives.image_to_image import ImageToImage
from glasshouse.objectives.segmentation import Segmentation
from glasshouse.objectives.tagging import Tagging
from glasshouse.project.ensemble_members import fresh_network, train_members
from glasshouse.project.ensemble_records import (
    ENSEMBLE,
    Member,
    told,
    weights_path,
    write_members,
    write_training,
)
from glasshouse.project.snapshots import cycle_of, train_snapshots
from glasshouse.project.stages import Stage
from glasshouse.project.work import Work
from glasshouse.ship.weights import read_weights
from glasshouse.training.batches import InMemoryBatches

AVERAGED = (Supervised, Tagging, Segmentation, ImageToImage, Reconstruction)
"""Objectives whose networks give something that has a mean."""
WITHOUT_MEAN = {
    "language": "the mean of several continuations is none",
    "frames": "the mean of several continuations is none",
    "strokes": "the mean of several continuations is none",
    "translation": "what each member writes hangs on what it has written before",
    "captioning": "what each member writes hangs on what it has written before",
    "verification": "distances in the embedding of one network mean nothing in that of another",
    "detection": "boxes of different networks are not in the same order",
    "control": "members would have to agree at every step of an episode, of which each has seen others",
}
"""Tasks whose answers cannot be averaged, with the reason."""


def refuse_ensemble(stage: Stage, work: Work) -> None:
    """Refuse an ensemble of what cannot be averaged or shuffled anew.

    Raises:
        SettingError: The settings or the data are not for it.
    """
    settings, job = stage.experiment.ensemble, stage.job
    why = reason_against(work.prepared.task, job.objective)
    if why:
        raise SettingError(
            f"ensemble.members = {settings.members} for {work.prepared.task}: {why}",
            expected="classes, numbers, tags, masks, pictures or rows that are given back, by a loss of "
            "Glasshouse or of PyTorch",
            fix="leave ensemble.members out, and compare runs of several seeds: glasshouse compare RUN RUN",
        )
    if settings.kind == "snapshots":
        cycle_of(stage)
    elif not isinstance(job.batches, InMemoryBatches):
        raise SettingError(
            f"ensemble.kind = {settings.kind!r} with a data set whose rows are fetched one by one",
            expected="data in memory, which every member shuffles for itself",
            fix="hand arrays or tensors, or set ensemble.kind to 'snapshots'",
        )


def reason_against(task: str, objective: Objective) -> str:
    """Why what several networks give cannot be averaged; empty where it can.

    Args:
        task: What is learnt.
        objective: By what.

    Example:
        >>> reason_against("language", object())
        'the mean of several continuations is none'
    """
    if task in WITHOUT_MEAN:
        return WITHOUT_MEAN[task]
    if isinstance(objective, AVERAGED) and objective.meaning is not None:
        return ""
    if isinstance(objective, Adversarial):
        return "rows made of different codes by different networks have no mean that looks like a row"
    if task == "reconstruction":
        return "each has a likelihood of its own, and codes or hidden units that mean something else"
    return "nobody knows what the outputs mean"


def train_ensemble(stage: Stage, work: Work) -> tuple[Stage, Work]:
    """Train the members, and put them in the place of the single network.

    The run folder gets ``ensemble.json``, the epochs and weights of every member in ``members/``, the mean of
    them in ``metrics.jsonl``, and a checkpoint of the whole. A run that was cut off before that trains its
    members from the start again; snapshots go on from the last checkpoint.

    Raises:
        NonFiniteError: The numbers of every member overflowed.
        TrainingStoppedError: A signal asked to stop.
    """
    path = stage.run.path
    if (path / ENSEMBLE).exists():
        members = _taken_up(stage, work)
    else:
        began = time.perf_counter()
        snapshots = stage.experiment.ensemble.kind == "snapshots"
        members = train_snapshots(stage) if snapshots else train_members(stage, work)
        write_training(stage, members, time.perf_counter() - began)
        write_members(path, stage.experiment.ensemble.kind, members)
    alive = [each for each in members if each.network is not None]
    meaning = stage.job.objective.meaning
    ensemble = Ensemble([each.network for each in alive if each.network is not None], meaning).eval()
    steps = sum(each.steps for each in members) + 1  # beyond any checkpoint of the training
    stage.run.checkpoints().save(steps, {"network": dict(ensemble.state_dict()), "best": None})
    stage.tell(told(members, stage.experiment.ensemble.kind))
    spec = None if work.model is None else ensemble_spec(work.model, len(alive), meaning)
    notes = (*work.notes, f"The mean of {len(alive)} networks ({stage.experiment.ensemble.kind}).")
    return (
        replace(stage, job=replace(stage.job, network=ensemble)),
        replace(work, network=ensemble, model=spec, notes=notes),
    )


def _taken_up(stage: Stage, work: Work) -> list[Member]:
    """The members of a run whose training had ended when it was cut off."""
    members = []
    for row in read_json(stage.run.path / ENSEMBLE)["members"]:
        network = None
        if not row["error"]:
            network = fresh_network(stage, work, row["seed"])
            network.load_state_dict(read_weights(weights_path(stage.run.path, row["number"])))
            network.eval()
        members.append(Member.from_row(row, network))
    return members
