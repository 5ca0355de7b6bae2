"""All parameters in one flat buffer, group by group, so that one kernel clears, clips and updates them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn

from glasshouse.core.errors import TrainingError
from glasshouse.core.names import unknown_name
from glasshouse.models.head import in_head

ALIGNMENT = 16
"""Parameters start at multiples of 16 numbers (64 bytes), where vector instructions like them."""
FEW = 16_384
"""Numbers of a tensor up to which one buffer pays (``python benchmarks/model_steps.py``)."""


@dataclass
class Group:
    """Parameters that share the optimizer's settings.

    Args:
        members: The network's own parameters.
        decayed: Whether weight decay pulls them.
        leaves: What the optimizer sees: one flat parameter, or the members themselves.
        rate: Times the learning rate of the run.
    """

    members: list[nn.Parameter]
    decayed: bool
    leaves: list[nn.Parameter]
    rate: float = 1.0


def can_flatten(network: nn.Module, device: torch.device) -> bool:
    """Whether the parameters may live in one buffer.

    On a GPU, recurrent layers move their weights into buffers of cuDNN's, and fused optimizers take lists at
    no extra cost, so there the parameters stay where they are. Sparse gradients cannot be views either.
    """
    trainable = [each for each in network.parameters() if each.requires_grad]
    one_type = len({each.dtype for each in trainable}) == 1
    sparse = any(getattr(module, "sparse", False) for module in network.modules())
    return device.type == "cpu" and one_type and not sparse


def flattening_pays(groups: Sequence[Group]) -> bool:
    """Whether parameters are so small that one buffer saves more than it costs where autograd fills it.

    Autograd hands a fresh gradient over as it is, but adds to one that lies in a buffer, which has to be
    cleared before: every number is written twice and read twice more. What is saved is a few microseconds per
    tensor, so this is for networks whose tensors are small on average.

    Args:
        groups: All that one optimizer moves.

    Example:
        >>> from glasshouse.models import lenet5, mlp
        >>> flattening_pays(grouped(lenet5())), flattening_pays(grouped(mlp(784, 10, hidden=[1024])))
        (True, False)
    """
    sizes = [each.numel() for group in groups for each in group.members]
    return sum(sizes) <= FEW * len(sizes)


def grouped(
    network: nn.Module,
    weight_decay: float = 0.0,
    rates: Mapping[str, float] | None = None,
    apart: bool = False,
    within: Sequence[str] = ("",),
) -> list[Group]:
    """Trainable parameters in two groups: kernels and matrices decay, biases and norms don't.

    Without weight decay there is nothing to tell apart, and one group costs half the updates. Layers with a
    learning rate of their own make groups of their own.

    Args:
        network: Any module.
        weight_decay: Pull of the weights towards zero.
        rates: Times the learning rate, by the name of a layer; it counts for all that is inside the layer,
            but where something inside is named too.
        apart: Two groups also without weight decay: regularizers too leave biases and norms alone.
        within: Layers whose parameters are meant, by name; the empty name stands for the whole network.

    Raises:
        TrainingError: Nothing is trainable.
        UnknownNameError: A name of ``rates`` is that of no layer with weights.
    """
    trainable = {
        name: each
        for name, each in network.named_parameters()
        if each.requires_grad and in_head(name, within)
    }
    if not trainable:
        raise TrainingError(
            "the network has no trainable parameters" + (f" in {', '.join(within)}" if any(within) else ""),
            expected="at least one parameter with requires_grad=True",
            fix="unfreeze a layer: layer.requires_grad_(True)",
        )
    factors = _factors(network, list(trainable), rates or {})
    sorted_in: dict[tuple[float, bool], list[nn.Parameter]] = {}
    for name, each in trainable.items():
        sorted_in.setdefault((factors[name], (apart or weight_decay != 0) and each.dim() > 1), []).append(
            each
        )
    # Decayed groups first, so that the order does not hang on which parameter a network begins with.
    order = sorted(sorted_in, key=lambda key: (not key[1], -key[0]))
    return [Group(sorted_in[key], key[1], list(sorted_in[key]), key[0]) for key in order]


def _factors(network: nn.Module, names: list[str], rates: Mapping[str, float]) -> dict[str, float]:
    """For each parameter the factor of the innermost layer around it that is named."""
    if not rates:
        return dict.fromkeys(names, 1.0)
    layers = [name for name, module in network.named_modules() if name and list(module.parameters())]
    for layer in rates:
        if layer not in layers:
            raise unknown_name(layer, layers, "layer")
    factors = {}
    for name in names:
        around = [layer for layer in rates if name.startswith(f"{layer}.")]
        factors[name] = rates[max(around, key=len)] if around else 1.0
    return factors


class FlatParameters:
    """The parameters of a network as views into flat buffers.

    Inside :meth:`installed` every parameter's data and gradient are views, so zeroing, clipping and updating
    the buffers is zeroing, clipping and updating the network. The network stays a plain module throughout.
    A parameter that no gradient reaches has a gradient of zero, not none.

    Args:
        groups: The network's parameters, on the CPU and of one type.

    Attributes:
        weights, gradients: The buffers as a whole; the groups' are stretches of them, one after the other.
    """

    def __init__(self, groups: list[Group]) -> None:
        self.groups = groups
        sizes = [sum(aligned(each.numel()) for each in group.members) for group in groups]
        self.weights = torch.zeros(sum(sizes), dtype=groups[0].members[0].dtype)
        self.gradients = torch.zeros_like(self.weights)
        parts = zip(torch.split(self.weights, sizes), torch.split(self.gradients, sizes), strict=True)
        for group, (weights, gradients) in zip(groups, parts, strict=True):
            flat = nn.Parameter(weights)
            flat.grad = gradients
            group.leaves = [flat]

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Move the parameters into the buffers, and at the end give each its own memory again."""
        for group in self.groups:
            start = group.leaves[0].storage_offset()
            for each in group.members:
                view = torch.as_strided(self.weights, each.shape, dense_strides(each), start)
                view.copy_(each.data)
                each.data = view
                each.grad = torch.as_strided(self.gradients, each.shape, view.stride(), start)
                start += aligned(each.numel())
        try:
            yield
        finally:
            for group in self.groups:
                for each in group.members:
                    each.data = each.data.clone(memory_format=torch.preserve_format)
                    each.grad = None

    def zero_gradients(self) -> None:
        """Set all gradients to zero, in place."""
        for group in self.groups:
            gradient = group.leaves[0].grad
            assert gradient is not None
            gradient.zero_()

    def check(self) -> None:
        """Make sure that the parameters still are views of the buffers.

        Raises:
            TrainingError: The network gave a parameter new memory while training.
        """
        for group in self.groups:
            flat = group.leaves[0]
            ends = flat.data_ptr(), flat.data_ptr() + flat.numel() * flat.element_size()
            for each in group.members:
                if not ends[0] <= each.data_ptr() < ends[1] or each.grad is None:
                    raise TrainingError(
                        "the network replaced the memory or the gradient of a parameter during training",
                        expected="parameters that are changed in place only",
                        fix="do not assign to parameter.data or parameter.grad, nor call .to(), in forward",
                    )


def places(groups: Sequence[Group]) -> tuple[dict[int, int], list[int]]:
    """Where parameters lie once they are installed in flat buffers.

    Args:
        groups: The network's parameters.

    Returns:
        The first number of each, by its ``id``; and where the groups begin, with the end of the last.

    Example:
        >>> groups = grouped(nn.Linear(2, 3), weight_decay=0.1)
        >>> sorted(places(groups)[0].values()), places(groups)[1]
        ([0, 16], [0, 16, 32])
    """
    found, ends, place = {}, [0], 0
    for group in groups:
        for each in group.members:
            found[id(each)] = place
            place += aligned(each.numel())
        ends.append(place)
    return found, ends


def aligned(numbers: int) -> int:
    """How much room so many numbers take in a flat buffer.

    Example:
        >>> aligned(3), aligned(16), aligned(17)
        (16, 16, 32)
    """
    return -(-numbers // ALIGNMENT) * ALIGNMENT


def dense_strides(parameter: torch.Tensor) -> tuple[int, ...]:
    """Strides of the same memory format without gaps, so that the numbers fill one stretch of the buffer."""
    return tuple(torch.empty_like(parameter, memory_format=torch.preserve_format).stride())
