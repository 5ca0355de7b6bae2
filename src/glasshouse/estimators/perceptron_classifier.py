"""Rosenblatt's perceptron, with the interface of scikit-learn's Perceptron."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import check_is_fitted, validate_data

from glasshouse.core.checks import one_of
from glasshouse.core.errors import ParameterError, SampleError
from glasshouse.estimators.class_labels import ClassLabels
from glasshouse.estimators.first_weights import LARGEST_SEED
from glasshouse.estimators.parameters import real, value_errors, whole, yes_or_no
from glasshouse.estimators.perceptron_passes import PenalisedUnit, Unit
from glasshouse.models.perceptron import Perceptron

PENALTIES = ("l2", "l1", "elasticnet")


class PerceptronClassifier(ClassifierMixin, BaseEstimator):
    r"""Threshold units under Rosenblatt's rule: one for two classes, one against the rest for each of more.

    .. math:: y_n (w \cdot x_n + b) \le 0 \;\Rightarrow\; w \leftarrow w + \eta\, y_n x_n,\quad
        b \leftarrow b + \eta\, y_n

    Rows are met one after another, in an order of its own for each pass. Where the order is the same
    (``shuffle=False``) the weights are those of ``sklearn.linear_model.Perceptron``. There are no sample
    weights: under this rule a weight is how far a mistake moves, which is not the same as the row repeated.

    Args:
        penalty: ``None``, ``"l2"``, ``"l1"`` or ``"elasticnet"``.
        alpha: Strength of the penalty, at least 0.
        l1_ratio: Share of the absolute penalty in ``"elasticnet"``, from 0 to 1.
        fit_intercept: Whether the bias is learnt.
        max_iter: Most passes, from 1.
        tol: Least improvement per row of a pass that counts; ``None`` goes over all passes.
        shuffle: Whether each pass has an order of its own.
        verbose: Print a line per pass.
        eta0: How far a mistake moves, above 0.
        random_state: Decides the order, and with early stopping which rows watch.
        early_stopping: Watch the accuracy on rows that are held out instead of the training loss.
        validation_fraction: Their share.
        n_iter_no_change: Passes without improvement after which training ends.
        class_weight: Weights by class, or ``"balanced"``.
        warm_start: Whether ``fit`` goes on with the weights that are there.

    Attributes:
        coef_, intercept_: Weights (1 or K, features) and biases (1 or K,).
        classes_: Sorted labels.
        n_iter_: Passes of the last call, of the unit that took most.
        t_: Rows met so far.

    Raises:
        ParameterError: In ``fit``, when a parameter has a value that it cannot have.

    Source:
        Rosenblatt 1958, The perceptron: a probabilistic model for information storage.

    Example:
        >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1]
        >>> PerceptronClassifier(shuffle=False, tol=None, max_iter=10).fit(X, y).predict(X)
        array([0, 0, 0, 1])
    """

    def __init__(
        self,
        *,
        penalty: Literal["l2", "l1", "elasticnet"] | None = None,
        alpha: float = 0.0001,
        l1_ratio: float = 0.15,
        fit_intercept: bool = True,
        max_iter: int = 1000,
        tol: float | None = 1e-3,
        shuffle: bool = True,
        verbose: bool | int = 0,
        eta0: float = 1.0,
        random_state: Any = 0,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
        warm_start: bool = False,
    ) -> None:
        self.penalty = penalty
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.fit_intercept = fit_intercept
        self.max_iter = max_iter
        self.tol = tol
        self.shuffle = shuffle
        self.verbose = verbose
        self.eta0 = eta0
        self.random_state = random_state
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.class_weight = class_weight
        self.warm_start = warm_start

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from rows, pass by pass.

        Args:
            X: Rows (N, features); sparse ones are filled with their zeros.
            y: Labels (N,).

        Raises:
            ParameterError: A parameter has a value that it cannot have.
            SampleError: There is only one class.
        """
        first = not (self.warm_start and hasattr(self, "coef_"))
        with value_errors():
            passes = whole("max_iter", self.max_iter, at_least=1)
        return self._learn(X, y, None, first, passes)

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self:
        """One pass over these rows, going on with the weights that are there.

        Args:
            X: Rows (N, features).
            y: Labels (N,).
            classes: All labels that there will ever be; needed in the first call.

        Raises:
            ParameterError: A parameter has a value that it cannot have.
            SampleError: A label is none of the classes.
        """
        if self.class_weight == "balanced":
            raise ParameterError(
                "class_weight = 'balanced' in partial_fit",
                expected="weights by class: how often each will come is not known",
                fix="give a table of weights",
            )
        return self._learn(X, y, classes, not hasattr(self, "coef_"), 1, once=True)

    def _learn(
        self,
        X: Any,
        y: Any,
        classes: Any,
        first: bool,
        passes: int,
        *,
        once: bool = False,
    ) -> Self:
        X, y = validate_data(self, X, y, accept_sparse=["csr"], dtype=np.float64, order="C", reset=first)
        X = filled(X)
        with value_errors():
            self._understood(y, classes, first, once)
            indices = self._labels.indices(y)
            counts = np.ones(len(X))
            if self.class_weight is not None:
                counts = compute_sample_weight(self.class_weight, y)
            if first:
                units = 1 if self._labels.count == 2 else self._labels.count
                self.coef_ = np.zeros((units, X.shape[1]))
                self.intercept_ = np.zeros(units)
                self.t_ = 1
            random = check_random_state(self.random_state)
            watching = yes_or_no("early_stopping", self.early_stopping) and not once
            part = self._watching(indices, random) if watching else None
            self.n_iter_ = 0
            for place in range(len(self.coef_)):
                sides = np.where(indices == (1 if len(self.coef_) == 1 else place), 1.0, -1.0)
                seed = int(random.randint(LARGEST_SEED))
                self.n_iter_ = max(
                    self.n_iter_, self._train(place, X, sides, counts, passes, seed, part, once)
                )
        self.t_ += self.n_iter_ * len(X)
        if not once and self.tol is not None and self.n_iter_ == passes:
            warnings.warn(
                f"all {passes} passes (max_iter) are done, and the loss may still fall",
                ConvergenceWarning,
                stacklevel=3,
            )
        return self

    def _understood(self, y: Any, classes: Any, first: bool, once: bool) -> None:
        found = ClassLabels.read(y, classes if first else None)
        if first:
            if found.count < 2:
                raise SampleError(
                    f"one class, {found.classes.tolist()}",
                    expected="at least 2 classes",
                    fix="add rows of another class",
                )
            self._labels, self.classes_ = found, found.classes
        elif (not once and not found.same_as(self._labels)) or (
            classes is not None and not np.array_equal(np.unique(classes), self.classes_)
        ):
            raise ParameterError(
                f"classes {(found.classes if classes is None else np.unique(classes)).tolist()} "
                f"after {self.classes_.tolist()}",
                expected="the same classes in every call",
                fix="begin with a new estimator",
            )

    def _watching(self, indices: NDArray[np.int64], random: np.random.RandomState) -> NDArray[np.bool_]:
        """Which rows watch."""
        share = real("validation_fraction", self.validation_fraction, above=0, below=1)
        _, held = train_test_split(
            np.arange(len(indices)), test_size=share, stratify=indices, random_state=random
        )
        chosen = np.zeros(len(indices), dtype=bool)
        chosen[held] = True
        return chosen

    def _unit(self, place: int) -> Unit:
        rate = real("eta0", self.eta0, above=0)
        common = (
            self.coef_[place],
            float(self.intercept_[place]),
            yes_or_no("fit_intercept", self.fit_intercept),
        )
        if self.penalty is None:
            return Unit(*common, rate)
        kind = one_of("penalty", self.penalty, PENALTIES)
        ratio = real("l1_ratio", self.l1_ratio, at_least=0, at_most=1)
        ratio = {"l2": 0.0, "l1": 1.0}.get(kind, ratio)
        return PenalisedUnit(*common, rate, real("alpha", self.alpha, at_least=0), ratio)

    def _train(
        self,
        place: int,
        rows: NDArray[np.float64],
        sides: NDArray[np.float64],
        counts: NDArray[np.float64],
        passes: int,
        seed: int,
        held: NDArray[np.bool_] | None,
        once: bool,
    ) -> int:
        """Go over the rows until nothing improves; passes done."""
        unit, random = self._unit(place), np.random.RandomState(seed)
        learning = np.arange(len(rows)) if held is None else np.flatnonzero(~held)
        tolerance = -np.inf if self.tol is None or once else real("tol", self.tol, at_least=0)
        patience = whole("n_iter_no_change", self.n_iter_no_change, at_least=1)
        best, waited, done = np.inf, 0, 0
        while done < passes and waited < patience:
            order = random.permutation(learning) if yes_or_no("shuffle", self.shuffle) else learning
            cost = unit.go_over(rows[order], sides[order], counts[order]) / len(order)
            if held is not None:
                watched = sides[held] * (rows[held] @ unit.weights + unit.bias) > 0
                cost = -float(watched.mean())
            done += 1
            waited = waited + 1 if tolerance > -np.inf and cost > best - tolerance else 0
            best = min(best, cost)
            if self.verbose:
                print(
                    f"class {place}, pass {done}, {'score' if held is not None else 'loss'} = {abs(cost):.6f}"
                )
        self.intercept_[place] = unit.bias
        return done

    def decision_function(self, X: Any) -> NDArray[Any]:
        """Weighted sums: one for the second of two classes (N,), or one for every class (N, K).

        Args:
            X: Rows (N, features).
        """
        check_is_fitted(self)
        X = filled(validate_data(self, X, accept_sparse=["csr"], dtype=np.float64, reset=False))
        sums: NDArray[Any] = X @ self.coef_.T + self.intercept_
        return sums[:, 0] if sums.shape[1] == 1 else sums

    def predict(self, X: Any) -> NDArray[Any]:
        """Labels (N,): the class whose weighted sum is largest.

        Args:
            X: Rows (N, features).
        """
        sums = self.decision_function(X)
        found = (sums > 0).astype(np.int64) if sums.ndim == 1 else sums.argmax(axis=1)
        labels: NDArray[Any] = self.classes_[found]
        return labels

    @property
    def network_(self) -> Perceptron:
        """The same units as a module of PyTorch, in float64; ``gh.explain`` takes it."""
        check_is_fitted(self)
        network = Perceptron(int(self.coef_.shape[1]), len(self.classes_)).double()
        network.linear.weight.data = torch.from_numpy(self.coef_.copy())
        network.linear.bias.data = torch.from_numpy(self.intercept_.copy())
        return network.eval()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def filled(rows: Any) -> NDArray[np.float64]:
    """Rows with their zeros."""
    found: NDArray[np.float64] = rows.toarray() if sparse.issparse(rows) else rows
    return found
