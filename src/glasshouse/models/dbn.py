"""Deep belief network: restricted Boltzmann machines on top of each other, each a prior for the one below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import nn

from glasshouse.core.checks import number, one_of, whole_number, whole_numbers
from glasshouse.core.concept import Concept
from glasshouse.core.errors import ModelError
from glasshouse.models.layerwise_bound import layerwise_bound
from glasshouse.models.rbm import BURN_IN, RestrictedBoltzmannMachine, Visible


class DeepBeliefNetwork(nn.Module):
    r"""A probability distribution of rows, by a stack of restricted Boltzmann machines.

    .. math:: p(v, h_1, \dots, h_L) = p(v \mid h_1)\, p(h_1 \mid h_2) \cdots p(h_{L-2} \mid h_{L-1})\,
        p(h_{L-1}, h_L)

    The two top layers are a machine whose units feel each other both ways; below them everything goes down:
    :math:`p(h_{l-1} \mid h_l)` is that of the l-th machine. Going up, hidden units are approximated by those
    of the machines, :math:`q(h_l \mid h_{l-1})`.

    Called with rows it gives their reconstructions, all the way up and down by probabilities: nothing is
    drawn.

    Args:
        machines: From the rows up; the visible units of each are the hidden ones of the machine below.

    Attributes:
        machines: They, as a list of modules. The weights of all but the top one rest: they are trained
            before.

    Raises:
        ModelError: There is no machine, or two do not fit on each other.

    Source:
        Hinton, Osindero and Teh 2006, A fast learning algorithm for deep belief nets.

    Example:
        >>> below, above = (RestrictedBoltzmannMachine((d,), h, "binary") for d, h in [(3, 4), (4, 2)])
        >>> network = DeepBeliefNetwork([below, above])
        >>> rows = torch.ones(5, 3)
        >>> network.encode(rows).shape, network(rows).shape, network.sample(2, steps=10).shape
        (torch.Size([5, 2]), torch.Size([5, 3]), torch.Size([2, 3]))
    """

    def __init__(self, machines: Sequence[RestrictedBoltzmannMachine]) -> None:
        super().__init__()
        if not machines:
            raise ModelError(
                "a deep belief network of no machines", expected="at least one", fix="give it a machine"
            )
        for place, (below, above) in enumerate(pairwise(machines), start=2):
            hidden, visible = below.weight.shape[0], above.weight.shape[1]
            if hidden != visible or above.log_noise is not None:
                raise ModelError(
                    f"machine {place} with {visible} {above.visible} visible units on a machine with "
                    f"{hidden} hidden ones",
                    expected=f"{hidden} binary visible units",
                    fix="make the machines fit on each other",
                )
        self.machines = nn.ModuleList(machines)
        for machine in machines[:-1]:
            machine.requires_grad_(False)

    def stack(self) -> list[RestrictedBoltzmannMachine]:
        """The machines, from the rows up."""
        return [each for each in self.machines if isinstance(each, RestrictedBoltzmannMachine)]

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one row."""
        return self.stack()[0].shape

    @property
    def visible(self) -> Visible:
        """What the visible units of the lowest machine are."""
        return self.stack()[0].visible

    @property
    def top(self) -> RestrictedBoltzmannMachine:
        """The machine on top."""
        return self.stack()[-1]

    def below_top(self, rows: torch.Tensor) -> torch.Tensor:
        """What the top machine sees of rows (N, *shape): probabilities of its visible units."""
        for machine in self.stack()[:-1]:
            rows = machine.encode(rows)
        return rows

    @torch.no_grad()
    def begin_tied(self, place: int) -> bool:
        """Let a machine begin with the weights of the one below, transposed, where the sizes allow it.

        It then says of its visible units exactly what that one says of its hidden ones, so that the bound
        begins where it was without it. It needs as many hidden units as that one has binary visible ones.

        Args:
            place: Of the machine, from 1: the one above the lowest.

        Returns:
            Whether the sizes allowed it.
        """
        below, above = self.stack()[place - 1 : place + 1]
        if below.weight.shape != above.weight.t().shape or below.log_noise is not None:
            return False
        above.weight.copy_(below.weight.t())
        above.hidden_bias.copy_(below.visible_bias)
        above.visible_bias.copy_(below.hidden_bias)
        return True

    @torch.no_grad()
    def draw_up(
        self, rows: torch.Tensor, generator: torch.Generator | None = None, machines: int | None = None
    ) -> torch.Tensor:
        """Hidden units drawn given rows (N, *shape), machine by machine.

        Args:
            rows: Shape (N, *shape).
            generator: Where chance comes from, on the CPU; ``None`` for the global one.
            machines: How many to go through; ``None``: all below the top one.
        """
        for machine in self.stack()[:-1] if machines is None else self.stack()[:machines]:
            rows = machine.draw_hidden(rows, generator)
        return rows

    def encode(self, inputs: torch.Tensor) -> torch.Tensor:
        """The probabilities of the hidden units on top, by those of all below: shape (N, H)."""
        return self.top.encode(self.below_top(inputs))

    def decode(self, code: torch.Tensor) -> torch.Tensor:
        """The rows that are expected of units on top (N, H), by the expectations of all below."""
        for machine in reversed(self.stack()):
            code = machine.decode(code)
        return code

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Rows to their reconstructions."""
        return self.decode(self.encode(inputs))

    def bound(
        self,
        rows: torch.Tensor,
        log_partition: float,
        draws: int = 1,
        generator: torch.Generator | None = None,
    ) -> torch.Tensor:
        """A lower bound of the log-likelihood of rows (N, *shape), shape (N,), in nats: see
        :func:`~glasshouse.models.layerwise_bound.layerwise_bound`.
        """
        return layerwise_bound(self.stack(), rows, log_partition, draws, generator)

    @torch.no_grad()
    def chain(self, rows: torch.Tensor, steps: int, generator: torch.Generator | None = None) -> torch.Tensor:
        """Where rows (N, *shape) come to: up, some Gibbs steps in the top machine, and down, all by chance.

        Args:
            rows: Shape (N, *shape).
            steps: From 0.
            generator: Where chance comes from, on the CPU; ``None`` for the global one.
        """
        seen = self.draw_up(rows, generator)
        return self._down(self.top.chain(seen, steps, generator), generator)

    @torch.no_grad()
    def sample(
        self, count: int, generator: torch.Generator | None = None, steps: int = BURN_IN
    ) -> torch.Tensor:
        """New rows: the end of a chain in the top machine, from which everything goes down once.

        Args:
            count: How many, from 1.
            generator: Where chance comes from, on the CPU; ``None`` for the global one.
            steps: Gibbs steps of each chain, from 0.

        Returns:
            Shape (count, *shape). Rows of binary units are zeros and ones.
        """
        return self._down(self.top.sample(count, generator, steps), generator)

    def _down(self, rows: torch.Tensor, generator: torch.Generator | None) -> torch.Tensor:
        for machine in reversed(self.stack()[:-1]):
            rows = machine.draw_visible(rows, generator)
        return rows


def dbn(
    inputs: int | Sequence[int],
    hidden: Sequence[int] = (128, 64),
    visible: Literal["auto", "binary", "gaussian"] = "auto",
    noise: float | Literal["learned"] = "learned",
) -> DeepBeliefNetwork:
    r"""A deep belief network.

    .. math:: p(v, h_1, \dots, h_L) = p(v \mid h_1) \cdots p(h_{L-2} \mid h_{L-1})\, p(h_{L-1}, h_L)

    In a run the machines below the top one are trained first, each on hidden units that are drawn of those
    below (``[pretraining]``), then the top machine (``[training]``). A machine with as many hidden units as
    the one below has binary visible ones begins with its weights, transposed.

    Args:
        inputs: Number of features, or the shape of one sample.
        hidden: Hidden units of each machine, from the rows up.
        visible: ``"binary"`` for rows of zeros and ones, ``"gaussian"`` for numbers, or ``"auto"``: binary
            for pictures, gaussian for rows of numbers.
        noise: Standard deviation of Gaussian units around their mean, above 0, or ``"learned"``.

    Shapes: (N, *inputs) to (N, *inputs); ``encode`` gives (N, hidden[-1]), ``bound`` (N,).

    Raises:
        SettingError: A size is no whole number from 1, there is no hidden layer, or a setting lies outside
            its range.

    Source:
        Hinton, Osindero and Teh 2006, A fast learning algorithm for deep belief nets.

    Example:
        >>> network = dbn((1, 8, 8), hidden=[10, 5])
        >>> network.visible, sum(each.numel() for each in network.parameters())
        ('binary', 779)
    """
    shape = (inputs,) if isinstance(inputs, int) else tuple(inputs)
    one_of("visible", visible, ("auto", "binary", "gaussian"))
    width = whole_number("inputs", math.prod(shape), at_least=1)
    units = whole_numbers("hidden", hidden, at_least=1)
    whole_number("hidden layers", len(units), at_least=1)
    if noise != "learned":
        number("noise", noise, above=0)
    if visible == "auto":
        visible = "binary" if len(shape) == 3 else "gaussian"
    machines = [RestrictedBoltzmannMachine(shape or (width,), units[0], visible, noise)]
    machines += [RestrictedBoltzmannMachine((below,), above, "binary") for below, above in pairwise(units)]
    return DeepBeliefNetwork(machines)


CONCEPT = Concept(
    name="dbn",
    kind="model",
    summary="Deep belief network: machines on top of each other, trained one by one from the rows up.",
    build=dbn,
    aliases=("deep_belief_network",),
    equation=r"p(v, h_1, \dots, h_L) = p(v \mid h_1) \cdots p(h_{L-2} \mid h_{L-1})\, p(h_{L-1}, h_L)",
    symbols={
        "v": "a row: zeros and ones, or numbers",
        "h_l": "hidden units of the l-th machine, zeros and ones",
        "L": "machines",
    },
    when="Features of several levels without labels; to see how a deep network was first trained, and what a "
    "layer adds to the bound of the likelihood.",
    pitfalls=(
        "A machine more makes the bound larger only where it fits its rows better than the machine below "
        "already did; the likelihood itself may go either way.",
        "The bound needs the partition function of the top machine; where that is annealed, the bound is an "
        "estimate.",
        "To classify, pre-train the layers of an mlp ([pretraining] method = 'rbm') and fine-tune it.",
    ),
    source="Hinton, Osindero and Teh 2006, A fast learning algorithm for deep belief nets.",
    facts={
        "takes": "vector",
        "gives": "reconstruction",
        "year": 2006,
        "input": (784,),
        "parameters": 109_649,
        "macs": 217_088,
        "defaults": {
            "objective.name": "contrastive_divergence",
            "pretraining.method": "rbm",
            "training.optimizer": "adam",
            "training.learning_rate": 0.01,
            "training.weight_decay": 0.0,
        },
    },
)
