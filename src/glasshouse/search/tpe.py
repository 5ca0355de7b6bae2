"""Tree-structured Parzen estimators by Optuna: ask where trials were good, several at a time."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from glasshouse.core.optional import require
from glasshouse.core.seeds import derive
from glasshouse.search.claims import Claims
from glasshouse.search.dimension import Choice, hashable
from glasshouse.search.listed import trial_name
from glasshouse.search.measure import Measure
from glasshouse.search.space import Assignment, Space, counts
from glasshouse.search.trial import Asked, Trial
from glasshouse.search.unit import Unit

TRIES = 20
"""Proposals that are asked for, for one that was not tried before."""


class TreeParzen:
    r"""Hands out trials that Optuna's sampler proposes.

    Good trials and bad ones get a density each, and points are proposed where :math:`l(x) / g(x)` is large.
    Nothing is kept but the journal: before each question a study is made of the trials that are done and of
    those that others are at, so any process can ask at any time, after a kill as well.

    Args:
        space: What is searched.
        trials: How many.
        at_once: How many are asked for together. Fewer learn faster, more train faster.
        measure: What trials are compared by.
        seed: Of the sampler.

    Raises:
        MissingDependencyError: Optuna is not installed.

    Source:
        Bergstra, Bardenet, Bengio and Kégl 2011, Algorithms for hyper-parameter optimization.
    """

    def __init__(self, space: Space, trials: int, at_once: int, measure: Measure, seed: int) -> None:
        self.optuna: Any = require("optuna", extra="sweeps", purpose="the strategy 'tpe'")
        self.space, self.total, self.at_once = space, trials, at_once
        self.measure, self.seed = measure, seed

    def ask(self, done: Mapping[int, Trial], claims: Claims) -> Unit | None:
        """The next trials; ``None`` where all are done or others are at them."""
        free = [number for number in range(self.total) if number not in done]
        if not free:
            return None
        study = self.study(done, derive(self.seed, "tpe", free[0], claims.worker))
        for name in claims.others():
            self._occupy(study, claims.about(name))
        found: list[Asked] = []
        seen = {hashable(trial.settings) for trial in done.values()}
        proposed: Assignment | None = None
        for number in free:
            if len(found) == self.at_once:
                break
            # What a process that is gone had asked for is done first.
            left = claims.about(trial_name(number))
            if left is None and proposed is None:
                proposed = self._unseen(study, seen)
            settings = left if left is not None else proposed
            if settings is not None and claims.take(trial_name(number), settings):
                found.append(Asked(number, settings, trial_name(number)))
                proposed = proposed if left is not None else None
        return Unit(found) if found else None

    def study(self, done: Mapping[int, Trial], seed: int = 0) -> Any:
        """An Optuna study in memory that knows the trials that are done."""
        optuna = self.optuna
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = optuna.samplers.TPESampler(seed=seed % 2**32, constant_liar=True)
        study = optuna.create_study(
            direction="maximize" if self.measure.larger else "minimize", sampler=sampler
        )
        known = [trial.mean for trial in done.values() if trial.scores]
        worst = known[self.measure.order(known)[-1]] if known else None
        for trial in done.values():
            # A trial that failed is as bad as the worst one that did not.
            value = trial.mean if trial.scores else worst
            if value is not None:
                study.add_trial(self._frozen(trial.settings, value))
        return study

    def _frozen(self, settings: Mapping[str, Any], value: float | None) -> Any:
        params, distributions = {}, {}
        for each in self.space:
            if each.key in settings:
                distributions[each.key] = self._distribution(each)
                known = settings[each.key]
                params[each.key] = each.values.index(known) if isinstance(each, Choice) else known
        state = self.optuna.trial.TrialState
        return self.optuna.trial.create_trial(
            params=params,
            distributions=distributions,
            value=value,
            state=state.RUNNING if value is None else state.COMPLETE,
        )

    def _occupy(self, study: Any, settings: Any) -> None:
        """Tell the study of a trial that somebody else is at."""
        if isinstance(settings, dict):
            study.add_trial(self._frozen(settings, None))

    def _unseen(self, study: Any, seen: set[Any]) -> Assignment:
        """A proposal that nobody has tried, as far as the sampler comes up with one."""
        for _ in range(TRIES):
            point = self._propose(study)
            if hashable(point) not in seen:
                break
        seen.add(hashable(point))
        return point

    def _propose(self, study: Any) -> Assignment:
        trial = study.ask()
        point: Assignment = {}
        for each in self.space:
            if not counts(each, point):
                continue
            if isinstance(each, Choice):
                point[each.key] = each.values[
                    trial.suggest_categorical(each.key, list(range(len(each.values))))
                ]
            elif each.whole:
                point[each.key] = trial.suggest_int(
                    each.key, int(each.low), int(each.high), log=each.scale == "log"
                )
            else:
                value = trial.suggest_float(each.key, each.low, each.high, log=each.scale == "log")
                point[each.key] = min(max(float(f"{value:.7g}"), each.low), each.high)
        return point

    def _distribution(self, dimension: Any) -> Any:
        distributions = self.optuna.distributions
        if isinstance(dimension, Choice):
            return distributions.CategoricalDistribution(list(range(len(dimension.values))))
        kind = distributions.IntDistribution if dimension.whole else distributions.FloatDistribution
        return kind(dimension.low, dimension.high, log=dimension.scale == "log")
