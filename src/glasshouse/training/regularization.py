"""What the regularizers of a run do at every step, each in its place around the gradient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext

import torch

from glasshouse.clipping import AdaptiveClipping, ClipByNorm, ClipByValue, Clipping
from glasshouse.core.concept import Spec, read_spec
from glasshouse.core.errors import SettingError
from glasshouse.core.names import normalise
from glasshouse.layers import LAYERS
from glasshouse.regularizers import REGULARIZERS, Constraint, Noise, Penalty, WeightNoise
from glasshouse.training.flat import Group
from glasshouse.training.job import Job

SECTION = "training.regularizers"


def build_regularizer(spec: Spec) -> Penalty | Constraint | Noise:
    """The regularizer that an experiment names.

    Args:
        spec: A name, or a table such as ``{"name": "l1", "strength": 1e-4}``.

    Raises:
        UnknownNameError: There is no such regularizer.
        SettingError: It does not take such a setting; or it is one that is set elsewhere, and where.

    Example:
        >>> build_regularizer({"name": "l1", "strength": 0.001})
        L1(strength=0.001)
    """
    name, _ = read_spec(spec, "regularizer")
    for layer in LAYERS.values():
        if "regularizer" in layer.also and normalise(name) in (layer.name, *layer.aliases):
            raise SettingError(
                f"{name!r} in {SECTION}",
                expected="a penalty, a constraint or a noise: " + ", ".join(named_here()),
                fix=f"{layer.name} is a layer: put it into the network (for dropout: model.dropout)",
            )
    elsewhere = REGULARIZERS.find(name).facts.get("setting")
    if elsewhere is not None:
        raise SettingError(
            f"{name!r} in {SECTION}",
            expected="a penalty, a constraint or a noise: " + ", ".join(named_here()),
            fix=f"it has a place of its own: set {elsewhere}",
        )
    built: Penalty | Constraint | Noise = REGULARIZERS.build(spec)
    return built


def named_here() -> list[str]:
    """Names of the regularizers that may stand in ``training.regularizers``."""
    return [name for name, concept in REGULARIZERS.items() if "setting" not in concept.facts]


class Regularization:
    """The regularizers of a run, at work on one network.

    In the order of a step: noise on the inputs, noise on the weights while the gradient is computed, the
    slope of the penalties added to the gradient (before it is clipped), constraints after the update. All but
    noise on inputs touch matrices and kernels only, as weight decay does.

    The loss that is recorded is that of the data alone; :meth:`penalty` tells what comes on top.

    Args:
        specs: Names, or tables with settings.
        groups: The network's parameters, those that decay in groups of their own.

    Example:
        >>> w = torch.nn.Parameter(torch.tensor([[3.0, -4.0]]))
        >>> regularization = Regularization(["l2", {"name": "max_norm", "limit": 1}], [Group([w], True, [w])])
        >>> round(regularization.penalty(), 6)
        0.00125
        >>> regularization.constrain()
        >>> w.detach().tolist()
        [[0.6000000238418579, -0.800000011920929]]
    """

    def __init__(self, specs: Sequence[Spec], groups: Sequence[Group]) -> None:
        built = [build_regularizer(spec) for spec in specs]
        self.penalties = [each for each in built if isinstance(each, Penalty)]
        self.constraints = [each for each in built if isinstance(each, Constraint)]
        self.input_noises = [each for each in built if isinstance(each, Noise) and each.on == "inputs"]
        self.weight_noises = [each for each in built if isinstance(each, WeightNoise)]
        decayed = [group for group in groups if group.decayed]
        self._leaves = [leaf for group in decayed for leaf in group.leaves]
        self._members = [member for group in decayed for member in group.members]

    def noisy(self, inputs: torch.Tensor) -> torch.Tensor:
        """The inputs of a batch with noise, where there is any."""
        for noise in self.input_noises:
            inputs = noise(inputs)
        return inputs

    def shaken(self) -> AbstractContextManager[object]:
        """A block in which there is noise on the weights; after it they are as before, to the bit."""
        return self._shaken() if self.weight_noises else nullcontext()

    @contextmanager
    def _shaken(self) -> Iterator[None]:
        with ExitStack() as stack:
            for noise in self.weight_noises:
                stack.enter_context(noise.around(self._leaves))
            yield

    def add_gradients(self) -> None:
        """Add the slope of every penalty to the gradients, which must have their true size."""
        for penalty in self.penalties:
            for leaf in self._leaves:
                # A parameter that took no part in the forward pass has no gradient; the penalty pulls it too.
                if leaf.grad is None:
                    leaf.grad = torch.zeros_like(leaf)
                penalty.add_gradient(leaf.detach(), leaf.grad)

    def constrain(self) -> None:
        """Bring the weights back to what the constraints allow."""
        for constraint in self.constraints:
            for member in self._members:
                constraint.apply_(member.detach())

    def penalty(self) -> float:
        """The sum of all penalties at the weights as they are."""
        with torch.no_grad():
            parts = [penalty(leaf) for penalty in self.penalties for leaf in self._leaves]
            return float(torch.stack(parts).sum()) if parts else 0.0


def clippings(job: Job) -> list[Clipping]:
    """The bounds that a job sets to its gradient, in the order in which they are applied.

    Args:
        job: Its ``clip_value``, ``clip_norm`` and ``clip_adaptive``.
    """
    wanted = (
        (ClipByValue, job.clip_value),
        (ClipByNorm, job.clip_norm),
        (AdaptiveClipping, job.clip_adaptive),
    )
    return [kind(limit) for kind, limit in wanted if limit is not None]
