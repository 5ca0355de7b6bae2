"""Contractive autoencoder: a code that hardly moves when the row does."""

from __future__ import annotations

from collections.abc import Sequence

from glasshouse.core.concept import Concept, Spec
from glasshouse.models.autoencoder import Autoencoder, autoencoder


def contractive_autoencoder(
    inputs: int | Sequence[int],
    hidden: Sequence[int] = (),
    code: int = 64,
    activation: Spec = "sigmoid",
    code_activation: Spec = "sigmoid",
    output_activation: Spec = "identity",
    tied: bool = True,
) -> Autoencoder:
    r"""An autoencoder with a sigmoid code and tied weights, to be trained with a penalty on its Jacobian.

    .. math:: h = \sigma(W x + b),\quad \hat x = W^\top h + c

    It is the objective that contracts (:class:`glasshouse.objectives.Contractive`). Tied weights keep it from
    shrinking the encoder and letting the decoder make up for it.

    Args:
        inputs: Number of features, or the shape of one sample.
        hidden: Units of the encoder's hidden layers. With any, the penalty costs a backward pass for each
            number of the code.
        code: Width of the code, from 1.
        activation: Between the layers.
        code_activation: Behind the code.
        output_activation: Behind the output.
        tied: Whether the decoder uses the encoder's weights, transposed.

    Shapes: (N, *inputs) to (N, *inputs); ``encode`` gives (N, code).

    Raises:
        SettingError: A size is no whole number from 1.
        UnknownNameError: There is no such activation.

    Source:
        Rifai et al. 2011, Contractive auto-encoders: explicit invariance during feature extraction.

    Example:
        >>> sum(each.numel() for each in contractive_autoencoder(64, code=10).parameters())
        714
    """
    return autoencoder(
        inputs, hidden, code, activation, code_activation, output_activation, normalization="none", tied=tied
    )


CONCEPT = Concept(
    name="contractive_autoencoder",
    kind="model",
    summary="Autoencoder whose code hardly moves when the row does: a penalty on the encoder's Jacobian.",
    build=contractive_autoencoder,
    aliases=("cae",),
    equation=r"L = \lVert \hat x - x \rVert^2 + \lambda \lVert \partial h / \partial x \rVert_F^2",
    symbols={
        "h": "the code of the row x",
        r"\lambda": "objective.strength",
        r"\lVert \cdot \rVert_F": "Frobenius norm: the root of the sum of squares",
    },
    when="Codes that are to change along the data and not across them.",
    pitfalls=(
        "Without tied weights the encoder can shrink and the decoder grow: nothing is won.",
        "Batch norm gives rows no Jacobian of their own, and is refused.",
    ),
    source="Rifai et al. 2011, Contractive auto-encoders.",
    facts={
        "takes": "vector",
        "gives": "reconstruction",
        "year": 2011,
        "input": (784,),
        "parameters": 51_024,
        "macs": 100_352,
        "defaults": {"objective.name": "contractive", "training.weight_decay": 0.0},
    },
)
