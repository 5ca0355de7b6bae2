"""Denoising autoencoder: mends rows that were corrupted on purpose."""

from __future__ import annotations

from collections.abc import Sequence

from glasshouse.core.concept import Concept, Spec
from glasshouse.models.autoencoder import Autoencoder, autoencoder


def denoising_autoencoder(
    inputs: int | Sequence[int],
    hidden: Sequence[int] = (256,),
    code: int = 64,
    activation: Spec = "relu",
    code_activation: Spec = "identity",
    output_activation: Spec = "identity",
) -> Autoencoder:
    r"""An autoencoder with a wide code, to be trained on corrupted rows.

    .. math:: \hat x = g(f(\tilde x)),\quad \tilde x \sim q(\tilde x \mid x)

    It is the objective that corrupts (:class:`glasshouse.objectives.Denoising`): gaussian noise, masking, or
    salt and pepper. Afterwards the network takes rows as they are.

    Args:
        inputs: Number of features, or the shape of one sample.
        hidden: Units of the encoder's hidden layers, from the input on.
        code: Width of the code, from 1.
        activation: Between the layers.
        code_activation: Behind the code.
        output_activation: Behind the output.

    Shapes: (N, *inputs) to (N, *inputs); ``encode`` gives (N, code).

    Raises:
        SettingError: A size is no whole number from 1.
        UnknownNameError: There is no such activation.

    Source:
        Vincent et al. 2008, Extracting and composing robust features with denoising autoencoders.

    Example:
        >>> import torch
        >>> denoising_autoencoder((1, 8, 8))(torch.zeros(2, 1, 8, 8)).shape
        torch.Size([2, 1, 8, 8])
    """
    return autoencoder(inputs, hidden, code, activation, code_activation, output_activation)


CONCEPT = Concept(
    name="denoising_autoencoder",
    kind="model",
    summary="Autoencoder that is shown corrupted rows and gives the clean ones.",
    build=denoising_autoencoder,
    aliases=("dae",),
    equation=r"L = \lVert g(f(\tilde x)) - x \rVert^2,\; \tilde x \sim q(\tilde x \mid x)",
    symbols={
        "x": "a row",
        r"\tilde x": "its corrupted copy, drawn anew in every step",
        "f, g": "encoder and decoder",
    },
    when="Removing noise; codes that do not change with small disturbances.",
    pitfalls=("It mends the noise that it was trained on, and may blur rows that have none.",),
    source="Vincent et al. 2008, Extracting and composing robust features with denoising autoencoders.",
    facts={
        "takes": "vector",
        "gives": "reconstruction",
        "year": 2008,
        "input": (784,),
        "parameters": 435_536,
        "macs": 434_176,
        "defaults": {"objective.name": "denoising", "training.weight_decay": 0.0},
    },
)
