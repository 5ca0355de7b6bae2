"""One row of somebody's data through somebody's network, ready to be explained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from glasshouse.core.errors import DataError, SettingError, UsageError
from glasshouse.core.names import suggestions
from glasshouse.data.parts import Part, Prepared
from glasshouse.data.settings import PICTURE_TASKS
from glasshouse.experiment import Experiment, Run
from glasshouse.explain import Explanation, Shapes, explain, shapes
from glasshouse.layers.packing import cut_to_longest
from glasshouse.project.pipeline import decided, scene_or_materials, work_for
from glasshouse.ship import load

PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Specimen:
    """A network, one row for it, and what training would make of the two.

    Args:
        network: The network, in evaluation mode unless a training step is asked for.
        x: The row as a batch of one, prepared.
        y: Its target; ``None`` where it is not known.
        loss: The loss of the run; ``None`` without a target.
        optimizer: Name and settings of the run's optimizer, with its learning rate.
        told: What this is, in sentences.
    """

    network: nn.Module
    x: torch.Tensor
    y: torch.Tensor | None
    loss: Callable[..., torch.Tensor] | None
    optimizer: dict[str, Any] | None
    told: tuple[str, ...]

    def explain(self) -> Explanation:
        """The explanation of this row."""
        return explain(self.network, self.x, self.y, self.loss or "cross_entropy", self.optimizer)

    def shapes(self) -> Shapes:
        """The ledger of shapes."""
        return shapes(self.network, self.x)


def of_run(run: Run, row: int = 0, part: str = "", training: bool = False) -> Specimen:
    """A row of a run's own data through its network, with the weights of the best epoch.

    Args:
        run: The run.
        row: Which row of the part, from 0.
        part: ``"train"``, ``"validation"`` or ``"test"``; empty for the last of them that there is.
        training: Whether the network stands as in a training step (dropout, statistics of the batch).

    Raises:
        DataError: The data are not there any more, or the part has not so many rows.
        StorageError: The run has no checkpoint.

    Example:
        >>> import glasshouse as gh
        >>> experiment = gh.Experiment(data="iris", training={"epochs": 2}, output={"onnx": False})
        >>> specimen = of_run(gh.run(experiment, out=getfixture("tmp_path")), row=3)
        >>> set(specimen.explain().badges)
        {'checked'}
    """
    experiment = run.experiment
    if experiment.data.source == "memory":
        raise DataError(
            f"the run {run.path} was started with data in memory, which are not kept",
            expected="a run of data that can be read again",
            fix="in Python: gh.explain(run.network, x, y)",
        )
    specimen = of_experiment(experiment, row, part, training)
    weights = run.best_weights()
    specimen.network.load_state_dict(weights)
    told = (f"Run {run.name}, weights of the best epoch.", *specimen.told[1:])
    return replace(specimen, told=told)


def of_experiment(experiment: Experiment, row: int = 0, part: str = "", training: bool = False) -> Specimen:
    """A row of an experiment's data through its network before training.

    Args:
        experiment: The experiment.
        row: Which row of the part, from 0.
        part: ``"train"``, ``"validation"`` or ``"test"``; empty for the last of them that there is.
        training: Whether the network stands as in a training step.

    Raises:
        DataError: The data cannot be read, or the part has not so many rows.

    Example:
        >>> specimen = of_experiment(Experiment(data="iris"), row=1, part="train")
        >>> specimen.x.shape, int(specimen.y)
        (torch.Size([1, 4]), 0)
    """
    materials = scene_or_materials(experiment, None)
    experiment = decided(experiment, materials)
    work = work_for(experiment, materials)
    chosen, name = _part(materials.prepared, part)
    if not -len(chosen) <= row < len(chosen):
        raise DataError(
            f"row {row} of the {name} part, which has {len(chosen)} rows",
            expected=f"a row from 0 to {len(chosen) - 1}",
            fix="choose another row, or another part",
        )
    row %= len(chosen)
    work.network.train(training)
    target = chosen.targets[row : row + 1]
    judged = work.objective.plain and materials.prepared.task != "control"  # a world has no right answers
    told = [
        f"{type(work.network).__name__} {experiment.model.name!r} before training.",
        f"Row {row} of the {name} part (row {int(chosen.rows[row])} of the data).",
        f"Target: {_truth(materials.prepared, target)}."
        if materials.prepared.task != "control"
        else f"What is seen while actions are drawn at random in {materials.origin}.",
    ]
    x = chosen.inputs[row : row + 1]
    return Specimen(
        work.network,
        cut_to_longest(x) if materials.prepared.tokens else x,
        target if judged else None,
        getattr(work.objective, "loss", None) if judged else None,
        _optimizer(experiment),
        tuple(told),
    )


def of_bundle(folder: Path, source: Path, row: int = 0, training: bool = False) -> Specimen:
    """A row of a file through a bundle's network. Its target is not known, so there is no loss.

    Args:
        folder: The bundle.
        source: A table, a picture or a folder of pictures, as ``glasshouse predict`` takes them.
        row: Which row, from 0.
        training: Whether the network stands as in a training step.

    Raises:
        DataError: The file has not so many rows.
        BundleError: The bundle cannot be used.
    """
    bundle = load(folder, backend="torch")
    inputs = torch.as_tensor(bundle.prepare(source))
    if not -len(inputs) <= row < len(inputs):
        raise DataError(
            f"row {row} of {source}, which has {len(inputs)} rows",
            expected=f"a row from 0 to {len(inputs) - 1}",
            fix="choose another row",
        )
    row %= len(inputs)
    network = bundle.module().train(training)
    told = (f"Bundle {folder.name}.", f"Row {row} of {source.name}; its target is not known: forward only.")
    return Specimen(network, inputs[row : row + 1], None, None, None, told)


def place_of(element: str) -> tuple[str, tuple[int, ...]]:
    """What ``--element`` asks for: a name, and a place behind a colon.

    Raises:
        UsageError: It has another form.

    Example:
        >>> place_of("fc2.weight:4,17")
        ('fc2.weight', (4, 17))
        >>> place_of("L")
        ('L', ())
    """
    name, _, place = element.partition(":")
    whole = all(each.strip().lstrip("-").isdigit() for each in place.split(",")) if place else True
    if not name or not whole:
        raise UsageError(
            f"--element {element}",
            expected="a name, a colon and a place, such as linear1.weight:4,17",
            fix="print the whole explanation to see the names and shapes",
        )
    return name, tuple(int(each) for each in place.split(",")) if place else ()


def _part(prepared: Prepared, wanted: str) -> tuple[Part, str]:
    parts = prepared.parts()
    if not wanted:
        name = [each for each in PARTS if each in parts][-1]
        return parts[name], name
    if wanted not in parts:
        near = suggestions(wanted, list(parts), most=1)
        raise SettingError(
            f"part {wanted!r}",
            expected="one of " + ", ".join(parts),
            fix=f"did you mean {near[0]!r}?" if near else "choose one of them",
        )
    return parts[wanted], wanted


def _truth(prepared: Prepared, target: torch.Tensor) -> str:
    if prepared.task in ("reconstruction", *PICTURE_TASKS):
        return prepared.target_name
    if prepared.classes and not target.is_floating_point():
        return f"{prepared.target_name} = {prepared.classes[int(target)]} (class {int(target)})"
    return f"{prepared.target_name} = {float(target.flatten()[0]):.6g} (standardised)"


def _optimizer(experiment: Experiment) -> dict[str, Any]:
    """The optimizer as the run has it at full rate; weight decay, which biases don't have, is left out."""
    spec = experiment.training.optimizer
    settings: dict[str, Any] = {"name": spec} if isinstance(spec, str) else dict(spec)
    rate = experiment.training.learning_rate
    if isinstance(rate, float):
        settings["learning_rate"] = rate
    return {**settings, "weight_decay": 0.0}
