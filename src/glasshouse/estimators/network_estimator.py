"""What the network classifier and the network regressor have in common: one fit, step by step."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
from torch import nn

from glasshouse.activations import ACTIVATIONS
from glasshouse.core.concept import Spec, read_spec
from glasshouse.core.devices import threads_for
from glasshouse.core.errors import ParameterError, SampleError
from glasshouse.core.seeds import derive
from glasshouse.data.parts import Part
from glasshouse.estimators.convergence import Adaptive, Convergence, InverseScaling
from glasshouse.estimators.course import Course, Told, held_out
from glasshouse.estimators.parameters import Parameters, read_parameters, value_errors
from glasshouse.estimators.rows import answers_of, as_tensor, make_batches
from glasshouse.losses import Loss
from glasshouse.models import build_model
from glasshouse.objectives import Supervised
from glasshouse.training.batches import Batches
from glasshouse.training.job import Job

LARGEST_SEED = int(np.iinfo(np.int32).max)
Network = Spec | Callable[[int, int], nn.Module]
"""A model by name or table, or a function from the numbers of inputs and outputs to a module."""


@dataclass(frozen=True)
class Task:
    """What is to be learnt in one call.

    Args:
        rows: Inputs, dense or sparse.
        targets: As the loss takes them.
        weights: Of the rows, or ``None``.
        loss: What is made small.
        outputs: Numbers that the network gives per row.
        strata: Classes by which the rows that watch are drawn, or ``None``.
    """

    rows: Any
    targets: torch.Tensor
    weights: torch.Tensor | None
    loss: Loss
    outputs: int
    strata: NDArray[Any] | None = None


class NetworkEstimator(BaseEstimator, ABC):  # type: ignore[misc]
    """A feed-forward network with the interface of scikit-learn's multi-layer perceptrons.

    Parameters and attributes that scikit-learn has mean what they mean there. The rest is Glasshouse's.

    Attributes:
        network_: The network, a plain ``torch.nn.Module`` in evaluation mode.
        records_: What every epoch measured, as in ``metrics.jsonl`` of a run.
        engine_: What computed the gradients, and why, in words.
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
        normalization: Literal["none", "batch", "layer"] = "none",
        dropout: float = 0.0,
        initializer: Spec = "auto",
        network: Network | None = None,
        engine: Literal["auto", "dense", "autograd"] = "auto",
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.loss = loss
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.normalization = normalization
        self.dropout = dropout
        self.initializer = initializer
        self.network = network
        self.engine = engine

    # What the two kinds of estimators differ in.

    @abstractmethod
    def _understood(self, y: Any, first: bool, classes: Any, by_epoch: bool) -> None:
        """Take note of what kind of target this is, or refuse one that is not as before."""

    @abstractmethod
    def _task(self, parameters: Parameters, rows: Any, y: Any, weights: Any) -> Task:
        """Targets, weights and loss of these rows."""

    # The road of a fit.

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train the network: a new one, or with ``warm_start`` the one that is there.

        Args:
            X: Rows (N, features): an array, a sparse matrix or a frame.
            y: Targets.
            sample_weight: What each row counts in the loss, (N,), at least 0.

        Raises:
            ParameterError: A parameter has a value that it cannot have.
            SampleError: The rows cannot be learnt from.
            DivergedError: The loss left the finite numbers.
        """
        return self._trained(X, y, sample_weight)

    def _steps_by_batches(self) -> bool:
        if self.solver == "lbfgs":
            raise AttributeError("partial_fit goes by batches, and solver='lbfgs' takes all rows at once")
        return True

    @available_if(_steps_by_batches)
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """One epoch over these rows, going on from where the network stands.

        Args:
            X: Rows (N, features).
            y: Targets.
            classes: For classifiers, all labels that there will ever be; needed in the first call, where not
                all of them are in its rows.
            sample_weight: What each row counts in the loss, (N,).

        Raises:
            ParameterError: A parameter has a value that it cannot have.
            SampleError: The rows cannot be learnt from, or hold labels that were not named.
            DivergedError: The loss left the finite numbers.
        """
        return self._trained(X, y, sample_weight, classes, by_epoch=True)

    def _trained(
        self, X: Any, y: Any, sample_weight: Any, classes: Any = None, *, by_epoch: bool = False
    ) -> Self:
        parameters = read_parameters(self)
        if by_epoch and parameters.early_stopping:
            raise ParameterError(
                "partial_fit does not support early_stopping=True",
                expected="early_stopping=False: there is no part that watches all epochs",
                fix="set early_stopping to False, or call fit",
            )
        first = not hasattr(self, "network_") or not (by_epoch or self.warm_start)
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=(np.float64, np.float32),
            reset=first,
        )
        with value_errors():
            self._understood(y, first, classes, by_epoch)
            weights = self._weights(X, sample_weight)
            task = self._task(parameters, X, y, weights)
            if first:
                self._begin(parameters, task)
            self._convert(task.rows)
            if parameters.by_lbfgs:
                self._by_lbfgs(parameters, task)
            elif by_epoch:
                self._one_epoch(parameters, task)
            else:
                self._all_epochs(parameters, task)
        return self

    def _weights(self, X: Any, sample_weight: Any) -> Any:
        if sample_weight is None:
            return None
        weights = _check_sample_weight(sample_weight, X, dtype=X.dtype, ensure_non_negative=True)
        if not weights.any():
            raise SampleError(
                "sample weights that are all 0", expected="at least one above 0", fix="weigh some row"
            )
        return weights

    def _begin(self, parameters: Parameters, task: Task) -> None:
        """A new network, and nothing learnt."""
        random = check_random_state(self.random_state)
        features = int(task.rows.shape[1])
        own = self.network is None and self.initializer == "auto"
        seed = 0 if own else int(random.randint(LARGEST_SEED))
        self.network_ = self._built(parameters, features, task.outputs, seed).eval()
        if own:
            begin_like_scikit(self._linears(), random, self.activation)
        self._seed = int(random.randint(LARGEST_SEED))
        self.n_outputs_ = task.outputs
        self.n_layers_ = len(self._linears()) + 1
        self.t_ = 0
        self.records_: list[dict[str, Any]] = []
        self.loss_curve_: list[float] = []
        self.validation_scores_: list[float] | None = [] if parameters.early_stopping else None
        self.best_validation_score_: float | None = None
        self.best_loss_: float | None = None
        self._course: Course | None = None
        self._dormant: dict[str, Any] | None = None

    def _built(self, parameters: Parameters, features: int, outputs: int, seed: int) -> nn.Module:
        if callable(self.network):
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(derive(seed, "weights"))
                return self.network(features, outputs)
        spec = self.network or {
            "name": "mlp",
            "hidden": parameters.hidden,
            "activation": self.activation,
            "normalization": self.normalization,
            "dropout": self.dropout,
            # Weights that are drawn afterwards need not be drawn twice.
            "initializer": "zeros" if self.initializer == "auto" else self.initializer,
        }
        return build_model(spec, (features,), outputs, seed)

    def _convert(self, rows: Any) -> None:
        """The network in the rows' type of numbers."""
        wanted = torch.float32 if rows.dtype == np.float32 else torch.float64
        if any(each.dtype != wanted for each in self.network_.parameters()):
            self.network_.to(wanted)
            self._course = self._dormant = None

    def _all_epochs(self, parameters: Parameters, task: Task) -> None:
        watching: Part | None = None
        if parameters.early_stopping:
            task, watching = divided(task, parameters.validation_fraction, derive(self._seed, "validation"))
        course = Course(self._job(parameters, task, watching), self._observers())
        self._close(course, course.run(), task)
        if self.n_iter_ == parameters.epochs and not course.training.job.stopping.exhausted:
            warnings.warn(
                f"all {parameters.epochs} epochs (max_iter) are done, and the loss may still fall",
                ConvergenceWarning,
                stacklevel=4,
            )
        # Buffers and rows are not kept, only what partial_fit would need to go on.
        self._course, self._dormant = None, course.state()

    def _one_epoch(self, parameters: Parameters, task: Task) -> None:
        course = self._course
        if course is None:
            course = Course(self._job(parameters, task, None))
            if self._dormant is not None:
                course.restore(self._dormant)
        self._course = course
        course.curve.epochs.clear()
        ended = course.go_on(self._batches(parameters, task), self._observers())
        self._close(course, ended, task)
        self.n_iter_ = 1

    def _by_lbfgs(self, parameters: Parameters, task: Task) -> None:
        from glasshouse.estimators.lbfgs import minimise

        found = minimise(self.network_, task, parameters, verbose=bool(self.verbose))
        self.n_iter_, self.loss_, self.best_loss_ = found.iterations, found.loss, found.loss
        self.engine_ = "L-BFGS over all rows, gradients by autograd"
        self._check_finite()

    def _batches(self, parameters: Parameters, task: Task) -> Batches:
        size = parameters.batch(int(task.rows.shape[0]))
        if parameters.batch_size != "auto" and parameters.batch_size > size:
            warnings.warn(
                f"batch_size = {parameters.batch_size} is more than the {size} rows: all of them are one batch",
                stacklevel=5,
            )
        seed = derive(self._seed, "order")
        return make_batches(
            task.rows, task.targets, task.weights, size, seed=seed, shuffle=parameters.shuffle
        )

    def _job(self, parameters: Parameters, task: Task, watching: Part | None) -> Job:
        """Everything that training is told."""
        batches = self._batches(parameters, task)
        objective = Supervised(task.loss)
        metric = None
        if watching is not None:
            metric = "r2" if objective.meaning == "values" else "accuracy"
        adaptive = parameters.schedule == "adaptive"
        stopping = Convergence(
            parameters.patience, parameters.tolerance, metric, parameters.rate if adaptive else None
        )
        schedule: Any = parameters.schedule
        if adaptive:
            schedule = Adaptive(lambda: stopping.factor)
        elif parameters.schedule == "invscaling":
            schedule = InverseScaling(parameters.power, batches.rows)
        rows = batches.rows / batches.steps
        counted = rows if task.weights is None else float(task.weights.sum()) / batches.steps
        weights = sum(each.numel() for each in self.network_.parameters())
        return Job(
            network=self.network_,
            batches=batches,
            objective=objective,
            optimizer=parameters.solver,
            learning_rate=parameters.rate,
            epochs=parameters.epochs,
            validation=watching,
            schedule=schedule,
            # scikit-learn divides the penalty by the rows of the batch, or by the sum of their weights.
            weight_decay=parameters.alpha / counted,
            stopping=stopping,
            threads=threads_for(int(3 * rows * weights)),
            seed=self._seed,
            engine=parameters.engine,
        )

    def _observers(self) -> tuple[Any, ...]:
        return (Told(),) if self.verbose else ()

    def _close(self, course: Course, ended: Any, task: Task) -> None:
        """What came of it, in scikit-learn's attributes."""
        self.network_.eval()
        curve, stopping = course.curve, course.training.job.stopping
        if isinstance(ended, str):
            warnings.warn(ended, ConvergenceWarning, stacklevel=5)
        self.engine_ = f"{course.training.choice.name}: {course.training.choice.why}"
        self.n_iter_ = len(curve.epochs)
        self.t_ += self.n_iter_ * int(task.rows.shape[0])
        self.records_ = [*self.records_, *curve.epochs]
        self.loss_curve_ = [*self.loss_curve_, *curve.losses]
        self.loss_ = self.loss_curve_[-1] if self.loss_curve_ else None
        if stopping.part == "validation":
            self.validation_scores_ = [*(self.validation_scores_ or []), *curve.scores]
            self.best_validation_score_ = float(np.nanmax(self.validation_scores_))
            self.best_loss_ = None
        else:
            self.best_loss_ = min(self.loss_curve_, default=None)
        self._check_finite()

    def _check_finite(self) -> None:
        if not all(bool(torch.isfinite(each).all()) for each in self.network_.parameters()):
            from glasshouse.core.errors import DivergedError

            raise DivergedError(
                "training ended with weights that are not finite",
                expected="finite weights",
                fix="scale the inputs (StandardScaler), or lower learning_rate_init",
            )

    # What a trained network answers.

    def _raw(self, X: Any) -> NDArray[Any]:
        """The network's outputs (N, K), in its own type of numbers."""
        check_is_fitted(self)
        X = validate_data(
            self, X, accept_sparse=["csr", "csc"], dtype=(np.float64, np.float32), reset=False
        )
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

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """Copies and pickles hold what training would go on from as tensors and numbers, not its buffers."""
        state: dict[str, Any] = super().__getstate__()
        course = state.get("_course")
        if course is not None:
            state = {**state, "_course": None, "_dormant": course.state()}
        return state


def begin_like_scikit(layers: Sequence[nn.Linear], random: np.random.RandomState, activation: Spec) -> None:
    r"""The first weights and biases of scikit-learn's perceptrons, from the same draws of the same generator.

    .. math:: w, b \sim U(-r, r),\quad r = \sqrt{\frac{6}{n_\text{in} + n_\text{out}}}

    with 2 in the place of 6 for the logistic sigmoid.

    Args:
        layers: From the input on, changed in place.
        random: As ``check_random_state`` gives it for ``random_state``.
        activation: Between the layers.

    Source:
        Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural networks.
    """
    logistic = ACTIVATIONS.find(read_spec(activation, "activation")[0]).name == "sigmoid"
    for layer in layers:
        inputs, outputs = layer.in_features, layer.out_features
        bound = np.sqrt((2.0 if logistic else 6.0) / (inputs + outputs))
        weight = random.uniform(-bound, bound, (inputs, outputs))
        bias = random.uniform(-bound, bound, outputs)
        layer.weight.data = torch.from_numpy(weight.T.copy()).to(layer.weight.dtype)
        layer.bias.data = torch.from_numpy(bias).to(layer.bias.dtype)


def divided(task: Task, share: float, seed: int) -> tuple[Task, Part]:
    """A part of the rows that watches, and what is left to learn from.

    Args:
        task: All rows.
        share: Of the rows that watch.
        seed: Decides which.

    Raises:
        SampleError: A class has too few rows to be in both, or there are too few rows to watch.
    """
    places = np.arange(task.rows.shape[0])
    try:
        kept, watching = train_test_split(
            places, test_size=share, stratify=task.strata, random_state=seed % 2**32
        )
    except ValueError as error:
        raise SampleError(
            str(error),
            expected="rows enough of every class for a part that learns and one that watches",
            fix="set early_stopping to False, or add rows",
        ) from error
    if len(watching) < 2:
        raise SampleError(
            f"The validation set is too small: {len(watching)} of {len(places)} rows",
            expected="at least 2 rows that watch",
            fix="raise validation_fraction, or set early_stopping to False",
        )
    weights = task.weights
    own = None if weights is None else weights[watching]
    part = held_out(as_tensor(task.rows[watching]), task.targets[watching], own)
    left = None if weights is None else weights[kept]
    return replace(task, rows=task.rows[kept], targets=task.targets[kept], weights=left), part
