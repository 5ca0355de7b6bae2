"""What must agree before training begins: parts of the data with each other, the network with the data."""

from __future__ import annotations

import torch
from torch import nn

from glasshouse.core.errors import DataError, ModelError
from glasshouse.data.parts import Part, Prepared
from glasshouse.data.settings import PICTURE_TASKS
from glasshouse.losses.checks import logits
from glasshouse.models.grid_cells import BOX
from glasshouse.models.outputs import outputs_of
from glasshouse.objectives import Objective

ROWS = 64
"""How many rows are looked at before training."""


def refuse_odd_part(name: str, inputs: torch.Tensor, targets: torch.Tensor, like: Part | None) -> None:
    """Refuse arrays that are no part: empty, of two lengths, or of another shape than the training part.

    Args:
        name: What to call the part.
        inputs: Shape (N, ...).
        targets: Shape (N,) or (N, D).
        like: The training part, for the others.

    Raises:
        DataError: They do not fit.
    """
    if len(inputs) != len(targets):
        raise DataError(
            f"{len(inputs)} inputs and {len(targets)} targets" + (f" in the {name} part" if like else ""),
            expected="as many of both",
            fix="check the arrays",
        )
    if not len(inputs):
        raise DataError(f"the {name} part has no rows", expected="at least one", fix="check the arrays")
    if like is None:
        return
    for what, given, due in (("inputs", inputs, like.inputs), ("targets", targets, like.targets)):
        if given.shape[1:] != due.shape[1:]:
            raise DataError(
                f"the {what} of the {name} part have the shape {tuple(given.shape)}",
                expected=f"{('rows', *due.shape[1:])}, as those of the training part",
                fix="prepare all parts alike",
            )


def refuse_other_outputs(network: nn.Module, prepared: Prepared, objective: Objective) -> None:
    """Refuse a network that gives more or fewer numbers per row than the targets need.

    A loss whose outputs nobody can interpret may want any number of them.

    Raises:
        ModelError: The numbers differ.
    """
    if objective.meaning in (
        None,
        "translation",
        "captioning",
        "tags",
        "strokes",
    ):  # sequences have the length that they have
        return
    if prepared.task in PICTURE_TASKS:
        refuse_other_pictures(network, prepared, objective)
        return
    given = outputs_of(network, prepared.train.inputs[:1])[0].numel()
    due = objective.outputs(prepared)
    if given != due:
        classes = prepared.classes
        shown = ", ".join(classes[:10]) + (", ..." if len(classes) > 10 else "")
        raise ModelError(
            f"the network gives {given} number{'s' if given > 1 else ''} per row",
            expected=f"{due}" + (f", for the classes {shown}" if classes else ", as the targets have"),
            fix=f"let its last layer have {due} output{'s' if due > 1 else ''}",
        )


def refuse_other_pictures(network: nn.Module, prepared: Prepared, objective: Objective) -> None:
    """Refuse a network whose maps are not those that a picture's target needs.

    Raises:
        ModelError: Their number or their size differs.
    """
    given = tuple(outputs_of(network, prepared.train.inputs[:1]).shape[1:])
    maps = objective.outputs(prepared) + (BOX if prepared.task == "detection" else 0)
    sides = tuple(prepared.train.targets.shape[-2:]) if prepared.task != "detection" else given[1:]
    if given != (maps, *sides) or len(given) != 3:
        told = f"{maps} maps" + (f" of {sides[0]} x {sides[1]}" if prepared.task != "detection" else "")
        due = {"segmentation": "one for each class", "image_to_image": "one for each channel"}
        raise ModelError(
            f"the network gives numbers of shape {given} for a picture",
            expected=f"{told}, {due.get(prepared.task, 'for a grid of cells')}",
            fix="set model.name to 'unet', with model.padding = 'same'"
            if prepared.task != "detection"
            else "set model.name to 'grid_detector'",
        )


def refuse_squashed_twice(network: nn.Module, prepared: Prepared, objective: Objective) -> None:
    """Refuse a network that ends in a softmax or sigmoid under a loss that applies it itself.

    Training would still go down, slowly and to the wrong probabilities, so nobody would notice.

    Raises:
        ModelError: The outputs of some rows are probabilities already.
    """
    if objective.meaning not in ("logits", "logit"):
        return
    outputs = outputs_of(network, prepared.train.inputs[:ROWS])
    if objective.meaning == "logits":
        logits(outputs)
        return
    last = [module for module in network.modules() if not list(module.children())][-1]
    # Small logits may all lie between 0 and 1 by chance; behind a sigmoid they always do.
    if isinstance(last, nn.Sigmoid) and bool(((outputs >= 0) & (outputs <= 1)).all()):
        raise ModelError(
            "a network that ends in a sigmoid, under a loss that takes logits",
            expected="logits: this loss applies the sigmoid itself",
            fix="remove the sigmoid, or take a loss from probabilities: "
            '{name = "binary_cross_entropy", from_logits = false}, torch.nn.BCELoss()',
        )
