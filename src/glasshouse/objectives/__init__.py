"""Objectives: how a batch becomes a loss, and what the network's outputs mean."""

from __future__ import annotations

from glasshouse.objectives.acting import Acting, Transitions, Trial
from glasshouse.objectives.adversarial import Adversarial
from glasshouse.objectives.build import build_acting, build_objective
from glasshouse.objectives.contract import Judged, Objective, Phase, Step
from glasshouse.objectives.contractive import Contractive
from glasshouse.objectives.contrastive_divergence import ContrastiveDivergence
from glasshouse.objectives.ddpg import DDPG
from glasshouse.objectives.denoising import Denoising
from glasshouse.objectives.elbo import Elbo
from glasshouse.objectives.q_learning import QLearning
from glasshouse.objectives.reconstruction import Reconstruction
from glasshouse.objectives.settings import ObjectiveSettings
from glasshouse.objectives.sparse import Sparse
from glasshouse.objectives.supervised import Supervised
from glasshouse.objectives.verification import Verification

__all__ = [
    "DDPG",
    "Acting",
    "Adversarial",
    "Contractive",
    "ContrastiveDivergence",
    "Denoising",
    "Elbo",
    "Judged",
    "Objective",
    "ObjectiveSettings",
    "Phase",
    "QLearning",
    "Reconstruction",
    "Sparse",
    "Step",
    "Supervised",
    "Transitions",
    "Trial",
    "Verification",
    "build_acting",
    "build_objective",
]
