"""What the network classifier and the network regressor have in common: one fit, step by step."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Literal, Self

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import validate_data

from glasshouse.core.concept import Spec
from glasshouse.core.errors import ParameterError
from glasshouse.core.seeds import derive
from glasshouse.estimators.course import Course, Learnt, Told
from glasshouse.estimators.first_weights import LARGEST_SEED, Network, first_network
from glasshouse.estimators.lbfgs import minimise
from glasshouse.estimators.parameters import Parameters, read_parameters, value_errors
from glasshouse.estimators.task import Task, divided, number_type, row_weights
from glasshouse.estimators.together import digest, gathering
from glasshouse.estimators.trained_network import TrainedNetwork
from glasshouse.estimators.training_job import batches_of, job_of
from glasshouse.schedules import Schedule
from glasshouse.training.job import Job


class NetworkEstimator(TrainedNetwork, ABC):
    """A feed-forward network with the interface of scikit-learn's multi-layer perceptrons.

    Parameters and attributes that scikit-learn has mean what they mean there. The rest is Glasshouse's.

    Attributes:
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
        engine: Literal["auto", "fused", "dense", "autograd"] = "auto",
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

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
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
            weights = row_weights(X, sample_weight)
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

    def _begin(self, parameters: Parameters, task: Task) -> None:
        """A new network, and nothing learnt."""
        random = self._generator(task)
        layers = {
            "name": "mlp",
            "hidden": parameters.hidden,
            "activation": self.activation,
            "normalization": self.normalization,
            "dropout": self.dropout,
            "initializer": self.initializer,
        }
        sizes = (int(task.rows.shape[1]), task.outputs)
        self.network_ = first_network(self.network, layers, sizes, number_type(task.rows), random).eval()
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

    def _generator(self, task: Task) -> np.random.RandomState:
        """Where this fit draws its random numbers."""
        gathered = gathering()
        if gathered is None or self.random_state is not None:
            found: np.random.RandomState = check_random_state(self.random_state)
            return found
        return gathered.generator(self._deciding(), task.facts())

    def _deciding(self) -> list[tuple[str, Any]]:
        """The parameters that decide training, random numbers left out."""
        silent = ("random_state", "verbose")
        return sorted(
            (name, each) for name, each in self.get_params(deep=False).items() if name not in silent
        )

    def _convert(self, rows: Any) -> None:
        """The network in the rows' type of numbers."""
        wanted = number_type(rows)
        if any(each.dtype != wanted for each in self.network_.parameters()):
            self.network_.to(wanted)
            self._course = self._dormant = None

    def _all_epochs(self, parameters: Parameters, task: Task) -> None:
        learning, watching = task, None
        if parameters.early_stopping:
            learning, watching = divided(
                task, parameters.validation_fraction, derive(self._seed, "validation")
            )
        job = job_of(parameters, learning, watching, self.network_, self._seed)
        learnt = self._met(job, task) or Course(job, self._observers()).run()
        # Buffers and rows are not kept, only what partial_fit would need to go on.
        self._course, self._dormant = None, learnt.state
        self._close(learnt, task)
        if self.n_iter_ == parameters.epochs and not learnt.stopping.exhausted:
            warnings.warn(
                f"all {parameters.epochs} epochs (max_iter) are done, and the loss may still fall",
                ConvergenceWarning,
                stacklevel=4,
            )

    def _met(self, job: Job, task: Task) -> Learnt | None:
        """The same network, trained beside those of other fits, where a search has gathered them."""
        gathered = gathering()
        # A rate of scikit-learn's own is no name that another trainer could build.
        if (
            gathered is None
            or job.validation is not None
            or isinstance(job.schedule, Schedule)
            or self.verbose
        ):
            return None
        key = digest(type(self).__name__, self._deciding(), self._seed, *task.facts())
        trained = gathered.meet(key, job)
        if trained is None:
            return None
        self.network_.load_state_dict(trained.weights)
        return trained.learnt()

    def _one_epoch(self, parameters: Parameters, task: Task) -> None:
        course = self._course
        if course is None:
            course = Course(job_of(parameters, task, None, self.network_, self._seed))
            if self._dormant is not None:
                course.restore(self._dormant)
        self._course = course
        self._close(course.go_on(batches_of(parameters, task, self._seed), self._observers()), task)

    def _by_lbfgs(self, parameters: Parameters, task: Task) -> None:
        found = minimise(self.network_, task, parameters, verbose=bool(self.verbose))
        self.n_iter_, self.loss_, self.best_loss_ = found.iterations, found.loss, found.loss
        self.engine_ = "L-BFGS over all rows, gradients by autograd"
        self._check_finite()

    def _observers(self) -> tuple[Any, ...]:
        return (Told(),) if self.verbose else ()

    def _close(self, learnt: Learnt, task: Task) -> None:
        """What came of it, in scikit-learn's attributes."""
        self.network_.eval()
        if learnt.trouble:
            warnings.warn(learnt.trouble, ConvergenceWarning, stacklevel=5)
        self.engine_ = learnt.engine
        self.n_iter_ = len(learnt.epochs)
        self.t_ += self.n_iter_ * int(task.rows.shape[0])
        self.records_ = [*self.records_, *learnt.epochs]
        self.loss_curve_ = [*self.loss_curve_, *learnt.losses]
        self.loss_ = self.loss_curve_[-1] if self.loss_curve_ else float("nan")
        if learnt.stopping.part == "validation":
            self.validation_scores_ = [*(self.validation_scores_ or []), *learnt.scores]
            told = [score for score in self.validation_scores_ if not np.isnan(score)]
            self.best_validation_score_ = max(told, default=float("nan"))
            self.best_loss_ = None
        else:
            self.best_loss_ = min(self.loss_curve_, default=None)
        self._check_finite()

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
