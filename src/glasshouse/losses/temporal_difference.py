"""Temporal-difference loss: the value of the action that was taken, against what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
import torch.nn.functional as F

from glasshouse.core.arithmetic import Quantity, leaf
from glasshouse.core.checks import number
from glasshouse.core.concept import Concept
from glasshouse.core.errors import DataError, ModelError
from glasshouse.core.expression import Expression, Number, total, wrap
from glasshouse.core.rule import Forward, Rule, Tensors
from glasshouse.core.worked import worked_forward
from glasshouse.losses.contract import Loss
from glasshouse.losses.huber import slope, value


class TemporalDifference(Loss):
    r"""Huber's loss of one output for each sample: that of the action that was taken.

    .. math:: L = \frac1N \sum_n h_\delta\!\left(q_{n a_n} - y_n\right),\quad
        h_\delta(r) = \begin{cases} \tfrac12 r^2 & |r| \le \delta \\
        \delta (|r| - \tfrac12 \delta) & |r| > \delta \end{cases}

    The target :math:`y = r + \gamma \max_{a'} \hat Q(s', a')` is made by the objective ``q_learning`` with a
    copy of the network that stands still; nothing flows back into it. The outputs of all other actions have
    no gradient.

    Args:
        delta: Where the parabola becomes a line, above 0, in the unit of the rewards.

    Shapes: outputs (N, actions); targets (N, 2): the number of the action, and y; result a scalar.

    Raises:
        SettingError: ``delta`` is not above 0.
        ModelError: In the forward pass, when outputs and targets don't belong together.
        DataError: In the forward pass, when targets name no action.

    Source:
        Mnih et al. 2015, Human-level control through deep reinforcement learning; Huber 1964, Robust
        estimation of a location parameter.

    Example:
        >>> q = torch.tensor([[1.0, 5.0], [0.0, 2.0]])
        >>> float(TemporalDifference()(q, torch.tensor([[0.0, 1.5], [1.0, 5.0]])))
        1.3125
    """

    meaning = "action_values"

    def __init__(self, delta: float = 1.0) -> None:
        super().__init__()
        self.delta = number("delta", delta, above=0)

    def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Values (N, actions), and actions with what they were worth (N, 2), to a scalar."""
        if not self.looked_at:
            refuse_no_actions(outputs, targets)
            self.looked_at = True
        taken = outputs.gather(1, targets[:, :1].long())
        return F.huber_loss(taken, targets[:, 1:].to(taken.dtype), delta=self.delta)


def refuse_no_actions(outputs: torch.Tensor, targets: torch.Tensor) -> None:
    """Refuse targets that are no pairs of an action and a value.

    Raises:
        ModelError: The shapes do not go together.
        DataError: An action has no output.
    """
    if outputs.dim() != 2 or targets.shape != (len(outputs), 2):
        raise ModelError(
            f"outputs of shape {tuple(outputs.shape)} and targets of shape {tuple(targets.shape)}",
            expected="outputs (N, actions) and targets (N, 2): the action taken, and what it was worth",
            fix="let the network have one output for each action",
        )
    actions = targets[:, 0]
    wrong = (actions != actions.round()) | (actions < 0) | (actions >= outputs.shape[1])
    if bool(wrong.any()):
        raise DataError(
            f"action {float(actions[wrong][0]):g} with {outputs.shape[1]} outputs",
            expected=f"whole numbers from 0 to {outputs.shape[1] - 1}",
            fix="count actions from 0",
        )


@dataclass(frozen=True)
class TakenAction(Rule):
    """``L = sum h(q_a - y) / N``, with a slope at the taken action only.

    Args:
        delta: Of Huber's loss.
    """

    inputs: ClassVar[tuple[str, ...]] = ("outputs", "targets")
    outputs: ClassVar[tuple[str, ...]] = ("loss",)
    differentiable: ClassVar[tuple[str, ...]] = ("outputs",)
    delta: float

    def forward(self, values: Tensors) -> Forward:
        """The mean over the samples."""
        q, t = values["outputs"], values["targets"]
        taken = q.gather(1, t[:, :1].long())[:, 0]
        each: Any = value(taken, t[:, 1].to(q.dtype), self.delta)
        return Forward({"loss": each.sum() / len(q)}, dict(values))

    def backward(self, saved: Tensors, gradients: Tensors) -> dict[str, torch.Tensor]:
        """``dq = dL h'(q - y) / N`` for the taken action, 0 for the others."""
        q, t = saved["outputs"], saved["targets"]
        action = t[:, :1].long()
        slopes: Any = slope(q.gather(1, action), t[:, 1:].to(q.dtype), self.delta)
        return {"outputs": torch.zeros_like(q).scatter_(1, action, gradients["loss"] * slopes / len(q))}

    def expand(self, saved: Tensors, output: str, index: Sequence[int]) -> Expression:
        """The formula of every sample, added up, over their number."""
        q, t = saved["outputs"], saved["targets"]
        terms = [wrap(value(*self._leaves(saved, row, int(t[row, 0])), self.delta)) for row in range(len(q))]
        return total(terms) / len(q)

    def expand_gradient(
        self, saved: Tensors, gradients: Tensors, name: str, index: Sequence[int]
    ) -> Expression:
        """The slope at that sample, if the action is the one that was taken."""
        row, action = index
        if int(saved["targets"][row, 0]) != action:
            return Number(0.0, "not taken")
        steep = slope(*self._leaves(saved, row, action), self.delta)
        return wrap(leaf("dloss", gradients["loss"]) * steep / len(saved["outputs"]))

    def _leaves(self, saved: Tensors, row: int, action: int) -> tuple[Quantity, Quantity]:
        return leaf("q", saved["outputs"], (row, action)), leaf("y", saved["targets"], (row, 1))


def rule_of(module: Any) -> tuple[TakenAction, dict[str, torch.Tensor]]:
    """The rule of a loss; it has no parameters."""
    return TakenAction(module.delta), {}


CONCEPT = Concept(
    name="temporal_difference",
    kind="loss",
    summary="Huber's loss of the taken action's value against reward and discounted value of what came next.",
    build=TemporalDifference,
    aliases=("td_error", "bellman_error"),
    equation=r"L = \frac1N \sum_n h_\delta(q_{n a_n} - y_n),\quad y = r + \gamma \max_{a'} \hat Q(s', a')",
    derivative=(
        r"\partial L / \partial q_{nk} = \frac1N [k = a_n] \max(-\delta, \min(\delta, q_{n a_n} - y_n))"
    ),
    symbols={
        "q": "outputs of the network (N, actions): what each action is worth",
        "a": "the actions that were taken (N)",
        "y": "targets (N)",
        "r": "what the action paid",
        r"\gamma": "the discount, from 0 to 1",
        r"\hat Q": "a copy of the network that stands still between its updates",
        "h_\\delta": "Huber's loss with the threshold delta",
        "N": "samples in the batch",
    },
    conventions=(
        "y is r alone where the world ended; where only time ran out, what comes next still counts.",
        "Nothing flows back through y, although the network made it: a semi-gradient.",
    ),
    when="Q-learning: the objective q_learning, and nothing else.",
    pitfalls=(
        "A small loss does not mean a good policy: the targets move with the network.",
        "The maximum over noisy values is too large on average: double Q-learning (objective.double).",
    ),
    source=(
        "Mnih et al. 2015, Human-level control through deep reinforcement learning; Watkins and Dayan 1992, "
        "Q-learning."
    ),
    facts={"task": "control"},
    rule=rule_of,
    worked=worked_forward(
        TemporalDifference,
        rule_of,
        inputs={"outputs": [[1.0, 5.0], [0.0, 2.0]], "targets": [[0.0, 1.5], [1.0, 5.0]]},
        output="loss",
    ),
)
