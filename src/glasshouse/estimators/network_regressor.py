"""A network that predicts numbers, with the interface of scikit-learn's MLPRegressor."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import RegressorMixin

from glasshouse.core.concept import Spec, read_spec
from glasshouse.core.errors import ParameterError, SampleError
from glasshouse.estimators.network_estimator import NetworkEstimator
from glasshouse.estimators.parameters import Parameters
from glasshouse.estimators.rows import as_tensor
from glasshouse.estimators.task import Task
from glasshouse.losses import LOSSES, Loss


class NetworkRegressor(RegressorMixin, NetworkEstimator):
    r"""A network that predicts one number or several, in scikit-learn's pipelines and searches.

    .. math:: h_0 = x,\quad h_l = f(W_l h_{l-1} + b_l),\quad y = W_{L+1} h_L + b_{L+1}

    Parameters that scikit-learn's ``MLPRegressor`` has mean what they mean there; the loss is half the
    squared error (``"quadratic"``) unless another one is named. Targets are taken in their own unit: scale
    them (``TransformedTargetRegressor``) where they are large. The differences named at
    :class:`NetworkClassifier` hold here too.

    Args:
        hidden_layer_sizes: Units of each hidden layer; empty for a linear model.
        activation: Between the layers: any activation of Glasshouse by name or table.
        solver: ``"adam"``, ``"sgd"``, ``"lbfgs"``, or any optimizer of Glasshouse by name or table.
        loss: ``"auto"`` or ``"squared_error"`` (half the squared error), or a loss for numbers by name.
        early_stopping: Hold rows out, stop by their R2, and keep the best epoch's weights.

    All other parameters and attributes are those of :class:`NetworkClassifier`, without ``class_weight``.

    Raises:
        ParameterError: In ``fit``, when a parameter has a value that it cannot have.

    Example:
        >>> X = np.linspace(-1, 1, 50).reshape(-1, 1)
        >>> regressor = NetworkRegressor((16,), "tanh", solver="lbfgs", random_state=0)
        >>> bool(regressor.fit(X, np.sin(3 * X[:, 0])).score(X, np.sin(3 * X[:, 0])) > 0.99)
        True
    """

    out_activation_ = "identity"

    def _understood(self, y: Any, first: bool, classes: Any, by_epoch: bool) -> None:
        columns = 1 if y.ndim == 1 else int(y.shape[1])
        if first:
            self._flat = y.ndim == 1
        elif columns != self.n_outputs_:
            raise SampleError(
                f"y with {columns} columns after {self.n_outputs_}",
                expected="as many as in the call before",
                fix="give the same targets, or begin with a new estimator",
            )

    def _task(self, parameters: Parameters, rows: Any, y: Any, weights: Any) -> Task:
        targets = as_tensor(np.asarray(y, dtype=rows.dtype)).reshape(len(y), -1)
        return Task(
            rows,
            targets,
            None if weights is None else torch.from_numpy(weights),
            self._loss(parameters.loss),
            int(targets.shape[1]),
        )

    def _loss(self, spec: Spec) -> Loss:
        spec = "quadratic" if spec == "auto" else spec
        concept = LOSSES.find(read_spec(spec, "loss")[0])
        if concept.facts["task"] != "regression":
            suited = [name for name, each in LOSSES.items() if each.facts["task"] == "regression"]
            raise ParameterError(
                f"loss = {concept.name!r} in a regressor",
                expected="a loss for numbers: " + ", ".join(suited),
                fix="set loss to 'auto', or take NetworkClassifier",
            )
        loss: Loss = LOSSES.build(spec, fixed={"centre": 0.0, "spread": 1.0})
        return loss

    def predict(self, X: Any) -> NDArray[Any]:
        """Predicted numbers, (N,) or (N, D) as the targets were.

        Args:
            X: Rows (N, features).
        """
        raw = self._raw(X)
        return raw[:, 0] if self._flat else raw

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
