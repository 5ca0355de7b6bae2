"""Several networks that answer as one: their mean, and how far they disagree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from glasshouse.core.errors import ModelError
from glasshouse.losses.contract import ONE_FOR_TWO
from glasshouse.models.build import build_model

NAME = "ensemble"
OF_CLASSES = ("logits", "logit", "probabilities", "probability")
OF_PLACES = {"tags": -1, "pixel_classes": 2}
"""Outputs with classes at every step or pixel: on which axis of (M, N, ...) they are."""
OF_NUMBERS = ("values", "reconstruction", "pixels")
"""Outputs that are numbers: several of them count alike."""


class Ensemble(nn.Module):
    r"""The mean of several networks.

    Probabilities are averaged, not what they are made of; what comes out means what a member's outputs mean,
    so that losses, evaluation and bundles take an ensemble for a network. Logits of the mean are

    .. math:: z_k = \ln \frac1M \sum_m \operatorname{softmax}(z_m)_k

    and a single logit is the logarithm of the odds of the mean. The same goes for the classes of every step
    or pixel. Numbers, rows that are given back, pictures and scores are averaged as they are.

    Args:
        members: The networks, all with outputs of one shape, at least one.
        meaning: What their outputs are, as the loss says: ``"logits"``, ``"values"`` ...

    Shapes: (N, ...) in, (N, K) out, or (N, T, K) for tags and (N, K, H, W) for pictures, as every member's.

    Raises:
        ModelError: There are no members.

    Source:
        Breiman 1996, Bagging predictors. Lakshminarayanan, Pritzel and Blundell 2017, Simple and scalable
        predictive uncertainty estimation using deep ensembles, arXiv 1612.01474.

    Example:
        >>> low, high = nn.Linear(1, 1), nn.Linear(1, 1)
        >>> for member, bias in ((low, 1.0), (high, 3.0)):
        ...     _ = nn.init.zeros_(member.weight), nn.init.constant_(member.bias, bias)
        >>> both = Ensemble([low, high], "values")
        >>> both(torch.zeros(1, 1)).item(), both.disagreement(both.each(torch.zeros(1, 1))).item()
        (2.0, 1.0)
    """

    def __init__(self, members: Sequence[nn.Module], meaning: str | None) -> None:
        super().__init__()
        if not members:
            raise ModelError("an ensemble of no networks", expected="one or more", fix="hand its members")
        self.members = nn.ModuleList(members)
        self.meaning = meaning

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Rows (N, ...) to the mean (N, K)."""
        return self.mean(self.each(x))

    def each(self, x: torch.Tensor) -> torch.Tensor:
        """Rows (N, ...) to every member's outputs (M, N, K)."""
        return torch.stack([member(x) for member in self.members])

    def mean(self, outputs: torch.Tensor) -> torch.Tensor:
        """Outputs (M, N, K) to their mean (N, K), in the members' own terms."""
        if self.meaning == "logits" or self.meaning in OF_PLACES:
            axis = OF_PLACES.get(self.meaning, -1)
            return torch.log_softmax(outputs, dim=axis).logsumexp(dim=0) - _log(outputs)
        if self.meaning == "logit":
            sure = nn.functional.logsigmoid
            return sure(outputs).logsumexp(dim=0) - sure(-outputs).logsumexp(dim=0)
        return outputs.mean(dim=0)

    def disagreement(self, outputs: torch.Tensor) -> torch.Tensor:
        r"""How far the members disagree about each row, from 0.

        For probabilities, in nats: the entropy of the mean less the mean of the entropies, which is what
        knowing the member would tell about the answer, at most ln M.

        .. math:: I_n = H\left(\frac1M \sum_m p_{mn}\right) - \frac1M \sum_m H(p_{mn})

        Of several steps or pixels the mean is taken. For numbers: the standard deviation of the members (over
        M), in the unit of the outputs, the mean over all numbers of a row. For scores: the share of members
        that choose another class than the mean does.

        Args:
            outputs: (M, N, K), or as they are for tags and pictures.

        Returns:
            Shape (N,).

        Source:
            Depeweg et al. 2018, Decomposition of uncertainty in Bayesian deep learning, arXiv 1710.07283.
        """
        if self.meaning in OF_CLASSES:
            p = self.probabilities(outputs)
            return (entropy(p.mean(dim=0)) - entropy(p).mean(dim=0)).clamp(min=0)
        if self.meaning in OF_PLACES:
            p = torch.softmax(outputs, dim=OF_PLACES[self.meaning]).movedim(OF_PLACES[self.meaning], -1)
            apart = (entropy(p.mean(dim=0)) - entropy(p).mean(dim=0)).clamp(min=0)
            return apart.flatten(1).mean(dim=1)
        if self.meaning in OF_NUMBERS:
            return outputs.flatten(2).std(dim=0, correction=0).mean(dim=1)
        if self.meaning == "scores":
            chosen = outputs.mean(dim=0).argmax(dim=-1)
            return (outputs.argmax(dim=-1) != chosen).to(outputs.dtype).mean(dim=0)
        return outputs.flatten(2)[:, :, 0].std(dim=0, correction=0)

    def probabilities(self, outputs: torch.Tensor) -> torch.Tensor:
        """Outputs (M, N, K) to probabilities (M, N, classes)."""
        if self.meaning == "logits":
            return torch.softmax(outputs, dim=-1)
        if self.meaning in ONE_FOR_TWO:
            single = outputs.flatten(2)
            single = torch.sigmoid(single) if self.meaning == "logit" else single
            return torch.cat([1 - single, single], dim=-1)
        return outputs


def entropy(p: torch.Tensor) -> torch.Tensor:
    """``- sum p ln p`` over the last axis, in nats; a probability of 0 adds nothing.

    Example:
        >>> round(entropy(torch.tensor([0.5, 0.5])).item(), 4), entropy(torch.tensor([1.0, 0.0])).item()
        (0.6931, 0.0)
    """
    return (p * -torch.log(p.clamp(min=torch.finfo(p.dtype).tiny))).sum(dim=-1)


def ensemble_spec(model: Mapping[str, Any], members: int, meaning: str | None) -> dict[str, Any]:
    """What a bundle writes down of an ensemble, for :func:`build_network`.

    Args:
        model: Name and settings of every member.
        members: How many.
        meaning: What their outputs are.
    """
    return {"name": NAME, "members": members, "meaning": meaning, "of": dict(model)}


def build_network(
    spec: Mapping[str, Any], input_shape: tuple[int, ...], outputs: int, seed: int
) -> nn.Module:
    """The network of a spec: a model by name, or an ensemble of them, to take weights.

    Args:
        spec: A model's name and settings, or what :func:`ensemble_spec` gave.
        input_shape: One sample.
        outputs: Numbers per sample.
        seed: Of the first weights, which are the same in every member.

    Raises:
        UsageError: The model cannot be built.

    Example:
        >>> spec = ensemble_spec({"name": "mlp", "hidden": [8]}, members=2, meaning="logits")
        >>> len(build_network(spec, (4,), 3, seed=0).members)
        2
    """
    if spec.get("name") != NAME:
        return build_model(dict(spec), input_shape, outputs, seed)
    built = [build_model(dict(spec["of"]), input_shape, outputs, seed) for _ in range(spec["members"])]
    return Ensemble(built, spec["meaning"])


def _log(outputs: torch.Tensor) -> torch.Tensor:
    """The logarithm of how many members there are."""
    return torch.log(torch.tensor(float(outputs.shape[0]), dtype=outputs.dtype, device=outputs.device))
