"""No trainer, but what none can go below: the matrix products of the steps, and nothing else.

Forward each layer's product, back one for the weights and, but for the first layer, one for what comes
before, in float32 by PyTorch's BLAS, into memory that is there already. Nothing that was computed goes into
the next product, so that numbers neither vanish nor overflow.
"""

from __future__ import annotations

import math

import torch
from measuring.cases import Score, Task
from measuring.clock import EpochEnds
from torch import nn


@torch.no_grad()
def train(task: Task, ends: EpochEnds) -> Score:
    """Take the products of all epochs. Nothing is learnt, so there is no score."""
    weights = [each.weight for each in task.network() if isinstance(each, nn.Linear)]
    rows = task.case.batch_size
    x = [torch.randn(rows, weight.shape[1]) for weight in weights]
    slopes_of_y = [torch.randn(rows, weight.shape[0]) for weight in weights]
    y, slopes_of_x = ([torch.empty_like(each) for each in those] for those in (slopes_of_y, x))
    slopes = [torch.empty_like(weight) for weight in weights]
    for _ in range(task.epochs):
        for _ in range(task.case.steps):
            for weight, into, out in zip(weights, x, y, strict=True):
                torch.mm(into, weight.t(), out=out)
            for place in range(len(weights) - 1, -1, -1):
                torch.mm(slopes_of_y[place].t(), x[place], out=slopes[place])
                if place:
                    torch.mm(slopes_of_y[place], weights[place], out=slopes_of_x[place])
        ends.note()
    return Score(math.nan, math.nan)
