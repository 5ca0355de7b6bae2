"""An autoencoder as a transformer: rows to codes, and codes to rows again."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from glasshouse.core.concept import Spec, read_spec
from glasshouse.core.devices import threads_for
from glasshouse.core.seeds import derive
from glasshouse.data.parts import Part, Prepared
from glasshouse.estimators.convergence import Convergence
from glasshouse.estimators.course import Course, Told
from glasshouse.estimators.first_weights import LARGEST_SEED
from glasshouse.estimators.parameters import real, value_errors, whole, widths, yes_or_no
from glasshouse.estimators.rows import as_tensor
from glasshouse.estimators.task import number_type
from glasshouse.models import MODELS, build_model
from glasshouse.models.outputs import mapped, outputs_of
from glasshouse.objectives import ObjectiveSettings, build_objective
from glasshouse.training.batches import InMemoryBatches
from glasshouse.training.job import Job


class AutoencoderTransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    r"""A network that gives rows back through a narrow code; the code is the transform.

    .. math:: h = f(x),\quad \hat x = g(h)

    With no hidden layers and no activation behind the code it finds the plane of the first principal
    components. Rows are taken as they are: scale them first.

    Args:
        n_components: Width of the code, from 1.
        hidden_layer_sizes: Units of the encoder's hidden layers; the decoder has them in reverse.
        activation: Between the layers.
        model: An autoencoder of Glasshouse by name, or a table with its settings, as in
            ``{"name": "autoencoder", "tied": True}`` or ``"variational_autoencoder"``.
        objective: What is learnt: ``"auto"`` (what the model is made for), ``"reconstruction"``,
            ``"denoising"``, ``"sparse"``, ``"contractive"``, ``"elbo"``, or a table with settings, as in
            ``{"name": "denoising", "amount": 0.5}``.
        solver: An optimizer of Glasshouse by name or table.
        learning_rate: A schedule of Glasshouse by name or table.
        learning_rate_init: Step size, above 0.
        batch_size: Rows per step, or ``"auto"`` for at most 200.
        max_iter: Most epochs, from 1.
        tol: Least improvement of the watched loss that counts.
        n_iter_no_change: Epochs without improvement before training ends; may be infinite.
        early_stopping: Hold rows out, watch their loss, and keep the best epoch's weights.
        validation_fraction: Share of the rows that is held out.
        random_state: Decides weights, order, noise and which rows watch.
        verbose: Print a line per epoch.
        warm_start: Whether ``fit`` goes on with the network that is there.

    Attributes:
        network_: The network, with ``encode`` and ``decode``; ``gh.explain`` takes it.
        records_: What every epoch measured.
        loss_curve_: The loss of every epoch.
        n_iter_: Epochs of the last call.

    Raises:
        ParameterError: In ``fit``, when a parameter has a value that it cannot have.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.preprocessing import scale
        >>> rows = scale(load_iris().data)
        >>> coder = AutoencoderTransformer(2, learning_rate_init=0.01, batch_size=16, random_state=0)
        >>> coder.fit_transform(rows).shape, bool(coder.score(rows) > 0.9)
        ((150, 2), True)
    """

    def __init__(
        self,
        n_components: int = 2,
        hidden_layer_sizes: int | Sequence[int] = (),
        activation: Spec = "relu",
        *,
        model: Spec = "autoencoder",
        objective: Spec = "auto",
        solver: Spec = "adam",
        learning_rate: Spec = "constant",
        learning_rate_init: float = 0.001,
        batch_size: int | Literal["auto"] = "auto",
        max_iter: int = 200,
        tol: float = 1e-4,
        n_iter_no_change: float = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        random_state: Any = None,
        verbose: bool | int = False,
        warm_start: bool = False,
    ) -> None:
        self.n_components = n_components
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.model = model
        self.objective = objective
        self.solver = solver
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.random_state = random_state
        self.verbose = verbose
        self.warm_start = warm_start

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Learn to give rows back.

        Args:
            X: Rows (N, features): an array or a frame.
            y: Not looked at.
            sample_weight: What each row counts in the loss, (N,); not with every objective.

        Raises:
            ParameterError: A parameter has a value that it cannot have.
            DivergedError: The loss left the finite numbers.
        """
        first = not (self.warm_start and hasattr(self, "network_"))
        X = validate_data(self, X, dtype=(np.float64, np.float32), reset=first)
        weights = None
        if sample_weight is not None:
            weights = as_tensor(
                _check_sample_weight(sample_weight, X, dtype=X.dtype, ensure_non_negative=True)
            )
        with value_errors():
            if first:
                random = check_random_state(self.random_state)
                self._seed = int(random.randint(LARGEST_SEED))
                network = build_model(self._table(), (int(X.shape[1]),), int(X.shape[1]), self._seed)
                self.network_ = network.to(number_type(X)).eval()
                self.records_: list[dict[str, Any]] = []
                self.loss_curve_: list[float] = []
            job = self._job(as_tensor(X).clone(), weights)
            learnt = Course(job, (Told(),) if self.verbose else ()).run()
        self.network_.eval()
        self.records_, self.loss_curve_ = (
            [*self.records_, *learnt.epochs],
            [*self.loss_curve_, *learnt.losses],
        )
        self.n_iter_, self.engine_ = len(learnt.epochs), learnt.engine
        if learnt.trouble or (self.n_iter_ == job.epochs and not learnt.stopping.exhausted):
            told = (
                learnt.trouble or f"all {job.epochs} epochs (max_iter) are done, and the loss may still fall"
            )
            warnings.warn(told, ConvergenceWarning, stacklevel=2)
        return self

    def _table(self) -> Spec:
        """The model with the settings that are parameters of the estimator."""
        name, settings = read_spec(self.model, "model")
        return {
            "name": name,
            "code": whole("n_components", self.n_components, at_least=1),
            "hidden": list(widths(self.hidden_layer_sizes)),
            "activation": self.activation,
            **settings,
        }

    def _job(self, rows: torch.Tensor, weights: torch.Tensor | None) -> Job:
        """Everything that training is told."""
        learning, watching = self._parts(rows, weights)
        prepared = Prepared(
            learning, watching, None, "reconstruction", (rows.shape[1],), rows.shape[1], (), ""
        )
        name, settings = read_spec(self.objective, "objective")
        if name == "auto":
            known = MODELS.find(read_spec(self.model, "model")[0]).facts.get("defaults", {})
            name = known.get("objective.name", "reconstruction")
        objective = build_objective(ObjectiveSettings.read({"name": name, **settings}), prepared)
        objective.refuse(self.network_)
        most = 200 if self.batch_size == "auto" else whole("batch_size", self.batch_size, at_least=1)
        batches = InMemoryBatches(learning, min(most, len(learning)), seed=derive(self._seed, "order"))
        endless = self.n_iter_no_change == np.inf
        patience = np.inf if endless else whole("n_iter_no_change", self.n_iter_no_change, at_least=1)
        tolerance = real("tol", self.tol, at_least=0)
        weights_held = sum(each.numel() for each in self.network_.parameters())
        return Job(
            network=self.network_,
            batches=batches,
            objective=objective,
            optimizer=self.solver,
            learning_rate=real("learning_rate_init", self.learning_rate_init, above=0),
            epochs=whole("max_iter", self.max_iter, at_least=1),
            validation=watching,
            schedule=self.learning_rate,
            stopping=Convergence(patience, tolerance, "train" if watching is None else "validation"),
            threads=threads_for(3 * min(most, len(learning)) * weights_held),
            seed=self._seed,
        )

    def _parts(self, rows: torch.Tensor, weights: torch.Tensor | None) -> tuple[Part, Part | None]:
        """The rows that are learnt from, and with early stopping those that watch."""
        places = np.arange(len(rows))
        if not yes_or_no("early_stopping", self.early_stopping):
            return Part(rows, rows, places, weights), None
        share = real("validation_fraction", self.validation_fraction, above=0, below=1)
        order = np.random.default_rng(derive(self._seed, "validation")).permutation(len(rows))
        watching = max(1, round(share * len(rows)))

        def part(chosen: NDArray[Any]) -> Part:
            own = rows[chosen]
            return Part(own, own, chosen, None if weights is None else weights[chosen])

        return part(np.sort(order[watching:])), part(np.sort(order[:watching]))

    def transform(self, X: Any) -> NDArray[Any]:
        """Codes of rows, (N, n_components).

        Args:
            X: Rows (N, features).
        """
        rows = self._rows(X)
        network: Any = self.network_
        found: NDArray[Any] = mapped(network, network.encode, rows).numpy()
        return found

    def inverse_transform(self, X: Any) -> NDArray[Any]:
        """Rows of codes, (N, features).

        Args:
            X: Codes (N, n_components).
        """
        check_is_fitted(self)
        network: Any = self.network_
        own = next(network.parameters()).dtype
        codes = torch.from_numpy(np.array(X, dtype=np.float32 if own == torch.float32 else np.float64))
        found: NDArray[Any] = mapped(network, network.decode, codes).numpy()
        return found

    def score_samples(self, X: Any) -> NDArray[Any]:
        """For every row the mean squared error of its reconstruction, negated: low for unusual rows.

        Args:
            X: Rows (N, features).
        """
        rows = self._rows(X)
        errors = (outputs_of(self.network_, rows).reshape(rows.shape) - rows).square().mean(dim=1)
        found: NDArray[Any] = (-errors).numpy()
        return found

    def score(self, X: Any, y: Any = None) -> float:
        """Share of the rows' variance that their reconstructions keep: 1 for perfect ones.

        Args:
            X: Rows (N, features).
            y: Not looked at.
        """
        rows = self._rows(X)
        spread = float((rows - rows.mean(dim=0)).square().mean())
        error = -float(self.score_samples(X).mean())
        return 1 - error / spread if spread > 0 else float(error == 0)

    def _rows(self, X: Any) -> torch.Tensor:
        check_is_fitted(self)
        X = validate_data(self, X, dtype=(np.float64, np.float32), reset=False)
        return as_tensor(X).to(next(self.network_.parameters()).dtype)

    @property
    def _n_features_out(self) -> int:
        return int(self.n_components)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "network_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
