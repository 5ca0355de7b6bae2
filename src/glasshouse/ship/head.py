"""What stands behind a network in a bundle: from its outputs to what a reader of ``model.onnx`` wants."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from glasshouse.data.parts import OutputScale
from glasshouse.models.ensemble import OF_PLACES, Ensemble
from glasshouse.models.grid_cells import BOX, decoded
from glasshouse.ship.schema import DISAGREEMENT, WITH_PROBABILITIES, Meaning, Output

OF_MAPS: dict[Meaning | None, tuple[str, str]] = {
    "pixel_classes": ("probabilities", "of every class at every pixel, in the order of classes"),
    "pixels": ("picture", "levels of the picture that comes out, from 0 (black) to 1 (white)"),
}
"""The output of networks that give pictures: its name, and what it is."""


def finish(
    outputs: torch.Tensor, meaning: Meaning | None, scale: OutputScale | None
) -> tuple[torch.Tensor, ...]:
    r"""The outputs of a bundle; the first one is what answers are made of.

    A single logit z becomes the pair (-z/2, z/2), whose softmax is the sigmoid of z; a single probability p
    becomes the pair (1 - p, p).

    .. math:: p_k = \frac{e^{z_k}}{\sum_j e^{z_j}} \;\text{(logits)},\quad
        \hat y = \text{spread} \cdot z + \text{centre} \;\text{(values)}

    Args:
        outputs: The network's own, shape (N, K), or (N, K, H, W) for pictures.
        meaning: What they are.
        scale: For values; ``None`` leaves them as they are.
    """
    if meaning == "logit":
        half = outputs.reshape(outputs.shape[0], 1) / 2
        outputs, meaning = torch.cat([-half, half], dim=1), "logits"
    if meaning == "probability":
        single = outputs.reshape(outputs.shape[0], 1)
        return (torch.cat([1 - single, single], dim=1),)
    if meaning == "logits":
        return outputs, torch.softmax(outputs, dim=1)
    if meaning == "pixel_classes":
        return (torch.softmax(outputs, dim=1),)
    if meaning == "pixels":
        return (outputs.clamp(0, 1),)
    if meaning == "grid":
        return (decoded(outputs),)
    if meaning == "values":
        scale = scale or OutputScale(0.0, 1.0)
        # In double precision: in single, years or prices far from zero would lose their last digits.
        standardised = outputs.double().reshape(outputs.shape[0], -1)
        if standardised.shape[1] == 1:
            standardised = standardised[:, 0]
        return (standardised * scale.spread + scale.centre,)
    return (outputs,)


def answered(
    network: nn.Module, inputs: torch.Tensor, meaning: Meaning | None, scale: OutputScale | None
) -> tuple[torch.Tensor, ...]:
    """The outputs of a bundle for prepared rows; an ensemble's last one is how far its members disagree.

    Args:
        network: The network.
        inputs: Prepared rows (N, *input_shape).
        meaning: What the network's outputs are.
        scale: For values, whose disagreement is brought to the target's unit too.

    Example:
        >>> twice = Ensemble([nn.Identity(), nn.Identity()], "values")
        >>> [each.tolist() for each in answered(twice, torch.ones(1, 1), "values", OutputScale(5.0, 2.0))]
        [[7.0], [0.0]]
    """
    if not isinstance(network, Ensemble):
        return (
            given_back(network, inputs)
            if meaning == "reconstruction"
            else finish(network(inputs), meaning, scale)
        )
    outputs = network.each(inputs)
    apart = network.disagreement(outputs)
    if meaning == "reconstruction":
        back = network.mean(outputs).reshape(inputs.shape)
        return (error_of(back, inputs), back, apart)
    if meaning == "values":
        apart = apart.double() * abs(scale.spread if scale else 1.0)
    return (*finish(network.mean(outputs), meaning, scale), apart)


def given_back(network: nn.Module, inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
    r"""The outputs of a bundle whose network gives rows back: error, reconstruction, and its code if any.

    .. math:: e_n = \frac1D \sum_i (\hat x_{ni} - x_{ni})^2

    Args:
        network: With ``encode`` and ``decode``, or any that maps rows to rows.
        inputs: Prepared rows (N, *input_shape).

    Example:
        >>> [tuple(each.shape) for each in given_back(nn.Identity(), torch.zeros(3, 2))]
        [(3,), (3, 2)]
    """
    coder: Any = network if codes(network) else None
    code = None if coder is None else coder.encode(inputs)
    back = network(inputs) if coder is None else coder.decode(code)
    back = back.reshape(inputs.shape)
    error = error_of(back, inputs)
    return (error, back) if code is None else (error, back, code.flatten(1))


def error_of(back: torch.Tensor, inputs: torch.Tensor) -> torch.Tensor:
    """The mean squared error of every row, shape (N,)."""
    return (back - inputs).flatten(1).square().mean(dim=1)


def codes(network: nn.Module) -> bool:
    """Whether a network has a code: the two halves of an autoencoder.

    Example:
        >>> codes(nn.Identity())
        False
    """
    return hasattr(network, "encode") and hasattr(network, "decode")


def describe_given_back(input_shape: tuple[int, ...], code: int | None) -> tuple[Output, ...]:
    """The same outputs for the schema.

    Args:
        input_shape: One prepared sample.
        code: Width of the code; ``None`` where there is none.
    """
    outputs = [
        ("error", (), "mean squared error of the row, in prepared units: large for unusual rows"),
        ("reconstruction", input_shape, "the row as it came back, in prepared units"),
    ]
    if code is not None:
        outputs.append(("code", (code,), "the row in few numbers"))
    return tuple(
        Output(name=name, shape=("batch", *shape), dtype="float32", meaning=sense)
        for name, shape, sense in outputs
    )


def describe_disagreement(meaning: Meaning | None, target: str) -> Output:
    """The last output of an ensemble for the schema."""
    if meaning == "values":
        sense = f"standard deviation of the members' answers, in the unit of {target}; of several the mean"
        return Output(name=DISAGREEMENT, shape=("batch",), dtype="float64", meaning=sense)
    sense = "entropy of the mean less the mean entropy of the members, in nats: 0 where all agree"
    if meaning in OF_PLACES:
        sense = f"{sense}; the mean over the {'steps' if meaning == 'tags' else 'pixels'}"
    elif meaning in ("reconstruction", "pixels"):
        sense = "standard deviation of what the members give, the mean over all numbers"
    elif meaning not in WITH_PROBABILITIES:
        sense = "standard deviation of the members' first output"
    if meaning == "scores":
        sense = "share of the members that choose another class"
    return Output(name=DISAGREEMENT, shape=("batch",), dtype="float32", meaning=sense)


def describe_outputs(
    meaning: Meaning | None, units: int, target: str, sides: Sequence[int] = ()
) -> tuple[Output, ...]:
    """The same outputs for the schema: names, shapes, and what they mean.

    Args:
        meaning: What the network's outputs are.
        units: How many numbers, or maps, it gives for a sample.
        target: What is predicted.
        sides: Height and width of its maps.
    """
    if meaning == "grid":
        sense = "for each cell: centre, width, height, confidence, a share for every class; all from 0 to 1"
        cells = math.prod(sides)
        return (Output(name="boxes", shape=("batch", cells, BOX + units), dtype="float32", meaning=sense),)
    if meaning in OF_MAPS:
        name, sense = OF_MAPS[meaning]
        return (Output(name=name, shape=("batch", units, *sides), dtype="float32", meaning=sense),)
    if meaning in WITH_PROBABILITIES:
        units = 2 if meaning in ("logit", "probability") else units
        probabilities = Output(
            name="probabilities",
            shape=("batch", units),
            dtype="float32",
            meaning="one per class, in the order of classes; every row sums to 1",
        )
        if meaning in ("probabilities", "probability"):
            return (probabilities,)
        sense = "one per class; their softmax gives the probabilities"
        return (
            Output(name="logits", shape=("batch", units), dtype="float32", meaning=sense),
            probabilities,
        )
    if meaning == "values":
        sense = f"{target}, in the unit of the training data"
        shape: tuple[int | str, ...] = ("batch",) if units == 1 else ("batch", units)
        return (Output(name="prediction", shape=shape, dtype="float64", meaning=sense),)
    known = {
        "action_values": ("action_values", "what each action is worth; the largest one is taken"),
        "embedding": ("embedding", "numbers whose Euclidean distances tell which rows are alike"),
        "actions": ("action", f"the numbers of the {target}, in the unit of the world"),
    }
    chosen = ("scores", "one per class; the largest one wins, they are no probabilities")
    name, sense = known.get(meaning or "", chosen)
    if meaning == "tags":
        sense = "at every step one per tag; the largest one wins, their softmax gives the probabilities"
        return (Output(name="tags", shape=("batch", "steps", units), dtype="float32", meaning=sense),)
    if meaning is None:
        name, sense = ("output", "what the network gives; its loss did not say what it means")
    return (Output(name=name, shape=("batch", units), dtype="float32", meaning=sense),)


class Headed(nn.Module):
    """A network with :func:`answered` around it, as it is exported.

    Args:
        network: The network.
        meaning: What its outputs are.
        scale: For values.
    """

    def __init__(self, network: nn.Module, meaning: Meaning | None, scale: OutputScale | None) -> None:
        super().__init__()
        self.network = network
        self.meaning = meaning
        self.scale = scale

    def forward(self, input: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Prepared rows (N, *input_shape) to the outputs that the schema lists."""
        return answered(self.network, input, self.meaning, self.scale)
