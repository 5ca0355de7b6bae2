"""A network that tells classes apart, with the interface of scikit-learn's MLPClassifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit, softmax
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if

from glasshouse.core.concept import Spec, read_spec
from glasshouse.core.errors import ParameterError
from glasshouse.estimators.class_labels import ClassLabels
from glasshouse.estimators.first_weights import Network
from glasshouse.estimators.network_estimator import NetworkEstimator
from glasshouse.estimators.parameters import Parameters
from glasshouse.estimators.task import Task, number_type
from glasshouse.losses import LOSSES, Loss
from glasshouse.losses.contract import ONE_FOR_TWO


class NetworkClassifier(ClassifierMixin, NetworkEstimator):
    r"""A network that tells classes apart, in scikit-learn's pipelines, searches and cross-validations.

    .. math:: h_0 = x,\quad h_l = f(W_l h_{l-1} + b_l),\quad
        p = \operatorname{softmax}(W_{L+1} h_L + b_{L+1})

    Two classes, and several labels at once, are yes-or-no questions with one output each and a sigmoid.
    Parameters that scikit-learn's ``MLPClassifier`` has mean what they mean there. Differences:
    ``loss_curve_`` is the loss of the data without the L2 penalty; a single row left over joins the batch
    before it; the order of the rows comes from another generator.

    Args:
        hidden_layer_sizes: Units of each hidden layer; empty for a linear model.
        activation: Between the layers: any activation of Glasshouse by name or table.
        solver: ``"adam"``, ``"sgd"``, ``"lbfgs"``, or any optimizer of Glasshouse by name or table.
        alpha: Strength of the L2 penalty, at least 0; it is divided by the rows of a batch.
        batch_size: Rows per step, or ``"auto"`` for at most 200.
        learning_rate: ``"constant"``, ``"invscaling"``, ``"adaptive"``, or a schedule by name or table.
        learning_rate_init: Step size, above 0.
        power_t: Exponent of ``"invscaling"``.
        max_iter: Most epochs (L-BFGS: iterations), from 1.
        loss: ``"auto"`` (cross-entropy), or a loss for classes by name or table.
        shuffle: Whether each epoch has an order of its own.
        random_state: Decides weights, order, dropout and which rows watch.
        tol: Least improvement that counts.
        verbose: Print a line per epoch.
        warm_start: Whether ``fit`` goes on with the network that is there.
        momentum, nesterovs_momentum: Of ``"sgd"``.
        early_stopping: Hold rows out, stop by their accuracy, and keep the best epoch's weights.
        validation_fraction: Share of the rows that is held out.
        beta_1, beta_2, epsilon: Of ``"adam"``.
        n_iter_no_change: Epochs without improvement before training ends; may be infinite.
        max_fun: Most evaluations of the loss by L-BFGS.
        class_weight: Weights by class, or ``"balanced"``; they multiply ``sample_weight``.
        normalization: ``"none"``, ``"batch"`` or ``"layer"``, before each activation.
        dropout: Chance that a hidden unit is silent in a training step.
        initializer: Of the weights, by name or table; ``"auto"`` draws scikit-learn's first weights.
        network: A model by name or table, or a function from (inputs, outputs) to a ``torch.nn.Module``,
            instead of the layers above.
        engine: ``"auto"``, ``"fused"``, ``"dense"`` or ``"autograd"``: what computes gradients.

    Attributes:
        network_: The network, a plain ``torch.nn.Module``; ``gh.explain`` takes it.
        records_: What every epoch measured.
        classes_: Sorted labels.
        loss_curve_, loss_, best_loss_: Training losses.
        validation_scores_, best_validation_score_: With early stopping.
        n_iter_: Epochs of the last call.
        coefs_, intercepts_: Weights and biases of the linear layers, copied.
        out_activation_: ``"logistic"``, ``"softmax"`` or ``"identity"``.

    Raises:
        ParameterError: In ``fit``, when a parameter has a value that it cannot have.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.model_selection import cross_val_score
        >>> from sklearn.pipeline import make_pipeline
        >>> from sklearn.preprocessing import StandardScaler
        >>> X, y = load_iris(return_X_y=True)
        >>> classifier = NetworkClassifier(hidden_layer_sizes=(16,), learning_rate_init=0.02, max_iter=60,
        ...                                n_iter_no_change=60, batch_size=32, random_state=0)
        >>> scores = cross_val_score(make_pipeline(StandardScaler(), classifier), X, y)
        >>> bool(scores.mean() > 0.93)
        True
    """

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: Spec = "relu",
        *,
        solver: Spec = "adam",
        alpha: float = 0.0001,
        batch_size: int | Literal["auto"] = "auto",
        learning_rate: Spec = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        loss: Spec = "auto",
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
        normalization: Literal["none", "batch", "layer"] = "none",
        dropout: float = 0.0,
        initializer: Spec = "auto",
        network: Network | None = None,
        engine: Literal["auto", "fused", "dense", "autograd"] = "auto",
    ) -> None:
        super().__init__(
            hidden_layer_sizes,
            activation,
            solver=solver,
            alpha=alpha,
            batch_size=batch_size,
            learning_rate=learning_rate,
            learning_rate_init=learning_rate_init,
            power_t=power_t,
            max_iter=max_iter,
            loss=loss,
            shuffle=shuffle,
            random_state=random_state,
            tol=tol,
            verbose=verbose,
            warm_start=warm_start,
            momentum=momentum,
            nesterovs_momentum=nesterovs_momentum,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            n_iter_no_change=n_iter_no_change,
            max_fun=max_fun,
            normalization=normalization,
            dropout=dropout,
            initializer=initializer,
            network=network,
            engine=engine,
        )
        self.class_weight = class_weight

    def _understood(self, y: Any, first: bool, classes: Any, by_epoch: bool) -> None:
        found = ClassLabels.read(y, classes if first else None)
        if first:
            self._labels = found
            self.classes_ = found.classes
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ParameterError(
                f"classes = {np.unique(classes).tolist()} after {self.classes_.tolist()}",
                expected="the same classes in every call",
                fix="leave classes out after the first call, or begin with a new estimator",
            )
        elif not by_epoch and not found.same_as(self._labels):
            raise ParameterError(
                f"warm_start with classes {found.classes} after {self.classes_}",
                expected="the same classes as in the call of fit before",
                fix="set warm_start to False for other classes, or name them all in partial_fit",
            )

    def _task(self, parameters: Parameters, rows: Any, y: Any, weights: Any) -> Task:
        labels = self._labels
        indices = labels.indices(y)
        if self.class_weight is not None:
            by_class = compute_sample_weight(self.class_weight, y).astype(rows.dtype)
            weights = by_class if weights is None else by_class * weights
        loss = self._loss(parameters.loss)
        one_each = loss.meaning in ONE_FOR_TWO
        outputs = max(2, labels.count)
        if one_each:
            outputs = labels.count if labels.kind == "multilabel" else 1
        form = "answers" if one_each else "shares" if takes_shares(loss) else "indices"
        strata = None
        if labels.kind != "multilabel":
            strata = indices == 1 if labels.kind == "binary" else indices
        return Task(
            rows,
            labels.targets(indices, number_type(rows), form),
            None if weights is None else torch.from_numpy(weights),
            loss,
            outputs,
            strata,
        )

    def _loss(self, spec: Spec) -> Loss:
        labels = self._labels
        if spec == "auto":
            spec = "cross_entropy" if labels.kind == "multiclass" else "binary_cross_entropy"
        concept = LOSSES.find(read_spec(spec, "loss")[0])
        if concept.facts["task"] != "classification":
            suited = [name for name, each in LOSSES.items() if each.facts["task"] == "classification"]
            raise ParameterError(
                f"loss = {concept.name!r} in a classifier",
                expected="a loss for classes: " + ", ".join(suited),
                fix="set loss to 'auto', or take NetworkRegressor",
            )
        # As in scikit-learn the labels of a row add up.
        loss: Loss = LOSSES.build(spec, by_sample=True)
        if (loss.meaning in ONE_FOR_TWO) != (labels.kind != "multiclass") and (labels.kind != "binary"):
            raise ParameterError(
                f"loss = {concept.name!r} for {labels.kind} targets with {labels.count} classes",
                expected="binary_cross_entropy for several labels at once, another loss for one of several",
                fix="set loss to 'auto'",
            )
        return loss

    @property
    def _meaning(self) -> str:
        return self._loss(self.loss).meaning

    @property
    def out_activation_(self) -> str:
        """What turns the network's outputs into probabilities; ``"identity"`` where nothing does."""
        return {"logit": "logistic", "logits": "softmax"}.get(self._meaning, "identity")

    def decision_function(self, X: Any) -> NDArray[Any]:
        """The network's outputs: one for every class or label (N, K), or one for the second of two (N,).

        Args:
            X: Rows (N, features).
        """
        raw = self._raw(X)
        if self._labels.kind == "binary":
            return raw[:, 0] if raw.shape[1] == 1 else raw[:, 1] - raw[:, 0]
        return raw

    def predict(self, X: Any) -> NDArray[Any]:
        """Labels (N,), or columns of 0 and 1 for several labels at once (N, K).

        Args:
            X: Rows (N, features).
        """
        raw = self._raw(X)
        if self._labels.kind == "multilabel":
            return (raw > self._middle).astype(np.int64)
        if raw.shape[1] == 1:
            return self._labels.names((raw[:, 0] > self._middle).astype(np.int64))
        return self._labels.names(raw.argmax(axis=1))

    @property
    def _middle(self) -> float:
        """The output at which a yes-or-no question is undecided."""
        return 0.5 if self._meaning == "probability" else 0.0

    def _tells_probabilities(self) -> bool:
        labels = getattr(self, "_labels", None)
        if labels is not None and self._meaning == "scores":
            raise AttributeError(f"loss = {self.loss!r} gives scores, no probabilities")
        return True

    @available_if(_tells_probabilities)
    def predict_proba(self, X: Any) -> NDArray[Any]:
        """Probabilities of the classes (N, K), together 1; of each label by itself for several at once.

        Args:
            X: Rows (N, features).
        """
        raw, meaning = self._raw(X), self._meaning
        if meaning == "logit":
            raw = expit(raw)
        elif meaning == "logits":
            raw = softmax(raw, axis=1)
        if self._labels.count == 1:
            return np.ones((len(raw), 1), dtype=raw.dtype)
        if self._labels.kind == "binary" and raw.shape[1] == 1:
            return np.concatenate([1 - raw, raw], axis=1)
        return raw

    @available_if(_tells_probabilities)
    def predict_log_proba(self, X: Any) -> NDArray[Any]:
        """Logarithms of the probabilities.

        Args:
            X: Rows (N, features).
        """
        found: NDArray[Any] = np.log(self.predict_proba(X))
        return found

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # A loss for one class of several has no say on several labels at once.
        name = self.loss.get("name") if isinstance(self.loss, Mapping) else self.loss
        tags.classifier_tags.multi_label = name in ("auto", "binary_cross_entropy")
        return tags


def takes_shares(loss: Loss) -> bool:
    """Whether a loss takes shares of classes instead of one class."""
    concept = next(each for each in LOSSES.values() if each.build is type(loss))
    return concept.facts.get("targets") == "shares"
