"""What an estimator answers once it has a network."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import nn

from glasshouse.core.errors import DivergedError
from glasshouse.estimators.rows import answers_of


class TrainedNetwork(BaseEstimator):
    """An estimator whose answers are those of a network.

    Attributes:
        network_: The network, a plain ``torch.nn.Module`` in evaluation mode.
    """

    network_: nn.Module

    def _raw(self, X: Any) -> NDArray[Any]:
        """The network's outputs (N, K), in its own type of numbers."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse=["csr", "csc"], dtype=(np.float64, np.float32), reset=False)
        own = next(self.network_.parameters()).dtype
        X = X.astype(np.float32 if own == torch.float32 else np.float64, copy=False)
        found: NDArray[Any] = answers_of(self.network_, X).numpy()
        return found

    def _linears(self) -> list[nn.Linear]:
        return [each for each in self.network_.modules() if isinstance(each, nn.Linear)]

    @property
    def coefs_(self) -> list[NDArray[Any]]:
        """The weights of every linear layer, (inputs, outputs) each, copied out of the network."""
        check_is_fitted(self)
        return [each.weight.detach().numpy().T.copy() for each in self._linears()]

    @property
    def intercepts_(self) -> list[NDArray[Any]]:
        """The biases of every linear layer, copied out of the network."""
        check_is_fitted(self)
        return [each.bias.detach().numpy().copy() for each in self._linears() if each.bias is not None]

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "network_")

    def _check_finite(self) -> None:
        if not all(bool(torch.isfinite(each).all()) for each in self.network_.parameters()):
            raise DivergedError(
                "training ended with weights that are not finite",
                expected="finite weights",
                fix="scale the inputs (StandardScaler), or lower learning_rate_init",
            )
