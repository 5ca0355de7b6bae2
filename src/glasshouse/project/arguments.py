"""What calls of ``run`` and ``fit`` may hand over, looked at before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn
from torch.utils.data import Dataset

from glasshouse.core.checks import number
from glasshouse.core.errors import UsageError
from glasshouse.experiment import Experiment
from glasshouse.recipes import find
from glasshouse.recipes.shelf import is_recipe, small_form_named


def as_experiment(experiment: Any) -> Experiment:
    """The experiment, or the one that a recipe's name or the bare name of its data stands for.

    Raises:
        UsageError: It is none of these, or there is no such recipe.
        AbsentDataError: The recipe's files are not on this machine.
    """
    if isinstance(experiment, Experiment):
        return experiment
    if isinstance(experiment, str) and is_recipe(experiment):
        recipe = find(experiment)
        with small_form_named(recipe):
            return recipe.full.experiment
    if isinstance(experiment, (str, Path)):
        return Experiment(data=str(experiment))
    raise UsageError(
        f"experiment is a {type(experiment).__name__}",
        expected="an Experiment, or the name of its data",
        fix='for a table in memory: run(Experiment(data={"source": "memory", "target": NAME}), data=table)',
    )


def refuse_no_part(name: str, part: Any) -> None:
    """Refuse what is neither a share of the rows nor data of their own.

    Args:
        name: ``"validation"`` or ``"test"``.
        part: What was handed over.

    Raises:
        UsageError: It is something else.
        SettingError: The share is not from 0 to below 1.
    """
    if isinstance(part, (int, float)) and not isinstance(part, bool):
        number(name, part, at_least=0, below=1)
    elif part is not None and (isinstance(part, bool) or not isinstance(part, (tuple, list, Dataset))):
        raise UsageError(
            f"{name} is a {type(part).__name__}",
            expected="a share such as 0.15, a pair (inputs, targets), a data set, or None",
            fix="hand one of these",
        )
    elif isinstance(part, (tuple, list)) and len(part) != 2:
        raise UsageError(
            f"{name} holds {len(part)} things", expected="a pair (inputs, targets)", fix="hand these two"
        )


def refuse_no_model(model: Any) -> None:
    """Refuse what is neither a network nor the name or table of a model.

    Raises:
        UsageError: It is something else.
    """
    if not isinstance(model, (nn.Module, str, Mapping)):
        made = isinstance(model, type)
        raise UsageError(
            f"model is {'the class ' + model.__name__ if made else 'a ' + type(model).__name__}",
            expected='a torch.nn.Module, the name of a model, or a table such as {"name": "mlp"}',
            fix=f"make one of it: {model.__name__}(...)" if made else "hand one of these",
        )


def refuse_no_loss(loss: Any) -> None:
    """Refuse what is neither a function nor the name or table of a loss.

    Raises:
        UsageError: It is something else.
    """
    if isinstance(loss, type) or not (callable(loss) or isinstance(loss, (str, Mapping))):
        made = isinstance(loss, type)
        raise UsageError(
            f"loss is {'the class ' + loss.__name__ if made else 'a ' + type(loss).__name__}",
            expected="a function of (outputs, targets), the name of a loss, or a table",
            fix=f"make one of it: {loss.__name__}()" if made else "hand one of these",
        )


def refuse_no_data(data: Any) -> None:
    """Refuse what is no pair and no data set.

    Raises:
        UsageError: It is something else.
    """
    if isinstance(data, Dataset) or (isinstance(data, (tuple, list)) and len(data) == 2):
        return
    inside = getattr(data, "dataset", None)
    raise UsageError(
        f"data is a {type(data).__name__}",
        expected="a pair (inputs, targets), a Dataset of such pairs, or a frame with target=",
        fix="hand its data set: loader.dataset" if isinstance(inside, Dataset) else "hand one of these",
    )
