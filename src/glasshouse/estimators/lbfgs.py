"""L-BFGS over all rows at once, which on few rows converges faster than steps by batches."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.exceptions import ConvergenceWarning
from torch import nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from glasshouse.estimators.parameters import Parameters
from glasshouse.estimators.rows import as_tensor
from glasshouse.losses.sample_weights import weighted_mean


class Found(NamedTuple):
    """What came of it: iterations done, and the loss with its penalty."""

    iterations: int
    loss: float


def minimise(network: nn.Module, task: Any, parameters: Parameters, *, verbose: bool = False) -> Found:
    r"""Bring a network's weights to a minimum of its loss over all rows, in place.

    .. math:: L(w) = \frac{\sum_n c_n \ell_n}{\sum_n c_n} + \frac{\alpha}{2 \sum_n c_n} \lVert W \rVert^2

    with the rows' weights c and the matrices W of the network. Gradients are autograd's, the search is
    SciPy's bounded L-BFGS without bounds.

    Args:
        network: Trained in place.
        task: Rows, targets, weights and loss.
        parameters: Strength of the penalty, tolerance of the gradient, most iterations and evaluations.
        verbose: Print a line per iteration.

    Source:
        Liu and Nocedal 1989, On the limited memory BFGS method for large scale optimization.
    """
    inputs = as_tensor(task.rows)
    leaves = [each for each in network.parameters() if each.requires_grad]
    matrices = [each for each in leaves if each.dim() > 1]
    counted = len(inputs) if task.weights is None else float(task.weights.sum())
    network.train()

    def loss_and_slope(flat: NDArray[Any]) -> tuple[float, NDArray[Any]]:
        vector_to_parameters(torch.from_numpy(flat).to(leaves[0].dtype), leaves)
        outputs = network(inputs)
        if task.weights is None:
            loss = task.loss(outputs, task.targets)
        else:
            loss = weighted_mean(task.loss, outputs, task.targets, task.weights)
        if parameters.alpha:
            squares = sum((each.square().sum() for each in matrices), torch.zeros((), dtype=loss.dtype))
            loss = loss + parameters.alpha / (2 * counted) * squares
        slopes = torch.autograd.grad(loss, leaves)
        flat_slope = torch.cat([each.reshape(-1) for each in slopes]).double().numpy()
        return float(loss.detach()), flat_slope

    seen = [0]

    def told(intermediate_result: Any) -> None:
        seen[0] += 1
        print(f"Iteration {seen[0]}, loss = {intermediate_result.fun:.8f}")

    begun = parameters_to_vector(leaves).detach().double().numpy()
    limits = {"maxfun": parameters.evaluations, "maxiter": parameters.epochs, "gtol": parameters.tolerance}
    ended = minimize(
        loss_and_slope,
        begun,
        method="L-BFGS-B",
        jac=True,
        options=limits,
        callback=told if verbose else None,
    )
    vector_to_parameters(torch.from_numpy(np.asarray(ended.x)).to(leaves[0].dtype), leaves)
    for each in leaves:
        each.data = each.data.clone()  # not views of one vector any more
    network.eval()
    iterations = min(int(ended.nit), parameters.epochs)
    if not ended.success:
        warnings.warn(
            f"L-BFGS ended before it converged, after {iterations} iterations and {ended.nfev} evaluations "
            "of the loss; raise max_iter or max_fun, or scale the inputs",
            ConvergenceWarning,
            stacklevel=6,
        )
    return Found(iterations, float(ended.fun))
