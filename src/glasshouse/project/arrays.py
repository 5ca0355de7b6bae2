"""Bare arrays, tensors and data sets on the way into training: taken as they are, divided, never scaled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset, Subset, TensorDataset

from glasshouse.core.errors import DataError, SettingError
from glasshouse.data import divide
from glasshouse.data.parts import Part, Prepared, Split
from glasshouse.data.raw import RawTable, Target
from glasshouse.data.settings import SplitSettings, Task
from glasshouse.project.agreement import refuse_odd_part
from glasshouse.training.dataset_batches import gathered, targets_of

LOOKED_AT = 10_000
"""Training samples of a data set that evaluation looks at; all of them are trained on."""

Pair = tuple[Any, Any]


@dataclass(frozen=True)
class Labels:
    """Targets as numbers, and what they mean.

    Args:
        values: int64 class indices (N,), or float32 numbers (N, D).
        task: Classes or numbers.
        classes: Class names in the order of the indices; empty for numbers.
    """

    values: torch.Tensor
    task: Task
    classes: tuple[str, ...]

    @property
    def outputs(self) -> int:
        """How many numbers a network must give."""
        return len(self.classes) or self.values[0].numel()


def read_labels(values: Any, known: Labels | None = None) -> Labels:
    """Targets of any kind as numbers: whole numbers, booleans and text are classes, other numbers are values.

    Args:
        values: One entry per row: a tensor, an array, a column of a frame, or a list.
        known: The labels of the training part, whose classes and task count.

    Raises:
        DataError: A target is missing, not finite, or a class that was not trained on; the row is named.
    """
    array = to_array(values)
    if array.dtype.kind != "f" and array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.dtype.kind != "f" and array.ndim > 1:
        raise DataError(
            f"classes of shape {array.shape}",
            expected="one class per row",
            fix="for one class out of several columns take argmax(axis=1); for amounts make them floats",
        )
    if array.dtype.kind == "f":
        bad = np.flatnonzero(~np.isfinite(array.reshape(len(array), -1)).all(axis=1))
        if len(bad):
            raise DataError(
                f"the target of row {bad[0]} is {array[bad[0]].tolist()}",
                expected="finite numbers",
                fix="remove or repair such rows",
            )
        numbers = torch.from_numpy(array.astype(np.float32)).reshape(len(array), -1)
        return Labels(numbers, "regression", ())
    if known is None:
        kinds = np.unique(array)
        if len(kinds) < 2:
            raise DataError(
                f"all {len(array)} targets are {kinds[0].item()!r}",
                expected="two classes or more",
                fix="check the target",
            )
        # Whole numbers from 0 on may be indices already, with gaps; anything else is numbered in order.
        indices = array.dtype.kind in "iu" and kinds[0] >= 0 and kinds[-1] < 10_000
        names = np.arange(kinds[-1] + 1) if indices else kinds
    else:
        names = np.array([np.array(name).astype(array.dtype) for name in known.classes])
    places = np.searchsorted(names, array)
    strange = np.flatnonzero(names[np.minimum(places, len(names) - 1)] != array)
    if len(strange):
        wrong = array[strange[0]].item()
        raise DataError(
            f"the target of row {strange[0]} is {wrong!r}, a class that was not trained on",
            expected="one of " + ", ".join(map(str, names[:20])),
            fix="remove such rows, or add the class to the training part",
        )
    return Labels(torch.from_numpy(places.astype(np.int64)), "classification", tuple(map(str, names)))


def to_array(values: Any) -> NDArray[Any]:
    """An array of whatever holds numbers or text: tensors, arrays, columns of frames, lists."""
    if isinstance(values, torch.Tensor):
        return values.detach().cpu().numpy()
    if hasattr(values, "to_numpy"):
        values = values.to_numpy()
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise DataError(
            f"rows of unequal length: {error}", expected="an array", fix="give every row all values"
        ) from error
    if array.ndim == 0:
        raise DataError(
            f"a single {type(values).__name__} in the place of rows",
            expected="an array, a tensor or a list with one entry per row",
            fix="check what is handed over",
        )
    if array.dtype != object:
        return array
    empty = [
        row for row, value in enumerate(array.reshape(len(array), -1)) if any(each is None for each in value)
    ]
    if empty:
        raise DataError(f"row {empty[0]} holds None", expected="a value in every row", fix="remove such rows")
    return array.astype(str)


def to_inputs(values: Any) -> torch.Tensor:
    """Inputs as a float32 tensor (whole numbers stay what they are: they may be indices of words).

    Raises:
        DataError: They are no numbers, or one of them is not finite; the row is named.
    """
    if not isinstance(values, torch.Tensor):
        array = to_array(values)
        if array.dtype.kind not in "biuf":
            raise DataError(
                f"inputs of type {array.dtype}",
                expected="numbers",
                fix="hand a frame with target= to have text and dates encoded",
            )
        values = torch.from_numpy(np.ascontiguousarray(array))
    inputs: torch.Tensor = values.detach().cpu()
    if not inputs.numel():
        raise DataError(
            f"inputs of shape {tuple(inputs.shape)}", expected="at least one row", fix="check the arrays"
        )
    if inputs.is_floating_point() and inputs.ndim == 1:
        raise DataError(
            f"inputs of shape {tuple(inputs.shape)}",
            expected="(rows, features)",
            fix="for one feature per row: inputs.reshape(-1, 1)",
        )
    if inputs.is_floating_point() or inputs.dtype == torch.bool:
        inputs = inputs.float()
        bad = (~torch.isfinite(inputs.reshape(len(inputs), -1)).all(dim=1)).nonzero()
        if len(bad):
            raise DataError(
                f"the inputs of row {int(bad[0])} hold NaN or infinity",
                expected="finite numbers",
                fix="fill or remove such rows",
            )
    return inputs


def split_rows(labels: Labels, validation: float, test: float, seed: int) -> Split:
    """Divide rows as an experiment would: by class where there are classes, else at random."""
    values = labels.values.numpy()
    target = Target("target", labels.task, values if labels.classes else values[:, 0], labels.classes)
    rows = RawTable(pl.DataFrame({"row": np.arange(len(values))}), (), target, origin="memory")
    return divide(rows, SplitSettings(validation=validation, test=test), seed)


def prepare_arrays(
    data: Pair, validation: float | Pair | None, test: float | Pair | None, seed: int
) -> tuple[Prepared, Labels]:
    """Arrays as parts. What is not given is drawn from the training data.

    Args:
        data: Inputs and targets.
        validation: A share from 0 to below 1, or inputs and targets, or ``None`` for no such part.
        test: The same for the test part.
        seed: Decides the split.

    Raises:
        DataError: Inputs and targets differ in length, or hold something that is no finite number.
        SettingError: The shares leave nothing to train on.
    """
    inputs, labels = to_inputs(data[0]), read_labels(data[1])
    refuse_odd_part("training", inputs, labels.values, None)
    every = np.arange(len(inputs))
    rows = {"train": every, "validation": every[:0], "test": every[:0]}
    shares = [share if isinstance(share, (int, float)) else 0.0 for share in (validation, test)]
    if shares[0] > 0:
        split = split_rows(labels, shares[0], shares[1], seed)
        rows = {"train": split.train, "validation": split.validation, "test": split.test}
    elif shares[1] > 0:
        split = split_rows(labels, shares[1], 0.0, seed)
        rows = {"train": split.train, "validation": every[:0], "test": split.validation}
    parts: dict[str, Part | None] = {
        name: Part(inputs[chosen], labels.values[chosen], chosen) if len(chosen) else None
        for name, chosen in rows.items()
    }
    for name, given in (("validation", validation), ("test", test)):
        if isinstance(given, (tuple, list)):
            other, others = to_inputs(given[0]), read_labels(given[1], labels).values
            refuse_odd_part(name, other, others, parts["train"])
            parts[name] = Part(other, others, np.arange(len(other)))
    return _prepared(parts, labels), labels


def prepare_dataset(
    dataset: Dataset[Any],
    validation: float | Dataset[Any] | None,
    test: Dataset[Any] | float | None,
    seed: int,
) -> tuple[Prepared, Dataset[Any], Labels]:
    """A data set as parts, and the data set to draw training batches from.

    Validation and test samples are fetched once. Training samples are fetched anew in every epoch, so a data
    set that changes them at random goes on doing so.

    Args:
        dataset: A map-style data set of (input, target) pairs.
        validation: A share, a data set, or ``None``.
        test: A share, a data set, or ``None``.
        seed: Decides the split.

    Raises:
        SettingError: A share for the test part is given without one for the validation part.
        DataError: Items are no pairs of one shape.
    """
    labels = read_labels(targets_of(dataset))
    shares = [share if isinstance(share, (int, float)) else 0.0 for share in (validation, test)]
    if shares[1] > 0 and not shares[0] > 0:
        raise SettingError(
            f"test = {test!r} without a validation share",
            expected="a share for both, or data sets",
            fix="set validation = 0.15, or hand a data set as test",
        )
    parts: dict[str, Part | None] = {"validation": None, "test": None}
    trained: Dataset[Any] = dataset
    if shares[0] > 0:
        split = split_rows(labels, shares[0], shares[1], seed)
        for name, rows in (("validation", split.validation), ("test", split.test)):
            if len(rows):
                parts[name] = _with_rows(gathered(Subset(dataset, rows.tolist())), rows)
        trained = Subset(dataset, split.train.tolist())
    for name, given in (("validation", validation), ("test", test)):
        if isinstance(given, Dataset):
            parts[name] = gathered(given)
    some = list(range(min(LOOKED_AT, len(trained))))  # type: ignore[arg-type]
    parts["train"] = gathered(Subset(trained, some))
    return _prepared(parts, labels), trained, labels


def as_tensors(dataset: Dataset[Any]) -> Pair | None:
    """The tensors of a data set that is nothing but tensors, which need not be fetched one by one."""
    if isinstance(dataset, TensorDataset) and len(dataset.tensors) == 2:
        return dataset.tensors[0], dataset.tensors[1]
    return None


def _with_rows(part: Part, rows: NDArray[np.int64]) -> Part:
    return Part(part.inputs, part.targets, rows)


def _prepared(parts: dict[str, Part | None], labels: Labels) -> Prepared:
    train = parts["train"]
    assert train is not None
    return Prepared(
        train=train,
        validation=parts["validation"],
        test=parts["test"],
        task=labels.task,
        input_shape=tuple(train.inputs.shape[1:]),
        outputs=labels.outputs,
        classes=labels.classes,
        target_name="target",
    )
