"""What one member of a population has of its own: the optimizer's numbers and the penalties'."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from glasshouse.optimizers import OPTIMIZERS
from glasshouse.regularizers.elastic_net import ElasticNet
from glasshouse.regularizers.l1 import L1
from glasshouse.regularizers.l2 import L2
from glasshouse.training.dense.site import UnsupportedError
from glasshouse.training.job import Job
from glasshouse.training.regularization import build_regularizer


@dataclass(frozen=True)
class Settings:
    """Numbers of one member.

    Args:
        family: ``"descent"`` (SGD and momentum) or ``"adam"`` (Adam and AdamW).
        coupled, decoupled: Weight decay that joins the gradient, and that takes from the weight itself.
        l1, l2: Forces of the penalties.
        penalised: Whether there are penalties, whose sum is recorded.
        momentum: Share of the velocity that is kept.
        beta1, beta2, epsilon: Adam's.
    """

    family: str
    coupled: float = 0.0
    decoupled: float = 0.0
    l1: float = 0.0
    l2: float = 0.0
    penalised: bool = False
    momentum: float = 0.0
    beta1: float = 0.0
    beta2: float = 0.0
    epsilon: float = 0.0


def read_settings(job: Job, dtype: torch.dtype) -> Settings:
    """The numbers of a job.

    Args:
        job: What is to be trained.
        dtype: Of the parameters.

    Raises:
        UnsupportedError: An optimizer or a regularizer is not for populations.
    """
    l1, l2 = penalties(job)
    penalised = bool(job.regularizers)
    optimizer = OPTIMIZERS.build(
        job.optimizer,
        [torch.nn.Parameter(torch.zeros(1, dtype=dtype))],
        fixed={"learning_rate": job.learning_rate, "weight_decay": job.weight_decay},
    )
    group, kind = optimizer.param_groups[0], type(optimizer)
    decay = job.weight_decay
    if kind is torch.optim.SGD and not group["nesterov"] and not group["dampening"]:
        return Settings("descent", decay, 0.0, l1, l2, penalised, momentum=group["momentum"])
    if kind in (torch.optim.Adam, torch.optim.AdamW) and not group["amsgrad"]:
        coupled, decoupled = (0.0, decay) if group["decoupled_weight_decay"] else (decay, 0.0)
        beta1, beta2 = group["betas"]
        return Settings(
            "adam", coupled, decoupled, l1, l2, penalised, beta1=beta1, beta2=beta2, epsilon=group["eps"]
        )
    name = job.optimizer if isinstance(job.optimizer, str) else job.optimizer["name"]
    raise UnsupportedError(
        f"optimizer {name}", "populations have SGD, momentum as a sum, Adam and AdamW in their usual form"
    )


def penalties(job: Job) -> tuple[float, float]:
    """The forces of all penalties together: of the sign of a weight, and of the weight.

    Raises:
        UnsupportedError: A regularizer is no penalty.
    """
    l1 = l2 = 0.0
    for spec in job.regularizers:
        each = build_regularizer(spec)
        if isinstance(each, L1):
            l1 += each.strength
        elif isinstance(each, L2):
            l2 += each.strength
        elif isinstance(each, ElasticNet):
            l1 += each.strength * each.l1_share
            l2 += each.strength * (1 - each.l1_share)
        else:
            raise UnsupportedError(f"regularizer {type(each).__name__}", "populations have L1 and L2")
    return l1, l2
