"""What learns in the place of a hidden layer: a machine, an autoencoder or a network with one layer."""

from __future__ import annotations

import copy
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TypeVar

import torch
from torch import nn

from glasshouse.core.random_state import seed_torch
from glasshouse.data.parts import Part
from glasshouse.experiment.pretraining_settings import PretrainingSettings
from glasshouse.losses import LOSSES
from glasshouse.models import Autoencoder, RestrictedBoltzmannMachine
from glasshouse.models.initialize import initialize
from glasshouse.models.rbm import Visible
from glasshouse.models.tied_linear import TiedLinear
from glasshouse.objectives import ContrastiveDivergence, Denoising, Objective
from glasshouse.project.hidden_layers import HiddenLayer
from glasshouse.training.batches import Augment

M = TypeVar("M", bound=nn.Module)

SEED = 2006
"""Of units that are drawn for rows that watch: the same in every epoch."""
CURVES = {"rbm": "reconstruction", "denoising": "loss", "supervised": "loss"}
"""What tells how the training of a layer goes, in its records."""


@dataclass(frozen=True)
class Learner:
    """What is trained in the place of a hidden layer.

    Args:
        layer: The hidden layer of the network.
        network: What is trained; its weights are its own until they are handed over.
        objective: How a batch becomes a loss.
        parts: Training rows, and those that watch where there are any, with the targets that it is to have.
        drawn: What makes of a batch of training rows what the learner sees, anew every time; ``None`` where
            it sees them as they are.
    """

    layer: HiddenLayer
    network: nn.Module
    objective: Objective
    parts: dict[str, Part]
    drawn: Augment | None = None

    def seeing_units(self, rows: dict[str, Part], drawn: Augment) -> Learner:
        """The same learner, which sees units that are drawn of rows in the place of their probabilities.

        Args:
            rows: The same parts as the lowest layer sees them.
            drawn: From these to what is seen.
        """
        train = Part(rows["train"].inputs, rows["train"].inputs, rows["train"].rows)
        parts = {**self.parts, "train": train}
        if "validation" in rows:
            watching = rows["validation"]
            units = drawn(watching.inputs, torch.Generator().manual_seed(SEED))
            parts["validation"] = Part(units, units, watching.rows)
        return replace(self, parts=parts, drawn=drawn)

    @torch.no_grad()
    def hand_over(self) -> None:
        r"""Copy what was learnt into the hidden layer.

        A machine with Gaussian visible units feels :math:`W v / \tau^2`, so its weights are divided.
        """
        linear, learnt = self.layer.linear, self.network
        if self.layer.machine is not None:
            self.layer.machine.load_state_dict(learnt.state_dict())
            return
        if isinstance(learnt, RestrictedBoltzmannMachine):
            weight = learnt.weight
            if learnt.log_noise is not None:
                weight = weight * (-learnt.log_noise).exp()
            linear.weight.copy_(weight)
            linear.bias.copy_(learnt.hidden_bias)
            return
        block = learnt.get_submodule("encoder" if isinstance(learnt, Autoencoder) else "hidden")
        assert isinstance(block, nn.Sequential)
        modules = (linear, self.layer.activation) if isinstance(learnt, Autoencoder) else self.layer.block
        for own, module in zip(block, modules, strict=True):
            module.load_state_dict(own.state_dict())


def make_learner(
    layer: HiddenLayer,
    parts: dict[str, Part],
    settings: PretrainingSettings,
    supervised: Objective,
    outputs: int,
    seed: int,
) -> Learner:
    """What learns in the place of a hidden layer, with its first weights.

    Args:
        layer: The hidden layer.
        parts: Rows (N, D) as the layers below give them, with the targets of the network. The first machine
            of a deep belief network takes rows of any shape.
        settings: The ``[pretraining]`` section.
        supervised: The objective of the whole network.
        outputs: How many numbers that needs per row.
        seed: Decides the first weights; PyTorch's global random state stays as it was.
    """
    with torch.random.fork_rng():
        seed_torch(seed)
        if settings.method == "supervised":
            return Learner(layer, _with_head(layer, outputs), supervised, parts)
        own = {name: Part(each.inputs, each.inputs, each.rows) for name, each in parts.items()}
        low, high = span(own)
        shares = low >= 0 and high <= 1
        if settings.method == "rbm":
            machine = _machine(layer, shares)
            return Learner(layer, machine, ContrastiveDivergence(settings.gibbs_steps), own)
        loss = LOSSES.build({"name": "binary_cross_entropy", "from_logits": False} if shares else "mse")
        objective = Denoising(loss, settings.corruption, settings.amount, (low, high))
        return Learner(layer, _autoencoder(layer, shares), objective, own)


def span(parts: dict[str, Part]) -> tuple[float, float]:
    """The smallest and the largest number of the inputs of all parts."""
    low = min(float(each.inputs.min()) for each in parts.values())
    high = max(float(each.inputs.max()) for each in parts.values())
    return low, high


def _machine(layer: HiddenLayer, shares: bool) -> RestrictedBoltzmannMachine:
    """A machine of the layer's size, or the layer's own."""
    if layer.machine is not None:
        return _free(layer.machine)
    visible: Visible = "binary" if shares else "gaussian"
    return RestrictedBoltzmannMachine((layer.linear.in_features,), layer.linear.out_features, visible)


def _autoencoder(layer: HiddenLayer, shares: bool) -> Autoencoder:
    """The layer as an encoder, and the way back through the same weights."""
    linear = _free(layer.linear)
    decoder: list[nn.Module] = [TiedLinear(linear)]
    if shares:
        decoder.append(nn.Sigmoid())
    return Autoencoder(nn.Sequential(linear, copy.deepcopy(layer.activation)), nn.Sequential(*decoder))


def _with_head(layer: HiddenLayer, outputs: int) -> nn.Sequential:
    """The layer with an output layer of its own."""
    block = nn.Sequential(*(_free(each) for each in layer.block))
    width = block.eval()(torch.zeros(1, layer.linear.in_features)).shape[1]
    head = nn.Linear(width, outputs)
    initialize(head, "auto")
    return nn.Sequential(OrderedDict(hidden=block.train(), output=head))


def _free(module: M) -> M:
    """A copy on the CPU whose weights may move, also where those of the original rest."""
    own = copy.deepcopy(module).cpu()
    for each in own.parameters():
        each.requires_grad_(True)
    return own
