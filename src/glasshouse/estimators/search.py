"""A grid search that gathers its networks, with the interface of scikit-learn's GridSearchCV."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from functools import partial
from inspect import signature
from typing import Any, Self

import numpy as np
from sklearn import get_config
from sklearn.base import clone, is_classifier
from sklearn.model_selection import GridSearchCV, check_cv
from sklearn.utils import _safe_indexing, get_tags
from sklearn.utils.validation import _num_samples

from glasshouse.core.garbage import set_aside
from glasshouse.estimators.network_estimator import NetworkEstimator
from glasshouse.estimators.together import Announced, Gathering


class GlasshouseSearchCV(GridSearchCV):
    """Exhaustive search over parameters, whose networks are gathered and trained by one call.

    The networks of all candidates and folds are gathered first and handed to one trainer, which for now
    trains them one after another. Then scikit-learn's own search goes its way, and each fit finds its network
    trained. Scores, ranks and the best estimator are those that ``GridSearchCV`` finds with the same random
    state.

    Networks are found wherever they stand: alone, as the last step of a pipeline, inside another
    meta-estimator. Where a fit trains several networks, the first is trained together with those of the other
    fits. Other estimators are searched as by ``GridSearchCV``. With ``n_jobs`` other than 1 fits run in
    processes of their own, one network at a time in each.

    All parameters and attributes are those of ``sklearn.model_selection.GridSearchCV``. ``mean_fit_time``
    holds, beside a fit's own time, an equal share of the time that training together took.

    Attributes:
        trained_together_: How many networks were trained by that call, where there are networks.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.pipeline import make_pipeline
        >>> from sklearn.preprocessing import StandardScaler
        >>> from glasshouse.estimators import NetworkClassifier
        >>> classifier = NetworkClassifier((8,), max_iter=20, batch_size=32, random_state=0,
        ...                                n_iter_no_change=20)
        >>> pipeline = make_pipeline(StandardScaler(), classifier)
        >>> rates = {"networkclassifier__learning_rate_init": [0.0001, 0.05]}
        >>> search = GlasshouseSearchCV(pipeline, rates, cv=3).fit(*load_iris(return_X_y=True))
        >>> search.best_params_, search.trained_together_
        ({'networkclassifier__learning_rate_init': 0.05}, 6)
    """

    def fit(self, X: Any, y: Any = None, **params: Any) -> Self:
        """Search, and fit the best candidate on all rows.

        Args:
            X: Rows (N, features).
            y: Targets; ``None`` where there are none.
            **params: Passed on to ``fit`` of the estimator, to the scorer and to the splitter.
        """
        self._given = X, y, params
        try:
            super().fit(X, y, **params)
        finally:
            del self._given
        return self

    def _run_search(self, evaluate_candidates: Callable[..., Any], **contexts: Any) -> None:
        alone = self.n_jobs not in (None, 1) or get_config().get("enable_metadata_routing", False)
        if not alone and self._holds_networks():
            self.trained_together_ = 0
            evaluate_candidates = partial(self._evaluated_together, evaluate_candidates)
        super()._run_search(evaluate_candidates, **contexts)

    # scikit-learn looks whether a search takes this argument before it passes its callbacks on. Any function
    # may be given this attribute, but its type does not say so.
    _run_search.__signature__ = signature(GridSearchCV._run_search)  # type: ignore[attr-defined]

    def _evaluated_together(
        self, evaluate: Callable[..., Any], candidates: Iterable[dict[str, Any]], **contexts: Any
    ) -> Any:
        """scikit-learn's evaluation of candidates, after their networks were trained together."""
        X, y, params = self._given
        cv = getattr(self, "_checked_cv_orig", None)
        if cv is None:
            cv = check_cv(self.cv, y, classifier=is_classifier(self.estimator))
        groups = {"groups": params["groups"]} if params.get("groups") is not None else {}
        splits, candidates = list(cv.split(X, y, **groups)), list(candidates)
        # A seed of its own, so that estimators without a random state draw the same numbers in both passes.
        salt = int(np.random.randint(np.iinfo(np.int32).max))
        gathering = Gathering(salt, len(candidates) * len(splits))
        with set_aside(), gathering.collecting(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are given when the fits are made for good
            for candidate in candidates:
                for train, _ in splits:
                    self._rehearse(candidate, train)
        with gathering.handing_out():
            results = evaluate(candidates, cv=Splits(splits), **contexts)
        self.trained_together_ += gathering.count
        results["mean_fit_time"] += gathering.seconds / max(1, len(candidates) * len(splits))
        return results

    def _holds_networks(self) -> bool:
        """Whether the estimator is a network, or holds one, or may be given one."""
        grids = [self.param_grid] if isinstance(self.param_grid, Mapping) else self.param_grid
        offered = [value for grid in grids for values in grid.values() for value in values]
        held = self.estimator.get_params(deep=True).values() if hasattr(self.estimator, "get_params") else ()
        return any(isinstance(each, NetworkEstimator) for each in (self.estimator, *held, *offered))

    def _rehearse(self, candidate: dict[str, Any], train: Any) -> None:
        """A fit of one candidate on one fold that goes as far as its first network."""
        X, y, params = self._given
        rows = _num_samples(X)
        own = {
            name: _safe_indexing(value, train) if _is_of_rows(value, rows) else value
            for name, value in params.items()
            if name != "groups"
        }
        try:
            estimator = clone(self.estimator).set_params(**clone(candidate, safe=False))
            targets = () if y is None else (_safe_indexing(y, train),)
            estimator.fit(_safe_indexing(X, train), *targets, **own)
        except Announced:
            return
        except Exception:
            return  # the search meets it again, and knows what error_score says

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags = deepcopy(get_tags(self.estimator).target_tags)
        return tags


class Splits:
    """Folds that are drawn already, as a splitter.

    Args:
        splits: Pairs of row numbers.

    Example:
        >>> list(Splits([([0], [1])]).split([[1], [2]]))
        [([0], [1])]
    """

    def __init__(self, splits: list[tuple[Any, Any]]) -> None:
        self._splits = splits

    def split(self, X: Any, y: Any = None, groups: Any = None) -> list[tuple[Any, Any]]:
        """The folds."""
        return self._splits

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Their number."""
        return len(self._splits)


def _is_of_rows(value: Any, rows: int) -> bool:
    """Whether a parameter of ``fit`` has an entry per row."""
    return hasattr(value, "__len__") and not isinstance(value, (str, Mapping)) and len(value) == rows
