"""The job that ``glasshouse run`` makes of a case, and the bare loop that does the same work."""

from __future__ import annotations

import copy
from typing import Any, Protocol

from glasshouse.core.devices import choose_device
from glasshouse.experiment import Experiment, decide
from glasshouse.experiment.decide import facts_of
from glasshouse.experiment.decide_acting import decide_acting
from glasshouse.experiment.make_job import make_batches, make_job
from glasshouse.experiment.make_network import make_network
from glasshouse.objectives import build_objective
from glasshouse.project.acting import gather_scene, work_in
from glasshouse.training.job import Job
from glasshouse.training.world_batches import Pace
from measuring.bare_acting import BareActing
from measuring.bare_loop import BareLoop
from measuring.model_cases import WORLDS, ModelCase, prepared_for


class Bare(Protocol):
    """A loop without a toolkit."""

    def epoch(self) -> None:
        """All steps once."""


def job_for(case: ModelCase, steps: int, epochs: int, every: int | None) -> tuple[Job, Bare]:
    """The job, without a validation part, and the bare loop.

    Args:
        case: What is trained.
        steps: Of an epoch.
        epochs: Of the job.
        every: Steps from one look of the probes to the next; ``None`` for the default.
    """
    return (in_world if case.form == "world" else of_rows)(case, steps, epochs, every)


def settings_for(case: ModelCase, epochs: int, every: int | None, data: Any = "memory") -> dict[str, Any]:
    """What an experiment says for a case."""
    return {
        "name": case.model,
        "data": data,
        "model": {"name": case.model, **case.settings},
        "training": {
            "epochs": epochs,
            "batch_size": case.batch,
            "threads": 1,
            "device": "cpu",
            "early_stopping": {"patience": "off"},
        },
        "watch": {} if every is None else {"every": every},
    }


def of_rows(case: ModelCase, steps: int, epochs: int, every: int | None) -> tuple[Job, Bare]:
    """Rows that lie in memory."""
    prepared = prepared_for(case, steps)
    experiment = decide(Experiment(**settings_for(case, epochs, every)), **facts_of(prepared))
    objective = build_objective(experiment.objective, prepared)
    outputs = objective.outputs(prepared)
    network = make_network(experiment.model, prepared.input_shape, outputs, experiment.seed).network
    text, tokens = case.form == "text", prepared.tokens > 0 and case.form != "captions"
    device = choose_device("cpu")
    batches = make_batches(experiment, prepared.train, None, device, tokens=tokens, streams=text)
    job = make_job(experiment, network, batches, None, objective, [])
    return job, BareLoop(copy.deepcopy(job.network), job, prepared.train)


def in_world(case: ModelCase, steps: int, epochs: int, every: int | None) -> tuple[Job, Bare]:
    """A world, in which both act and learn in turns, with the exploration that a run ends with."""
    name = WORLDS[case.model]
    acting = {"steps": steps, "every": 1, "explore_share": 1e-6}
    experiment = Experiment(**settings_for(case, epochs, every, {"source": name, "acting": acting}))
    scene = gather_scene(experiment)
    experiment = decide_acting(experiment, scene.world, scene.seen())
    work = work_in(experiment, scene)
    assert work.batches is not None
    job = make_job(experiment, work.network, work.batches, None, work.objective, [])
    decided: Any = experiment.data.acting
    pace = Pace(decided.steps, decided.every, decided.warmup, case.batch)
    copied = copy.deepcopy(job.network)
    return job, BareActing(copied, job, name, pace, float(decided.explore), int(decided.memory))
