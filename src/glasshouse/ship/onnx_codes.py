"""Networks that make rows of codes or of chance, as ONNX files: generators, decoders, Gibbs steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from glasshouse.models.dbn import DeepBeliefNetwork
from glasshouse.models.gan import Gan
from glasshouse.models.rbm import RestrictedBoltzmannMachine
from glasshouse.ship.onnx_export import Tensors
from glasshouse.ship.onnx_graph import Graph
from glasshouse.ship.schema import CHAIN, DECODER, DOWN, GENERATOR, Port

SIZES = (2, 1, 7)
"""Rows at once in the check."""
GENERATES = "Makes prepared rows of codes that are drawn from the standard normal."
DECODES = "From codes back to prepared rows; `model.onnx` gives the codes of rows."
STEPS = (
    "A Gibbs step of the machine{which}: hidden units are drawn given visible ones, and visible ones given "
    "these. Chance goes in, so that it is yours: call it again and again with new chance."
)
GOES_DOWN = "From the visible units of the top machine down to rows, drawn machine by machine."
UNIFORM, NORMAL = "uniform from 0 to 1", "from the standard normal"


class Decoding(nn.Module):
    """``decode`` of a network as a module.

    Args:
        network: With ``decode``.
        shape: Of one row.
    """

    def __init__(self, network: nn.Module, shape: Sequence[int]) -> None:
        super().__init__()
        self.network = network
        self.shape = tuple(shape)

    def forward(self, codes: torch.Tensor) -> Tensors:
        """Codes (N, K) to rows (N, *shape)."""
        decoder: Any = self.network
        rows: torch.Tensor = decoder.decode(codes)
        return (rows.reshape(codes.shape[0], *self.shape),)


class GibbsStep(nn.Module):
    """A step of a machine's chain with chance from outside.

    Args:
        machine: The machine.
    """

    def __init__(self, machine: RestrictedBoltzmannMachine) -> None:
        super().__init__()
        self.machine = machine

    def forward(
        self, units: torch.Tensor, hidden_chance: torch.Tensor, visible_chance: torch.Tensor
    ) -> Tensors:
        """Visible units to drawn ones, and to what is expected of the hidden units that were drawn."""
        shares = self.machine.encode(units)
        hidden = (hidden_chance < shares).to(shares.dtype)
        return drawn(self.machine, hidden, visible_chance)


class GoingDown(nn.Module):
    """From the visible units of the top machine to rows, with chance from outside.

    Args:
        network: At least two machines.
    """

    def __init__(self, network: DeepBeliefNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, units: torch.Tensor, *chance: torch.Tensor) -> Tensors:
        """Units (N, H) to rows drawn, and to rows that are expected of the units right above them."""
        expected = units
        for machine, each in zip(reversed(self.network.stack()[:-1]), chance, strict=True):
            units, expected = drawn(machine, units, each)
        return units, expected


def drawn(
    machine: RestrictedBoltzmannMachine, hidden: torch.Tensor, chance: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Visible units given hidden ones, and their expectation.

    Args:
        machine: The machine.
        hidden: Zeros and ones (N, H).
        chance: Uniform numbers for binary units, normal ones for Gaussian units, (N, *shape).
    """
    expected = machine.decode(hidden)
    if machine.log_noise is None:
        return (chance < expected).to(expected.dtype), expected
    return expected + (0.5 * machine.log_noise).exp() * chance, expected


def code_graphs(network: nn.Module, shape: Sequence[int], code: int | None, seed: int) -> list[Graph]:
    """The graphs of a network that makes rows; none for others.

    Args:
        network: On the CPU in evaluation mode.
        shape: Of one prepared row.
        code: How many numbers a code has; ``None`` for networks without one.
        seed: Of the codes that are checked with.

    Example:
        >>> from glasshouse.models import rbm
        >>> [each.file for each in code_graphs(rbm(4, hidden=3), (4,), 3, seed=0)]
        ['decoder.onnx', 'chain.onnx']
    """
    chance = torch.Generator().manual_seed(seed)
    if isinstance(network, Gan):
        return [_decoder(GENERATOR, GENERATES, Decoding(network, shape), network.latent, chance)]
    if code is None:
        return []
    graphs = [_decoder(DECODER, DECODES, Decoding(network, shape), code, chance)]
    if isinstance(network, RestrictedBoltzmannMachine):
        graphs.append(_chain(network, "", chance))
    if isinstance(network, DeepBeliefNetwork):
        which = " on top" if len(network.stack()) > 1 else ""
        graphs.append(_chain(network.top, which, chance))
        graphs += [_down(network, chance)] if which else []
    return graphs


def _decoder(file: str, meaning: str, module: Decoding, width: int, chance: torch.Generator) -> Graph:
    cases = [(torch.randn(size, width, generator=chance),) for size in SIZES]
    codes = Port(name="codes", shape=("batch", width), dtype="float32", meaning="a row in few numbers")
    if isinstance(module.network, RestrictedBoltzmannMachine | DeepBeliefNetwork):
        codes = codes.model_copy(update={"meaning": "hidden units, or their probabilities, from 0 to 1"})
    # The name that the file has had from the first version on.
    inputs, outputs = ("input", "output") if file == GENERATOR else ("codes", "rows")
    rows = Port(name=outputs, shape=("batch", *module.shape), dtype="float32", meaning="in prepared units")
    return Graph(file, meaning, module, (codes.model_copy(update={"name": inputs}),), (rows,), cases)


def _chain(machine: RestrictedBoltzmannMachine, which: str, chance: torch.Generator) -> Graph:
    hidden = ("batch", len(machine.hidden_bias))
    units = _units("units", machine, "visible units; zeros and ones at random will do to begin with")
    inputs = (
        units,
        Port(name="hidden_chance", shape=hidden, dtype="float32", meaning=UNIFORM),
        _units("visible_chance", machine, _kind(machine)),
    )
    outputs = (
        units.model_copy(update={"name": "next_units", "meaning": "visible units, drawn"}),
        units.model_copy(update={"name": "expected", "meaning": "what was expected of them"}),
    )
    cases = [_drawn(inputs, size, chance) for size in SIZES]
    return Graph(CHAIN, STEPS.format(which=which), GibbsStep(machine), inputs, outputs, cases)


def _down(network: DeepBeliefNetwork, chance: torch.Generator) -> Graph:
    below = list(reversed(network.stack()[:-1]))
    places = range(len(below), 0, -1)
    inputs = (
        _units("units", network.top, "visible units of the top machine, drawn"),
        *(
            _units(f"chance_{place}", machine, f"for what machine {place} from below draws: {_kind(machine)}")
            for place, machine in zip(places, below, strict=True)
        ),
    )
    rows = _units("rows", below[-1], "prepared rows, drawn")
    outputs = (rows, rows.model_copy(update={"name": "expected", "meaning": "what was expected of them"}))
    cases = [_drawn(inputs, size, chance) for size in SIZES]
    return Graph(DOWN, GOES_DOWN, GoingDown(network), inputs, outputs, cases)


def _units(name: str, machine: RestrictedBoltzmannMachine, meaning: str) -> Port:
    return Port(name=name, shape=("batch", *machine.shape), dtype="float32", meaning=meaning)


def _kind(machine: RestrictedBoltzmannMachine) -> str:
    return UNIFORM if machine.log_noise is None else NORMAL


def _drawn(inputs: tuple[Port, ...], size: int, chance: torch.Generator) -> Tensors:
    shapes = [(size, *(each for each in port.shape if isinstance(each, int))) for port in inputs]
    return tuple(torch.rand(shape, generator=chance) for shape in shapes)
