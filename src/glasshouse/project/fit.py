"""Training a network of one's own on data in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import torch
from torch import nn
from torch.utils.data import Dataset

from glasshouse.core.concept import Spec
from glasshouse.core.devices import choose_device
from glasshouse.core.errors import DataError, UsageError
from glasshouse.core.files import read_json, write_json
from glasshouse.data.parts import Prepared
from glasshouse.experiment import Experiment, Run, decide
from glasshouse.experiment.decide import facts_of
from glasshouse.experiment.environment import environment
from glasshouse.experiment.make_network import Beginning, make_network
from glasshouse.experiment.run import new_run
from glasshouse.experiment.toml import write_experiment
from glasshouse.losses import Loss
from glasshouse.objectives import Objective, Supervised, build_objective
from glasshouse.project.arguments import refuse_no_data, refuse_no_loss, refuse_no_model, refuse_no_part
from glasshouse.project.arrays import as_tensors, prepare_arrays, prepare_dataset, to_array
from glasshouse.project.materials import gather, weights_anchored
from glasshouse.project.own_losses import MEANINGS, OneLogit, OneProbability
from glasshouse.project.pipeline import carry_out
from glasshouse.project.stages import Tell, silent
from glasshouse.project.work import Work
from glasshouse.training.dataset_batches import DatasetBatches
from glasshouse.training.observers import Observer


def fit(
    model: nn.Module | Spec,
    data: Any,
    *,
    target: str | None = None,
    validation: Any = 0.15,
    test: Any = None,
    loss: Spec | Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = "auto",
    seed: int = 0,
    members: int = 1,
    kind: str = "seeds",
    out: Path | str = "runs",
    name: str = "fit",
    report: bool = False,
    bundle: bool = False,
    resume: Run | Path | str | None = None,
    observers: Sequence[Observer] | None = None,
    tell: Tell = silent,
    **training: Any,
) -> Run:
    """Train a network on data in memory, and leave a run folder.

    Frames go the whole road of :func:`glasshouse.run`: columns are read, encoded and scaled. Arrays, tensors
    and data sets are taken as they are. Whole numbers, booleans and text as targets are classes, other
    numbers are values to predict.

    Args:
        model: Any ``torch.nn.Module``, trained in place; or a model of Glasshouse by name or table.
        data: A pair (inputs, targets) of arrays, tensors or lists; a map-style ``Dataset`` of such pairs; or
            a frame of polars or pandas together with ``target``.
        target: The column to predict, for frames.
        validation: Share of the rows that watches training, or a pair or data set of its own, or ``None``.
        test: Share of the rows held out, or a pair or data set of its own, or ``None``.
        loss: A loss of Glasshouse by name or table, any function of (outputs, targets) that gives the mean
            over the batch, or ``"auto"``: cross-entropy for classes, mean squared error for numbers.
        seed: Decides split, order of rows, dropout, and the weights of a model given by name.
        members: Networks that answer together, from 1; their mean is what is evaluated and shipped.
        kind: What tells them apart: ``"seeds"``, ``"bagging"`` or ``"snapshots"``.
        out: The folder that holds the runs.
        name: Name of the run.
        report: Write ``report.html`` as well.
        bundle: Write the bundle as well.
        resume: A run of the same network and data to go on with.
        observers: Look on while training; by default a progress bar, which shows at a terminal only.
        tell: Called with a sentence after each stage.
        **training: Keys of the ``[training]`` section: ``epochs=20``, ``learning_rate=1e-3``,
            ``optimizer="momentum"``, ``batch_size=64`` ...

    Returns:
        The run; ``run.network`` is the trained network with the weights of its best epoch.

    Raises:
        GlasshouseError: What is wrong, what was expected, and what to do.

    Example:
        >>> import glasshouse as gh
        >>> from torch import nn
        >>> inputs = torch.randn(200, 3, generator=torch.Generator().manual_seed(0))
        >>> run = gh.fit(nn.Linear(3, 2), (inputs, (inputs[:, 0] > 0).long()), epochs=20, batch_size=16,
        ...              learning_rate=0.05, out=getfixture("tmp_path"))
        >>> run.metrics["validation"]["accuracy"] > 0.9
        True
    """
    refuse_no_part("validation", validation)
    refuse_no_part("test", test)
    refuse_no_model(model)
    refuse_no_loss(loss)
    settings: dict[str, Any] = {
        "seed": seed,
        "name": name,
        "data": {"source": "memory"},
        "training": training,
        "ensemble": {"members": members, "kind": kind},
        "output": {"report": report, "bundle": bundle},
    }
    if not isinstance(model, nn.Module):
        settings["model"] = {"name": model} if isinstance(model, str) else dict(model)
    if isinstance(loss, (str, Mapping)):
        settings["objective"] = {"loss": loss}
    if isinstance(loss, nn.BCEWithLogitsLoss):
        loss = OneLogit(loss)
    if isinstance(loss, nn.BCELoss):
        loss = OneProbability(loss)
    own = _Own(
        model if isinstance(model, nn.Module) else None,
        None if isinstance(loss, (str, Mapping)) else loss,
    )
    if target is not None or is_frame(data):
        experiment, work, facts = _from_frame(own, data, target, validation, test, settings)
    else:
        experiment, work, facts = _from_tensors(own, data, validation, test, settings)
    run = _folder(experiment, facts, out, resume)
    return carry_out(run, experiment, work, observers, tell)


@dataclass(frozen=True)
class _Own:
    """What the user brings along instead of naming it."""

    network: nn.Module | None
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] | None

    def network_for(self, experiment: Experiment, prepared: Prepared) -> Beginning:
        """The user's network, or the one that the experiment names."""
        if self.network is not None:
            return Beginning(self.network)
        outputs = self.objective_for(experiment, prepared).outputs(prepared)
        return make_network(experiment.model, prepared.input_shape, outputs, experiment.seed)

    def objective_for(self, experiment: Experiment, prepared: Prepared) -> Objective:
        """The user's loss and what outputs mean under it, or the one that the experiment names."""
        if self.loss is None:
            return build_objective(experiment.objective, prepared)
        if isinstance(self.loss, Loss):
            return Supervised(self.loss, scale=prepared.scale)
        meaning = MEANINGS.get(type(self.loss)) if isinstance(self.loss, nn.Module) else None
        return Supervised(self.loss, meaning, prepared.scale)


def is_frame(data: object) -> bool:
    """Whether something is a table with named columns: a frame, or a dictionary of columns."""
    return isinstance(data, Mapping) or nw.dependencies.is_into_dataframe(data)


def _from_frame(
    own: _Own, frame: Any, target: str | None, validation: Any, test: Any, settings: dict[str, Any]
) -> tuple[Experiment, Work, dict[str, Any]]:
    """The whole road of a table in memory."""
    if target is None:
        raise UsageError(
            "a frame without a target", expected="the column to predict", fix='add target="NAME"'
        )
    for name, share in (("validation", validation), ("test", test)):
        if share is not None and not isinstance(share, (int, float)):
            raise UsageError(
                f"{name} is a {type(share).__name__} beside a frame",
                expected="a share such as 0.15",
                fix="put all rows into one frame, or hand pairs (inputs, targets) of arrays",
            )
    if not validation:
        raise UsageError(
            f"validation = {validation} beside a frame",
            expected="a share above 0: without it nothing would tell which epoch is best",
            fix="leave it out, or hand arrays to train without a validation part",
        )
    split = {"validation": validation, "test": test or 0.0}
    settings["data"] |= {"target": target, "split": split}
    experiment = Experiment.read(settings)
    materials = gather(experiment, frame)
    prepared = materials.prepared
    experiment = decide(weights_anchored(experiment), **facts_of(prepared))
    beginning = own.network_for(experiment, prepared)
    work = Work(
        prepared=prepared,
        network=beginning.network,
        notes=beginning.notes,
        objective=own.objective_for(experiment, prepared),
        model=None if own.network is not None else experiment.model.spec(),
        raw=materials.raw,
        preparation=materials.preparation,
    )
    return experiment, work, materials.facts()


def _from_tensors(
    own: _Own, data: Any, validation: Any, test: Any, settings: dict[str, Any]
) -> tuple[Experiment, Work, dict[str, Any]]:
    """Arrays, tensors and data sets as they are."""
    seed = settings["seed"]
    refuse_no_data(data)
    pair = as_tensors(data) if isinstance(data, Dataset) else data
    dataset = None
    if pair is not None:
        targets = to_array(pair[1])
        if isinstance(own.loss, OneLogit):  # its targets are often written as 0.0 and 1.0
            targets = targets.reshape(len(targets)).astype(np.int64)
        prepared, labels = prepare_arrays((pair[0], targets), _opened(validation), _opened(test), seed)
    else:
        prepared, dataset, labels = prepare_dataset(data, validation, test, seed)
    experiment = decide(weights_anchored(Experiment.read(settings)), **facts_of(prepared))
    batches = None
    if dataset is not None:
        assert experiment.training.batch_size != "auto", "the experiment is not decided"
        batches = DatasetBatches(
            dataset,
            experiment.training.batch_size,
            accumulate=experiment.training.accumulate,
            seed=seed,
            device=choose_device(experiment.training.device),
        )
    beginning = own.network_for(experiment, prepared)
    work = Work(
        prepared=prepared,
        network=beginning.network,
        notes=beginning.notes,
        objective=own.objective_for(experiment, prepared),
        model=None if own.network is not None else experiment.model.spec(),
        batches=batches,
    )
    # A data set may give other inputs each time it is asked; its targets tell it from others all the same.
    values = [labels.values] if dataset is not None else [labels.values, prepared.train.inputs]
    rows = len(prepared.train) if batches is None else batches.rows
    return experiment, work, {"origin": "memory", "rows": rows, "fingerprint": _fingerprint(values)}


def _opened(part: Any) -> Any:
    """A data set of tensors as the pair that it is."""
    return as_tensors(part) if isinstance(part, Dataset) else part


def _fingerprint(tensors: Sequence[torch.Tensor]) -> str:
    """Tells whether tensors are the same as before."""
    digest = hashlib.sha256()
    for values in tensors:
        digest.update(f"{tuple(values.shape)} {values.dtype}".encode())
        digest.update(values.contiguous().numpy().data)
    return digest.hexdigest()


def _folder(
    experiment: Experiment, facts: dict[str, Any], out: Path | str, resume: Run | Path | str | None
) -> Run:
    """A new run folder, or that of the run to go on with."""
    if resume is None:
        run = new_run(out, experiment.name)
        write_experiment(run.path / "experiment.toml", experiment)
        write_json(run.path / "environment.json", environment())
        write_json(run.path / "data.json", facts)
        return run
    run = resume if isinstance(resume, Run) else Run(resume)
    if read_json(run.path / "data.json")["fingerprint"] != facts["fingerprint"]:
        raise DataError(
            f"the data are not those that {run.path} was started with",
            expected="the same values in the same order",
            fix="hand the same data, or start a new run",
        )
    return run
