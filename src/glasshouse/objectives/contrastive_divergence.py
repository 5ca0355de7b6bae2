"""Contrastive divergence: how a restricted Boltzmann machine learns from rows and from its own dreams."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from glasshouse.core.errors import ModelError, SettingError
from glasshouse.data.parts import Part, Prepared
from glasshouse.losses.contract import Meaning
from glasshouse.models.dbn import DeepBeliefNetwork
from glasshouse.models.outputs import batches_of, evaluating, mapped
from glasshouse.models.partition_function import log_partition, smaller_side
from glasshouse.models.pseudo_likelihood import log_pseudo_likelihood
from glasshouse.models.rbm import RestrictedBoltzmannMachine
from glasshouse.objectives.contract import Judged, Objective, Step
from glasshouse.objectives.settings import ObjectiveSettings

if TYPE_CHECKING:
    from typing import Self

SEED = 2002
"""Of the chains with which whole parts are judged: the same in every epoch."""
EACH_EPOCH = 12
"""Units up to which the exact likelihood is worked out after every epoch: 4,096 states."""
GIVEN_BACK = 16
"""While learning, one row of so many is given back to see how well; all of them would make a step of a deep
belief network two thirds dearer."""


class ContrastiveDivergence(Objective):
    r"""The gradient of the likelihood, with the machine's own rows in place of all rows that there could be.

    .. math:: -\nabla \ln p(v) = \nabla F(v) - \mathbb{E}_{v' \sim p}[\nabla F(v')],\quad
        L = \frac1N \sum_n F(v_n) - \frac1M \sum_m F(\tilde v_m)

    The chains' ends :math:`\tilde v` are treated as constants, so that the gradient of L is the wanted one.
    They lie k Gibbs steps from the rows of the batch (CD-k), or k steps from where they were at the last
    update (PCD). In either case k samples of the machine itself would make the gradient right on average;
    CD leaves out part of the way there, PCD is a little behind.

    The value of L is no measure: it can be 0 at once and always. So validation rows are judged by their
    likelihood (``log_likelihood``, exact, with up to 12 units on the smaller side) or else by the
    pseudo-likelihood of one unit of each row, always the same one (``pseudo_likelihood``), which decide on
    the best epoch.

    Of a deep belief network it is the top machine that learns, from hidden units drawn of those below; its
    bound (``bound``) takes the place of the likelihood.

    Args:
        steps: k, from 1.
        persistent: Whether chains go on from update to update.
        chains: How many persistent ones there are; ``None``: as many as the first batch has rows.
        span: Smallest and largest number of the data, to refuse what is no probability; ``None`` to trust.

    Attributes:
        ends: Where the persistent chains are, shape (chains, ...); ``None`` before the first update. They
            begin at rows of the first batch.

    Source:
        Hinton 2002, Training products of experts by minimizing contrastive divergence; Tieleman 2008,
        Training restricted Boltzmann machines using approximations to the likelihood gradient.

    Example:
        >>> from glasshouse.models import rbm
        >>> rows = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
        >>> step = ContrastiveDivergence(steps=2)(rbm(2, hidden=3, visible="binary"), rows, rows)
        >>> step.outputs.shape, sorted(step.parts)
        (torch.Size([1, 2]), ['free_energy', 'reconstruction'])
    """

    meaning: Meaning = "reconstruction"

    def __init__(
        self,
        steps: int = 1,
        persistent: bool = False,
        chains: int | None = None,
        span: tuple[float, float] | None = None,
    ) -> None:
        self.steps = steps
        self.persistent = persistent
        self.chains = chains
        self.span = span
        self.ends: torch.Tensor | None = None
        self.watched = "log_likelihood"

    def refuse(self, network: nn.Module) -> None:
        """Refuse a network without an energy, and numbers that binary units cannot take."""
        if not isinstance(network, (RestrictedBoltzmannMachine, DeepBeliefNetwork)):
            raise ModelError(
                f"objective 'contrastive_divergence' on a {type(network).__name__}",
                expected="a network with an energy of visible and hidden units",
                fix="set model.name = 'rbm', or 'dbn'",
            )
        if network.visible == "binary" and self.span is not None and (self.span[0] < 0 or self.span[1] > 1):
            raise ModelError(
                f"binary visible units on rows from {self.span[0]:.3g} to {self.span[1]:.3g}",
                expected="zeros and ones, or probabilities between them",
                fix="set model.visible = 'gaussian', or data.prepare.scaling = 'binary' for pictures",
            )
        likelihood = "log_likelihood" if isinstance(network, RestrictedBoltzmannMachine) else "bound"
        exact = smaller_side(learning(network)) <= EACH_EPOCH
        self.watched = likelihood if exact else "pseudo_likelihood"

    def __call__(self, network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> Step:
        """The loss of a batch, whose chains draw from the global generators."""
        machine, seen = learning(network), seen_by(network, inputs)
        with torch.no_grad():
            start = self._begin(seen) if self.persistent else seen
            ends = machine.chain(start.to(seen), self.steps)
            if self.persistent:
                self.ends = ends
        few = inputs[: max(1, len(inputs) // GIVEN_BACK)]
        return self._contrasted(network, few, ends, seen)

    def _begin(self, inputs: torch.Tensor) -> torch.Tensor:
        """Where the persistent chains stand."""
        if self.ends is None:
            chains = self.chains or len(inputs)
            self.ends = inputs[torch.arange(chains, device=inputs.device) % len(inputs)].detach().clone()
        return self.ends

    @staticmethod
    def _contrasted(
        network: nn.Module, inputs: torch.Tensor, ends: torch.Tensor, seen: torch.Tensor | None = None
    ) -> Step:
        """The difference of both energies, and what comes back of the inputs.

        Args:
            network: A machine, or a stack of them.
            inputs: Rows that are given back.
            ends: Of the chains.
            seen: What the machine that learns sees of the batch; ``None`` where that is the inputs.
        """
        machine = learning(network)
        of_rows, of_ends = machine.free_energy(inputs if seen is None else seen), machine.free_energy(ends)
        with torch.no_grad():
            outputs = network(inputs)
            error = (outputs - inputs).square().mean()
        parts = {"free_energy": of_rows.detach().mean(), "reconstruction": error}
        return Step(of_rows.mean() - of_ends.mean(), outputs, parts)

    def value(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The mean squared error of outputs alone: the energy needs the network."""
        return (outputs.reshape(targets.shape) - targets).square().mean()

    def outputs(self, prepared: Prepared) -> int:
        """As many as a row has numbers."""
        return prepared.outputs

    def judge(
        self, network: nn.Module, part: Part, autocast: AbstractContextManager[None] | None = None
    ) -> Judged:
        """The same difference over a part, with chains of a fixed seed that begin at its rows, and how
        probable its rows are.
        """
        machine = learning(network)
        chance = torch.Generator().manual_seed(SEED)
        sums: dict[str, float] = {}
        outputs = []
        with evaluating(network), torch.no_grad(), autocast or nullcontext():
            for inputs in batches_of(network, part.inputs):
                seen = seen_by(network, inputs, chance)
                step = self._contrasted(network, inputs, machine.chain(seen, self.steps, chance), seen)
                for name, value in {"loss": step.loss, **step.parts}.items():
                    sums[name] = sums.get(name, 0.0) + float(value) * len(inputs) / len(part)
                outputs.append(step.outputs.float())
        if smaller_side(machine) > EACH_EPOCH:
            sums["pseudo_likelihood"] = self.pseudo_likelihood(network, part)
        elif isinstance(network, DeepBeliefNetwork):
            sums["bound"] = mean_bound(network, part.inputs, log_partition(machine), SEED)
        else:
            sums["log_likelihood"] = mean_log_likelihood(machine, part.inputs, log_partition(machine))
        return Judged(sums.pop("loss"), torch.cat(outputs), sums)

    @staticmethod
    @torch.no_grad()
    def pseudo_likelihood(network: nn.Module, part: Part) -> float:
        """The mean log-pseudo-likelihood of what the machine that learns sees, drawn by a fixed seed."""
        rows = part.inputs.to(learning(network).weight.device)
        seen = seen_by(network, rows, torch.Generator().manual_seed(SEED))
        return log_pseudo_likelihood(learning(network), seen, SEED)

    def to(self, device: torch.device) -> Self:
        """Move the chains to a device."""
        if self.ends is not None:
            self.ends = self.ends.to(device)
        return self

    def state(self) -> dict[str, Any]:
        """Where the persistent chains are."""
        return {} if self.ends is None else {"ends": self.ends}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
        ends = state.get("ends")
        self.ends = None if ends is None else ends.clone()


def learning(network: nn.Module) -> RestrictedBoltzmannMachine:
    """The machine that learns: the network itself, or the one on top of others that have learnt."""
    machine = network.top if isinstance(network, DeepBeliefNetwork) else network
    assert isinstance(machine, RestrictedBoltzmannMachine)
    return machine


def seen_by(
    network: nn.Module, inputs: torch.Tensor, generator: torch.Generator | None = None
) -> torch.Tensor:
    """What that machine sees of rows: they themselves, or hidden units drawn of the machines below.

    Drawn ones, because it is their probability that the bound asks of it, not that of their means.
    """
    return network.draw_up(inputs, generator) if isinstance(network, DeepBeliefNetwork) else inputs


def mean_bound(network: DeepBeliefNetwork, inputs: torch.Tensor, log_partition: float, seed: int) -> float:
    """The mean bound of the log-likelihood of rows (N, *shape), in nats.

    Args:
        network: Machines on top of each other.
        inputs: On any device.
        log_partition: Of the machine on top, exact or estimated.
        seed: Of the draws, where a layer is too large for all its states.
    """
    chance = torch.Generator().manual_seed(seed)
    bounds = mapped(network, lambda rows: network.bound(rows, log_partition, generator=chance), inputs)
    return float(bounds.double().mean())


def mean_log_likelihood(
    network: RestrictedBoltzmannMachine, inputs: torch.Tensor, log_partition: float
) -> float:
    r"""The mean logarithm of the probability of rows, :math:`\frac1N \sum_n (-F(v_n)) - \ln Z`, in nats.

    Args:
        network: The machine.
        inputs: Rows (N, *shape), on any device.
        log_partition: :math:`\ln Z`, exact or estimated.

    Example:
        >>> from glasshouse.models import log_partition, rbm
        >>> network = rbm(2, hidden=3, visible="binary")
        >>> _ = nn.init.zeros_(network.weight)
        >>> round(mean_log_likelihood(network, torch.ones(1, 2), log_partition(network)), 4)
        -1.3863
    """
    return -float(mapped(network, network.free_energy, inputs).double().mean()) - log_partition


def build_contrastive_divergence(settings: ObjectiveSettings, prepared: Prepared) -> ContrastiveDivergence:
    """Contrastive divergence as an experiment describes it.

    Args:
        settings: The ``[objective]`` section.
        prepared: The data, whose numbers binary units must be able to take.

    Raises:
        SettingError: A loss is named, or a number of chains that are not persistent.
    """
    if settings.loss not in ("auto", "free_energy"):
        raise SettingError(
            f"objective.loss = {settings.loss!r} with objective 'contrastive_divergence'",
            expected="no loss: the difference of free energies is what is made small",
            fix="leave objective.loss out",
        )
    if settings.chains != "auto" and not settings.persistent:
        raise SettingError(
            f"objective.chains = {settings.chains} with chains that begin anew at every batch",
            expected="persistent chains",
            fix="set objective.persistent = true, or leave objective.chains out",
        )
    parts = prepared.parts().values()
    span = (
        min(float(each.inputs.min()) for each in parts),
        max(float(each.inputs.max()) for each in parts),
    )
    chains = None if settings.chains == "auto" else int(settings.chains)
    return ContrastiveDivergence(settings.gibbs_steps, settings.persistent, chains, span)
