"""Sparse autoencoder: a wide code of which few units are active at a time."""

from __future__ import annotations

from collections.abc import Sequence

from glasshouse.core.concept import Concept, Spec
from glasshouse.models.autoencoder import Autoencoder, autoencoder


def sparse_autoencoder(
    inputs: int | Sequence[int],
    hidden: Sequence[int] = (),
    code: int = 100,
    activation: Spec = "relu",
    code_activation: Spec = "sigmoid",
    output_activation: Spec = "identity",
) -> Autoencoder:
    r"""An autoencoder with a sigmoid code that may be wider than the row.

    .. math:: h = \sigma(W x + b),\quad \hat x = V h + c

    It is the objective that makes the code sparse (:class:`glasshouse.objectives.Sparse`): by the divergence
    of each unit's mean activity from a wanted one, or by the sum of the activities.

    Args:
        inputs: Number of features, or the shape of one sample.
        hidden: Units of the encoder's hidden layers, from the input on.
        code: Width of the code, from 1.
        activation: Between the layers.
        code_activation: Behind the code: ``"sigmoid"`` for the divergence, ``"relu"`` for the sum.
        output_activation: Behind the output.

    Shapes: (N, *inputs) to (N, *inputs); ``encode`` gives (N, code).

    Raises:
        SettingError: A size is no whole number from 1.
        UnknownNameError: There is no such activation.

    Source:
        Ng 2011, CS294A lecture notes: Sparse autoencoder; Goodfellow, Bengio and Courville 2016, section
        14.2.1.

    Example:
        >>> sparse_autoencoder(64).encoder
        Sequential(
          (code): Linear(in_features=64, out_features=100, bias=True)
          (code_activation): Sigmoid()
        )
    """
    return autoencoder(inputs, hidden, code, activation, code_activation, output_activation)


CONCEPT = Concept(
    name="sparse_autoencoder",
    kind="model",
    summary="Autoencoder with a wide code of which few units are active at a time.",
    build=sparse_autoencoder,
    aliases=("sae",),
    equation=r"L = \lVert \hat x - x \rVert^2 + \lambda \sum_j D_{KL}(\rho \,\|\, \hat\rho_j)",
    symbols={
        r"\rho": "wanted mean activity of a unit, objective.activity",
        r"\hat\rho_j": "mean activity of unit j over the batch",
        r"\lambda": "objective.strength",
    },
    when="Features that can be looked at one by one; codes wider than the row.",
    pitfalls=(
        "The mean activity is that of a batch: give batches of a hundred rows or more.",
        "Too strong a penalty silences all units alike.",
    ),
    source="Ng 2011, CS294A lecture notes: Sparse autoencoder.",
    facts={
        "takes": "vector",
        "gives": "reconstruction",
        "year": 2011,
        "input": (784,),
        "parameters": 157_684,
        "macs": 156_800,
        "defaults": {"objective.name": "sparse", "training.weight_decay": 0.0},
    },
)
