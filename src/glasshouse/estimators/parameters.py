"""The parameters of the network estimators, checked when training begins, as scikit-learn's are."""

from __future__ import annotations

import numbers
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from glasshouse.core.checks import number, one_of, whole_number
from glasshouse.core.concept import Spec
from glasshouse.core.errors import (
    DataError,
    DivergedError,
    GlasshouseError,
    ModelError,
    NonFiniteError,
    ParameterError,
    SampleError,
    SettingError,
    UsageError,
)

RATES = ("constant", "invscaling", "adaptive")
"""Schedules of scikit-learn's; any other name is one of Glasshouse's."""
LARGEST_BATCH = 200
"""Most rows of a batch with ``batch_size="auto"``, as in scikit-learn."""
NAMES: Mapping[str, str] = {"squared_error": "quadratic"}
"""scikit-learn's names for losses, and ours."""


@dataclass(frozen=True)
class Parameters:
    """The parameters of a network estimator, in Python's own types.

    Args:
        hidden: Units of each hidden layer.
        solver: ``"lbfgs"``, or an optimizer by name or table.
        alpha: Strength of the L2 penalty.
        batch_size: Rows per step, or ``"auto"``.
        rate: Base learning rate.
        schedule: How it changes: a word of scikit-learn's, or a schedule by name or table.
        power: Of ``"invscaling"``.
        epochs: Most passes.
        shuffle: Whether each pass has an order of its own.
        tolerance: Least improvement that counts.
        patience: Passes without improvement, which may be infinite.
        early_stopping: Whether a part of the rows watches.
        validation_fraction: Its share.
        evaluations: Most evaluations of the loss by L-BFGS.
        loss: A loss by name or table, or ``"auto"``.
        engine: What computes gradients.
    """

    hidden: tuple[int, ...]
    solver: Spec
    alpha: float
    batch_size: int | Literal["auto"]
    rate: float
    schedule: Spec
    power: float
    epochs: int
    shuffle: bool
    tolerance: float
    patience: float
    early_stopping: bool
    validation_fraction: float
    evaluations: int
    loss: Spec
    engine: Literal["auto", "fused", "dense", "autograd"]

    @property
    def by_lbfgs(self) -> bool:
        """Whether L-BFGS is the solver."""
        return self.solver == "lbfgs"

    def batch(self, rows: int) -> int:
        """Rows per step where there are so many: never more than there are."""
        return min(LARGEST_BATCH if self.batch_size == "auto" else self.batch_size, rows)


def read_parameters(estimator: Any) -> Parameters:
    """The parameters of a network estimator, checked.

    Args:
        estimator: A classifier or regressor.

    Raises:
        ParameterError: One has a value that it cannot have.

    Example:
        >>> from glasshouse.estimators import NetworkClassifier
        >>> read_parameters(NetworkClassifier(hidden_layer_sizes=20)).hidden
        (20,)
    """
    with value_errors():
        e = estimator
        batch_size: int | Literal["auto"] = "auto"
        if e.batch_size != "auto":
            batch_size = whole("batch_size", e.batch_size, at_least=1)
        solver = read_solver(e)
        return Parameters(
            hidden=widths(e.hidden_layer_sizes),
            solver=solver,
            alpha=real("alpha", e.alpha, at_least=0),
            batch_size=batch_size,
            rate=real("learning_rate_init", e.learning_rate_init, above=0),
            schedule=e.learning_rate,
            power=real("power_t", e.power_t, at_least=0),
            epochs=whole("max_iter", e.max_iter, at_least=1),
            shuffle=yes_or_no("shuffle", e.shuffle),
            tolerance=real("tol", e.tol, at_least=0),
            patience=np.inf
            if e.n_iter_no_change == np.inf
            else whole("n_iter_no_change", e.n_iter_no_change, at_least=1),
            early_stopping=yes_or_no("early_stopping", e.early_stopping),
            validation_fraction=real("validation_fraction", e.validation_fraction, at_least=0, below=1),
            evaluations=whole("max_fun", e.max_fun, at_least=1),
            loss=NAMES.get(e.loss, e.loss) if isinstance(e.loss, str) else e.loss,
            engine=one_of("engine", e.engine, ("auto", "fused", "dense", "autograd")),  # type: ignore[arg-type]
        )


def read_solver(estimator: Any) -> Spec:
    """The optimizer's table: scikit-learn's words take its settings from the parameters beside them."""
    e = estimator
    momentum = real("momentum", e.momentum, at_least=0, at_most=1)
    betas = {
        "beta1": real("beta_1", e.beta_1, at_least=0, below=1),
        "beta2": real("beta_2", e.beta_2, at_least=0, below=1),
        "epsilon": real("epsilon", e.epsilon, above=0),
    }
    if e.solver == "adam":
        return {"name": "adam", **betas}
    if e.solver == "sgd" and momentum > 0:
        nesterov = yes_or_no("nesterovs_momentum", e.nesterovs_momentum)
        # scikit-learn's velocity remembers each gradient with the rate that it came with. While the rate
        # stays the same, the form that PyTorch has a kernel for takes the same steps.
        form = "sum" if e.learning_rate == "constant" else "rate_inside"
        return {"name": "nesterov" if nesterov else "momentum", "momentum": momentum, "form": form}
    solver: Spec = e.solver
    return solver


def widths(sizes: object) -> tuple[int, ...]:
    """Units of the hidden layers: a number for one layer, a list for several, an empty one for none.

    Raises:
        SettingError: One is no whole number from 1.

    Example:
        >>> widths(8), widths([8, 4]), widths(())
        ((8,), (8, 4), ())
    """
    if isinstance(sizes, numbers.Integral):
        return (whole("hidden_layer_sizes", sizes, at_least=1),)
    if not isinstance(sizes, (Sequence, np.ndarray)) or isinstance(sizes, str):
        raise SettingError(
            f"hidden_layer_sizes = {sizes!r}",
            expected="a whole number, or one for each hidden layer",
            fix="write it like hidden_layer_sizes = (64, 32)",
        )
    return tuple(whole(f"hidden_layer_sizes[{place}]", size, at_least=1) for place, size in enumerate(sizes))


def whole(name: str, value: object, *, at_least: int) -> int:
    """A whole number, of Python or of NumPy.

    Raises:
        SettingError: It is none, or too small.

    Example:
        >>> whole("max_iter", np.int64(3), at_least=1)
        3
    """
    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        value = int(value)
    return whole_number(name, value, at_least=at_least)


def real(name: str, value: object, **bounds: float) -> float:
    """A finite number, of Python or of NumPy.

    Raises:
        SettingError: It is none, or out of bounds.

    Example:
        >>> real("tol", np.float32(0.5), at_least=0)
        0.5
    """
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        value = float(value)
    return number(name, value, **bounds)


def yes_or_no(name: str, value: object) -> bool:
    """True or false, of Python or of NumPy.

    Raises:
        SettingError: It is neither.

    Example:
        >>> yes_or_no("shuffle", np.True_)
        True
    """
    if not isinstance(value, (bool, np.bool_)):
        raise SettingError(
            f"{name} = {value!r}", expected="True or False", fix=f"set {name} to True or to False"
        )
    return bool(value)


@contextmanager
def value_errors() -> Iterator[None]:
    """Errors about settings and data as what scikit-learn's tools catch: the same, also ``ValueError``.

    Raises:
        ParameterError: In the place of another error about a setting or a network.
        SampleError: In the place of another error about data.
        DivergedError: In the place of another error about numbers that are not finite.

    Example:
        >>> from glasshouse.activations import ACTIVATIONS
        >>> try:
        ...     with value_errors():
        ...         _ = ACTIVATIONS.find("rellu")
        ... except ValueError as error:
        ...     print(error.fix)
        did you mean 'relu' or 'relu6' or 'prelu'?
    """
    try:
        yield
    except (ParameterError, SampleError):
        raise
    except (UsageError, ModelError) as error:
        raise as_kind(ParameterError, error) from error
    except DataError as error:
        raise as_kind(SampleError, error) from error
    except NonFiniteError as error:
        fix = "lower learning_rate_init, or scale the inputs (StandardScaler)"
        raise DivergedError(error.received, expected=error.expected, fix=fix) from error


def as_kind(kind: type[GlasshouseError], error: GlasshouseError) -> GlasshouseError:
    """The same message in another error."""
    return kind(error.received, expected=error.expected, fix=error.fix)
